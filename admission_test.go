package atoll

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/atoll-sql/atoll/connectors/pool"
	"github.com/atoll-sql/atoll/planner/plan"
)

// gatherOf is a fragment that asks shards from, from+1, … by number, n of them.
func gatherOf(from, n int, keys ...plan.SortKey) *plan.Gather {
	f := &plan.Fragment{}
	for i := range n {
		f.Targets = append(f.Targets, plan.Target{Shard: fmt.Sprint("s", from+i)})
	}
	return &plan.Gather{Fragment: f, Keys: keys}
}

func TestDemandWithinLimits(t *testing.T) {
	key := plan.SortKey{}
	counted := gatherOf(0, 4)
	for i := range counted.Fragment.Targets {
		counted.Fragment.Targets[i].Small = &plan.Statement{}
	}
	two := &plan.Residual{Sources: []plan.Node{gatherOf(0, 10), gatherOf(20, 6)}}
	same := &plan.Residual{Sources: []plan.Node{gatherOf(0, 3), gatherOf(0, 3)}}
	for _, c := range []struct {
		name               string
		root               plan.Node
		step               plan.Node
		limits             pool.Limits
		most               int
		conns, named, more int
		concurrent         int
		refused            string
	}{
		{name: "all at once", root: gatherOf(0, 10), conns: 10, named: 10},
		{name: "as configured", root: gatherOf(0, 10), most: 3, conns: 3, more: 3, concurrent: 3},
		{name: "half of the shards", root: gatherOf(0, 10), limits: pool.Limits{Shards: 8}, conns: 4, more: 4, concurrent: 4},
		{name: "half of the connections", root: gatherOf(0, 10), limits: pool.Limits{Connections: 6}, conns: 3, more: 3, concurrent: 3},
		{name: "just fits", root: gatherOf(0, 10), limits: pool.Limits{Shards: 10, Connections: 10}, conns: 10, named: 10},
		{name: "one at a time", root: gatherOf(0, 10), limits: pool.Limits{Shards: 1}, conns: 1, more: 1, concurrent: 1},
		{name: "two fragments at once", root: two, limits: pool.Limits{Shards: 8}, conns: 4, more: 4, concurrent: 2},
		{name: "two fragments in a shard each", root: two, limits: pool.Limits{Shards: 1}, refused: "2 shards need to be open at once, and 1 are allowed"},
		{name: "step, then the rest", root: gatherOf(0, 4), step: gatherOf(10, 3), conns: 4, named: 7},
		{name: "in order", root: gatherOf(0, 10, key), limits: pool.Limits{Shards: 8}, refused: "10 shards need to be open at once, and 8 are allowed"},
		{name: "in order, and it fits", root: gatherOf(0, 8, key), limits: pool.Limits{Shards: 8}, conns: 8, named: 8},
		{name: "in order of one", root: gatherOf(0, 1, key), limits: pool.Limits{Shards: 1}, conns: 1, named: 1},
		{name: "the same shards twice", root: same, conns: 6, named: 3},
		{name: "the same shards twice, too many", root: same, limits: pool.Limits{Shards: 2}, refused: "3 shards need to be open at once, and 2 are allowed"},
		{name: "what is kept back is counted", root: counted, limits: pool.Limits{Connections: 7}, refused: "8 connections are needed at once, and 7 are allowed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := &plan.Plan{Root: c.root}
			if c.step != nil {
				p.Steps = []*plan.Step{{Root: c.step}}
			}
			need, concurrent, err := demandOf(p).within(c.limits, c.most)
			if c.refused != "" {
				var e *Error
				var much *pool.ExceededError
				if !errors.As(err, &e) || e.SQLState != "53300" || e.Hint == "" || !errors.As(err, &much) || much.Error() != c.refused {
					t.Fatalf("got %v, want %s", err, c.refused)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			slices.Sort(need.Shards)
			if need.Connections != c.conns || len(need.Shards) != c.named || len(slices.Compact(need.Shards)) != c.named || need.More != c.more || concurrent != c.concurrent {
				t.Errorf("%d connections, shards %v and %d more, %d at once", need.Connections, need.Shards, need.More, concurrent)
			}
			if !c.limits.Allow(need.Connections, len(need.Shards)+need.More) {
				t.Error("beyond the limits")
			}
		})
	}
}
