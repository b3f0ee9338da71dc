package yamldoc

import (
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
	"strings"
)

// Secret is bytes that are used and never shown: however it is printed, logged or encoded, its content stays hidden.
type Secret []byte

const hiddenSecret = "(hidden)"

// String tells that there is a secret.
func (s Secret) String() string { return hiddenSecret }

// Format implements fmt.Formatter, so that no verb reaches the bytes.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, hiddenSecret) }

// LogValue implements slog.LogValuer.
func (s Secret) LogValue() slog.Value { return slog.StringValue(hiddenSecret) }

// MarshalText implements encoding.TextMarshaler.
func (s Secret) MarshalText() ([]byte, error) { return []byte(hiddenSecret), nil }

// HideSecret keeps every line of a secret's node out of excerpts, unless what stands there is a reference to a variable. Call it before faults are
// turned into errors; a nil node hides nothing.
func (r *Reader) HideSecret(n *Node) {
	if n == nil || n.Kind == Text && wholeVariable(n.Text) != "" {
		return
	}
	r.Hide(n.KeyAt.Line)
	r.Hide(n.At.Line)
	for _, c := range n.Children {
		r.HideSecret(c)
	}
}

// wholeVariable returns NAME of a text that is ${NAME} and nothing else, otherwise "".
func wholeVariable(text string) string {
	if m := variable.FindString(text); m == "" || m != text {
		return ""
	}
	return text[2 : len(text)-1]
}

// Secret reads a secret of between low and high bytes: the node names a variable of the environment, ${NAME} and nothing else, that holds them in
// hexadecimal digits. nil after a fault. No fault tells anything of the value but its length.
func (r *Reader) Secret(n *Node, env Env, low, high int) Secret {
	r.HideSecret(n)
	name := wholeVariable(n.Text)
	if n.Kind != Text || name == "" {
		r.Fail(n.KeyAt, `%s: a secret stands only in the environment: write "${VARIABLE}" and nothing else`, n.Path)
		return nil
	}
	value, set := env(name)
	if !set {
		r.Fail(n.At, "%s: environment variable %s is not set", n.Path, name)
		return nil
	}
	key, err := hex.DecodeString(strings.TrimSpace(value))
	size := fmt.Sprintf("%d", low)
	if high > low {
		size = fmt.Sprintf("%d to %d", low, high)
	}
	switch {
	case err != nil:
		r.Fail(n.At, "%s: environment variable %s must hold hexadecimal digits, two for each of %s bytes", n.Path, name, size)
		return nil
	case len(key) < low || len(key) > high:
		r.Fail(n.At, "%s: environment variable %s holds %d bytes in hexadecimal digits, not %s", n.Path, name, len(key), size)
		return nil
	}
	return key
}
