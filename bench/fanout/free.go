package fanout

import (
	"context"
	"io"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

// freeShards are shards that answer after a time of which the processor spends nothing: each statement is asked of the real shard once, and its answer is given
// again from then on. What is left is the coordinator's own work, but for reading the wire, as if every shard had a machine of its own.
type freeShards struct {
	open connectors.Opener

	mu      sync.Mutex
	random  *rand.Rand
	service []time.Duration // drawn from for each statement; one value is a fixed time
	kept    map[string][]arrow.Record
}

func newFreeShards(open connectors.Opener, seed uint64) *freeShards {
	return &freeShards{open: open, kept: map[string][]arrow.Record{}, random: rand.New(rand.NewPCG(seed, 0x66726565))} //nolint:gosec // drawn by a seed
}

// take sets how long statements take from now on.
func (f *freeShards) take(service ...time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.service = service
}

// driver is the connectors' opener.
func (f *freeShards) driver(c connectors.Config) (connectors.Connector, error) {
	inner, err := f.open(c)
	return freeConnector{inner, f, c.Shard}, err
}

// release forgets all answers.
func (f *freeShards) release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, recs := range f.kept {
		for _, rec := range recs {
			rec.Release()
		}
	}
	clear(f.kept)
}

// draw is how long a statement takes.
func (f *freeShards) draw() time.Duration {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.service) == 0 {
		return 0
	}
	return f.service[f.random.IntN(len(f.service))]
}

// query answers from memory. The first time it asks the shard.
func (f *freeShards) query(ctx context.Context, shard string, stmt connectors.Statement, ask func(connectors.Statement) (connectors.Reader, error)) (connectors.Reader, error) {
	key := shard + "\x00" + stmt.SQL
	f.mu.Lock()
	recs, ok := f.kept[key]
	f.mu.Unlock()
	if !ok {
		var err error
		if recs, err = f.fetch(ctx, key, stmt, ask); err != nil {
			return nil, err
		}
	}
	return &freeReader{recs: recs, began: time.Now(), takes: f.draw()}, nil
}

// fetch asks the shard and keeps its answer, outside of any query's account of memory.
func (f *freeShards) fetch(ctx context.Context, key string, stmt connectors.Statement, ask func(connectors.Statement) (connectors.Reader, error)) ([]arrow.Record, error) {
	stmt.Alloc = memory.DefaultAllocator
	r, err := ask(stmt)
	if err != nil {
		return nil, err
	}
	var recs []arrow.Record
	for {
		rec, err := r.Next(ctx)
		if err == nil {
			rec.Retain()
			recs = append(recs, rec)
			continue
		}
		if err != io.EOF {
			for _, rec := range recs {
				rec.Release()
			}
			_ = r.Close() // the first error says more
			return nil, err
		}
		break
	}
	if err := r.Close(); err != nil {
		return nil, err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if there, ok := f.kept[key]; ok { // another was faster
		for _, rec := range recs {
			rec.Release()
		}
		return there, nil
	}
	f.kept[key] = recs
	return recs, nil
}

// freeConnector calibrates and describes the real shard.
type freeConnector struct {
	connectors.Connector
	free  *freeShards
	shard string
}

func (c freeConnector) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	return c.free.query(ctx, c.shard, stmt, func(s connectors.Statement) (connectors.Reader, error) { return c.Connector.Query(ctx, s) })
}

func (c freeConnector) Snapshot(over func() error) connectors.Snapshot {
	return freeSnapshot{c.Connector.Snapshot(over), c}
}

type freeSnapshot struct {
	connectors.Snapshot
	of freeConnector
}

func (s freeSnapshot) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	return s.of.free.query(ctx, s.of.shard, stmt, func(st connectors.Statement) (connectors.Reader, error) { return s.Snapshot.Query(ctx, st) })
}

// freeReader gives an answer that is in memory, when its time has come.
type freeReader struct {
	recs  []arrow.Record // the caller's, which outlives the reader
	began time.Time
	takes time.Duration
	stats connectors.Stats
	given int
	err   error
}

func (r *freeReader) Next(ctx context.Context) (arrow.Record, error) {
	if r.err != nil {
		return nil, r.err
	}
	if wait := r.takes - time.Since(r.began); wait > 0 {
		timer := time.NewTimer(wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-ctx.Done():
			r.err = ctx.Err()
			return nil, r.err
		}
	}
	r.stats.Total = time.Since(r.began)
	if r.given == len(r.recs) {
		r.err = io.EOF
		return nil, r.err
	}
	rec := r.recs[r.given]
	r.given++
	r.stats.Rows += rec.NumRows()
	r.stats.RoundTrips = 1
	if r.stats.FirstBatch == 0 {
		r.stats.FirstBatch = max(r.stats.Total, 1)
	}
	return rec, nil
}

func (r *freeReader) Stats() connectors.Stats { return r.stats }

func (r *freeReader) Close() error {
	if r.err == nil {
		r.err = connectors.NewError("", connectors.ClassCancelled, "", "the reader is closed", nil)
	}
	return nil
}
