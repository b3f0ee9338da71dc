package sqlgen

import (
	"maps"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// subquery writes a query within an expression; what it reads from around it is in scope there by its full name.
func (g *gen) subquery(e *plan.Subquery) (string, bool) {
	if !g.d.writes(g, "a subquery") {
		return "NULL", true
	}
	switch e.Kind {
	case plan.ScalarSubquery:
		return g.nested(e.Root, e.Output), true
	case plan.ExistsSubquery:
		return "EXISTS " + g.nested(e.Root, e.Root.Columns()), false
	}
	return g.d.quantified(g, e)
}

// nested writes a query in parentheses.
func (g *gen) nested(root plan.Node, cols []plan.Column) string {
	var sql string
	g.inside(func() { sql = "(" + g.selectSQL(g.node(root), cols, false) + ")" })
	return sql
}

// inside writes a query within the one being written, whose columns it sees as those of a query around it.
func (g *gen) inside(write func()) {
	around := g.cols
	g.outer = append(g.outer, around)
	write()
	g.outer = g.outer[:len(g.outer)-1]
	g.cols = around
}

// quantified writes ANY and ALL, and IN.
func (standard) quantified(g *gen, e *plan.Subquery) (string, bool) {
	return g.comparison(e, g.nested(e.Root, e.Output)), false
}

// comparison compares e.X with the rows of a query in parentheses.
func (g *gen) comparison(e *plan.Subquery, sql string) string {
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
		return left + " IN " + sql
	case e.Op == "<>" && e.Kind == plan.AllSubquery:
		return left + " NOT IN " + sql
	}
	return left + " " + e.Op + " " + strings.ToUpper(e.Kind.String()) + " " + sql
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
// field of a column t of the subquery rather than as a column of the table t around it, whether anything reads that t or not.
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
			if g.site.Columns != nil && g.site.Dialect == "duckdb" {
				for _, name := range g.site.Columns(n.Table) {
					names[strings.ToLower(name)] = true
				}
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

func hasSubquery(n plan.Node) bool { return slices.ContainsFunc(plan.Expressions(n), plan.HasSubquery) }

// ownColumns gives b, over which n aggregates or has windows, those columns of queries around that n reads, where the
// dialect's aggregates read no others than their own query's, or where one would else be an aggregate of a query around.
func (g *gen) ownColumns(b *block, n plan.Node) *block {
	strays := g.strays(b, n)
	if len(g.outer) == 0 || g.d.mixesLevels() && !strays {
		return b
	}
	cols := slices.Clone(n.Inputs()[0].Columns())
	own := len(cols)
	nb := *b
	nb.cols = maps.Clone(b.cols)
	for _, e := range plan.Expressions(n) {
		plan.Walk(e, func(x plan.Expr) bool {
			c, ok := x.(*plan.Col)
			if !ok || nb.cols[c.Column.ID] != "" {
				return true
			}
			if sql, ok := g.outerColumn(c.Column.ID); ok {
				nb.cols[c.Column.ID] = sql
				cols = append(cols, c.Column)
			}
			return true
		})
	}
	if len(cols) == own && !strays {
		return b
	}
	return g.wrap(&nb, cols)
}

// strays reports that some aggregate of n, as it would be written over b, reads columns and none of b's own: SQL takes an
// aggregate that reads nothing but columns of a query around for one of that query.
func (g *gen) strays(b *block, n plan.Node) bool {
	agg, ok := n.(*plan.Aggregate)
	if !ok || len(g.outer) == 0 {
		return false
	}
	return slices.ContainsFunc(agg.Aggs, func(a plan.AggAssign) bool {
		read := plan.Reads(&plan.Aggregate{Aggs: []plan.AggAssign{a}})
		return len(read) > 0 && !b.offers(read)
	})
}

// offers reports whether one of the columns read is written with columns of b's own.
func (b *block) offers(read map[int]bool) bool {
	for id := range read {
		if b.cols[id] != "" && !slices.Contains(b.alien, id) {
			return true
		}
	}
	return false
}
