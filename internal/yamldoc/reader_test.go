package yamldoc

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
)

func env(name string) (string, bool) {
	v, ok := map[string]string{"KEY": strings.Repeat("0a", 32) + "\n", "ODD": "abc", "SHORT": "0a0b"}[name]
	return v, ok
}

// root parses a document that must be YAML.
func root(t *testing.T, text string) (*Reader, *Node) {
	t.Helper()
	r, n, err := Parse([]byte(text), "f", "write something")
	if err != nil {
		t.Fatal(err)
	}
	return r, n
}

func TestPlaces(t *testing.T) {
	_, n := root(t, "a:\n- b: 1\n  c: [x, {d: e}]\n- {f: 2}\n")
	for path, want := range map[string]Position{
		"a": {1, 1}, "a[0]": {2, 3}, "a[0].b": {2, 6}, "a[0].c": {3, 3}, "a[0].c[1].d": {3, 14}, "a[1]": {4, 3}, "a[1].f.g[3]": {4, 7},
	} {
		if got := n.Index().Place(path); got != want {
			t.Errorf("%s is at %v, want %v", path, got, want)
		}
	}
}

func TestSecret(t *testing.T) {
	for text, want := range map[string]string{
		`k: "${KEY}"`:       "",
		"k: '${KEY} '":      `f:1:1: k: a secret stands only in the environment`,
		"k: hunter2":        `f:1:1: k: a secret stands only in the environment`,
		"k:\n- hunter2":     `f:1:1: k: a secret stands only in the environment`,
		"k: 1234567":        `f:1:1: k: a secret stands only in the environment`,
		"k: |\n  hunter2":   `f:1:1: k: a secret stands only in the environment`,
		"k: ${NOPE}":        "f:1:4: k: environment variable NOPE is not set",
		"k: ${ODD}":         "f:1:4: k: environment variable ODD must hold hexadecimal digits, two for each of 32 bytes",
		"k: ${SHORT}":       "f:1:4: k: environment variable SHORT holds 2 bytes in hexadecimal digits, not 32",
		"{x: 1, k: 1234567": "not valid YAML",
	} {
		r, n, err := Parse([]byte(text), "f", "")
		if err == nil {
			n.Child("k").Scalar()
			r.Fail(n.At, "another fault of the line")
			key := r.Secret(n.Child("k"), env, 32, 32)
			err = r.Err()
			if (want == "") != bytes.Equal(key, bytes.Repeat([]byte{10}, 32)) {
				t.Errorf("%q: key %x", text, []byte(key))
			}
		}
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %s", text, err, want)
		}
		for _, told := range []string{"hunter2", "0a0b", "abc", "0a0a"} {
			if strings.Contains(err.Error(), told) {
				t.Errorf("%q: the error tells the secret: %v", text, err)
			}
		}
		if strings.Contains(text, "k: 1234567") && !strings.HasPrefix(text, "{") && strings.Contains(err.Error(), "1234567") {
			t.Errorf("%q: the error tells the secret: %v", text, err)
		}
	}
}

func TestSecretPrintsNothing(t *testing.T) {
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%d", "%x", "%X"} {
		if got := fmt.Sprintf(verb, Secret("abc")); got != "(hidden)" {
			t.Errorf("%s prints %s", verb, got)
		}
	}
}

func TestFaultsAreBoundedAndInOrder(t *testing.T) {
	r, _ := root(t, strings.Repeat("- x\n", 100))
	for i := range 100 {
		r.Fail(Position{100 - i, 1}, "fault")
	}
	var all Errors
	if err := r.Err(); !errors.As(err, &all) || len(all) != maxFaults || all[0].Line != 81 || all[19].Line != 100 {
		t.Errorf("%v", err)
	}
}

func TestSuggestion(t *testing.T) {
	known := []string{"payments", "members"}
	for name, want := range map[string]string{
		"paymetns": ": did you mean payments?", "Members": ": did you mean members?", "x": ": the tables are payments, members",
	} {
		if got := Suggestion(name, known, "the tables"); got != want {
			t.Errorf("%s%s, want %s", name, got, want)
		}
	}
}
