package atoll

import (
	"context"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/duckdb"
)

// late is a shard that begins each statement later than it was asked to, and waits before it says that there are no more rows.
type late struct {
	connectors.Connector
	by time.Duration
}

type lateSnapshot struct {
	connectors.Snapshot
	by time.Duration
}

type lateReader struct {
	connectors.Reader
	by time.Duration
}

func (l late) Query(ctx context.Context, s connectors.Statement) (connectors.Reader, error) {
	r, err := l.Connector.Query(ctx, s)
	return lateReader{r, l.by}, err
}

func (l late) Snapshot(over func() error) connectors.Snapshot {
	return lateSnapshot{l.Connector.Snapshot(over), l.by}
}

func (l lateSnapshot) Query(ctx context.Context, s connectors.Statement) (connectors.Reader, error) {
	r, err := l.Snapshot.Query(ctx, s)
	return lateReader{r, l.by}, err
}

func (r lateReader) Next(ctx context.Context) (arrow.Record, error) {
	rec, err := r.Reader.Next(ctx)
	if err != nil {
		time.Sleep(r.by)
	}
	return rec, err
}

// TestWhereTimeGoes holds that the phases of a query are told in their order, add up to no more than the whole, and put each wait where it belongs: that for
// a shard, and that for the caller. It judges sleeps from below only, so that no machine is too slow for it.
func TestWhereTimeGoes(t *testing.T) {
	const shardTakes, callerTakes = 60 * time.Millisecond, 40 * time.Millisecond
	s := calmSea(t)
	e := s.open(t, WithDriver("duckdb", func(c connectors.Config) (connectors.Connector, error) {
		inner, err := duckdb.Open(c)
		return late{inner, shardTakes}, err
	}))
	for _, c := range []struct {
		name, sql string
		shards    int
		pauses    time.Duration // of the caller in all: before the first batch, after each, and before the release
	}{
		{"grouped", "SELECT word, count(*) FROM people GROUP BY word", 3, 2 * callerTakes},
		{"as rows come", "SELECT id FROM people", 3, 4 * callerTakes},
		{"merged in order", "SELECT id FROM people ORDER BY id", 3, 2 * callerTakes},
		{"in two steps", "SELECT name FROM people WHERE fee > (SELECT avg(fee) FROM people)", 3, 2 * callerTakes},
		{"no shard", "SELECT 1", 0, 2 * callerTakes},
	} {
		t.Run(c.name, func(t *testing.T) {
			began := time.Now()
			r, err := e.Query(t.Context(), c.sql)
			if err != nil {
				t.Fatal(err)
			}
			paused := time.Duration(0)
			pause := func() {
				time.Sleep(callerTakes)
				paused += callerTakes
			}
			for pause(); r.Next(); pause() {
			}
			if r.Err() != nil {
				t.Fatal(r.Err())
			}
			st := r.Stats()
			took := time.Since(began)
			r.Release()
			if paused < c.pauses || st.Output < paused-callerTakes { // what follows the end is the caller's own time
				t.Errorf("output took %s, of which the caller slept %s", st.Output, paused)
			}
			checkPhases(t, st, took, c.shards)
			if shards := st.Total - st.Queued - st.Planning - st.Merging - st.Output; c.name != "as rows come" && c.shards > 0 && shards < shardTakes {
				t.Errorf("%s are left for the shards, one of which took %s: %+v", shards, shardTakes, st)
			}
		})
	}
}

// checkPhases finds phases out of order, and sums that are more than the whole.
func checkPhases(t *testing.T, st *QueryStats, took time.Duration, shards int) {
	t.Helper()
	if st.Total > took || st.Planning <= 0 || st.Queued < 0 || st.Merging <= 0 || st.Output <= 0 || st.FirstRow <= st.Planning || st.FirstRow > st.Total {
		t.Errorf("of %s: %+v", took, st)
	}
	if sum := st.Queued + st.Planning + st.Merging + st.Output; sum > st.Total {
		t.Errorf("the parts are %s, more than all, %s", sum, st.Total)
	}
	if len(st.Shards) != shards || len(st.Statements) < shards {
		t.Errorf("%d shards and %d statements, want %d", len(st.Shards), len(st.Statements), shards)
	}
	first := map[string]time.Duration{}
	last := time.Duration(0)
	for _, s := range st.Statements {
		if s.Start < st.Queued+st.Planning || s.LastBatch < s.Start || s.LastBatch > st.Total || s.FirstBatch > s.Total || s.Fragment < 1 {
			t.Errorf("statement %+v of %+v", s, st)
		}
		last = max(last, s.LastBatch)
		if was, ok := first[s.Shard]; !ok || s.Start < was {
			first[s.Shard] = s.Start
		}
	}
	for _, s := range st.Shards {
		if s.Start != first[s.Shard] || s.Start == 0 {
			t.Errorf("%s starts at %s, its first statement at %s", s.Shard, s.Start, first[s.Shard])
		}
	}
	if st.Merging > st.Total-last {
		t.Errorf("merging took %s, though the last shard was heard at %s of %s", st.Merging, last, st.Total)
	}
}

// TestTimeOfReleased holds that a result which is released before its end has all times, too.
func TestTimeOfReleased(t *testing.T) {
	const callerTakes = 20 * time.Millisecond
	e := calmSea(t).open(t)
	r, err := e.Query(t.Context(), "SELECT id FROM endless")
	if err != nil {
		t.Fatal(err)
	}
	if !r.Next() {
		t.Fatal(r.Err())
	}
	time.Sleep(callerTakes)
	r.Release()
	st := r.Stats()
	if st.Output < callerTakes || st.FirstRow <= 0 || st.FirstRow > st.Total || st.Queued+st.Planning+st.Merging+st.Output > st.Total {
		t.Errorf("%+v", st)
	}
}
