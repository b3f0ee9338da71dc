package executor

import (
	"context"
	"errors"
	"io"
	"runtime/debug"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// ResultReader shows an operator as Arrow's RecordReader, the face of a query's result. It closes the operator
// at the end of the stream, after an error, or when the last reference is released, whichever comes first.
// One goroutine reads; Retain and Release may be called from any, but the last Release not during Next.
type ResultReader struct {
	refs   atomic.Int64
	ctx    context.Context // of the query: RecordReader's Next takes none
	op     Operator
	onDone func(error)

	cur  arrow.Record
	err  error
	done bool
}

var _ array.RecordReader = (*ResultReader)(nil)

// NewResultReader makes a reader with one reference, which owns op. ctx governs the whole query. onDone, if not
// nil, is called exactly once, after op was closed, with the error that ended the stream: nil if it was read
// to its end or released before.
func NewResultReader(ctx context.Context, op Operator, onDone func(error)) *ResultReader {
	r := &ResultReader{ctx: ctx, op: op, onDone: onDone}
	r.refs.Store(1)
	return r
}

// Schema implements array.RecordReader.
func (r *ResultReader) Schema() *arrow.Schema { return r.op.Schema() }

// Retain implements array.RecordReader.
func (r *ResultReader) Retain() { r.refs.Add(1) }

// Release implements array.RecordReader; the last one ends the query.
func (r *ResultReader) Release() {
	if r.refs.Add(-1) == 0 {
		r.finish(nil)
	}
}

// Next implements array.RecordReader: false at the end and after an error, which Err tells.
func (r *ResultReader) Next() bool {
	if r.done {
		return false
	}
	rec, err := r.pull()
	if err != nil {
		r.finish(err)
		return false
	}
	r.cur = rec
	return true
}

// pull turns a panic of an operator into the query's error.
func (r *ResultReader) pull() (rec arrow.Record, err error) {
	defer func() {
		if v := recover(); v != nil {
			rec, err = nil, &PanicError{Where: "computing the result", Value: v, Stack: debug.Stack()}
		}
	}()
	return r.op.Next(r.ctx)
}

// Record implements array.RecordReader: the batch that Next found, valid until the next call of Next or the last
// Release; nil at the end.
func (r *ResultReader) Record() arrow.Record { return r.cur }

// Err implements array.RecordReader: what ended the stream early, nil otherwise.
func (r *ResultReader) Err() error { return r.err }

func (r *ResultReader) finish(err error) {
	if r.done {
		return
	}
	r.done, r.cur = true, nil
	atEnd := errors.Is(err, io.EOF)
	if !atEnd {
		r.err = err
	}
	if closeErr := r.op.Close(); closeErr != nil && atEnd {
		r.err = closeErr // it concerns rows that were read
	}
	if r.onDone != nil {
		r.onDone(r.err)
	}
}
