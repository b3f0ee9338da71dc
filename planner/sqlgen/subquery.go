package sqlgen

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// subquery writes a query within an expression; what it reads from around it is in scope there by its full name.
func (g *gen) subquery(e *plan.Subquery) (string, bool) {
	if !g.d.writes(g, "a subquery") {
		return "NULL", true
	}
	around := g.cols
	g.outer = append(g.outer, around)
	cols := e.Output
	if e.Kind == plan.ExistsSubquery {
		cols = e.Root.Columns()
	}
	sql := "(" + g.selectSQL(g.node(e.Root), cols, false) + ")"
	g.outer = g.outer[:len(g.outer)-1]
	g.cols = around
	switch e.Kind {
	case plan.ScalarSubquery:
		return sql, true
	case plan.ExistsSubquery:
		return "EXISTS " + sql, false
	}
	left := g.operand(e.X[0])
	if len(e.X) > 1 {
		parts := make([]string, len(e.X))
		for i, x := range e.X {
			parts[i] = g.expr(x)
		}
		left = "(" + strings.Join(parts, ", ") + ")"
	}
	switch {
	case e.Op == "=" && e.Kind == plan.AnySubquery:
		return left + " IN " + sql, false
	case e.Op == "<>" && e.Kind == plan.AllSubquery:
		return left + " NOT IN " + sql, false
	}
	return left + " " + e.Op + " " + strings.ToUpper(e.Kind.String()) + " " + sql, false
}

// outerColumn finds a column in the queries around a subquery.
func (g *gen) outerColumn(id int) (string, bool) {
	for i := len(g.outer) - 1; i >= 0; i-- {
		if s, ok := g.outer[i][id]; ok {
			return s, true
		}
	}
	return "", false
}

// reserve keeps the names of columns from becoming table aliases in a statement with subqueries: DuckDB reads t.id as a
// field of a column t of the subquery rather than as a column of the table t around it.
func (g *gen) reserve(root plan.Node) {
	names, nested := map[string]bool{}, false
	var note func(n plan.Node)
	note = func(n plan.Node) {
		for _, c := range n.Columns() {
			names[strings.ToLower(c.Name)] = true
		}
		switch n := n.(type) {
		case *plan.Scan:
			for _, c := range n.Cols {
				names[strings.ToLower(c.Source)] = true
			}
		case *plan.Join:
			nested = nested || n.Lateral
		}
		for _, e := range plan.Expressions(n) {
			plan.Walk(e, func(x plan.Expr) bool {
				if s, ok := x.(*plan.Subquery); ok {
					nested = true
					plan.Visit(s.Root, note)
				}
				return true
			})
		}
	}
	plan.Visit(root, note)
	if nested {
		g.aliases = names
	}
}
