package duckdb

import (
	"context"
	"errors"
	"io"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

// rowsInput is an input in0 of n generated rows.
func rowsInput(tb testing.TB, alloc memory.Allocator, n, batch int) Input {
	g := &generated{alloc: alloc, n: n, batch: batch}
	tb.Cleanup(g.close)
	return Input{Name: "in0", Source: g}
}

func TestScan(t *testing.T) {
	const n = 10_000
	r := newResidual(t, ResidualOptions{})
	for _, tc := range []struct {
		sql  string
		want int64
	}{
		{"SELECT count(*) FROM in0", n},
		{"SELECT count(*) FROM atoll_input('in0')", n},
		{"SELECT count(*) FROM (SELECT 1 FROM in0)", n},
		{"SELECT count(name) FROM in0", n - (n+6)/7},
		{"SELECT sum(id) FROM in0", n * (n - 1) / 2},
		{"SELECT sum(val * 2)::BIGINT FROM in0", n * (n - 1) / 2},
		{"SELECT count(*) FROM in0 WHERE id >= 9000", 1000},
		{"SELECT count(*) FROM in0 WHERE val < 5 AND name IS NOT NULL", 8},
		{"SELECT max(id) FROM in0 WHERE name = 'name 3'", 9003},
		{"SELECT count(*) FROM in0 AS x WHERE x.name LIKE '%99'", 86},
		{"SELECT id FROM in0 WHERE val = 4321.5", 8643},
		{"SELECT i.id FROM (SELECT name, id FROM in0 LIMIT 1 OFFSET 5000) AS i", 5000},
		{"WITH m AS MATERIALIZED (SELECT * FROM in0) SELECT count(*) FROM m a JOIN m b ON a.id = b.id + 1", n - 1},
	} {
		got := one(t, r, ResidualQuery{SQL: tc.sql,
			Inputs: []Input{rowsInput(t, checkedAllocator(t), n, 3000)}, Alloc: checkedAllocator(t)})
		if got != tc.want {
			t.Errorf("%s: %d, want %d", tc.sql, got, tc.want)
		}
	}
}

func TestScanKeepsOrder(t *testing.T) {
	r := newResidual(t, ResidualOptions{})
	recs, err := collect(t, r, ResidualQuery{SQL: "SELECT id FROM in0", Schema: bigint,
		Inputs: []Input{rowsInput(t, memory.DefaultAllocator, 300_000, 10_000)}})
	if err != nil {
		t.Fatal(err)
	}
	next := int64(0)
	for _, rec := range recs {
		for _, v := range rec.Column(0).(*array.Int64).Int64Values() {
			if v != next {
				t.Fatalf("row %d holds %d", next, v)
			}
			next++
		}
	}
}

func TestTwoInputs(t *testing.T) {
	r := newResidual(t, ResidualOptions{})
	b := rowsInput(t, memory.DefaultAllocator, 500, 7)
	b.Name, b.Rows = "other input", 500
	got := one(t, r, ResidualQuery{
		SQL:    `SELECT count(*) FROM in0 JOIN "other input" AS o ON in0.id = o.id * 2`,
		Inputs: []Input{rowsInput(t, memory.DefaultAllocator, 2000, 999), b}})
	if got != 500 {
		t.Errorf("%d rows", got)
	}
}

func TestLimitStopsInput(t *testing.T) {
	r := newResidual(t, ResidualOptions{})
	src := &generated{alloc: checkedAllocator(t), n: 1 << 40, batch: 1000}
	defer src.close()
	recs, err := collect(t, r, ResidualQuery{SQL: "SELECT id FROM in0 LIMIT 5", Schema: bigint,
		Inputs: []Input{{Name: "in0", Source: src}}})
	if err != nil || len(recs) != 1 || recs[0].NumRows() != 5 {
		t.Fatalf("%v, %v", recs, err)
	}
}

var errSource = errors.New("the shard went away")

func TestInputErrors(t *testing.T) {
	r := newResidual(t, ResidualOptions{})
	alloc := checkedAllocator(t)
	first := &generated{alloc: alloc, n: 100, batch: 100}
	defer first.close()
	rec, err := first.Next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	shard := connectors.NewError("eu-1", connectors.ClassUnavailable, "08006", "connection reset", errSource)
	for name, cause := range map[string]error{"plain": errSource, "of a shard": shard} {
		for _, sql := range []string{"SELECT id FROM in0", "SELECT count(*) FROM in0", "SELECT id FROM in0 ORDER BY val DESC"} {
			src := &records{schema: generatedSchema, recs: []arrow.Record{rec}, err: cause}
			_, err := collect(t, r, ResidualQuery{SQL: sql, Schema: bigint, Inputs: []Input{{Name: "in0", Source: src}}})
			if !errors.Is(err, errSource) || err != cause {
				t.Errorf("%s: %s: %v", name, sql, err)
			}
		}
	}
}

type panicking struct{ records }

func (*panicking) Next(context.Context) (arrow.Record, error) { panic("out of luck") }

func TestBadInputs(t *testing.T) {
	r := newResidual(t, ResidualOptions{})
	lying := &generated{alloc: checkedAllocator(t), n: 10, batch: 10}
	defer lying.close()
	rec, err := lying.Next(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	bad := array.NewStringData(array.NewData(arrow.BinaryTypes.String, 1, []*memory.Buffer{nil,
		memory.NewBufferBytes(arrow.Int32Traits.CastToBytes([]int32{0, 1})), memory.NewBufferBytes([]byte{0xff})}, nil, 0, 0))
	texts := schemaOf(field("v", arrow.BinaryTypes.String))
	badRec := array.NewRecord(texts, []arrow.Array{bad}, 1)
	notText := array.NewRecord(bigint, rec.Columns()[:1], 10)
	defer notText.Release()
	for _, tc := range []struct {
		name, sql string
		src       BatchSource
		want      string
	}{
		{"panic", "SELECT n FROM in0", &panicking{records{schema: bigint}}, "internal error in input in0"},
		{"other columns", "SELECT n FROM in0", &records{schema: bigint, recs: []arrow.Record{rec}}, "1 columns"},
		{"other type", "SELECT v FROM in0", &records{schema: texts, recs: []arrow.Record{notText}}, "instead of utf8"},
		{"type without counterpart", "SELECT 1 FROM in0", &records{schema: schemaOf(field("v", arrow.PrimitiveTypes.Uint8))}, "uint8"},
		{"not UTF-8", "SELECT v FROM in0", &records{schema: texts, recs: []arrow.Record{badRec}}, "22021"},
		{"read twice", "SELECT a.n FROM in0 a, in0 b", &records{schema: bigint}, "read twice"},
		{"unknown input", "SELECT n FROM in1", &records{schema: bigint}, `"in1" does not exist`},
	} {
		t.Run(tc.name, func(t *testing.T) {
			_, err := collect(t, r, ResidualQuery{SQL: tc.sql, Schema: bigint, Inputs: []Input{{Name: "in0", Source: tc.src}}})
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("got %v, want %q in it", err, tc.want)
			}
		})
	}
	if got := one(t, r, ResidualQuery{SQL: "SELECT 1::BIGINT"}); got != 1 {
		t.Error("the engine does not work any more")
	}
}

// blocked is a source that waits for its context.
type blocked struct{ records }

func (b *blocked) Next(ctx context.Context) (arrow.Record, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

const endless = "SELECT count(*) FROM range(1000000) a, range(1000000) b WHERE (a.range * b.range) % 7 = 9"

func TestCancel(t *testing.T) {
	r := newResidual(t, ResidualOptions{})
	for name, q := range map[string]ResidualQuery{
		"computing":      {SQL: endless},
		"waiting":        {SQL: "SELECT n FROM in0", Inputs: []Input{{Name: "in0", Source: &blocked{records{schema: bigint}}}}},
		"waiting to sum": {SQL: "SELECT sum(n)::BIGINT FROM in0", Inputs: []Input{{Name: "in0", Source: &blocked{records{schema: bigint}}}}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
			defer cancel()
			began := time.Now()
			q.Schema = bigint
			rd, err := r.Query(ctx, q)
			if err == nil {
				_, err = rd.Next(ctx)
				if err := rd.Close(); err != nil {
					t.Error(err)
				}
			}
			if !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("got %v", err)
			}
			if took := time.Since(began); took > time.Second {
				t.Errorf("it took %s", took)
			}
		})
	}
}

