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
			b.cols[c.ID] = g.d.passed(g, b.cols[c.ID], c.Type)
		}
		parts[i] = g.selectSQL(b, n.Cols, false)
		if cut {
			parts[i] = "(" + parts[i] + ")"
		}
	}
	return g.derived("("+strings.Join(parts, " "+n.Kind.String()+" ")+")", n.Cols)
}

// values writes a list of rows as a derived table.
func (g *gen) values(n *plan.Values) *block {
	rows := make([]string, len(n.Rows))
	for i, r := range n.Rows {
		rows[i] = "(" + g.list(r) + ")"
	}
	names := plan.Aliases(n.Cols)
	for i := range names {
		names[i] = g.d.ident(names[i])
	}
	b := g.derived("(VALUES "+strings.Join(rows, ", ")+")", n.Cols)
	b.from += "(" + strings.Join(names, ", ") + ")"
	return b
}
