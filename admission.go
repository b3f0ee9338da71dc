package atoll

import (
	"context"
	"fmt"

	"golang.org/x/sync/semaphore"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
)

// gate admits queries to one shard: as many statements at once as its connector runs. A query takes all it
// needs before it starts, shard by shard in one order for all queries; two of them can therefore never each hold a
// connection that the other one waits for.
type gate struct {
	size  int64
	slots *semaphore.Weighted
}

// newGate makes a gate, nil for a connector without bounds.
func newGate(c connectors.Connector) *gate {
	p, ok := c.(connectors.Pooled)
	if !ok {
		return nil
	}
	n := int64(p.MaxConns())
	return &gate{size: n, slots: semaphore.NewWeighted(n)}
}

// atOnce counts, by shard, the statements that run at the same time: those of the steps, or then those of the rest.
func atOnce(p *plan.Plan) map[string]int64 {
	need := map[string]int64{}
	count := func(roots []plan.Node) {
		own := map[string]int64{}
		rounds := map[*plan.Ranks]bool{}
		for _, root := range roots {
			if n, ok := root.(*plan.Narrow); ok {
				if rounds[n.Ranks] {
					continue // which run one after the other
				}
				rounds[n.Ranks] = true
			}
			plan.Visit(root, func(n plan.Node) {
				if g, ok := n.(*plan.Gather); ok {
					for _, t := range g.Fragment.Targets {
						own[t.Shard]++
						if t.Small != nil {
							own[t.Shard]++
						}
					}
				}
			})
		}
		for shard, n := range own {
			need[shard] = max(need[shard], n)
		}
	}
	all := p.Roots()
	count(all[:len(all)-1])
	count(all[len(all)-1:])
	return need
}

// admit waits until every shard can run what the plan asks of it at once. The caller calls release when the query is
// over.
func (t *topology) admit(ctx context.Context, p *plan.Plan) (release func(), err error) {
	need := atOnce(p)
	var held []func()
	release = func() {
		for _, f := range held {
			f()
		}
	}
	for _, s := range t.shards {
		n := need[s.Name]
		if n == 0 || s.gate == nil {
			continue
		}
		if n > s.gate.size {
			release()
			return nil, &Error{SQLState: "53300", Pos: -1, Shard: s.Name,
				Text: fmt.Sprintf("the query runs %d statements at once on shard %s, which allows %d", n, s.Name, s.gate.size),
				Hint: "raise the shard's max_conns"}
		}
		if err := s.gate.slots.Acquire(ctx, n); err != nil {
			release()
			return nil, err
		}
		held = append(held, func() { s.gate.slots.Release(n) })
	}
	return release, nil
}
