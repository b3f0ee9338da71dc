package mysql

import (
	"github.com/xwb1989/sqlparser"

	"github.com/atoll-sql/atoll/planner/ast"
)

// selected is a column of the SELECT list, and the place from which it can be converted once more.
type selected struct {
	expr sqlparser.Expr
	at   int
}

// maxNamed bounds how often HAVING may name columns of the SELECT list, of which each becomes a copy.
const maxNamed = 100

// having converts HAVING, in which MySQL knows the aliases of the SELECT list. A name that stands in GROUP BY, too, is
// that of a table's column; within an aggregate a name always is.
func (c *converter) having(e sqlparser.Expr, groupBy []ast.Expr, aliases map[string]selected) ast.Expr {
	for _, g := range groupBy {
		if ref, ok := g.(*ast.ColumnRef); ok {
			delete(aliases, ref.Parts[len(ref.Parts)-1])
		}
	}
	c.aliases = aliases
	defer func() { c.aliases = nil }()
	return c.expr(e)
}

// aliased is the expression behind an alias, nil where the name is none.
func (c *converter) aliased(name string, pos ast.Pos) ast.Expr {
	col, ok := c.aliases[name]
	if !ok {
		return nil
	}
	if c.named++; c.named > maxNamed {
		c.fail(tooComplex(int(pos), "HAVING names columns of the SELECT list more than %d times", maxNamed))
		return nil
	}
	defer func(at int, aliases map[string]selected) { c.at, c.aliases = at, aliases }(c.at, c.aliases)
	c.at, c.aliases = col.at, nil
	return c.expr(col.expr)
}
