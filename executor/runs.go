package executor

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
)

// run is a stretch of rows of one batch, which it holds.
type run struct {
	batch    *sortedBatch
	from, to int
}

// runCollector gathers runs and copies them into one batch, column by column.
type runCollector struct {
	schema *arrow.Schema
	cols   []*column.Vector
	runs   []run
	rows   int
	bytes  int64 // that the rows take, by their batches' averages
}

func newRunCollector(alloc memory.Allocator, schema *arrow.Schema) (*runCollector, error) {
	c := &runCollector{schema: schema}
	for _, f := range schema.Fields() {
		v, err := column.NewVector(alloc, f.Type)
		if err != nil {
			c.release()
			return nil, err
		}
		c.cols = append(c.cols, v)
	}
	return c, nil
}

// add appends rows, joining them to the last run where they continue it.
func (c *runCollector) add(b *sortedBatch, from, to int) {
	c.rows += to - from
	c.bytes += int64(to-from) * b.rowBytes
	if n := len(c.runs); n > 0 && c.runs[n-1].batch == b && c.runs[n-1].to == from {
		c.runs[n-1].to = to
		return
	}
	b.retain()
	c.runs = append(c.runs, run{b, from, to})
}

// flush returns the rows as a batch, which the caller releases, and forgets them. One run alone is not copied.
func (c *runCollector) flush() (arrow.Record, error) {
	defer c.forget()
	if len(c.runs) == 1 {
		r := c.runs[0]
		return r.batch.rec.NewSlice(int64(r.from), int64(r.to)), nil
	}
	cols := make([]arrow.Array, 0, len(c.cols))
	defer func() {
		for _, a := range cols {
			a.Release()
		}
	}()
	for i, v := range c.cols {
		for _, r := range c.runs {
			if err := v.AppendRange(r.batch.rec.Column(i), r.from, r.to); err != nil {
				return nil, err
			}
		}
		cols = append(cols, v.Array())
	}
	return array.NewRecord(c.schema, cols, int64(c.rows)), nil
}

func (c *runCollector) forget() {
	for _, r := range c.runs {
		r.batch.release()
	}
	clear(c.runs)
	c.runs, c.rows, c.bytes = c.runs[:0], 0, 0
}

func (c *runCollector) release() {
	c.forget()
	for _, v := range c.cols {
		v.Release()
	}
}
