package place

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// window runs at the shards where no partition of any of its windows spans two of them.
func (p *placer) window(n *plan.Window, in *placed) (*placed, error) {
	if in.spread == replicated {
		in = p.oneReplica(in)
	}
	if in.spread == sharded && p.partitionsStay(n, in) && p.fits(in, &plan.Window{Input: in.node, Fns: n.Fns}) {
		out := *in
		out.node, out.order = &plan.Window{Input: in.node, Fns: n.Fns}, nil
		return &out, nil
	}
	top, err := p.toCoordinator(in, "a window over rows of several shards")
	if err != nil {
		return nil, err
	}
	return onTop(&plan.Window{Input: top.node, Fns: n.Fns}, top), nil
}

func (p *placer) partitionsStay(n *plan.Window, in *placed) bool {
	if len(in.shards) == 1 || in.boundTo(p.around) {
		return true
	}
	if p.off("complete_aggregate") || len(in.keys) == 0 {
		return false
	}
	for _, f := range n.Fns {
		for _, ids := range in.keys {
			covered := slices.ContainsFunc(f.Partition, func(x plan.Expr) bool {
				c, ok := x.(*plan.Col)
				return ok && slices.Contains(ids, c.Column.ID)
			})
			if !covered || !in.neverNull(ids) {
				return false
			}
		}
	}
	return true
}
