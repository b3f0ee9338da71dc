package failover_test

import (
	"context"
	"errors"
	"io"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/failover"
	"github.com/atoll-sql/atoll/connectors/pool"
	"github.com/atoll-sql/atoll/internal/pgtest"
)

// TestStandbyTakesOver kills a PostgreSQL primary: its standby, which is proven to have all that was committed, answers, also several statements of one
// snapshot at once; and once the primary is back, it is read again.
func TestStandbyTakesOver(t *testing.T) {
	primary := pgtest.Start(t, 1, pgtest.Replicating...)[0]
	standby, err := primary.NewStandby()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := standby.Stop(); err != nil {
			t.Error(err)
		}
	})
	clock := &handClock{now: time.Now()}
	s := open(t, failover.Options{MaxStaleness: time.Hour, Clock: clock, Expect: func() []string { return []string{"t"} }}, primary.DSNFor("postgres"), standby.DSNFor("postgres"))
	defer func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}()
	if err := primary.Exec(t.Context(), "CREATE TABLE t (n bigint); INSERT INTO t SELECT generate_series(1, 100); CHECKPOINT"); err != nil {
		t.Fatal(err)
	}
	awaitRead(t, s)
	expect(t, s, "")
	if err := primary.Kill(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the killed server's processes are gone", func() bool { // until when one of them may answer
		n, by, err := count(t.Context(), s)
		if n != 100 || err != nil {
			t.Errorf("%d rows: %v", n, err)
		}
		return by == "b"
	})
	n := s.Snapshot(func() error { return nil })
	var g sync.WaitGroup
	for range 3 {
		g.Go(func() { expect(t, n, "b") })
	}
	g.Wait()
	n.Close()
	if tables, err := s.Describe(t.Context(), []string{"t"}); err != nil || len(tables) != 1 {
		t.Error(tables, err)
	}
	if err := primary.Restart(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the primary is read again", func() bool {
		clock.forward(time.Second) // its breaker may be open
		s.Probe(t.Context())
		_, by, err := count(t.Context(), s)
		return err == nil && by == ""
	})
}

// handClock stands still unless it is moved on, so that no server is ever found to be nearer than another one, nor a statement to be slow. Waits are real.
type handClock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) forward(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}

func (*handClock) AfterFunc(d time.Duration, f func()) pool.Timer { return time.AfterFunc(d, f) }

// awaitRead probes until the replica is read.
func awaitRead(t *testing.T, s *failover.Shard) {
	t.Helper()
	eventually(t, "the standby has what was committed, and is like the primary", func() bool {
		s.Probe(t.Context())
		return s.Health()[1].Unread == ""
	})
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("not so after a minute: %s", what)
		}
	}
}

type asked interface {
	Query(context.Context, connectors.Statement) (connectors.Reader, error)
}

// expect counts the rows and says which server did.
func expect(t *testing.T, c asked, by string) {
	t.Helper()
	if n, who, err := count(t.Context(), c); n != 100 || who != by || err != nil {
		t.Errorf("%d rows on %q, want 100 on %q: %v", n, who, by, err)
	}
}

func count(ctx context.Context, c asked) (n int64, by string, err error) {
	stmt := connectors.Statement{SQL: "SELECT count(*) AS n FROM t", Schema: arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)}
	r, err := c.Query(ctx, stmt)
	if err != nil {
		return 0, "", err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		rec, err := r.Next(ctx)
		if err == io.EOF {
			return n, r.Stats().Replica, nil
		}
		if err != nil {
			return n, "", err
		}
		n = rec.Column(0).(*array.Int64).Value(0)
	}
}
