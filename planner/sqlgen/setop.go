package sqlgen

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// setOp writes a set operation as a derived table. Each input's columns bear the names of the result's.
func (g *gen) setOp(n *plan.SetOp) *block {
	g.d.setOp(g, n)
	parts := make([]string, len(n.In))
	for i, in := range n.In {
		b := g.node(in)
		cut := b.cut
		if cut && !g.d.keepsOrder() {
			b, cut = g.wrap(b, in.Columns()), false
		}
		b = g.project(b, &plan.Project{Input: in, Items: n.Renamed(i)})
		for _, c := range n.Cols {
			b.cols[c.ID] = g.d.passed(g, b.cols[c.ID], c.Type, n.Kind)
		}
		parts[i] = g.selectSQL(b, n.Cols, false)
		if cut {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	out := g.derived("("+strings.Join(parts, " "+n.Kind.String()+" ")+")", n.Cols)
	for _, c := range n.Cols {
		out.cols[c.ID] = g.d.received(g, out.cols[c.ID], c.Type, n.Kind)
	}
	return out
}

// values writes a list of rows as a derived table.
func (g *gen) values(n *plan.Values) *block {
	if len(n.Rows) == 0 {
		return g.noRows(n)
	}
	rows := make([]string, len(n.Rows))
	for i, r := range n.Rows {
		rows[i] = "(" + g.row(r) + ")"
	}
	names := plan.Aliases(n.Cols)
	for i := range names {
		names[i] = g.d.ident(names[i])
	}
	b := g.derived("(VALUES "+strings.Join(rows, ", ")+")", n.Cols)
	b.from += "(" + strings.Join(names, ", ") + ")"
	return b
}

// row writes one row of a list.
func (g *gen) row(cells []plan.Expr) string {
	parts := make([]string, len(cells))
	for i, x := range cells {
		parts[i] = g.d.passed(g, g.expr(x), x.Type(), plan.UnionAll)
	}
	return strings.Join(parts, ", ")
}

// noRows writes a derived table without a row.
func (g *gen) noRows(n *plan.Values) *block {
	b := &block{simple: true, cols: map[int]string{}}
	for _, c := range n.Cols {
		b.cols[c.ID] = g.expr(&plan.Const{Null: true, T: c.Type})
	}
	b.where = []string{"1 = 0"}
	return g.wrap(b, n.Cols)
}
