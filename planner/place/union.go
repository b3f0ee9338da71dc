package place

import (
	"github.com/atoll-sql/atoll/planner/plan"
)

// belowUnion computes the partials of an aggregate over UNION ALL in each branch: at its shards, where they can, so that
// groups and not rows travel. DISTINCT, and with it UNION, is such an aggregate. It returns nil if no branch gains.
func (p *placer) belowUnion(n *plan.Aggregate, in *placed) (*placed, error) {
	if p.off("union_aggregates") {
		return nil, nil
	}
	if set := underProjects(in.node); set == nil {
		return nil, nil
	}
	mark := p.mark()
	s, err := p.split(n, byValue)
	if err != nil {
		return nil, err
	}
	u := &branches{p: p, why: s.why(n)}
	node, err := u.partials(in.node, s.groups, s.aggs)
	if err != nil {
		return nil, err
	}
	if !u.gained {
		p.reset(mark)
		return nil, nil
	}
	return &placed{node: s.merge(node), rows: groupRows(n, in.rows)}, nil
}

// underProjects returns the UNION ALL that projections are above, nil if there is none.
func underProjects(n plan.Node) *plan.SetOp {
	for {
		switch x := n.(type) {
		case *plan.Project:
			if !inlinable(x.Items, nil) {
				return nil
			}
			n = x.Input
		case *plan.SetOp:
			if x.Kind != plan.UnionAll {
				return nil
			}
			return x
		default:
			return nil
		}
	}
}

// branches takes an aggregate to the branches of a union.
type branches struct {
	p      *placer
	why    string
	gained bool // at least one branch is aggregated at its shards
}

// partials returns a tree whose columns are those of the groups and aggregates, computed over the rows of n or, for each
// branch by itself, over those of the union that n is.
func (u *branches) partials(n plan.Node, groups []plan.Assign, aggs []plan.AggAssign) (plan.Node, error) {
	agg := &plan.Aggregate{Input: n, Groups: groups, Aggs: aggs}
	set := underProjects(n)
	if set == nil {
		return u.branch(agg)
	}
	for n != plan.Node(set) {
		pr := n.(*plan.Project)
		agg = over(pr.Input, agg, pr.Items)
		n = pr.Input
	}
	out := &plan.SetOp{Kind: plan.UnionAll, Cols: agg.Columns()}
	for i, in := range set.In {
		b := u.fresh(over(in, agg, set.Renamed(i)))
		node, err := u.partials(in, b.Groups, b.Aggs)
		if err != nil {
			return nil, err
		}
		out.In = append(out.In, plan.Exactly(node, b.Columns()))
	}
	return out, nil
}

// branch computes the partials of one branch.
func (u *branches) branch(agg *plan.Aggregate) (plan.Node, error) {
	r := u.p.atSource(agg.Input)
	if r == nil || r.order != nil {
		return agg, nil
	}
	low := *r
	partial := &plan.Aggregate{Input: r.node, Groups: agg.Groups, Aggs: agg.Aggs}
	if !u.p.fits(&low, partial) {
		return agg, nil
	}
	low.node, low.rows = partial, groupRows(agg, r.rows)
	u.gained = true
	return u.p.gather(&low, u.why)
}

// over is an aggregate whose expressions speak of what defines the columns that they spoke of.
func over(in plan.Node, agg *plan.Aggregate, items []plan.Assign) *plan.Aggregate {
	defs := plan.Definitions(items)
	bare := &plan.Aggregate{Input: &plan.OneRow{}, Groups: agg.Groups, Aggs: agg.Aggs}
	out := plan.MapExpressions(bare, func(e plan.Expr) plan.Expr { return plan.Substitute(e, defs) }).(*plan.Aggregate)
	return &plan.Aggregate{Input: in, Groups: out.Groups, Aggs: out.Aggs}
}

// fresh gives an aggregate columns of its own.
func (u *branches) fresh(agg *plan.Aggregate) *plan.Aggregate {
	out := &plan.Aggregate{Input: agg.Input}
	for _, g := range agg.Groups {
		out.Groups = append(out.Groups, plan.Assign{Col: u.p.newColumn(g.Col.Name, g.Col.Type), Expr: g.Expr})
	}
	for _, a := range agg.Aggs {
		out.Aggs = append(out.Aggs, plan.AggAssign{Col: u.p.newColumn(a.Col.Name, a.Col.Type), Agg: a.Agg})
	}
	return out
}

// atSource returns what a tree at the coordinator gathered, if it does no more than that and what its shards can do for it.
func (p *placer) atSource(n plan.Node) *placed {
	switch n := n.(type) {
	case *plan.Gather:
		if len(n.Keys) == 0 {
			return p.sources[n.Fragment]
		}
	case *plan.Project:
		r := p.atSource(n.Input)
		if r == nil || !p.fits(r, n) {
			return nil
		}
		out := *r
		out.node = &plan.Project{Input: r.node, Items: n.Items}
		out.rename(n.Items)
		return &out
	}
	return nil
}
