package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
)

// within lets what asks a connector ask a snapshot.
type within struct {
	connectors.Connector
	snapshot connectors.Snapshot
}

// Query implements connectors.Connector.
func (w within) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	return w.snapshot.Query(ctx, stmt)
}

// unlimited lets a snapshot keep all rows that it must.
func unlimited() error { return nil }

// snapshot opens a snapshot that is closed when the test ends, before its connector.
func snapshot(t *testing.T, c connectors.Connector) within {
	s := c.Snapshot(unlimited)
	t.Cleanup(func() {
		s.Close()
		s.Close()
	})
	return within{c, s}
}

// RunSnapshots runs the cases of the suite that are about snapshots, for an adapter that has several ways to keep one.
func RunSnapshots(t *testing.T, h Harness) {
	t.Run("a commit between", func(t *testing.T) { testCommitBetween(t, h) })
	t.Run("unused", func(t *testing.T) { snapshot(t, h.open(t)) })
	t.Run("at once", func(t *testing.T) { testAtOnce(t, h) })
	t.Run("over the limit", func(t *testing.T) { testSnapshotLimit(t, h) })
	t.Run("close in the middle", func(t *testing.T) { testSnapshotClose(t, h) })
	t.Run("cancel", func(t *testing.T) { testSnapshotCancel(t, h) })
	t.Run("failure", func(t *testing.T) { testSnapshotFailure(t, h) })
	t.Run("closed", func(t *testing.T) { testSnapshotClosed(t, h) })
	t.Run("concurrent", func(t *testing.T) { testSnapshotConcurrent(t, h) })
}

// testCommitBetween writes between statements: in a snapshot nobody sees it, outside everybody does.
func testCommitBetween(t *testing.T, h Harness) {
	if h.Write == nil {
		t.Skip("nobody can write while the connector is open")
	}
	h.Exec(t, "CREATE TABLE conformance_moves (n bigint)", "INSERT INTO conformance_moves VALUES (1)")
	defer h.Exec(t, "DROP TABLE conformance_moves")
	c := h.open(t)
	defer func() { // what it still rolls back holds a lock on the table
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}()
	stmt := connectors.Statement{SQL: "SELECT n FROM conformance_moves", Schema: bigints, Alloc: allocator(t)}
	for round := range 3 {
		s := snapshot(t, c)
		want := 1 + 2*round
		count := func(who string, from connectors.Connector, want int) {
			t.Helper()
			if got := len(mustRun(t, from, stmt).rows); got != want {
				t.Errorf("round %d: %s sees %d rows, want %d", round, who, got, want)
			}
		}
		if round == 1 {
			mustRun(t, s, connectors.Statement{SQL: h.Series(2), Schema: bigints, Alloc: allocator(t)}) // reads no table
		}
		ctx := testContext(t)
		open, err := s.Query(ctx, stmt)
		if err != nil {
			t.Fatal(err)
		}
		if round != 1 { // a statement that fixes the state when it first reads a row has done so
			if _, err := open.Next(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if round == 1 {
			count("the first table's reader", s, want)
		}
		h.Write(t, "INSERT INTO conformance_moves VALUES (2)")
		count("one beside an open statement", s, want)
		h.Write(t, "INSERT INTO conformance_moves VALUES (3)")
		if err := open.Close(); err != nil {
			t.Error(err)
		}
		count("one after it", s, want)
		count("one outside", c, want+2)
		s.snapshot.Close()
	}
}

// testAtOnce has two long statements open and reads them in an order that neither expects.
func testAtOnce(t *testing.T, h Harness) {
	s := snapshot(t, h.open(t))
	ctx := testContext(t)
	const rows = 30_000
	stmt := connectors.Statement{SQL: h.Series(rows), Schema: bigints, BatchRows: 700, Alloc: allocator(t)}
	first, err := s.Query(ctx, stmt)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := first.Close(); err != nil {
			t.Error(err)
		}
	}()
	held, err := first.Next(ctx)
	if err != nil {
		t.Fatal(err)
	}
	if out := mustRun(t, s, stmt); len(out.rows) != rows {
		t.Errorf("the second statement gives %d rows", len(out.rows))
	}
	if got := cell(held.Column(0), 699); held.NumRows() == 700 && got != "700" {
		t.Errorf("the batch in hand changed: %s", got)
	}
	seen := int(held.NumRows())
	for {
		rec, err := first.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		for i := range int(rec.NumRows()) {
			if seen++; cell(rec.Column(0), i) != strconv.Itoa(seen) {
				t.Fatalf("row %d holds %s", seen, cell(rec.Column(0), i))
			}
		}
	}
	if seen != rows || first.Stats().Rows != rows {
		t.Errorf("the first statement gives %d rows, its statistics say %d", seen, first.Stats().Rows)
	}
}

var errFull = errors.New("too much is kept")

// testSnapshotLimit lets nothing be kept in memory: an adapter that must keep rows ends the statement whose rows they are,
// and only that.
func testSnapshotLimit(t *testing.T, h Harness) {
	c := h.open(t)
	s := within{c, c.Snapshot(func() error { return fmt.Errorf("here: %w", errFull) })}
	defer s.snapshot.Close()
	ctx := testContext(t)
	stmt := connectors.Statement{SQL: h.Series(30_000), Schema: bigints, BatchRows: 700, Alloc: allocator(t)}
	first, err := s.Query(ctx, stmt)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if out := mustRun(t, s, stmt); len(out.rows) != 30_000 {
			t.Errorf("the other statement gives %d rows", len(out.rows))
		}
	}
	for err == nil {
		_, err = first.Next(ctx)
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, errFull) {
		t.Errorf("the first statement: %v", err)
	}
	if err := first.Close(); err != nil {
		t.Error(err)
	}
}

