package yamldoc

import (
	"fmt"
	"slices"
	"strings"
)

// Node is one value of the file: a scalar, a list or a mapping, with its place. It is what remains of
// YAML once anchors, aliases, tags, merge keys and several documents have been refused. It is not changed after parsing.
type Node struct {
	Kind Kind
	Text string // of a scalar, quotes and escapes resolved
	Path string // as errors name it: tables.orders.sharding.ranges[2]
	At   Position

	Key      string   // the key under which a mapping holds this node
	KeyAt    Position // its place; for items of a list and the root the node's own
	Children []*Node  // items of a list; values of a mapping, in the order of the file
}

// Kind tells what a node is.
type Kind uint8

// The kinds of nodes.
const (
	Null Kind = iota
	Text
	Integer
	Number
	Boolean
	List
	Mapping
)

// String names the kind with its article.
func (k Kind) String() string {
	return [...]string{"nothing", "text", "an integer", "a number", "a boolean", "a list", "a mapping"}[k]
}

// Scalar reports whether the node is a single value and not null.
func (n *Node) Scalar() bool { return n.Kind >= Text && n.Kind <= Boolean }

// Place is where to point for the node as a whole: at a single value, otherwise at its key.
func (n *Node) Place() Position {
	if n.Scalar() {
		return n.At
	}
	return n.KeyAt
}

// Child returns the value of a mapping's key; nil if it is not given, or the node is nil or no mapping.
func (n *Node) Child(key string) *Node {
	if n == nil || n.Kind != Mapping {
		return nil
	}
	i := slices.IndexFunc(n.Children, func(c *Node) bool { return c.Key == key })
	if i < 0 {
		return nil
	}
	return n.Children[i]
}

// Index returns the place of every node at and below n by its path.
func (n *Node) Index() Index {
	places := Index{}
	n.index(places)
	return places
}

func (n *Node) index(places Index) {
	places[n.Path] = n.Place()
	for _, c := range n.Children {
		c.index(places)
	}
}

// Index is where each path of a file is.
type Index map[string]Position

// Place finds a path's place, or that of the nearest enclosing path.
func (x Index) Place(path string) Position {
	for {
		if at, ok := x[path]; ok {
			return at
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 0)]
	}
}

func childPath(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

func itemPath(path string, i int) string { return fmt.Sprintf("%s[%d]", path, i) }
