package atoll

import (
	"context"
	"errors"
	"time"

	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/executor"
)

// Result is the answer to a query: an Arrow record reader. One goroutine reads it; Release ends the query. Its
// schema has the types of PostgreSQL's answer, as docs/types.md maps them.
type Result struct {
	*executor.ResultReader
	engine         *topology
	running        *running
	start          time.Time
	planned, total time.Duration
	rows           int64
	auditErr       error // that the end could not be recorded
	lookups        *lookups
}

var _ array.RecordReader = (*Result)(nil)

// Next moves to the next batch; it returns false at the end and after an error, which Err then tells.
func (r *Result) Next() bool {
	ok := r.ResultReader.Next()
	if ok {
		r.rows += r.Record().NumRows()
	}
	return ok
}

// Err returns what ended the result early: an [*Error], or the context's own error.
func (r *Result) Err() error {
	err := r.ResultReader.Err()
	if err == nil && r.auditErr != nil {
		return r.auditErr
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) && r.engine.longest() == 0 {
		return err
	}
	return wrapError(err)
}

// ShardStats is what one shard did for a query, all of its fragments together.
type ShardStats struct {
	Shard, Region, Driver string
	Rows, Bytes           int64
	FirstBatch, Total     time.Duration
	RoundTrips            int
	Pruned                bool // it holds the tables, but was not asked: no row of it can match
}

// QueryStats is what a query cost.
type QueryStats struct {
	Planning, Total time.Duration
	Rows            int64 // of the answer
	Shards          []ShardStats
	Lookups         []Lookup // in directory and index tables, before it was planned
}

// Stats tells what the query cost so far; after the end of the result, in all.
func (r *Result) Stats() *QueryStats {
	s := &QueryStats{Planning: r.planned, Total: r.total, Rows: r.rows, Lookups: r.lookups.report()}
	if s.Total == 0 {
		s.Total = time.Since(r.start)
	}
	seen := map[string]int{}
	_, progress := r.running.state()
	for _, f := range progress {
		for _, p := range f.Shards() {
			i, ok := seen[p.Shard]
			if !ok {
				i = len(s.Shards)
				seen[p.Shard] = i
				s.Shards = append(s.Shards, r.engine.shardStats(p.Shard))
			}
			add(&s.Shards[i], p)
		}
	}
	for _, f := range progress {
		for _, name := range f.Fragment.Pruned {
			if _, ok := seen[name]; !ok {
				seen[name] = len(s.Shards)
				st := r.engine.shardStats(name)
				st.Pruned = true
				s.Shards = append(s.Shards, st)
			}
		}
	}
	return s
}

func (e *topology) shardStats(name string) ShardStats {
	st := ShardStats{Shard: name}
	if s := e.byName[name]; s != nil {
		st.Region, st.Driver = s.Region, s.Driver
	}
	return st
}

func add(st *ShardStats, p executor.Progress) {
	st.Rows += p.Stats.Rows
	st.Bytes += p.Stats.Bytes
	st.RoundTrips += p.Stats.RoundTrips
	st.Total = max(st.Total, p.Stats.Total)
	if st.FirstBatch == 0 || p.Stats.FirstBatch > 0 && p.Stats.FirstBatch < st.FirstBatch {
		st.FirstBatch = p.Stats.FirstBatch
	}
}

// Progress is how far a running query is.
type Progress struct {
	Shards   int // fragments' statements in all
	Answered int // of them, those that have sent everything
	Rows     int64
	Bytes    int64
}

// Progress may be called at any time, from any goroutine.
func (r *Result) Progress() Progress {
	var out Progress
	_, progress := r.running.state()
	for _, f := range progress {
		for _, p := range f.Shards() {
			out.Shards++
			if p.State == executor.Done {
				out.Answered++
			}
			out.Rows += p.Stats.Rows
			out.Bytes += p.Stats.Bytes
		}
	}
	return out
}
