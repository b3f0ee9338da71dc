package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"go.uber.org/goleak"

	"github.com/atoll-sql/atoll/connectors"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// schemaKV is the schema of most tests.
var schemaKV = arrow.NewSchema([]arrow.Field{
	{Name: "k", Type: arrow.PrimitiveTypes.Int64, Nullable: true},
	{Name: "v", Type: arrow.BinaryTypes.String, Nullable: true},
}, nil)

// batch makes rows from texts like "1:a 2:b", columns separated by colons, NULL being NULL.
func batch(t testing.TB, alloc memory.Allocator, schema *arrow.Schema, rows string) arrow.Record {
	t.Helper()
	b := array.NewRecordBuilder(alloc, schema)
	defer b.Release()
	for _, row := range strings.Fields(rows) {
		for i, s := range strings.Split(row, ":") {
			if s == "NULL" {
				b.Field(i).AppendNull()
			} else if err := b.Field(i).AppendValueFromString(s); err != nil {
				t.Fatal(err)
			}
		}
	}
	return b.NewRecord()
}

// fake is a scripted shard. Each text is a batch; "err", "panic" and "hang" are what they say, "slow" a pause.
type fake struct {
	t      testing.TB
	alloc  memory.Allocator
	schema *arrow.Schema
	script []string
	cur    arrow.Record
	stats  connectors.Stats
	end    error
	closed *int
}

var errShard = errors.New("boom")

func (f *fake) Next(ctx context.Context) (arrow.Record, error) {
	f.drop()
	if f.end == nil && len(f.script) == 0 {
		f.end = io.EOF
	}
	if f.end != nil {
		return nil, f.end
	}
	step := f.script[0]
	f.script = f.script[1:]
	switch step {
	case "err":
		f.end = errShard
		return nil, f.end
	case "panic":
		panic("secret row data")
	case "hang":
		<-ctx.Done()
		f.end = connectors.NewError("hung", connectors.ClassCancelled, "57014", "cancelled", ctx.Err())
		return nil, f.end
	case "slow":
		time.Sleep(20 * time.Millisecond)
		return f.Next(ctx)
	}
	f.cur = batch(f.t, f.alloc, f.schema, step)
	f.stats.Rows += f.cur.NumRows()
	f.stats.Bytes += 10
	return f.cur, nil
}

func (f *fake) Stats() connectors.Stats { return f.stats }

func (f *fake) drop() {
	if f.cur != nil {
		f.cur.Release()
		f.cur = nil
	}
}

func (f *fake) Close() error {
	f.drop()
	*f.closed++
	return nil
}

// world makes sources from scripts and counts how many were opened and closed.
type world struct {
	t              testing.TB
	alloc          memory.Allocator
	schema         *arrow.Schema
	opened, closed []int
}

func newWorld(t testing.TB, schema *arrow.Schema) *world {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	t.Cleanup(func() { alloc.AssertSize(t, 0) })
	return &world{t: t, alloc: alloc, schema: schema}
}

// sources makes one source per script, batches separated by a semicolon; "noopen" fails to open.
func (w *world) sources(scripts ...string) []Source {
	var out []Source
	w.opened, w.closed = make([]int, len(scripts)), make([]int, len(scripts))
	for i, script := range scripts {
		out = append(out, Source{
			Shard: fmt.Sprintf("s%d", i),
			Open: func(context.Context) (connectors.Reader, error) {
				if script == "noopen" {
					return nil, connectors.NewError(fmt.Sprintf("s%d", i), connectors.ClassUnavailable, "", "refused", nil)
				}
				w.opened[i]++
				var steps []string
				if script != "" {
					steps = strings.Split(script, ";")
				}
				return &fake{t: w.t, alloc: w.alloc, schema: w.schema, script: steps, closed: &w.closed[i]}, nil
			},
		})
	}
	return out
}

// checkClosed fails unless every source opened was closed.
func (w *world) checkClosed() {
	w.t.Helper()
	for i := range w.opened {
		if w.opened[i] != w.closed[i] {
			w.t.Errorf("source %d was opened %d times and closed %d times", i, w.opened[i], w.closed[i])
		}
	}
}

// rows reads an operator to its end, as "k:v" texts.
func rows(t testing.TB, ctx context.Context, op Operator) ([]string, error) {
	t.Helper()
	var out []string
	for {
		rec, err := op.Next(ctx)
		if errors.Is(err, io.EOF) {
			return out, nil
		}
		if err != nil {
			return out, err
		}
		out = append(out, texts(rec)...)
	}
}

func texts(rec arrow.Record) []string {
	var out []string
	for r := range int(rec.NumRows()) {
		var vals []string
		for _, c := range rec.Columns() {
			if c.IsNull(r) {
				vals = append(vals, "NULL")
				continue
			}
			vals = append(vals, c.ValueStr(r))
		}
		out = append(out, strings.Clone(strings.Join(vals, ":"))) // ValueStr may point into the batch
	}
	return out
}

// serial reads its sources one after the other without goroutines.
func (w *world) serial(script string) Operator {
	return &serialOperator{operator: operator{schema: w.schema}, source: w.sources(script)[0]}
}

type serialOperator struct {
	operator
	source Source
	reader connectors.Reader
}

func (s *serialOperator) Next(ctx context.Context) (arrow.Record, error) {
	return s.next(ctx, func(ctx context.Context) (arrow.Record, error) {
		if s.reader == nil {
			var err error
			if s.reader, err = s.source.Open(ctx); err != nil {
				return nil, err
			}
		}
		rec, err := s.reader.Next(ctx)
		if err != nil {
			return nil, err
		}
		return Restamp(rec, s.schema)
	})
}

func (s *serialOperator) Close() error {
	if s.shut() && s.reader != nil {
		return s.reader.Close()
	}
	return nil
}
