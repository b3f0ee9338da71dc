package duckdb

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync/atomic"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"go.uber.org/goleak"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/scalar"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func testContext(tb testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	tb.Cleanup(cancel)
	return ctx
}

func checkedAllocator(t testing.TB) memory.Allocator {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { alloc.AssertSize(t, 0) })
	return alloc
}

// newResidual makes an engine with some functions besides the registered ones.
func newResidual(tb testing.TB, opts ResidualOptions, functions ...scalar.Function) *Residual {
	tb.Helper()
	if opts.SpillDir == nil {
		dir := tb.TempDir()
		opts.SpillDir = func() (string, error) { return dir, nil }
	}
	r, err := NewResidual(opts)
	if err != nil {
		tb.Fatal(err)
	}
	r.functions = append(r.functions, functions...)
	tb.Cleanup(func() {
		for range 2 {
			if err := r.Close(); err != nil {
				tb.Error(err)
			}
		}
	})
	return r
}

// records is a source of records, which it leaves to their owner.
type records struct {
	schema *arrow.Schema
	recs   []arrow.Record
	err    error // at the end, instead of io.EOF
	calls  int
}

func (s *records) Schema() *arrow.Schema { return s.schema }

func (s *records) Next(context.Context) (arrow.Record, error) {
	s.calls++
	if len(s.recs) == 0 {
		if s.err != nil {
			return nil, s.err
		}
		return nil, io.EOF
	}
	rec := s.recs[0]
	s.recs = s.recs[1:]
	return rec, nil
}

// generated is a source of n rows made on the way: id (int64, from 0), val (float64), name (utf8, some NULL).
type generated struct {
	alloc memory.Allocator
	n     int
	batch int
	at    int
	made  atomic.Int64 // rows, to be read while the source is in use
	rec   arrow.Record
}

var generatedSchema = arrow.NewSchema([]arrow.Field{
	{Name: "id", Type: arrow.PrimitiveTypes.Int64},
	{Name: "val", Type: arrow.PrimitiveTypes.Float64},
	{Name: "name", Type: arrow.BinaryTypes.String, Nullable: true},
}, nil)

func (g *generated) Schema() *arrow.Schema { return generatedSchema }

func (g *generated) close() {
	if g.rec != nil {
		g.rec.Release()
		g.rec = nil
	}
}

func (g *generated) Next(ctx context.Context) (arrow.Record, error) {
	g.close()
	if g.at >= g.n {
		return nil, io.EOF
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	b := array.NewRecordBuilder(g.alloc, generatedSchema)
	defer b.Release()
	for range min(g.batch, g.n-g.at) {
		b.Field(0).(*array.Int64Builder).Append(int64(g.at))
		b.Field(1).(*array.Float64Builder).Append(float64(g.at) / 2)
		if g.at%7 == 0 {
			b.Field(2).AppendNull()
		} else {
			b.Field(2).(*array.StringBuilder).Append(fmt.Sprintf("name %d", g.at%1000))
		}
		g.at++
	}
	g.rec = b.NewRecord()
	g.made.Store(int64(g.at))
	return g.rec, nil
}

func field(name string, t arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: t, Nullable: true}
}

func schemaOf(fields ...arrow.Field) *arrow.Schema { return arrow.NewSchema(fields, nil) }

var bigint = schemaOf(field("n", arrow.PrimitiveTypes.Int64))

// collect runs a query to its end and returns its batches, released when the test ends.
func collect(tb testing.TB, r *Residual, q ResidualQuery) ([]arrow.Record, error) {
	tb.Helper()
	ctx := testContext(tb)
	rd, err := r.Query(ctx, q)
	if err != nil {
		return nil, err
	}
	defer func() {
		if err := rd.Close(); err != nil {
			tb.Error(err)
		}
	}()
	return drain(tb, ctx, rd)
}

func drain(tb testing.TB, ctx context.Context, rd connectors.Reader) (out []arrow.Record, err error) {
	for {
		rec, err := rd.Next(ctx)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		if rec.NumRows() == 0 {
			tb.Error("an empty batch")
		}
		rec.Retain()
		tb.Cleanup(rec.Release)
		out = append(out, rec)
	}
}

// one runs a query that returns one bigint.
func one(tb testing.TB, r *Residual, q ResidualQuery) int64 {
	tb.Helper()
	q.Schema = bigint
	recs, err := collect(tb, r, q)
	if err != nil {
		tb.Fatal(err)
	}
	if len(recs) != 1 || recs[0].NumRows() != 1 {
		tb.Fatalf("%d batches, want one of one row", len(recs))
	}
	return recs[0].Column(0).(*array.Int64).Value(0)
}

func mustError(tb testing.TB, err error) *connectors.Error {
	tb.Helper()
	e, ok := errors.AsType[*connectors.Error](err)
	if !ok {
		tb.Fatalf("not a *connectors.Error: %v", err)
	}
	return e
}
