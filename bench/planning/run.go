package planning

import (
	"context"
	"errors"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"time"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/bench/report"
)

// How a query's text meets the planner.
const (
	First      = "first"      // a text never seen
	Repeated   = "repeated"   // the text of the plan before, of which the engine keeps what it can
	Parameters = "parameters" // the same text again, with other values of its parameters
)

// Names of the report's series. Their conditions are "shape", "shards", "rules" and "text"; all but the first are of texts never seen.
const (
	Planning    = "planning"
	Starting    = "starting operators"
	Allocations = "allocations a query"
	Allocated   = "bytes allocated a query"
)

// longestBatch bounds the time of one round's plans of one kind.
const longestBatch = time.Second

// Run measures. Engines under different numbers of rules, and texts that are new, repeated and with parameters, take turns within each round, so that what
// else the machine does falls on all alike.
func Run(ctx context.Context, o Options) (r *report.Report, err error) {
	if o, err = o.complete(); err != nil {
		return nil, err
	}
	dir, err := os.MkdirTemp("", "atoll-bench-plan-")
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	m := &measurement{o: o, r: report.New("plan", 0)}
	m.r.Settings = []report.Setting{
		{Name: "plans a round", Value: fmt.Sprintf("%d, or as many as fit into %v", o.Plans, longestBatch)}, {Name: "rounds", Value: fmt.Sprint(o.Rounds)},
		{Name: "values of the shape list", Value: fmt.Sprint(o.Values)},
	}
	for _, shards := range o.Shards {
		if err := m.over(ctx, dir, shards); err != nil {
			return nil, err
		}
	}
	m.finish()
	return m.r, nil
}

// measurement is a run.
type measurement struct {
	o Options
	r *report.Report
	n int // queries so far: no text twice
}

func (m *measurement) over(ctx context.Context, dir string, shards int) (err error) {
	variants, err := open(ctx, dir, shards, m.o.Rules)
	defer func() { err = errors.Join(err, closeAll(variants)) }()
	if err != nil {
		return err
	}
	for _, s := range shapes(m.o.Values) {
		if !slices.Contains(m.o.Shapes, s.name) {
			continue
		}
		m.o.Progress(fmt.Sprintf("%d shards: %s", shards, s.name))
		for round := -1; round < m.o.Rounds; round++ { // the first warms up
			for _, v := range variants {
				if err := m.texts(ctx, s, v, shards, round >= 0); err != nil {
					return fmt.Errorf("%s over %d shards under %s rules: %w", s.name, shards, v.rules, err)
				}
			}
		}
	}
	return nil
}

// texts measures a shape in each of its forms.
func (m *measurement) texts(ctx context.Context, s shape, v variant, shards int, counts bool) error {
	for _, text := range []string{First, Repeated, Parameters} {
		if text == Parameters && s.with == "" {
			continue
		}
		b, err := m.batch(ctx, v.engine, s, text)
		if err != nil {
			return err
		}
		if !counts {
			continue
		}
		where := []string{"shape", s.name, "shards", strconv.Itoa(shards), "rules", v.rules, "text", text}
		m.r.Observe(Planning, report.Seconds, report.Lower, report.Median(b.planning), where...)
		if text != First { // of the others, planning tells enough
			continue
		}
		m.r.Observe(Starting, report.Seconds, report.Lower, report.Median(b.starting), where...)
		m.r.Observe(Allocations, report.Count, report.Lower, b.allocations, where...)
		m.r.Observe(Allocated, report.Bytes, report.Lower, b.bytes, where...)
	}
	return nil
}

// batch is several plans of one kind, one after the other.
type batch struct {
	planning, starting []float64 // seconds
	allocations, bytes float64   // of each query, until its operators run
}

func (m *measurement) batch(ctx context.Context, e *atoll.Engine, s shape, text string) (b batch, err error) {
	if err := ctx.Err(); err != nil {
		return b, err
	}
	var before, after runtime.MemStats
	begin := time.Now()
	runtime.ReadMemStats(&before)
	for len(b.planning) < m.o.Plans && (len(b.planning) == 0 || time.Since(begin) < longestBatch) {
		m.n++
		planned, ready, err := once(ctx, e, s, text, m.n)
		if err != nil {
			return b, err
		}
		b.planning, b.starting = append(b.planning, planned.Seconds()), append(b.starting, (ready-planned).Seconds())
	}
	runtime.ReadMemStats(&after)
	n := float64(len(b.planning))
	b.allocations, b.bytes = float64(after.Mallocs-before.Mallocs)/n, float64(after.TotalAlloc-before.TotalAlloc)/n
	return b, nil
}

// once plans a query, and has its operators started and stopped. It returns when the plan was there, and when the operators were, since the query was asked.
func once(ctx context.Context, e *atoll.Engine, s shape, text string, n int) (planned, ready time.Duration, err error) {
	sql, args := s.sql, []any(nil)
	switch text {
	case First:
		sql += " -- " + strconv.Itoa(n)
	case Parameters:
		sql, args = s.with, s.args(n)
	}
	start := time.Now()
	r, err := e.Query(ctx, sql, args...)
	ready = time.Since(start)
	if err != nil {
		return 0, 0, err
	}
	planned = r.Stats().Planning
	r.Release()
	return planned, max(ready, planned), nil
}
