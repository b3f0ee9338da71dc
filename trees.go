package atoll

import (
	"sync"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/parser/postgres"
)

// The bounds of a treeCache: at most this many trees, each of a text of at most so many bytes.
const (
	cachedTrees    = 256
	cachedTreeText = 4 << 10
)

// treeCache keeps the syntax trees of the latest texts: programs ask the same again, and the grammar is the dearest part of
// planning. Trees are never changed, so that queries share them. It is safe for concurrent use.
type treeCache struct {
	mu    sync.Mutex
	trees map[string]*ast.Select
	ring  []string // the texts in the order they came; the oldest gives way
	next  int
}

// parse is postgres.Parse. Texts with errors are not kept.
func (c *treeCache) parse(sql string) (*ast.Select, error) {
	if len(sql) > cachedTreeText {
		return postgres.Parse(sql)
	}
	if tree := c.find(sql); tree != nil {
		return tree, nil
	}
	tree, err := postgres.Parse(sql)
	if err == nil {
		c.keep(sql, tree)
	}
	return tree, err
}

func (c *treeCache) find(sql string) *ast.Select {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.trees[sql]
}

func (c *treeCache) keep(sql string, tree *ast.Select) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.trees[sql] != nil {
		return // another query with the same text was faster
	}
	if c.trees == nil {
		c.trees = map[string]*ast.Select{}
	}
	if len(c.ring) < cachedTrees {
		c.ring = append(c.ring, sql)
	} else {
		delete(c.trees, c.ring[c.next])
		c.ring[c.next] = sql
		c.next = (c.next + 1) % cachedTrees
	}
	c.trees[sql] = tree
}
