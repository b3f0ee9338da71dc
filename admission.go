package atoll

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"golang.org/x/sync/semaphore"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/pool"
	"github.com/atoll-sql/atoll/internal/config"
	"github.com/atoll-sql/atoll/planner/plan"
)

// gate admits queries to one shard: as many statements at once as its connector runs. A query takes all it
// needs before it starts, shard by shard in one order for all queries under all versions of the map, and last what it needs of the engine's budget; two of them can
// therefore never each hold a connection that the other one waits for.
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

// What an engine holds open where the configuration does not say.
const (
	defaultConnections = 1000
	defaultOpenShards  = 256
)

// newBudget makes the budget of an engine's shards.
func newBudget(l config.Limits) *pool.Budget {
	return pool.NewBudget(pool.Limits{Connections: cmp.Or(l.Connections, defaultConnections), Shards: cmp.Or(l.OpenShards, defaultOpenShards), Idle: l.Idle}, nil)
}

// promise is what a query was promised.
type promise struct {
	release  func()
	reserved *pool.Reservation
	// concurrent bounds how many shards of one fragment are asked at once, 0 for all.
	concurrent int
}

// within puts what was promised into a context: connectors lend connections by it.
func (a *promise) within(ctx context.Context) context.Context {
	if a == nil {
		return ctx
	}
	return a.reserved.Context(ctx)
}

// admit waits until every shard can run what the plan asks of it at once, and the engine's budget has room for it. The caller calls release
// when the query is over.
func (t *topology) admit(ctx context.Context, p *plan.Plan) (*promise, error) {
	d := demandOf(p)
	need, concurrent, err := d.within(t.budget.Limits(), t.cfg.Limits.Concurrency)
	if err != nil {
		return nil, err
	}
	release, err := t.pass(ctx, d.byShard)
	if err != nil {
		return nil, err
	}
	r, err := t.budget.Reserve(ctx, need)
	if err != nil {
		release()
		return nil, beyondBudget(err)
	}
	return &promise{reserved: r, concurrent: concurrent, release: func() {
		r.Release()
		release()
	}}, nil
}

// pass takes places at the gates of shards, so many of each. Release gives them back.
func (t *topology) pass(ctx context.Context, need map[string]int64) (release func(), err error) {
	var held []func()
	release = func() {
		for _, f := range held {
			f()
		}
	}
	for _, s := range t.byTurn {
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

// beyondBudget names the limit that a need exceeds.
func beyondBudget(err error) error {
	var much *pool.ExceededError
	if !errors.As(err, &much) {
		return err
	}
	e := &Error{SQLState: "53300", Pos: -1, cause: err, Text: "the query cannot run a few shards at a time within the limits: " + much.Error(),
		Hint: "raise limits.open_shards, or ask fewer shards"}
	if much.Limits.Allow(0, much.Shards) {
		e.Hint = "raise limits.connections, or ask fewer shards"
	}
	return e
}

// demand is what a plan asks of the shards.
type demand struct {
	byShard map[string]int64 // statements that run at the same time
	lasting []string         // shards asked more than once: each keeps one state, and a connection, for the whole query
	phases  [][]*plan.Gather // the fragments that run at the same time: those of the steps, then those of the rest
}

// demandOf reads a plan.
func demandOf(p *plan.Plan) demand {
	d := demand{byShard: map[string]int64{}}
	asked := map[string]int{}
	for _, root := range p.Roots() {
		for _, g := range gathers(root) {
			for _, t := range g.Fragment.Targets {
				asked[t.Shard] += statements(t)
			}
		}
	}
	for shard, n := range asked {
		if n > 1 {
			d.lasting = append(d.lasting, shard)
		}
	}
	slices.Sort(d.lasting)
	all := p.Roots()
	for _, roots := range [][]plan.Node{all[:len(all)-1], all[len(all)-1:]} {
		d.addPhase(roots)
	}
	return d
}

// addPhase counts, by shard, the statements of roots that run at the same time.
func (d *demand) addPhase(roots []plan.Node) {
	var phase []*plan.Gather
	own := map[string]int64{}
	rounds := map[*plan.Ranks]bool{}
	for _, root := range roots {
		if n, ok := root.(*plan.Narrow); ok {
			if rounds[n.Ranks] {
				continue // which run one after the other
			}
			rounds[n.Ranks] = true
		}
		for _, g := range gathers(root) {
			phase = append(phase, g)
			for _, t := range g.Fragment.Targets {
				own[t.Shard] += int64(statements(t))
			}
		}
	}
	for shard, n := range own {
		d.byShard[shard] = max(d.byShard[shard], n)
	}
	d.phases = append(d.phases, phase)
}

func gathers(root plan.Node) []*plan.Gather {
	var out []*plan.Gather
	plan.Visit(root, func(n plan.Node) {
		if g, ok := n.(*plan.Gather); ok {
			out = append(out, g)
		}
	})
	return out
}

// statements of one target: its rows, and the count of what it keeps back.
func statements(t plan.Target) int {
	if t.Small != nil {
		return 2
	}
	return 1
}
