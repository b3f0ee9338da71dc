package place

import (
	"cmp"
	"math"
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// worthwhile are the leaves that have a table of at least twice as many rows as there can be groups, those that grouping
// shrinks most first. How many of the rows conditions leave is not asked: that would be a guess, and there are fewer
// groups then, too. Where nothing is known nothing is worth it; where decisions are not made by estimates, everything is.
func (m *meeting) worthwhile(leaves []*leaf) []*leaf {
	saved := map[*leaf]float64{}
	out := slices.DeleteFunc(leaves, func(l *leaf) bool {
		g := &grouping{meeting: m, chosen: []*leaf{l}}
		groups, rows := g.groupsOf(l), m.p.largest(l.from)
		values := m.combinations(l, groups)
		saved[l] = rows - values
		return groups == nil || !m.p.off("estimates") && (values < 0 || rows < 2*values)
	})
	slices.SortStableFunc(out, func(a, b *leaf) int { return cmp.Compare(saved[b], saved[a]) })
	return out
}

// largest is the number of rows that a shard has of the largest table read there.
func (p *placer) largest(r *placed) float64 {
	rows := -1.0
	plan.Visit(r.node, func(n plan.Node) {
		if s, ok := n.(*plan.Scan); ok {
			rows = max(rows, p.scanRows(s.Table, r.shards))
		}
	})
	return rows
}

// groupRows estimates the groups that each shard makes of a leaf's rows.
func (m *meeting) groupRows(l *leaf, groups []plan.Assign) float64 {
	if n := m.combinations(l, groups); n >= 0 && (l.from.rows < 0 || n < l.from.rows) {
		return n
	}
	return l.from.rows
}

// combinations estimates how many different keys there can be at a shard; -1 if there is nothing to go by.
func (m *meeting) combinations(l *leaf, groups []plan.Assign) float64 {
	out := 1.0
	for _, k := range groups {
		d := m.p.distinct(l.from.node, k.Expr)
		if d < 0 {
			d = m.partners(l, k.Expr)
		}
		if d < 0 {
			return -1
		}
		out *= d
	}
	return out
}

// partners is the number of rows of the smallest leaf that e is equated with: a join key is taken to refer to them.
func (m *meeting) partners(l *leaf, e plan.Expr) float64 {
	best := -1.0
	for _, c := range m.conds {
		eq, ok := c.(*plan.Call)
		if !ok || eq.Fn != "=" {
			continue
		}
		for side := range 2 {
			o := m.owner(eq.Args[1-side])
			if o == nil || o == l || o.from == nil || o.from.rows < 0 || plan.Format(uncast(eq.Args[side])) != plan.Format(e) {
				continue
			}
			if n := o.from.rows * float64(len(o.from.shards)); best < 0 || n < best {
				best = n
			}
		}
	}
	return best
}

// distinct estimates the values that an expression over the columns of n has at a shard; -1 if there is nothing to go by.
func (p *placer) distinct(n plan.Node, e plan.Expr) float64 {
	if e.Type().Kind == plan.Bool {
		return 3
	}
	if c, ok := e.(*plan.Col); ok {
		return p.distinctColumn(n, c.Column.ID)
	}
	used := map[int]bool{}
	plan.ColumnsOf(e, used)
	out := 1.0
	for id := range used {
		d := p.distinctColumn(n, id)
		if d < 0 {
			return -1
		}
		out *= d
	}
	if c, ok := e.(*plan.Call); ok && c.Fn == "extract" {
		if f, ok := c.Args[0].(*plan.Const); ok && partsOf[f.Text] > 0 {
			return max(out/partsOf[f.Text], 1)
		}
	}
	return out
}

// partsOf is how many days a part of a date spans.
var partsOf = map[string]float64{"year": 365, "quarter": 91, "month": 30}

// distinctColumn looks for the table that a column is of, and for conditions that leave few of its values.
func (p *placer) distinctColumn(root plan.Node, id int) float64 {
	out, share := -1.0, 1.0
	most := math.Inf(1)
	plan.Visit(root, func(n plan.Node) {
		switch n := n.(type) {
		case *plan.Scan:
			out = max(out, p.distinctOf(n, id))
		case *plan.Project:
			out = max(out, p.distinctItem(n.Input, n.Items, id))
		case *plan.Aggregate:
			out = max(out, p.distinctItem(n.Input, n.Groups, id))
		}
		switch n.(type) {
		case *plan.Filter, *plan.Join:
			for _, c := range plan.Expressions(n) {
				if k := valuesLeft(c, id); k >= 0 {
					most = min(most, k)
				} else if bounds(c, id) {
					share /= 3
				}
			}
		}
	})
	switch {
	case !math.IsInf(most, 1):
		return most
	case out < 0:
		return -1
	}
	return max(out*share, 1)
}

func (p *placer) distinctOf(s *plan.Scan, id int) float64 {
	for _, c := range s.Cols {
		switch {
		case c.Column.ID != id:
		case c.Pseudo:
			return 1
		default:
			if d := p.env.Catalog.Table(s.Table).Column(c.Source).Distinct; d > 0 {
				return float64(d)
			}
		}
	}
	return -1
}

func (p *placer) distinctItem(in plan.Node, items []plan.Assign, id int) float64 {
	for _, it := range items {
		if c, ok := it.Expr.(*plan.Col); it.Col.ID == id && !(ok && c.Column.ID == id) {
			return p.distinct(in, it.Expr)
		}
	}
	return -1
}

// valuesLeft is the number of a column's values for which a condition can hold; -1 if it lists none.
func valuesLeft(cond plan.Expr, id int) float64 {
	switch e := cond.(type) {
	case *plan.In:
		if !e.Not && isColumn(e.X, id) {
			return float64(len(e.List))
		}
	case *plan.Call:
		if e.Fn == "=" && (isColumn(e.Args[0], id) && constant(uncast(e.Args[1])) || isColumn(e.Args[1], id) && constant(uncast(e.Args[0]))) {
			return 1
		}
	case *plan.Or:
		sum := 0.0
		for _, a := range e.Args {
			k := valuesLeft(a, id)
			if k < 0 {
				return -1
			}
			sum += k
		}
		return sum
	case *plan.And:
		least := -1.0
		for _, a := range e.Args {
			if k := valuesLeft(a, id); k >= 0 && (least < 0 || k < least) {
				least = k
			}
		}
		return least
	}
	return -1
}

// bounds reports a condition that compares a column with a constant.
func bounds(cond plan.Expr, id int) bool {
	c, ok := cond.(*plan.Call)
	return ok && comparisons[c.Fn] && c.Fn != "=" && c.Fn != "<>" &&
		(isColumn(c.Args[0], id) && constant(uncast(c.Args[1])) || isColumn(c.Args[1], id) && constant(uncast(c.Args[0])))
}
