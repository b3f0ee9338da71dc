package duckdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/connectors"
	pools "github.com/atoll-sql/atoll/connectors/pool"
)

// handClock calls what is to be called when it is told to.
type handClock struct {
	mu   sync.Mutex
	now  time.Time
	next *handTimer
}

type handTimer struct {
	clock *handClock
	call  func()
}

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) AfterFunc(_ time.Duration, f func()) pools.Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.next = &handTimer{c, f}
	return c.next
}

func (t *handTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	was := t.clock.next == t
	if was {
		t.clock.next = nil
	}
	return was
}

// later lets the idle time pass.
func (c *handClock) later() {
	c.mu.Lock()
	c.now = c.now.Add(time.Hour)
	t := c.next
	c.next = nil
	c.mu.Unlock()
	if t != nil {
		t.call()
	}
}

func shardFile(t *testing.T, name string, rows int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name+".duckdb")
	if err := Exec(testContext(t), path, "CREATE TABLE t (n BIGINT)", fmt.Sprintf("INSERT INTO t SELECT * FROM range(%d)", rows)); err != nil {
		t.Fatal(err)
	}
	return path
}

func openFile(t *testing.T, cfg connectors.Config) *connector {
	t.Helper()
	c, err := Open(cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return c.(*connector)
}

var countRows = connectors.Statement{SQL: "SELECT count(*) AS n FROM t",
	Schema: arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64, Nullable: true}}, nil)}

// count asks for the rows of t.
func count(ctx context.Context, from interface {
	Query(context.Context, connectors.Statement) (connectors.Reader, error)
}) (int64, error) {
	r, err := from.Query(ctx, countRows)
	if err != nil {
		return 0, err
	}
	rec, err := r.Next(ctx)
	if err != nil {
		return 0, errors.Join(err, r.Close())
	}
	n := rec.Column(0).(*array.Int64).Value(0)
	if _, err = r.Next(ctx); err == io.EOF {
		err = nil
	}
	return n, errors.Join(err, r.Close())
}

func mustCount(t *testing.T, from interface {
	Query(context.Context, connectors.Statement) (connectors.Reader, error)
}, want int64) {
	t.Helper()
	if n, err := count(testContext(t), from); err != nil || n != want {
		t.Errorf("%d rows, %v; want %d", n, err, want)
	}
}

// isOpen reports whether a connector of this process has the file open.
func isOpen(c *connector) bool {
	release, ok := openFiles.claim(c.cfg.DSN, true)
	if ok {
		release()
	}
	return !ok
}

func TestIdleFileIsClosedAndOpenedAgain(t *testing.T) {
	clock := &handClock{now: time.Unix(1_000_000, 0)}
	c := openFile(t, connectors.Config{Shard: "duck", DSN: shardFile(t, "duck", 3), Budget: pools.NewBudget(pools.Limits{}, clock)})
	if isOpen(c) {
		t.Error("open before the first use")
	}
	mustCount(t, c, 3)
	if !isOpen(c) {
		t.Error("closed at once")
	}
	clock.later()
	if isOpen(c) {
		t.Fatal("open though nobody used it")
	}
	if err := Exec(testContext(t), c.cfg.DSN, "INSERT INTO t VALUES (7)"); err != nil {
		t.Error(err)
	}
	mustCount(t, c, 4)
	tx, err := c.Begin(testContext(t))
	if err != nil {
		t.Fatal(err)
	}
	clock.later()
	if _, err := tx.Exec(testContext(t), "DELETE FROM t WHERE n = 7", nil); err != nil {
		t.Error(err)
	}
	if err := tx.Commit(testContext(t)); err != nil {
		t.Error(err)
	}
	clock.later()
	if isOpen(c) {
		t.Error("a file that was written is open though nobody uses it")
	}
	mustCount(t, c, 3)
	if c.pool.db.writable {
		t.Error("opened for writing to read it")
	}
}

// A snapshot keeps its instance, for another one might see another state.
func TestSnapshotKeepsAnIdleFileOpen(t *testing.T) {
	clock := &handClock{now: time.Unix(1_000_000, 0)}
	budget := pools.NewBudget(pools.Limits{Shards: 1}, clock)
	c := openFile(t, connectors.Config{Shard: "duck", DSN: shardFile(t, "duck", 3), Budget: budget})
	other := openFile(t, connectors.Config{Shard: "other", DSN: shardFile(t, "other", 5), Budget: budget})
	s := c.Snapshot(nil)
	mustCount(t, s, 3)
	clock.later()
	if !isOpen(c) || budget.Stats().Shards != 1 {
		t.Errorf("closed under a snapshot: %+v", budget.Stats())
	}
	short, cancel := context.WithTimeout(testContext(t), 20*time.Millisecond)
	defer cancel()
	if _, err := count(short, other); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("a second file was opened: %v", err)
	}
	mustCount(t, s, 3)
	s.Close()
	mustCount(t, other, 5)
	if isOpen(c) {
		t.Error("two files are open")
	}
}

// Many files take turns.
func TestFilesWithinABudget(t *testing.T) {
	const files, open = 12, 3
	budget := pools.NewBudget(pools.Limits{Shards: open}, nil)
	var all []*connector
	for i := range files {
		all = append(all, openFile(t, connectors.Config{Shard: fmt.Sprint("s", i), DSN: shardFile(t, fmt.Sprint("s", i), i), Budget: budget}))
	}
	ctx := testContext(t)
	var g sync.WaitGroup
	for round := range 3 {
		for i, c := range all {
			g.Go(func() {
				if n, err := count(ctx, c); err != nil || n != int64(i) {
					t.Errorf("round %d: file %d has %d rows, %v", round, i, n, err)
				}
				openFiles.mu.Lock()
				defer openFiles.mu.Unlock()
				if n := len(openFiles.users); n > open {
					t.Errorf("%d files are open", n)
				}
			})
		}
	}
	g.Wait()
}

func TestShareOfMachine(t *testing.T) {
	if _, memory := shareOfMachine(nil); memory != shardMemory {
		t.Errorf("alone: %d bytes", memory)
	}
	b := pools.NewBudget(pools.Limits{}, nil)
	for i := range 100 {
		openFile(t, connectors.Config{Shard: fmt.Sprint(i), DSN: "x", Budget: b})
	}
	if threads, memory := shareOfMachine(b); threads < 1 || memory != leastMemory {
		t.Errorf("one of 100: %d threads, %d bytes", threads, memory)
	}
}