// TestCancelOfNext ends only the context of one call.
func TestCancelOfNext(t *testing.T) {
	r := newResidual(t, ResidualOptions{})
	rd, err := r.Query(testContext(t), ResidualQuery{SQL: endless, Schema: bigint})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Millisecond)
	defer cancel()
	for range 2 {
		if _, err := rd.Next(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	}
	if err := rd.Close(); err != nil {
		t.Error(err)
	}
}

// TestCloseEarly closes readers at several points, some while Next waits in another goroutine, and sees that the input
// is not touched afterwards.
func TestCloseEarly(t *testing.T) {
	r := newResidual(t, ResidualOptions{})
	for batches := range 4 {
		src := &generated{alloc: checkedAllocator(t), n: 1 << 40, batch: 1000}
		rd, err := r.Query(testContext(t), ResidualQuery{SQL: "SELECT id FROM in0", Schema: bigint, BatchRows: 1500,
			Inputs: []Input{{Name: "in0", Source: src}}, Alloc: checkedAllocator(t)})
		if err != nil {
			t.Fatal(err)
		}
		for range batches {
			if _, err := rd.Next(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
		if err := rd.Close(); err != nil {
			t.Error(err)
		}
		at := src.at
		src.close()
		time.Sleep(5 * time.Millisecond)
		if src.at != at {
			t.Error("the input was read after Close")
		}
		if _, err := rd.Next(context.Background()); err == nil {
			t.Error("Next after Close gives a batch")
		}
	}
	rd, err := r.Query(testContext(t), ResidualQuery{SQL: endless, Schema: bigint})
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(20*time.Millisecond, func() {
		if err := rd.Close(); err != nil {
			t.Error(err)
		}
	})
	if _, err := rd.Next(context.Background()); err == nil {
		t.Error("Next returned a batch")
	}
}

// TestStreamsInBoundedMemory passes a million rows through and watches the process.
func TestStreamsInBoundedMemory(t *testing.T) {
	r := newResidual(t, ResidualOptions{})
	src := &generated{alloc: checkedAllocator(t), n: 1_000_000, batch: 16384}
	defer src.close()
	ctx := testContext(t)
	rd, err := r.Query(ctx, ResidualQuery{SQL: "SELECT * FROM in0", Schema: generatedSchema,
		Inputs: []Input{{Name: "in0", Source: src}}, Alloc: checkedAllocator(t)})
	if err != nil {
		t.Fatal(err)
	}
	var rows, ahead int64
	for {
		rec, err := rd.Next(ctx)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		rows += rec.NumRows()
		ahead = max(ahead, src.made.Load()-rows)
	}
	if rows != 1_000_000 || rd.Stats().Rows != rows || rd.Stats().Bytes < 24*rows {
		t.Errorf("%d rows, %+v", rows, rd.Stats())
	}
	// DuckDB buffers about a megabyte, one batch is being copied in and one was handed out.
	if ahead > 150_000 {
		t.Errorf("the input was read %d rows ahead of the result", ahead)
	}
	if err := rd.Close(); err != nil {
		t.Error(err)
	}
}

// sorted asks for more than fits in memory; how many rows came, and the error that ended them.
func sorted(t *testing.T, r *Residual, during func()) error {
	t.Helper()
	src := rowsInput(t, memory.DefaultAllocator, 1_200_000, 16384)
	ctx := testContext(t)
	rd, err := r.Query(ctx, ResidualQuery{SQL: "SELECT id, val, name FROM in0 ORDER BY name, val DESC", Schema: generatedSchema, Inputs: []Input{src}})
	if err != nil {
		t.Fatal(err)
	}
	_, err = rd.Next(ctx)
	during()
	if cerr := rd.Close(); cerr != nil {
		t.Error(cerr)
	}
	return err
}

func TestSpill(t *testing.T) {
	dir := t.TempDir()
	asked := 0
	r := newResidual(t, ResidualOptions{MemoryLimit: 48 << 20, SpillDir: func() (string, error) { asked++; return dir, nil }})
	if asked != 0 {
		t.Error("the folder was asked for before it was needed")
	}
	err := sorted(t, r, func() {
		if _, err := os.Stat(r.spill); err != nil {
			t.Errorf("nothing was spilled: %v", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// TestSpillRefused sorts more than fits in memory where it may not go to disk, or not so much of it: that is refused by name, and nothing is
// written where nothing may be.
func TestSpillRefused(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct {
		o     ResidualOptions
		state string
	}{
		{ResidualOptions{SpillDir: func() (string, error) { return "", nil }}, "53200"},
		{ResidualOptions{SpillDir: func() (string, error) { return dir, nil }, SpillLimit: 8 << 20}, "53400"},
	} {
		c.o.MemoryLimit = 48 << 20
		r := newResidual(t, c.o)
		err := sorted(t, r, func() {})
		if e := mustError(t, err); e.Class != connectors.ClassLimit || e.SQLState != c.state {
			t.Errorf("%v, want %s", err, c.state)
		}
		if err := sorted(t, newResidual(t, ResidualOptions{MemoryLimit: 48 << 20}), func() {}); err != nil {
			t.Error(err)
		}
		if got, err := collect(t, r, ResidualQuery{SQL: "SELECT 1::BIGINT", Schema: bigint}); err != nil || len(got) != 1 {
			t.Errorf("the next statement: %v", err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
	if left, err := os.ReadDir("."); err != nil || slices.ContainsFunc(left, func(e os.DirEntry) bool { return e.Name() == ".tmp" }) {
		t.Errorf("written into the working folder: %v", err)
	}
	r := newResidual(t, ResidualOptions{SpillDir: func() (string, error) { return "", os.ErrPermission }})
	if _, err := collect(t, r, ResidualQuery{SQL: "SELECT 1::BIGINT", Schema: bigint}); !errors.Is(err, os.ErrPermission) {
		t.Errorf("without a folder: %v", err)
	}
}

func TestMemoryLimit(t *testing.T) {
	r := newResidual(t, ResidualOptions{MemoryLimit: 20 << 20})
	_, err := collect(t, r, ResidualQuery{SQL: "SELECT sum(len(x))::BIGINT FROM (SELECT list(repeat('x', 100) || range) AS x FROM range(10000000))", Schema: bigint})
	if e := mustError(t, err); e.Class != connectors.ClassLimit || e.SQLState != "53200" {
		t.Errorf("got %q %v", e.Class, err)
	}
}

func TestResidualIsLazyAndReadOnly(t *testing.T) {
	r := newResidual(t, ResidualOptions{})
	if r.pool.db != nil {
		t.Error("opened before the first query")
	}
	for _, sql := range []string{"CREATE TABLE t (a INT)", "SET threads = 1", "INSTALL httpfs", "ATTACH 'x.duckdb' AS x",
		"COPY (SELECT 1) TO 'x.csv'", "SELECT 1; SELECT 2", "CHECKPOINT", ""} {
		if _, err := collect(t, r, ResidualQuery{SQL: sql, Schema: bigint}); err == nil {
			t.Errorf("%q was let through", sql)
		}
	}
	_, err := collect(t, r, ResidualQuery{SQL: "SELECT * FROM read_text('/etc/hostname')", Schema: bigint})
	if e := mustError(t, err); e.Class != connectors.ClassPermission {
		t.Errorf("reading a file: %v", err)
	}
	if err := r.Close(); err != nil {
		t.Fatal(err)
	}
	_, err = collect(t, r, ResidualQuery{SQL: "SELECT 1", Schema: bigint})
	if e := mustError(t, err); e.Class != connectors.ClassUnavailable {
		t.Errorf("after Close: %v", err)
	}
}

func TestResidualConcurrent(t *testing.T) {
	r := newResidual(t, ResidualOptions{MaxQueries: 3})
	var wg sync.WaitGroup
	for i := range 12 {
		wg.Go(func() {
			g := &generated{alloc: memory.DefaultAllocator, n: 1000 * (i + 1), batch: 300}
			defer g.close()
			ctx := testContext(t)
			rd, err := r.Query(ctx, ResidualQuery{SQL: "SELECT count(*) FROM in0", Schema: bigint, Inputs: []Input{{Name: "in0", Source: g}}})
			if err != nil {
				t.Error(err)
				return
			}
			defer rd.Close()
			rec, err := rd.Next(ctx)
			if err != nil || rec.Column(0).(*array.Int64).Value(0) != int64(1000*(i+1)) {
				t.Errorf("query %d: %v, %v", i, rec, err)
			}
		})
	}
	wg.Wait()
	runtime.GC()
}
