package rules

import (
	"maps"

	"github.com/atoll-sql/atoll/planner/plan"
)

// needed returns the cluster's conditions without the equalities between two groups that follow from another between the same two and
// those within the groups. They would not change a row; but an engine multiplies what it thinks of each, and expects next to no rows.
func (c *cluster) needed(groups []group) []plan.Expr {
	in := map[int]int{}
	for g, group := range groups {
		for id := range c.columns(group) {
			in[id] = g
		}
	}
	within := equals{}
	for _, e := range c.conds {
		if a, b, ok := equalColumns(e); ok && in[a.ID] == in[b.ID] {
			within.join(a.ID, b.ID)
		}
	}
	between := map[[2]int]equals{}
	var out []plan.Expr
	for _, e := range c.conds {
		a, b, ok := equalColumns(e)
		g, gFound := in[a.ID]
		h, hFound := in[b.ID]
		if !ok || !gFound || !hFound || g == h {
			out = append(out, e)
			continue
		}
		pair := [2]int{min(g, h), max(g, h)}
		if between[pair] == nil {
			between[pair] = maps.Clone(within)
		}
		if between[pair].join(a.ID, b.ID) {
			out = append(out, e)
		}
	}
	return out
}

// equals are columns that are known to be equal: each leads to another of its class, the last to itself or nowhere.
type equals map[int]int

func (q equals) first(id int) int {
	for {
		next, ok := q[id]
		if !ok || next == id {
			return id
		}
		id = next
	}
}

// join makes two columns equal, and reports whether they were not.
func (q equals) join(a, b int) bool {
	a, b = q.first(a), q.first(b)
	if a != b {
		q[a] = b
	}
	return a != b
}
