package tpch

import (
	"context"
	"io"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// batchRows is about how many rows a batch has.
const batchRows = 8192

// Source streams rows of one table as record batches, each valid until the next call of Next. One goroutine uses it; Close
// releases what it holds and may be called more than once.
type Source struct {
	generator *Generator
	table     *Table
	keep      Keep
	at, to    int64
	w         *writer
	last      arrow.Record
}

// Source streams the rows of a table's units [from, to), those that keep keeps. (0, g.Units(t)) is the whole table.
func (g *Generator) Source(t *Table, from, to int64, keep Keep) *Source {
	return &Source{generator: g, table: t, keep: keep, at: from, to: to, w: newWriter(t)}
}

// All streams all rows of a table that keep keeps.
func (g *Generator) All(t *Table, keep Keep) *Source { return g.Source(t, 0, g.Units(t), keep) }

// Schema returns the schema of the batches.
func (s *Source) Schema() *arrow.Schema { return s.table.Schema() }

// Next returns the next batch, io.EOF behind the last one and after Close.
func (s *Source) Next(ctx context.Context) (arrow.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	s.release()
	if s.w == nil {
		return nil, io.EOF
	}
	for s.at < s.to && s.w.rows() < batchRows {
		s.table.fill(s.generator, s.w, s.at, s.keep)
		s.at++
	}
	if s.w.rows() == 0 {
		return nil, io.EOF
	}
	s.last = s.w.b.NewRecord()
	return s.last, nil
}

// Close releases the last batch and the builders.
func (s *Source) Close() {
	s.release()
	if s.w != nil {
		s.w.b.Release()
		s.w = nil
	}
}

func (s *Source) release() {
	if s.last != nil {
		s.last.Release()
		s.last = nil
	}
}

// writer appends values to the columns in turn, row by row.
type writer struct {
	b     *array.RecordBuilder
	cols  []column
	at    int
	order order
}

// column is the one builder of a column that is not nil.
type column struct {
	ints   *array.Int32Builder
	longs  *array.Int64Builder
	dates  *array.Date32Builder
	moneys *array.Decimal128Builder
	texts  *array.StringBuilder
}

func newWriter(t *Table) *writer {
	w := &writer{b: array.NewRecordBuilder(memory.DefaultAllocator, t.Schema()), cols: make([]column, len(t.Columns))}
	for i, f := range w.b.Fields() {
		switch f := f.(type) {
		case *array.Int32Builder:
			w.cols[i].ints = f
		case *array.Int64Builder:
			w.cols[i].longs = f
		case *array.Date32Builder:
			w.cols[i].dates = f
		case *array.Decimal128Builder:
			w.cols[i].moneys = f
		case *array.StringBuilder:
			w.cols[i].texts = f
		}
	}
	return w
}

func (w *writer) rows() int { return w.b.Field(len(w.cols) - 1).Len() }

func (w *writer) col() *column {
	c := &w.cols[w.at]
	if w.at++; w.at == len(w.cols) {
		w.at = 0
	}
	return c
}

func (w *writer) int(v int64) *writer {
	w.col().ints.Append(int32(v))
	return w
}

func (w *writer) long(v int64) *writer {
	w.col().longs.Append(v)
	return w
}

func (w *writer) date(days int64) *writer {
	w.col().dates.Append(arrow.Date32(days))
	return w
}

func (w *writer) money(cents int64) *writer {
	w.col().moneys.Append(decimal128.FromI64(cents))
	return w
}

func (w *writer) text(s string) *writer {
	w.col().texts.Append(s)
	return w
}

// numberedShort writes a name such as Brand#13.
func numberedShort(prefix string, n int64) string { return prefix + strconv.FormatInt(n, 10) }
