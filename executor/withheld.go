package executor

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Withheld merges the single rows of shards, some of which may be withheld by a residency rule: rows of NULLs, which are left out. If all
// are, so is the answer: a count of rows that nobody may know of is NULL, not 0.
type Withheld struct {
	operator
	merge Operator
	kept  *keptRows
	alloc memory.Allocator
}

// NewWithheld makes a Withheld of the merge that makeMerge makes over the rows that are not withheld. It owns input unless an error is returned.
func NewWithheld(alloc memory.Allocator, input Operator, makeMerge func(Operator) (Operator, error)) (*Withheld, error) {
	kept := &keptRows{operator: operator{schema: input.Schema()}, input: input}
	merge, err := makeMerge(kept)
	if err != nil {
		return nil, err
	}
	return &Withheld{operator: operator{schema: merge.Schema()}, merge: merge, kept: kept, alloc: alloc}, nil
}

// Next implements Operator.
func (w *Withheld) Next(ctx context.Context) (arrow.Record, error) { return w.next(ctx, w.produce) }

func (w *Withheld) produce(ctx context.Context) (arrow.Record, error) {
	rec, err := w.merge.Next(ctx)
	if err != nil {
		return nil, err
	}
	if w.kept.rows > 0 || w.kept.dropped == 0 {
		rec.Retain()
		return rec, nil
	}
	cols := make([]arrow.Array, rec.NumCols())
	for i, f := range w.schema.Fields() {
		cols[i] = array.MakeArrayOfNull(w.alloc, f.Type, int(rec.NumRows()))
	}
	out := array.NewRecord(w.schema, cols, rec.NumRows())
	for _, c := range cols {
		c.Release()
	}
	return out, nil
}

// Close implements Operator.
func (w *Withheld) Close() error {
	w.shut()
	return w.merge.Close()
}

// keptRows passes the rows in which not everything is NULL.
type keptRows struct {
	operator
	input         Operator
	rec           arrow.Record // the input's, not all of which was passed
	at            int64
	rows, dropped int64
}

// Next implements Operator.
func (k *keptRows) Next(ctx context.Context) (arrow.Record, error) { return k.next(ctx, k.produce) }

func (k *keptRows) produce(ctx context.Context) (arrow.Record, error) {
	for {
		if k.rec == nil {
			rec, err := k.input.Next(ctx)
			if err != nil {
				return nil, err
			}
			k.rec, k.at = rec, 0
		}
		for k.at < k.rec.NumRows() && allNull(k.rec, k.at) {
			k.at, k.dropped = k.at+1, k.dropped+1
		}
		from := k.at
		for k.at < k.rec.NumRows() && !allNull(k.rec, k.at) {
			k.at++
		}
		rec := k.rec
		if k.at == rec.NumRows() {
			k.rec = nil
		}
		if k.at > from {
			k.rows += k.at - from
			return rec.NewSlice(from, k.at), nil
		}
	}
}

func allNull(rec arrow.Record, row int64) bool {
	for _, c := range rec.Columns() {
		if c.IsValid(int(row)) {
			return false
		}
	}
	return true
}

// Close implements Operator.
func (k *keptRows) Close() error {
	k.shut()
	return k.input.Close()
}
