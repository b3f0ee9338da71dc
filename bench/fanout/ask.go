package fanout

import (
	"context"
	"time"

	"github.com/atoll-sql/atoll"
)

// Asked is one query and what it cost.
type Asked struct {
	SQL   string
	Took  time.Duration // from its text until the last value was made text
	Stats *atoll.QueryStats
}

// Ask reads a whole answer, and makes a text of each value, as a program that shows it would; that is the time of output.
func Ask(ctx context.Context, e *atoll.Engine, sql string) (Asked, error) {
	begin := time.Now()
	r, err := e.Query(ctx, sql)
	if err != nil {
		return Asked{}, err
	}
	defer r.Release()
	for r.Next() {
		rec := r.Record()
		for _, col := range rec.Columns() {
			for i := range col.Len() {
				_ = col.ValueStr(i)
			}
		}
	}
	took := time.Since(begin)
	if err := r.Err(); err != nil {
		return Asked{}, err
	}
	return Asked{SQL: sql, Took: took, Stats: r.Stats()}, nil
}

// Slowest is how long the slowest statement of a shard took, from when it was sent until its last row was there.
func (a Asked) Slowest() time.Duration {
	slowest := time.Duration(0)
	for _, s := range a.Stats.Statements {
		slowest = max(slowest, s.Total)
	}
	return slowest
}

// Overhead is how many times as long the query took as its slowest statement.
func (a Asked) Overhead() float64 { return a.Took.Seconds() / max(a.Slowest(), 1).Seconds() }

// The phases of a query, in their order. Together they are the whole time.
const (
	Planning   = "planning"      // from the text to the SQL for each shard, and the wait for a turn
	FirstBatch = "first batch"   // from there until the first batch of the first shard
	SlowShard  = "slowest shard" // from there until the last shard has sent everything, less what the caller took of it
	Merge      = "merge"         // from there until the last batch was handed out
	Output     = "output"        // what the caller did with the batches
)

// Phases lists them.
var Phases = []string{Planning, FirstBatch, SlowShard, Merge, Output}

// In is the time of each phase, in the order of Phases.
func (a Asked) In() []time.Duration {
	st := a.Stats
	planned := st.Queued + st.Planning
	first := time.Duration(0)
	for _, s := range st.Statements {
		if at := s.Start + s.FirstBatch; s.FirstBatch > 0 && (first == 0 || at < first) {
			first = at
		}
	}
	out := []time.Duration{planned, max(first-planned, 0), 0, st.Merging, st.Output}
	rest := a.Took
	for _, d := range out {
		rest -= d
	}
	out[2] = max(rest, 0)
	return out
}
