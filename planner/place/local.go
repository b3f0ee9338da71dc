package place

import "github.com/atoll-sql/atoll/planner/plan"

// AtShards reports that the shards answer a tree and its subqueries, each of them from rows of its own, so that nothing but
// the tree's own rows has to leave them. Rules ask before they take a tree apart, or add to it, for the coordinator's sake.
func (e Env) AtShards(n plan.Node) bool {
	p := newPlacer(e, n)
	r, err := p.place(n)
	return err == nil && r.spread != coordinator && !p.moves(r.node)
}

// moves reports that something of a tree, or of its subqueries, has travelled.
func (p *placer) moves(root plan.Node) bool {
	found := false
	plan.VisitAll(root, func(n plan.Node) {
		switch n.(type) {
		case *plan.Gather, *plan.Shipped:
			found = true
		}
		for _, e := range plan.Expressions(n) {
			plan.Walk(e, func(x plan.Expr) bool {
				v, ok := x.(*plan.Param)
				found = found || ok && v.N > len(p.env.Params) // the value of a step
				return !found
			})
		}
	})
	return found
}

// Standing tells whether each shard has a copy of all rows of a tree, and how many rows there are in all, by estimate; negative if that is
// not known.
func (e Env) Standing(n plan.Node) (copied bool, rows float64) {
	p := newPlacer(e, n)
	r, err := p.place(n)
	if err != nil {
		return false, -1
	}
	return r.spread == replicated, r.total()
}

// onEachReplica leaves an aggregate over replicated rows to every shard that has them, so that it can be joined with there; nil
// where the shards' answers might differ, or one of them has none.
func (p *placer) onEachReplica(n *plan.Aggregate, in *placed) *placed {
	for _, a := range n.Aggs {
		if !sameOnReplicas(a.Agg) {
			return nil
		}
	}
	if n.Sets != nil || !p.fits(in, &plan.Aggregate{Input: in.node, Groups: n.Groups, Aggs: n.Aggs}) {
		return nil
	}
	out := *in
	out.node, out.order, out.rows = &plan.Aggregate{Input: in.node, Groups: n.Groups, Aggs: n.Aggs}, nil, groupRows(n, in.rows)
	out.rename(n.Groups)
	return &out
}

// sameOnReplicas reports an aggregate that does not depend on the order in which an engine reads its rows.
func sameOnReplicas(a plan.Agg) bool {
	switch a.Fn {
	case "count", "min", "max", "bool_and", "bool_or", "bit_and", "bit_or", "bit_xor":
		return true
	case "sum", "avg":
		return !a.Args[0].Type().IsFloat()
	}
	return false
}
