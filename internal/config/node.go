package config

import (
	"fmt"
	"strings"
)

// node is one value of the file: a scalar, a list or a mapping, with its place. It is what remains of
// YAML once anchors, aliases, tags, merge keys and several documents have been refused.
type node struct {
	kind nodeKind
	text string // of a scalar, quotes and escapes resolved
	path string // as errors name it: tables.orders.sharding.ranges[2]
	at   position

	key      string   // the key under which a mapping holds this node
	keyAt    position // its place; for items of a list and the root the node's own
	children []*node  // items of a list; values of a mapping, in the order of the file
}

type nodeKind uint8

const (
	nullNode nodeKind = iota
	textNode
	intNode
	floatNode
	boolNode
	listNode
	mapNode
)

func (k nodeKind) String() string {
	return [...]string{"nothing", "text", "an integer", "a number", "a boolean", "a list", "a mapping"}[k]
}

// scalar reports whether the node is a single value and not null.
func (n *node) scalar() bool { return n.kind >= textNode && n.kind <= boolNode }

// place is where to point for the node as a whole: at a single value, otherwise at its key.
func (n *node) place() position {
	if n.scalar() {
		return n.at
	}
	return n.keyAt
}

// index records the place of every node below n by path.
func (n *node) index(places map[string]position) {
	places[n.path] = n.place()
	for _, c := range n.children {
		c.index(places)
	}
}

// place finds a path's place, or that of the nearest enclosing path.
func place(places map[string]position, path string) position {
	for {
		if at, ok := places[path]; ok {
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
