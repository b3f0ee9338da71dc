package place

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/aggregate"
	"github.com/atoll-sql/atoll/planner/plan"
)

// waysToSplit lists the manners in which n can be split over the shards, the better first. Aggregates of distinct values are added up if no
// two shards have a value in common and no further group, which the same value could be in again, is needed by another aggregate.
func (p *placer) waysToSplit(n *plan.Aggregate, in *placed) []manner {
	out := []manner{byValue}
	if slices.ContainsFunc(n.Aggs, func(a plan.AggAssign) bool { return a.Agg.Sketch != nil }) && !p.off("sketches") {
		out = []manner{{sketches: true}, {sketches: true, mixed: true}, byValue}
	}
	if n.Sets == nil && !p.off("complete_distinct") {
		out = append([]manner{{disjoint: in.apart, sketches: out[0].sketches}}, out...)
	}
	return out
}

// use reports that a split is worth it: adding up is chosen only where it says something and no values travel beside.
func (s *split) use(n *plan.Aggregate) bool {
	return s.how.disjoint == nil || s.added && len(s.groups) == len(n.Groups)
}

// apart reports that all rows with one value of x, NULL excepted, are on one shard: x is the whole key of a way.
func (r *placed) apart(x plan.Expr) bool {
	return slices.ContainsFunc(r.ways, func(w way) bool {
		return len(w.keys) == 1 && slices.ContainsFunc(w.keys[0], func(id int) bool { return isColumn(x, id) })
	})
}

// addsUp reports that what shards compute of their own distinct values only needs adding up.
func (s *split) addsUp(a plan.Agg) bool {
	if !a.Distinct || s.how.disjoint == nil || len(a.Args) != 1 || !s.how.disjoint(a.Args[0]) {
		return false
	}
	switch a.Fn {
	case "count", "sum", "avg", "bit_xor":
		return true
	}
	return false
}

// function resolves an aggregate of n, and completes what the merge must know of it.
func (s *split) function(a plan.Agg, types []arrow.DataType, m *plan.MergeAgg) (*aggregate.Function, error) {
	if m.Sketch != nil {
		return s.sketchFunction(a, types, m)
	}
	if !aggregate.IsOrdered(a.Fn) {
		if s.addsUp(a) {
			s.added, m.Distinct = true, false
		}
		return aggregate.Lookup(a.Fn, types, m.Distinct)
	}
	s.ordered = true
	o := aggregate.Ordering{}
	if len(a.Args) > 1 && constant(a.Args[1]) {
		m.Constant, o.Constant = a.Args[1], &aggregate.Constant{Null: true} // its value is of no concern yet
	}
	for _, k := range a.Order {
		arg := slices.IndexFunc(a.Args, func(x plan.Expr) bool { return plan.Format(x) == plan.Format(k.Expr) })
		m.Order = append(m.Order, plan.MergeOrder{SortKey: plan.SortKey{Desc: k.Desc, NullsFirst: k.NullsFirst}, Arg: arg})
		o.Keys = append(o.Keys, aggregate.OrderKey{Arg: arg, Type: k.Expr.Type().Arrow(), Desc: k.Desc, NullsFirst: k.NullsFirst})
	}
	return aggregate.LookupOrdered(a.Fn, types, a.Distinct, o)
}

// constant reports a value that the coordinator knows.
func constant(x plan.Expr) bool {
	switch x.(type) {
	case *plan.Const, *plan.Param:
		return true
	}
	return false
}

// operand is an argument or, beyond those, an item of the order.
func operand(a plan.Agg, arg int) plan.Expr {
	if arg < len(a.Args) {
		return a.Args[arg]
	}
	return a.Order[arg-len(a.Args)].Expr
}

// orderColumns completes the order of a merge by the columns that its items came in.
func orderColumns(m plan.MergeAgg, f *aggregate.Function) []plan.MergeOrder {
	for i, o := range m.Order {
		arg := o.Arg
		if arg < 0 {
			arg = len(f.Args) + i
		}
		at := slices.IndexFunc(f.Partials, func(p aggregate.Partial) bool { return p.Op == aggregate.OpValue && p.Arg == arg })
		m.Order[i].Col = m.Partials[at]
	}
	return m.Order
}

// why says what the fragment's rows are for.
func (s *split) why(n *plan.Aggregate) string {
	switch {
	case len(s.parts) > 0:
		return "sketches and partial aggregates are merged"
	case len(n.Aggs) == 0:
		return "distinct rows are merged"
	case s.ordered:
		return "values are put in order and partial aggregates merged"
	}
	return "partial aggregates are merged"
}

// rows guesses how many partial rows there are; values that are to be put in order are taken to be all different.
func (s *split) rows(n *plan.Aggregate, rows float64) float64 {
	switch {
	case s.ordered:
		return rows
	case len(s.groups) == 0 || len(s.parts) > 0 && len(n.Groups) == 0:
		return 1
	}
	return groupRows(&plan.Aggregate{Groups: s.groups}, rows)
}
