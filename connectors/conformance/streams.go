package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

func testStreams(t *testing.T, h Harness) {
	c := h.open(t)
	for _, tc := range []struct{ rows, batch int }{
		{0, 0}, {1, 0}, {1, 1}, {5, 1}, {5, 2}, {4, 2}, {connectors.DefaultBatchRows, 0},
		{connectors.DefaultBatchRows + 1, 0}, {100_000, 0}, {100_000, 999}, {2048, 2048},
	} {
		t.Run(fmt.Sprintf("%d rows by %d", tc.rows, tc.batch), func(t *testing.T) {
			out := mustRun(t, c, connectors.Statement{
				SQL: h.Series(tc.rows), Schema: bigints, BatchRows: tc.batch, Alloc: allocator(t)})
			if len(out.rows) != tc.rows || out.stats.Rows != int64(tc.rows) {
				t.Fatalf("%d rows, Stats says %d, want %d", len(out.rows), out.stats.Rows, tc.rows)
			}
			for i, row := range out.rows {
				if row[0] != strconv.Itoa(i+1) {
					t.Fatalf("row %d holds %s", i+1, row[0])
				}
			}
			checkStats(t, out.stats, tc.rows)
		})
	}
	t.Run("retained batches stay", func(t *testing.T) { testRetained(t, h, c) })
}

func checkStats(t *testing.T, s connectors.Stats, rows int) {
	t.Helper()
	if rows > 0 && (s.FirstBatch <= 0 || s.Bytes <= 0) || s.Total < s.FirstBatch || s.Total <= 0 {
		t.Errorf("implausible stats: %+v", s)
	}
}

// testRetained keeps batches beyond the next call of Next and beyond Close, as the port allows.
func testRetained(t *testing.T, h Harness, c connectors.Connector) {
	ctx := testContext(t)
	r, err := c.Query(ctx, connectors.Statement{SQL: h.Series(10), Schema: bigints, BatchRows: 3, Alloc: allocator(t)})
	if err != nil {
		t.Fatal(err)
	}
	var kept []arrow.Record
	for {
		rec, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rec.Retain()
		kept = append(kept, rec)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	next := 1
	for _, rec := range kept {
		for i := range int(rec.NumRows()) {
			if got := cell(rec.Column(0), i); got != strconv.Itoa(next) {
				t.Errorf("a kept batch changed: row %d holds %s", next, got)
			}
			next++
		}
		rec.Release()
	}
}

// leftAfter reads some batches of a statement and closes its reader, twice.
func leftAfter(t *testing.T, ctx context.Context, c connectors.Connector, stmt connectors.Statement, batches int) connectors.Reader {
	t.Helper()
	r, err := c.Query(ctx, stmt)
	if err != nil {
		t.Fatal(err)
	}
	for range batches {
		if _, err := r.Next(ctx); err != nil {
			t.Fatal(err)
		}
	}
	for range 2 {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	return r
}

func testClose(t *testing.T, h Harness) {
	c := h.open(t)
	ctx := testContext(t)
	for name, batches := range map[string]int{"before the first batch": 0, "after one batch": 1, "after three": 3} {
		t.Run(name, func(t *testing.T) {
			stmt := connectors.Statement{SQL: h.Series(5_000_000), Schema: bigints, BatchRows: 100, Alloc: allocator(t)}
			r := leftAfter(t, ctx, c, stmt, batches)
			if _, err := r.Next(ctx); err == nil {
				t.Error("Next after Close gives a batch")
			}
			mustRun(t, c, connectors.Statement{SQL: h.Series(3), Schema: bigints, Alloc: allocator(t)})
		})
	}
}

// promptly is how soon a cancelled statement must return, with room for a busy machine.
const promptly = 5 * time.Second

func testCancel(t *testing.T, h Harness) {
	c := h.open(t)
	t.Run("already done", func(t *testing.T) {
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		expectCancelled(t, ctx, c, connectors.Statement{SQL: h.Series(1), Schema: bigints, Alloc: allocator(t)})
	})
	t.Run("while the engine computes", func(t *testing.T) {
		ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
		defer cancel()
		start := time.Now()
		expectCancelled(t, ctx, c, connectors.Statement{SQL: h.Endless, Schema: bigints, Alloc: allocator(t)})
		if took := time.Since(start); took > promptly {
			t.Errorf("cancelling took %s", took)
		}
	})
	t.Run("between batches", func(t *testing.T) { testCancelMidStream(t, h, c) })
	mustRun(t, c, connectors.Statement{SQL: h.Series(3), Schema: bigints, Alloc: allocator(t)})
}

func expectCancelled(t *testing.T, ctx context.Context, c connectors.Connector, stmt connectors.Statement) {
	t.Helper()
	_, err := run(ctx, c, stmt)
	expectCancelError(t, err)
}

func expectCancelError(t *testing.T, err error) {
	t.Helper()
	class := connectors.ClassOf(err)
	if err == nil || class != connectors.ClassCancelled && class != connectors.ClassTimeout {
		t.Errorf("a cancelled statement returned %v (class %q)", err, class)
	}
}

func testCancelMidStream(t *testing.T, h Harness, c connectors.Connector) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	r, err := c.Query(ctx, connectors.Statement{SQL: h.Series(50_000_000), Schema: bigints, BatchRows: 10, Alloc: allocator(t)})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Next(ctx); err != nil {
		t.Fatal(err)
	}
	cancel()
	start := time.Now()
	for err == nil {
		_, err = r.Next(ctx)
	}
	expectCancelError(t, err)
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > promptly {
		t.Errorf("cancelling took %s", took)
	}
}

func testConcurrent(t *testing.T, h Harness) {
	c := h.open(t)
	ctx := testContext(t)
	var wg sync.WaitGroup
	for i := range 16 {
		wg.Go(func() {
			n := 1000 * (i + 1)
			out, err := run(ctx, c, connectors.Statement{SQL: h.Series(n), Schema: bigints, BatchRows: 128})
			if err != nil || len(out.rows) != n || out.rows[n-1][0] != strconv.Itoa(n) {
				t.Errorf("query %d: %d rows, %v", i, len(out.rows), err)
			}
		})
	}
	wg.Wait()
}
