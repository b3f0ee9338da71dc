// Package executor runs plans: operators that pull Arrow record batches from each other, an exchange that
// fans a fragment out to its shards, merges above it, and the residual engine for what is left. Nothing
// here knows an engine; shards are reached through the port of package connectors.
package executor

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
)

// Operator is a stream of record batches of one schema. One goroutine drives it: Next until io.EOF or an
// error, then Close. Constructors start nothing and acquire nothing; the first Next does.
type Operator interface {
	// Schema is the schema of every batch. It may be called at any time, also after Close.
	Schema() *arrow.Schema

	// Next returns the next batch, never an empty one, or io.EOF. The batch belongs to the operator and is valid
	// until the next call of Next or Close; who keeps it longer, or gives it to another goroutine, retains it.
	// io.EOF and errors are sticky: every further call returns the same. Next after Close is an error.
	//
	// The context governs this call. Where an operator works ahead in goroutines, the context of the first
	// Next governs those until Close.
	Next(ctx context.Context) (arrow.Record, error)

	// Close stops all work beneath the operator, waits for its goroutines, closes its inputs and releases all
	// memory. It may be called at any time from the driving goroutine: before the first Next, in mid-stream,
	// after a failure, more than once. It returns the first error of closing that the rows already read would
	// need to know of; nothing else is lost with it.
	Close() error
}

// operator is the part that operators share: the sticky end of a stream and the batch handed out last.
type operator struct {
	schema *arrow.Schema
	out    arrow.Record
	end    error // io.EOF, the error, or errClosed
	closed bool
}

// Schema implements Operator.
func (o *operator) Schema() *arrow.Schema { return o.schema }

// next releases the batch handed out before, then returns what produce makes: a batch that becomes the
// operator's to release, or the end, which is remembered.
func (o *operator) next(ctx context.Context, produce func(context.Context) (arrow.Record, error)) (arrow.Record, error) {
	o.drop()
	if o.end != nil {
		return nil, o.end
	}
	rec, err := produce(ctx)
	if err != nil {
		o.end = err
		return nil, err
	}
	o.out = rec
	return rec, nil
}

func (o *operator) drop() {
	if o.out != nil {
		o.out.Release()
		o.out = nil
	}
}

// shut marks the operator closed and reports whether it was not before.
func (o *operator) shut() bool {
	o.drop()
	was := o.closed
	o.closed, o.end = true, errClosed
	return !was
}
