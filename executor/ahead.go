package executor

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
)

// Ahead holds the first batches of its input back until the input has ended, or more than a number of bytes is there. Until then an
// error of the input is all that comes of it: who asks has been given nothing, and can begin anew.
type Ahead struct {
	operator
	input Operator
	bytes int64
	held  []arrow.Record
	read  bool
	over  error // the input's end, once it has come
}

// NewAhead makes an Ahead, which owns input.
func NewAhead(input Operator, bytes int64) *Ahead {
	return &Ahead{operator: operator{schema: input.Schema()}, input: input, bytes: bytes}
}

// Next implements Operator.
func (a *Ahead) Next(ctx context.Context) (arrow.Record, error) { return a.next(ctx, a.produce) }

func (a *Ahead) produce(ctx context.Context) (arrow.Record, error) {
	if !a.read {
		a.read = true
		if err := a.fill(ctx); err != nil {
			return nil, err
		}
	}
	if len(a.held) > 0 {
		rec := a.held[0]
		a.held = a.held[1:]
		return rec, nil
	}
	if a.over != nil {
		return nil, a.over
	}
	rec, err := a.input.Next(ctx)
	if err == nil {
		rec.Retain()
	}
	return rec, err
}

func (a *Ahead) fill(ctx context.Context) error {
	for n := int64(0); n <= a.bytes; {
		rec, err := a.input.Next(ctx)
		if errors.Is(err, io.EOF) {
			a.over = err
			return nil
		}
		if err != nil {
			return err
		}
		rec.Retain()
		a.held = append(a.held, rec)
		n += sizeOf(rec)
	}
	return nil
}

// Close implements Operator.
func (a *Ahead) Close() error {
	a.shut()
	for _, rec := range a.held {
		rec.Release()
	}
	a.held = nil
	return a.input.Close()
}
