package config

import (
	"slices"
	"strconv"
	"strings"
)

// fields is a mapping whose keys are known beforehand.
type fields struct {
	l *loader
	n *node
}

// fields checks that n is a mapping with no other keys than those known; nil if it is no mapping. A nil
// node, which stands for one reported missing, gives nil.
func (l *loader) fields(n *node, known ...string) *fields {
	if n == nil || !l.is(n, mapNode) {
		return nil
	}
	for _, c := range n.children {
		if !slices.Contains(known, c.key) {
			l.fail(c.keyAt, "unknown key %s%s", quote(c.key), suggestion(c.key, known, "the keys here"))
		}
	}
	return &fields{l, n}
}

// get returns the value of a key, nil if it is not given.
func (f *fields) get(key string) *node {
	i := slices.IndexFunc(f.n.children, func(c *node) bool { return c.key == key })
	if i < 0 {
		return nil
	}
	return f.n.children[i]
}

// need is get for a key that must be given; an example tells how.
func (f *fields) need(key, example string) *node {
	n := f.get(key)
	if n == nil {
		f.l.fail(f.n.keyAt, "%s is missing: add %s", childPath(f.n.path, key), example)
	}
	return n
}

// is checks a node's kind.
func (l *loader) is(n *node, want nodeKind) bool {
	if n.kind == want {
		return true
	}
	hint := ""
	switch {
	case want == listNode && n.scalar():
		hint = ": write [" + shorten(n.text) + "]"
	case want == textNode && n.scalar():
		hint = ": write " + quote(n.text) + ", in quotes"
	}
	l.fail(n.place(), "%s needs %s, not %s%s", n.name(), want, n.kind, hint)
	return false
}

// name is how a message speaks of the node.
func (n *node) name() string {
	if n.path == "" {
		return "the file"
	}
	return n.path
}

// entries returns the values of a mapping whose keys are names; nil for a node reported missing.
func (l *loader) entries(n *node) []*node {
	if n == nil || !l.is(n, mapNode) {
		return nil
	}
	if len(n.children) == 0 {
		l.fail(n.keyAt, "%s is empty", n.path)
	}
	return n.children
}

// checkName bounds the names of regions and shards to what reads well everywhere they appear.
func (l *loader) checkName(n *node, what string) {
	good := n.key != "" && len(n.key) <= 63
	for i, c := range n.key {
		alnum := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		good = good && (alnum || i > 0 && strings.ContainsRune("_.-", c))
	}
	if !good {
		l.fail(n.keyAt, "%s is not a name for a %s: use up to 63 letters, digits, and after the first also - _ .", quote(n.key), what)
	}
}

// text reads a text that is not empty; "" after an error.
func (l *loader) text(n *node) string {
	if !l.is(n, textNode) {
		return ""
	}
	if strings.TrimSpace(n.text) == "" {
		l.fail(n.at, "%s is empty", n.path)
		return ""
	}
	return n.text
}

// texts reads a list of texts; never nil.
func (l *loader) texts(n *node) []string {
	out := []string{}
	if !l.is(n, listNode) {
		return out
	}
	for _, c := range n.children {
		out = append(out, l.text(c))
	}
	return out
}

// scalar reads a single value of any type in the form it is written.
func (l *loader) scalar(n *node) (string, bool) {
	if !n.scalar() {
		l.fail(n.place(), "%s needs a single value, not %s", n.path, n.kind)
		return "", false
	}
	return n.text, true
}

// integer reads a decimal integer within bounds.
func (l *loader) integer(n *node, low, high int64) (int64, bool) {
	if !l.is(n, intNode) {
		return 0, false
	}
	v, err := strconv.ParseInt(n.text, 10, 64)
	if err != nil || v < low || v > high {
		l.fail(n.at, "%s must be a whole number from %d to %d", n.path, low, high)
		return 0, false
	}
	return v, true
}

// oneOf reads a text out of a list of accepted ones.
func (l *loader) oneOf(n *node, what string, accepted ...string) string {
	v := l.text(n)
	if v != "" && !slices.Contains(accepted, v) {
		l.fail(n.at, "%s %s is not supported by this version: use %s", what, quote(v), either(accepted))
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

// suggestion proposes the nearest of the known names, or lists them.
func suggestion(name string, known []string, what string) string {
	best, distance := "", 3
	for _, k := range known {
		if d := editDistance(strings.ToLower(name), k); d < distance && d < len(k) {
			best, distance = k, d
		}
	}
	if best != "" {
		return ": did you mean " + best + "?"
	}
	list := known
	if len(list) > 12 {
		list = append(slices.Clone(list[:12]), "…")
	}
	return ": " + what + " are " + strings.Join(list, ", ")
}

// editDistance counts the insertions, deletions, substitutions and swaps of neighbours between two words.
func editDistance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return 64
	}
	var before []int
	last := make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row := make([]int, len(b)+1)
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last = last, row
	}
	return last[len(b)]
}
