package duckdb

import (
	"math"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

// TestStoppedConsumer holds that who stops reading the residual engine's answer, or a file's, holds little: no more of the input is taken, and no more rows
// of the file are computed, until the consumer goes on.
func TestStoppedConsumer(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	input := &generated{alloc: alloc, n: math.MaxInt, batch: 2048}
	defer input.close()
	engine := newResidual(t, ResidualOptions{})
	fromInput, err := engine.Query(t.Context(), ResidualQuery{SQL: "SELECT id * 2 AS a FROM in0 WHERE id % 3 < 2", Inputs: []Input{{Name: "in0", Source: input}},
		Schema: bigint, BatchRows: 1000, Alloc: alloc})
	if err != nil {
		t.Fatal(err)
	}
	fromFile, err := newShard(t, newFile(t, "CREATE TABLE one AS SELECT 1 AS x")).Query(t.Context(), connectors.Statement{
		SQL: "SELECT (a.range * b.range)::BIGINT AS a FROM range(100000) b, range(100000) a", Schema: bigint, BatchRows: 1000, Alloc: alloc})
	if err != nil {
		t.Fatal(err)
	}
	for range 5 {
		for what, r := range map[string]connectors.Reader{"input": fromInput, "file": fromFile} {
			if _, err := r.Next(t.Context()); err != nil {
				t.Fatal(err)
			}
			settled(t, func() int64 { return input.made.Load() + int64(alloc.CurrentAlloc()) })
			// DuckDB streams by chunks of 2,048 rows, of which it keeps a megabyte ready.
			if made, held := input.made.Load(), alloc.CurrentAlloc(); made > 1_000_000 || held > 1<<20 {
				t.Errorf("%s: %d rows of the input were taken, %d bytes are held", what, made, held)
			}
		}
	}
	for _, r := range []connectors.Reader{fromInput, fromFile} {
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
}

// settled waits until a number has stood still for a while.
func settled(t *testing.T, number func() int64) {
	t.Helper()
	last, since := number(), time.Now()
	for end := since.Add(30 * time.Second); time.Since(since) < 50*time.Millisecond; time.Sleep(time.Millisecond) {
		if n := number(); n != last {
			last, since = n, time.Now()
		}
		if time.Now().After(end) {
			t.Fatal("more and more is taken though nobody reads")
		}
	}
}
