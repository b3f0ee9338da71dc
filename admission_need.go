package atoll

import (
	"cmp"

	"github.com/atoll-sql/atoll/connectors/pool"
	"github.com/atoll-sql/atoll/planner/plan"
)

// within is what a plan reserves, with as many shards of a fragment asked at once as most says, 0 for all. Where that is more than the
// limits allow, fewer are: as many as half of the limits allow, so that other queries run beside this one, and at least one.
func (d demand) within(l pool.Limits, most int) (need pool.Need, concurrent int, err error) {
	fits := func(l pool.Limits, n int) bool {
		need := d.need(n)
		return l.Allow(need.Connections, len(need.Shards)+need.More)
	}
	if fits(l, most) {
		return d.need(most), most, nil
	}
	low, high := 1, cmp.Or(most, d.widest()) // the need grows with the number
	half := pool.Limits{Connections: halved(l.Connections), Shards: halved(l.Shards)}
	for low < high {
		if middle := (low + high + 1) / 2; fits(half, middle) {
			low = middle
		} else {
			high = middle - 1
		}
	}
	if need = d.need(low); !fits(l, low) {
		return need, 0, beyondBudget(&pool.ExceededError{Connections: need.Connections, Shards: len(need.Shards) + need.More, Limits: l})
	}
	return need, low, nil
}

// halved is half of a limit, at least 1; no limit stays none.
func halved(n int) int { return (n + 1) / 2 }

// widest is the number of shards that the largest fragment asks.
func (d demand) widest() int {
	n := 1
	for _, phase := range d.phases {
		for _, g := range phase {
			n = max(n, len(g.Fragment.Targets))
		}
	}
	return n
}

// need is what the plan holds open at most when n shards of a fragment are asked at once, 0 for all:
//   - of a shard asked more than once, as many connections as it has statements at the same time, for it keeps one while there
//     are others to come;
//   - of each fragment, n others; or all that it asks where their rows are merged in order, which takes a row of each.
//
// The fragments of a phase run at the same time, and the phases one after the other.
func (d demand) need(n int) pool.Need {
	out := pool.Need{Shards: append([]string(nil), d.lasting...)}
	lasting := map[string]bool{}
	for _, s := range d.lasting {
		lasting[s] = true
		out.Connections += int(d.byShard[s])
	}
	conns, more := 0, 0
	named := map[string]bool{}
	for _, phase := range d.phases {
		phaseConns, phaseMore := 0, 0
		for _, g := range phase {
			once := others(g, lasting)
			if ordered := len(g.Keys) > 0; ordered || n == 0 || len(once) <= n {
				phaseConns += len(once)
				for _, s := range once {
					if !named[s] {
						named[s] = true
						out.Shards = append(out.Shards, s)
					}
				}
				continue
			}
			phaseConns += n
			phaseMore += n
		}
		conns, more = max(conns, phaseConns), max(more, phaseMore)
	}
	out.Connections += conns
	out.More = more
	return out
}

// others are the shards of a fragment that are not among those given.
func others(g *plan.Gather, given map[string]bool) []string {
	var out []string
	for _, t := range g.Fragment.Targets {
		if !given[t.Shard] {
			out = append(out, t.Shard)
		}
	}
	return out
}
