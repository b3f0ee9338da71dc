package residency

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// keep returns the rows of an aggregate's input whose groups have the entities that a threshold asks for. Registers are groups of groups, so that
// entities are counted before them. A row without a value is in no sketch, and counts for none: of a column that few have a value of, a sketch
// would be of those few, however many rows there are.
//
//	filter entities#i >= min, …
//	  window entities#i=count(CASE WHEN nth#i = 1 AND entity i IS NOT NULL THEN 1 END) over (partition by keys), …
//	    window nth#i=row_number() over (partition by keys, entity i), …
//	      filter value IS NOT NULL
//	        input
//
// What is made of no rows is the same whether there are none or too few of them: no group, or one whose sketch is NULL.
func keep(agg *plan.Aggregate, t Threshold, next func() int) (plan.Node, error) {
	g := &guard{t: t, next: next}
	if err := g.check(agg); err != nil {
		return nil, err
	}
	valued := &plan.Filter{Input: agg.Input, Conds: []plan.Expr{&plan.IsNull{X: agg.Aggs[0].Agg.Args[0], Not: true}}}
	in, passes := g.marked(&plan.Aggregate{Input: valued, Groups: agg.Groups, Aggs: agg.Aggs})
	return &plan.Filter{Input: in, Conds: plan.Conjuncts(passes)}, nil
}

// keepsRows reports whether n is what [keep] makes of an aggregate's input under t.
func keepsRows(n plan.Node, agg *plan.Aggregate, t Threshold) bool {
	last := plan.LastColumn(n)
	ours, err := keep(agg, t, func() int { last++; return last })
	if err != nil {
		return false
	}
	like := &likeness{input: agg.Input, theirs: map[int]plan.Column{}, taken: map[int]bool{}}
	for _, c := range slices.Concat(agg.Input.Columns(), agg.Columns()) {
		like.taken[c.ID] = true
	}
	return like.same(n, ours)
}

// unkept finds the threshold below the registers of a tree: agg is their aggregate without it, and bare the tree with that in its place. Whether what
// was taken away is the threshold, and suffices, is for [keepsRows] to say.
func unkept(root plan.Node, r *registers) (bare plan.Node, agg *plan.Aggregate, protected plan.Node) {
	f, ok := r.agg.Input.(*plan.Filter)
	if !ok {
		return root, nil, nil
	}
	rows := below[*plan.Filter](below[*plan.Window](below[*plan.Window](f.Input)))
	if rows == nil {
		return root, nil, nil
	}
	agg = &plan.Aggregate{Input: rows, Groups: r.agg.Groups, Aggs: r.agg.Aggs}
	return replace(root, r.agg, agg), agg, f
}
