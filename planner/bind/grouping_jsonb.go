package bind

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// shownGroup is what the groups of a jsonb expression show. They are made by its key; values that are equal may be written with
// more digits or fewer, of which the least text is taken.
type shownGroup struct {
	format string // the expression
	at     int    // the group by its key
	least  plan.Column
}

// groupJSONB adds a group by the key of a jsonb expression and returns its position.
func (s *selector) groupJSONB(x plan.Expr) int {
	format := plan.Format(x)
	if i := slices.IndexFunc(s.shown, func(g shownGroup) bool { return g.format == format }); i >= 0 {
		return s.shown[i].at
	}
	key := comparisonKey(x)
	s.groups = append(s.groups, plan.Assign{Col: s.newColumn("group", key.Type()), Expr: key})
	s.shown = append(s.shown, shownGroup{format, len(s.groups) - 1, s.aggs.column(s.binder, leastText(x))})
	return len(s.groups) - 1
}

func leastText(x plan.Expr) plan.Agg {
	return plan.Agg{Fn: "min", Args: []plan.Expr{castTo(x, plan.T(plan.Text))}, T: plan.T(plan.Text)}
}

// showGroups replaces the jsonb expressions that are grouped by. In a grouping set that leaves one out, its key is NULL.
func (s *selector) showGroups(x plan.Expr) plan.Expr {
	if len(s.shown) == 0 {
		return x
	}
	format := plan.Format(x)
	for _, g := range s.shown {
		if g.format == format {
			grouped := &plan.IsNull{X: col(s.groups[g.at].Col), Not: true}
			return &plan.Case{T: plan.T(plan.JSONB), Whens: []plan.When{{Cond: grouped, Then: castTo(col(g.least), plan.T(plan.JSONB))}}}
		}
	}
	return plan.MapChildren(x, s.showGroups)
}

// distinctRows groups rows by all of their columns. A column of jsonb is grouped by its key and is another column then, which
// takes its place in cols.
func (b *binder) distinctRows(node plan.Node, cols []plan.Column) plan.Node {
	agg := &plan.Aggregate{Input: node}
	items := make([]plan.Assign, len(cols))
	wrapped := false
	for i, c := range cols {
		if c.Type.Kind != plan.JSONB {
			agg.Groups = append(agg.Groups, plan.PassOn([]plan.Column{c})...)
			items[i] = plan.PassOn([]plan.Column{c})[0]
			continue
		}
		wrapped = true
		key := comparisonKey(col(c))
		least := plan.AggAssign{Col: b.newColumn("least", plan.T(plan.Text)), Agg: leastText(col(c))}
		agg.Groups = append(agg.Groups, plan.Assign{Col: b.newColumn("group", key.Type()), Expr: key})
		agg.Aggs = append(agg.Aggs, least)
		cols[i] = b.newColumn(c.Name, c.Type)
		items[i] = plan.Assign{Col: cols[i], Expr: castTo(col(least.Col), c.Type)}
	}
	if !wrapped {
		return agg
	}
	return &plan.Project{Input: agg, Items: items}
}
