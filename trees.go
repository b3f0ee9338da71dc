package atoll

import (
	"fmt"

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

// treeCache keeps the syntax trees of the latest texts: programs ask the same again, and the grammar is the dearest part of
// planning. Trees are never changed, so that queries share them. It is safe for concurrent use.
type treeCache struct {
	door  parser // set once, before any use; nil: PostgreSQL's
	trees latest[string, *ast.Select]
}

// parse reads a text through the door. Texts with errors are not kept.
func (c *treeCache) parse(sql string) (*ast.Select, error) {
	read := c.door
	if read == nil {
		read = postgres.Parse
	}
	if len(sql) > keptTextLen {
		return read(sql)
	}
	if tree, ok := c.trees.find(sql); ok {
		return tree, nil
	}
	tree, err := read(sql)
	if err == nil {
		c.trees.keep(sql, tree)
	}
	return tree, err
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
