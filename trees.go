package atoll

import (
	"fmt"
	"sync"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/parser/mysql"
	"github.com/atoll-sql/atoll/planner/parser/postgres"
)

// parser turns a query's text into its tree.
type parser func(sql string) (*ast.Select, error)

// parserOf returns the door of a dialect.
func parserOf(dialect string) (parser, error) {
	switch dialect {
	case "postgres":
		return postgres.Parse, nil
	case "mysql":
		return mysql.Parse, nil
	}
	return nil, usageError(fmt.Errorf("unknown dialect %q: it is postgres or mysql", dialect))
}

// The bounds of a treeCache: at most this many trees, each of a text of at most so many bytes.
const (
	cachedTrees    = 256
	cachedTreeText = 4 << 10
)

// treeCache keeps the syntax trees of the latest texts: programs ask the same again, and the grammar is the dearest part of
// planning. Trees are never changed, so that queries share them. It is safe for concurrent use.
type treeCache struct {
	door  parser // set once, before any use; nil: PostgreSQL's
	mu    sync.Mutex
	trees map[string]*ast.Select
	ring  []string // the texts in the order they came; the oldest gives way
	next  int
}

// parse reads a text through the door. Texts with errors are not kept.
func (c *treeCache) parse(sql string) (*ast.Select, error) {
	read := c.door
	if read == nil {
		read = postgres.Parse
	}
	if len(sql) > cachedTreeText {
		return read(sql)
	}
	if tree := c.find(sql); tree != nil {
		return tree, nil
	}
	tree, err := read(sql)
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

// normalised is the text of a query without literals, and the literals and parameters' values.
func (e *Engine) normalised(q *query) (text string, literals []string) {
	text, literals = postgres.Normalize(q.sql)
	if e.opts.dialect == "mysql" {
		text, literals = mysql.Normalize(q.sql)
	}
	for _, p := range q.params {
		if p.Null {
			literals = append(literals, "NULL")
		} else {
			literals = append(literals, p.Text)
		}
	}
	return text, literals
}
