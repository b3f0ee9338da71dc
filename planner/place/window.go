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
	return !p.off("complete_aggregate") && !slices.ContainsFunc(n.Fns, func(f plan.WindowFn) bool {
		return !in.fixedBy(slices.Values(f.Partition))
	})
}
