package yamldoc

import (
	"slices"
	"strings"
)

// Fields is a mapping whose keys are known beforehand.
type Fields struct {
	r    *Reader
	Node *Node
}

// Fields checks that n is a mapping with no other keys than those known; nil if it is no mapping. A nil
// node, which stands for one reported missing, gives nil.
func (r *Reader) Fields(n *Node, known ...string) *Fields {
	if n == nil || !r.Is(n, Mapping) {
		return nil
	}
	for _, c := range n.Children {
		if !slices.Contains(known, c.Key) {
			r.Fail(c.KeyAt, "unknown key %s%s", Quote(c.Key), Suggestion(c.Key, known, "the keys here"))
		}
	}
	return &Fields{r, n}
}

// Get returns the value of a key, nil if it is not given.
func (f *Fields) Get(key string) *Node { return f.Node.Child(key) }

// Need is Get for a key that must be given; an example tells how.
func (f *Fields) Need(key, example string) *Node {
	n := f.Get(key)
	if n == nil {
		f.r.Fail(f.Node.KeyAt, "%s is missing: add %s", childPath(f.Node.Path, key), example)
	}
	return n
}

// Is checks a node's kind.
func (r *Reader) Is(n *Node, want Kind) bool {
	if n.Kind == want {
		return true
	}
	hint := ""
	switch {
	case want == List && n.Scalar():
		hint = ": write [" + shorten(n.Text) + "]"
	case want == Text && n.Scalar():
		hint = ": write " + Quote(n.Text) + ", in quotes"
	}
	r.Fail(n.Place(), "%s needs %s, not %s%s", n.name(), want, n.Kind, hint)
	return false
}

// name is how a message speaks of the node.
func (n *Node) name() string {
	if n.Path == "" {
		return "the file"
	}
	return n.Path
}

// Entries returns the values of a mapping whose keys are names, and reports an empty one; nil for a node reported missing.
func (r *Reader) Entries(n *Node) []*Node {
	if n == nil || !r.Is(n, Mapping) {
		return nil
	}
	if len(n.Children) == 0 {
		r.Fail(n.KeyAt, "%s is empty", n.Path)
	}
	return n.Children
}

// CheckName bounds the names that a file gives to things of a kind, such as regions, to what reads well everywhere they appear.
func (r *Reader) CheckName(name string, at Position, what string) {
	good := name != "" && len(name) <= 63
	for i, c := range name {
		alnum := c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9'
		good = good && (alnum || i > 0 && strings.ContainsRune("_.-", c))
	}
	if !good {
		r.Fail(at, "%s is not a name for a %s: use up to 63 letters, digits, and after the first also - _ .", Quote(name), what)
	}
}
