package fanout

import (
	"context"
	"errors"
	"fmt"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/bench/load"
	"github.com/atoll-sql/atoll/bench/report"
)

// point is one value of a sweep.
type point struct {
	sweep    string // what is changed
	value    float64
	query    query
	parallel int

	rounds load.Rounds
	merge  []float64 // by round: medians of seconds between the last batch of a shard and the last of the answer
	bytes  []float64 // by round: from the shards, a query
}

// Names of the sweeps.
const (
	bySelectivity = "selectivity"
	byGroups      = "groups"
	byRows        = "result rows a shard"
	byParallel    = "queries at once"
)

func (m *measurement) newSweeps() {
	add := func(p point) {
		p.parallel = max(p.parallel, 1)
		m.sweeps = append(m.sweeps, &p)
	}
	for _, v := range m.o.Selectivity {
		add(point{sweep: bySelectivity, value: v, query: query{selectivity: v}})
	}
	for _, v := range m.o.Groups {
		add(point{sweep: byGroups, value: float64(v), query: query{groups: v}})
	}
	for _, v := range m.o.ResultRows {
		add(point{sweep: byRows, value: float64(v), query: query{rows: v, perShard: m.o.Rows}})
	}
	for _, v := range m.o.InParallel {
		add(point{sweep: byParallel, value: float64(v), parallel: v})
	}
}

// sweep visits all points once more, over near shards.
func (m *measurement) sweep(ctx context.Context) (err error) {
	if len(m.sweeps) == 0 {
		return nil
	}
	e, err := m.near.Open(ctx, m.o.At)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	for _, p := range m.sweeps {
		if err := m.visitPoint(ctx, e, p); err != nil {
			return fmt.Errorf("%s %g: %w", p.sweep, p.value, err)
		}
	}
	return nil
}

func (m *measurement) visitPoint(ctx context.Context, e *atoll.Engine, p *point) error {
	sql := p.query.sql()
	if err := m.warmUp(ctx, e, sql); err != nil {
		return err
	}
	asked := make([][]Asked, p.parallel) // by worker
	r, err := m.closed(ctx, p.parallel, func(ctx context.Context, worker int) error {
		a, err := Ask(ctx, e, sql)
		if err == nil {
			asked[worker] = append(asked[worker], a)
		}
		return err
	})
	if err != nil {
		return err
	}
	var merge []float64
	bytes := int64(0)
	for _, list := range asked {
		for _, a := range list {
			merge = append(merge, a.Stats.Merging.Seconds())
			bytes = bytesOf(a)
		}
	}
	p.rounds = append(p.rounds, r)
	p.merge, p.bytes = append(p.merge, report.Median(merge)), append(p.bytes, float64(bytes))
	return nil
}

// bytesOf is what all shards sent for a query.
func bytesOf(a Asked) (sum int64) {
	for _, s := range a.Stats.Statements {
		sum += s.Bytes
	}
	return sum
}
