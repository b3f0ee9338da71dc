package yamldoc

import (
	"slices"
	"strconv"
	"strings"
)

// Text reads a text that is not empty; "" after an error.
func (r *Reader) Text(n *Node) string {
	if !r.Is(n, Text) {
		return ""
	}
	if strings.TrimSpace(n.Text) == "" {
		r.Fail(n.At, "%s is empty", n.Path)
		return ""
	}
	return n.Text
}

// Texts reads a list of texts; never nil.
func (r *Reader) Texts(n *Node) []string {
	out := []string{}
	if !r.Is(n, List) {
		return out
	}
	for _, c := range n.Children {
		out = append(out, r.Text(c))
	}
	return out
}

// Scalar reads a single value of any type in the form it is written.
func (r *Reader) Scalar(n *Node) (string, bool) {
	if !n.Scalar() {
		r.Fail(n.Place(), "%s needs a single value, not %s", n.Path, n.Kind)
		return "", false
	}
	return n.Text, true
}

// Integer reads a decimal integer within bounds.
func (r *Reader) Integer(n *Node, low, high int64) (int64, bool) {
	if !r.Is(n, Integer) {
		return 0, false
	}
	v, err := strconv.ParseInt(n.Text, 10, 64)
	if err != nil || v < low || v > high {
		r.Fail(n.At, "%s must be a whole number from %d to %d", n.Path, low, high)
		return 0, false
	}
	return v, true
}

// Bool reads true or false; false after an error.
func (r *Reader) Bool(n *Node) bool {
	return r.Is(n, Boolean) && strings.EqualFold(n.Text, "true")
}

// OneOf reads a text out of a list of accepted ones; what is read is returned even if it is not among them.
func (r *Reader) OneOf(n *Node, what string, accepted ...string) string {
	v := r.Text(n)
	if v != "" && !slices.Contains(accepted, v) {
		r.Fail(n.At, "%s %s is not supported by this version: use %s", what, Quote(v), either(accepted))
	}
	return v
}

// either lists alternatives: a, b or c.
func either(list []string) string {
	last := len(list) - 1
	if last == 0 {
		return list[0]
	}
	return strings.Join(list[:last], ", ") + " or " + list[last]
}