func testSnapshotClose(t *testing.T, h Harness) {
	c := h.open(t)
	s := snapshot(t, c)
	ctx := testContext(t)
	long := connectors.Statement{SQL: h.Series(5_000_000), Schema: bigints, BatchRows: 100, Alloc: allocator(t)}
	for batches := range 3 {
		leftAfter(t, ctx, s, long, batches)
		mustRun(t, s, connectors.Statement{SQL: h.Series(3), Schema: bigints, Alloc: allocator(t)})
	}
	mustRun(t, c, connectors.Statement{SQL: h.Series(3), Schema: bigints, Alloc: allocator(t)})
}

// testSnapshotCancel cancels the statement that opened the snapshot, and one that waits for another.
func testSnapshotCancel(t *testing.T, h Harness) {
	c := h.open(t)
	s := snapshot(t, c)
	few := connectors.Statement{SQL: h.Series(3), Schema: bigints, Alloc: allocator(t)}
	ctx, cancel := context.WithCancel(testContext(t))
	r, err := s.Query(ctx, connectors.Statement{SQL: h.Series(50_000_000), Schema: bigints, BatchRows: 10, Alloc: allocator(t)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(ctx); err != nil {
		t.Fatal(err)
	}
	cancel()
	for err == nil {
		_, err = r.Next(ctx)
	}
	expectCancelError(t, err)
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	mustRun(t, s, few)
	gone, cancel := context.WithCancel(context.Background())
	cancel()
	expectCancelled(t, gone, s, few)
	mustRun(t, s, few)
	mustRun(t, c, few)
}

// testSnapshotFailure lets statements fail, the first and later ones.
func testSnapshotFailure(t *testing.T, h Harness) {
	c := h.open(t)
	few := connectors.Statement{SQL: h.Series(3), Schema: bigints, Alloc: allocator(t)}
	for _, before := range []int{0, 1} {
		for _, sql := range []string{h.DivisionByZero, "SELECT n FROM no_such_table_here", h.BadCast} {
			s := snapshot(t, c)
			for range before {
				mustRun(t, s, few)
			}
			_, err := run(testContext(t), s, connectors.Statement{SQL: sql, Schema: bigints, Alloc: allocator(t)})
			if e := mustBeError(t, err); e.Shard == "" {
				t.Errorf("the text lacks the shard: %v", err)
			}
			if _, err := run(testContext(t), s, few); err != nil { // the server may have ended the transaction
				mustBeLost(t, err)
			}
			s.snapshot.Close()
			mustRun(t, c, few)
		}
	}
}

func testSnapshotClosed(t *testing.T, h Harness) {
	c := h.open(t)
	s := snapshot(t, c)
	ctx := testContext(t)
	stmt := connectors.Statement{SQL: h.Series(30_000), Schema: bigints, BatchRows: 700, Alloc: allocator(t)}
	r, err := s.Query(ctx, stmt)
	if err != nil {
		t.Fatal(err)
	}
	s.snapshot.Close()
	var out outcome
	if err := out.readAll(ctx, r, stmt); err != nil || len(out.rows) != 30_000 {
		t.Errorf("a reader open when its snapshot closed: %d rows, %v", len(out.rows), err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	_, err = run(ctx, s, stmt)
	if e := mustBeError(t, err); e.Shard == "" {
		t.Errorf("the text lacks the shard: %v", err)
	}
	mustRun(t, c, stmt)
}

func testSnapshotConcurrent(t *testing.T, h Harness) {
	c := h.open(t)
	ctx := testContext(t)
	var wg sync.WaitGroup
	for range 2 {
		s := snapshot(t, c)
		for i := range 2 {
			wg.Go(func() {
				for j := range 6 {
					n := 1000 * (i + j + 1)
					out, err := run(ctx, s, connectors.Statement{SQL: h.Series(n), Schema: bigints, BatchRows: 128})
					if err != nil || len(out.rows) != n || out.rows[n-1][0] != strconv.Itoa(n) {
						t.Errorf("%d rows instead of %d, %v", len(out.rows), n, err)
					}
				}
			})
		}
	}
	wg.Wait()
}
