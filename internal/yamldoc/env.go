package yamldoc

import (
	"strings"
	"unicode/utf8"
)

// Expanded stands for the value of a variable in a template of [Reader.Expand].
const Expanded = "\uE000"

// Env looks up a variable of the environment, as os.LookupEnv does.
type Env func(name string) (string, bool)

// Expand replaces ${NAME} and $$ in a node's text. The template is the same text with [Expanded] for each value, so that what
// was written and what came from outside can be told apart. It is not ok after a fault.
func (r *Reader) Expand(n *Node, env Env) (value, template string, ok bool) {
	var v, t strings.Builder
	ok = true
	for raw := n.Text; raw != ""; {
		i := strings.IndexByte(raw, '$')
		if i < 0 {
			i = len(raw)
		}
		v.WriteString(raw[:i])
		t.WriteString(raw[:i])
		raw = raw[i:]
		ref := variable.FindString(raw)
		switch {
		case raw == "":
		case strings.HasPrefix(raw, "$$"):
			v.WriteByte('$')
			t.WriteByte('$')
			raw = raw[2:]
		case strings.HasPrefix(raw, ref) && ref != "":
			name := ref[2 : len(ref)-1]
			text, set := env(name)
			if !set {
				r.Fail(r.inside(n, ref), "%s: environment variable %s is not set", n.Path, name)
				ok = false
			}
			v.WriteString(text)
			t.WriteString(Expanded)
			raw = raw[len(ref):]
		default:
			r.Fail(r.inside(n, "$"), "%s: write ${NAME} for a variable of the environment, $$ for a dollar sign", n.Path)
			return "", "", false
		}
	}
	return v.String(), t.String(), ok
}

// inside finds the place of a part of a scalar in its line; the scalar's own place if it is not there.
func (r *Reader) inside(n *Node, part string) Position {
	line := []rune(r.line(n.At.Line))
	start := min(max(n.At.Column-1, 0), len(line))
	if i := strings.Index(string(line[start:]), part); i >= 0 {
		return Position{n.At.Line, start + utf8.RuneCountInString(string(line[start:])[:i]) + 1}
	}
	return n.At
}
