package fanout

import (
	"context"
	"errors"
	"io"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

// oneRow is a shard that answers every statement with one row, and counts them.
type oneRow struct {
	connectors.Connector
	alloc memory.Allocator
	asked *int
}

type oneRowReader struct {
	connectors.Reader
	rec arrow.Record
	end bool
}

var oneColumn = arrow.NewSchema([]arrow.Field{{Name: "n", Type: arrow.PrimitiveTypes.Int64}}, nil)

func (c oneRow) Query(context.Context, connectors.Statement) (connectors.Reader, error) {
	*c.asked++
	b := array.NewRecordBuilder(c.alloc, oneColumn)
	defer b.Release()
	b.Field(0).(*array.Int64Builder).Append(42)
	return &oneRowReader{rec: b.NewRecord()}, nil
}

func (r *oneRowReader) Next(context.Context) (arrow.Record, error) {
	if r.end {
		return nil, io.EOF
	}
	r.end = true
	return r.rec, nil
}

func (r *oneRowReader) Close() error {
	r.rec.Release()
	return nil
}

// TestFreeShards holds that a statement is asked of the shard once, that its answer then comes again and no sooner than its time, that a context ends the
// wait, and that nothing stays in memory.
func TestFreeShards(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	asked := 0
	f := newFreeShards(func(connectors.Config) (connectors.Connector, error) { return oneRow{alloc: alloc, asked: &asked}, nil }, 1)
	defer f.release()
	c, err := f.driver(connectors.Config{Shard: "s0"})
	if err != nil {
		t.Fatal(err)
	}
	for _, takes := range []time.Duration{0, 20 * time.Millisecond, 20 * time.Millisecond} {
		f.take(takes)
		begin := time.Now()
		r, err := c.Query(t.Context(), connectors.Statement{SQL: "SELECT 42", Schema: oneColumn})
		if err != nil {
			t.Fatal(err)
		}
		rec, err := r.Next(t.Context())
		if err != nil || rec.Column(0).ValueStr(0) != "42" {
			t.Fatalf("%v, %v", rec, err)
		}
		if _, err := r.Next(t.Context()); !errors.Is(err, io.EOF) {
			t.Errorf("after the last batch: %v", err)
		}
		if s := r.Stats(); s.Rows != 1 || s.Total < takes || s.FirstBatch < takes || time.Since(begin) < takes {
			t.Errorf("%+v after %s, to take %s", s, time.Since(begin), takes)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	if asked != 1 {
		t.Errorf("the shard was asked %d times", asked)
	}
	f.take(time.Hour)
	ctx, cancel := context.WithCancel(t.Context())
	r, err := c.Query(ctx, connectors.Statement{SQL: "SELECT 42", Schema: oneColumn})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if _, err := r.Next(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}
