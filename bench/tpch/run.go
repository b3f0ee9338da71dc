package tpch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/atoll-sql/atoll/internal/logictest"
	rows "github.com/atoll-sql/atoll/internal/tpch"
)

// Run fills the servers, where that has not been done, and measures: query by query, and within a query one peer after the other in
// each round, so that what else the machine does falls on all alike. A query that a peer refuses, fails or does not finish in time is
// part of the report; an error means that there is none.
func Run(ctx context.Context, o Options) (report Report, err error) {
	if o, err = o.complete(); err != nil {
		return Report{}, err
	}
	s, err := start(ctx, o)
	defer func() { err = errors.Join(err, s.stop()) }()
	if err != nil {
		return Report{}, err
	}
	m := &measurement{servers: s, peers: map[Peer]peer{}}
	defer func() { err = errors.Join(err, m.close()) }()
	for _, p := range o.Peers {
		if m.peers[p], err = s.connect(ctx, p); err != nil {
			return Report{}, fmt.Errorf("%s: %w", p, err)
		}
	}
	if report, err = s.describe(ctx); err != nil {
		return Report{}, err
	}
	for _, number := range o.Queries {
		q, err := m.query(ctx, number)
		if err != nil {
			return Report{}, err
		}
		report.Queries = append(report.Queries, q)
		s.say("%s", q)
	}
	return report, nil
}

// measurement asks the peers.
type measurement struct {
	*servers
	peers map[Peer]peer
}

func (m *measurement) close() error {
	var errs []error
	for _, p := range m.peers {
		if p != nil {
			errs = append(errs, p.close())
		}
	}
	return errors.Join(errs...)
}

// query measures one query. It fails only if the context ended or there is no right answer to hold the others to.
func (m *measurement) query(ctx context.Context, number int) (QueryReport, error) {
	c, err := rows.Query("postgres", number)
	if err != nil {
		return QueryReport{}, err
	}
	q := QueryReport{Number: number, Peers: map[Peer]*Measure{}}
	answers := map[Peer]logictest.Answer{}
	for _, p := range m.opts.Peers {
		q.Peers[p] = &Measure{}
	}
	for round := range m.opts.WarmUps + m.opts.Repetitions {
		for _, p := range m.opts.Peers {
			r, ok := m.once(ctx, q.Peers[p], p, c.SQL, round >= m.opts.WarmUps)
			if ok {
				answers[p] = r.answer
			}
			if err := ctx.Err(); err != nil {
				return q, err
			}
		}
	}
	want, ok := answers[Single]
	if !ok {
		return q, fmt.Errorf("query %d: %s has no answer: %s", number, Single, q.Peers[Single].Failure)
	}
	for p, measure := range q.Peers {
		measure.finish(m.opts.Timeout)
		if got, ok := answers[p]; ok {
			measure.compare(c, want, got)
		}
	}
	return q, nil
}

// once asks one peer, unless it has failed before, and reports whether it answered.
func (m *measurement) once(ctx context.Context, into *Measure, p Peer, sql string, counts bool) (reply, bool) {
	if into.Failure != "" || into.Capped {
		return reply{}, false
	}
	before, err := m.processorTime()
	if err != nil {
		into.Failure = err.Error()
		return reply{}, false
	}
	begin := time.Now()
	r, err := m.peers[p].ask(ctx, sql, m.opts.Timeout)
	took := time.Since(begin)
	after, failure := m.processorTime()
	switch err = errors.Join(err, failure); {
	case errors.Is(err, errTimeout):
		into.Capped = true
	case err != nil:
		into.Failure = err.Error()
	case counts:
		into.Runs = append(into.Runs, took)
		into.processor = append(into.processor, after-before)
		into.moved(r.stats)
	}
	return r, err == nil
}

// median of at least one duration.
func median(all []time.Duration) time.Duration {
	sorted := slices.Sorted(slices.Values(all))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}
