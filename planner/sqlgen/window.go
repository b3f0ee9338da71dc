package sqlgen

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// window adds the columns of window functions in a derived table of its own.
func (g *gen) window(n *plan.Window) *block {
	b := g.node(n.Input)
	if !b.simple {
		b = g.wrap(b, n.Input.Columns())
	}
	b = g.ownColumns(b, n)
	nb := *b
	nb.cols = make(map[int]string, len(b.cols)+len(n.Fns))
	for id, s := range b.cols {
		nb.cols[id] = s
	}
	g.within(b, func() {
		for _, f := range n.Fns {
			nb.cols[f.Col.ID] = g.d.windowFn(g, f)
		}
	})
	return g.wrap(&nb, n.Columns())
}

func (standard) windowFn(g *gen, f plan.WindowFn) string {
	over := " OVER (" + g.windowText(f) + ")"
	switch f.Agg.Fn {
	case "row_number", "rank", "dense_rank", "percent_rank", "cume_dist", "lag", "lead", "first_value", "last_value", "nth_value":
		return f.Agg.Fn + "(" + g.list(f.Agg.Args) + ")" + over
	case "ntile":
		return "CAST(ntile(" + g.list(f.Agg.Args) + ")" + over + " AS INTEGER)"
	}
	g.over = over
	s := g.d.aggregate(g, f.Agg)
	g.over = ""
	return s
}

func (g *gen) windowText(f plan.WindowFn) string {
	var parts []string
	if len(f.Partition) > 0 {
		keys := make([]string, len(f.Partition))
		for i, x := range f.Partition {
			keys[i] = notOrdinal(g.operand(x))
		}
		parts = append(parts, "PARTITION BY "+strings.Join(keys, ", "))
	}
	if order := g.distances(f); order != "" {
		parts = append(parts, order)
	} else if order := g.orderBy(f.Order); order != "" {
		parts = append(parts, order[1:])
	}
	if fr := f.Frame; fr != nil {
		s := fr.Mode + " BETWEEN " + g.frameBound(fr.StartOffset, fr.Start) + " AND " + g.frameBound(fr.EndOffset, fr.End)
		if fr.Exclude != "" {
			s += " EXCLUDE " + fr.Exclude
		}
		parts = append(parts, s)
	}
	return strings.Join(parts, " ")
}

// orderBy writes the ORDER BY of a window or an aggregate, behind a blank; nothing where there is none.
func (g *gen) orderBy(list []plan.WindowKey) string {
	var keys []string
	for _, k := range list {
		sort := plan.SortKey{Col: plan.Column{Type: k.Expr.Type()}, Desc: k.Desc, NullsFirst: k.NullsFirst}
		keys = append(keys, g.d.sortKey(g, g.operand(k.Expr), sort)...)
	}
	if len(keys) == 0 {
		return ""
	}
	return " ORDER BY " + strings.Join(keys, ", ")
}

// distances writes the ORDER BY of a RANGE with offsets over integers for DuckDB, which calculates the bounds in the key's own type
// and fails where they are beyond its ends; "" for all other windows.
func (g *gen) distances(f plan.WindowFn) string {
	fr := f.Frame
	if g.site.Dialect != "duckdb" || fr == nil || fr.Mode != "RANGE" || fr.StartOffset == nil && fr.EndOffset == nil || !f.Order[0].Expr.Type().IsInteger() {
		return ""
	}
	k := f.Order[0]
	sort := plan.SortKey{Col: plan.Column{Type: k.Expr.Type()}, Desc: k.Desc, NullsFirst: k.NullsFirst}
	return "ORDER BY " + strings.Join(g.d.sortKey(g, "CAST("+g.expr(k.Expr)+" AS HUGEINT)", sort), ", ")
}

func (g *gen) frameBound(offset plan.Expr, word string) string {
	if offset == nil {
		return word
	}
	return g.operand(offset) + " " + word
}
