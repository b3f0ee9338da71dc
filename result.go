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
	queued         time.Duration
	rows           int64
	spent          spent
	auditErr       error // that the end could not be recorded
	lookups        *lookups
}

var _ array.RecordReader = (*Result)(nil)

// Next moves to the next batch; it returns false at the end and after an error, which Err then tells.
func (r *Result) Next() bool {
	r.spent.ask()
	ok := r.ResultReader.Next()
	if ok {
		r.spent.give(r.start)
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
	Start                 time.Duration // when its first statement was begun, from the beginning of the query; 0 if none was
	FirstBatch, Total     time.Duration // of its statements, from the beginning of each: the earliest first batch, and the longest
	RoundTrips            int
	Replica               string // of the shard, that the rows are of, and then Region is its; "" for the shard's own server
	Hedged                bool   // a second server of the shard was asked while the first one had not answered
	Pruned                bool   // it holds the tables, but was not asked: no row of it can match
}

// StatementStats is one statement that a shard ran for a query.
type StatementStats struct {
	Fragment int // as EXPLAIN numbers it
	Shard    string
	Rows     int64
	Bytes    int64
	// Start is when it was begun, and LastBatch when the shard was last heard, which is its last batch or word that there are no more; both from the
	// beginning of the query, and 0 while that has not been. FirstBatch and Total count from Start.
	Start, LastBatch  time.Duration
	FirstBatch, Total time.Duration
}

// QueryStats is what a query cost. Queued, Planning, Merging and Output are disjoint parts of Total; the rest of it is the time until the shards were last
// heard, in which the coordinator merges, too, what it has.
type QueryStats struct {
	Planning, Total time.Duration
	Queued          time.Duration // waited for its turn, before it was planned; of Total, too
	FirstRow        time.Duration // until the first batch was given to the caller, 0 if none was
	// Merging is the engine's time after the last batch of the last shard was there, or word that there are no more: what it then still took to merge
	// and to hand out. It does not count while the caller has a batch. Where no shard was asked, it is all that computing the answer took.
	Merging    time.Duration
	Output     time.Duration // that the caller took between batches, before the first one, and until it released the result
	Rows       int64         // of the answer
	Shards     []ShardStats
	Statements []StatementStats // by fragment, then shard; of the plan that ran last
	Lookups    []Lookup         // in directory and index tables, before it was planned
}

// Stats tells what the query cost so far; after the end of the result, in all.
func (r *Result) Stats() *QueryStats {
	s := &QueryStats{Planning: r.planned, Queued: r.queued, Total: r.total, Rows: r.rows, Lookups: r.lookups.report(),
		FirstRow: r.spent.first, Merging: r.spent.merging, Output: r.spent.output}
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
			st := r.statement(f.Fragment.ID, p)
			s.Statements = append(s.Statements, st)
			add(&s.Shards[i], p)
			if begun := s.Shards[i].Start; begun == 0 || st.Start > 0 && st.Start < begun {
				s.Shards[i].Start = st.Start
			}
			s.Shards[i].Hedged = s.Shards[i].Hedged || p.Stats.Hedged
			if name := p.Stats.Replica; name != "" {
				s.Shards[i].Replica, s.Shards[i].Region = name, r.engine.regionOf(p.Shard, name)
			}
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

func (r *Result) statement(fragment int, p executor.Progress) StatementStats {
	since := func(t time.Time) time.Duration {
		if t.IsZero() {
			return 0
		}
		return t.Sub(r.start)
	}
	return StatementStats{Fragment: fragment, Shard: p.Shard, Rows: p.Stats.Rows, Bytes: p.Stats.Bytes, Start: since(p.Began), LastBatch: since(p.Heard),
		FirstBatch: p.Stats.FirstBatch, Total: p.Stats.Total}
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
