package executor

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
)

// Checker is for tests: it stands between two operators and turns a breach of the Operator contract, by
// either side, into an error that names it. It hands out copies of the batches, which are overwritten when
// the consumer's right to them ends, so that one who keeps a batch without retaining it reads garbage.
type Checker struct {
	name  string
	input Operator
	alloc memory.Allocator

	last   error // how the input ended
	out    arrow.Record
	closed bool
}

// NewChecker makes a Checker, which owns input and names its type in errors.
func NewChecker(input Operator) *Checker { return newChecker(input, memory.DefaultAllocator) }

// newChecker takes the allocator of the copies.
func newChecker(input Operator, alloc memory.Allocator) *Checker {
	return &Checker{name: fmt.Sprintf("%T", input), input: input, alloc: scrambler{alloc}}
}

// BreachError is a breach of the Operator contract.
type BreachError struct{ Operator, Rule string }

// Error implements error.
func (e *BreachError) Error() string { return e.Operator + ": " + e.Rule }

func (c *Checker) breach(format string, args ...any) error {
	return &BreachError{c.name, fmt.Sprintf(format, args...)}
}

// Schema implements Operator.
func (c *Checker) Schema() *arrow.Schema { return c.input.Schema() }

// Next implements Operator.
func (c *Checker) Next(ctx context.Context) (arrow.Record, error) {
	c.drop()
	if c.closed {
		return nil, c.breach("Next was called after Close")
	}
	rec, err := c.input.Next(ctx)
	switch {
	case c.last != nil && (err == nil || !errors.Is(err, c.last)):
		return nil, c.breach("the end is not sticky: %v, then %v", c.last, err)
	case err != nil && rec != nil:
		return nil, c.breach("a batch came with an error")
	case err != nil:
		c.last = err
		return nil, err
	case rec == nil:
		return nil, c.breach("neither a batch nor an error came")
	case rec.NumRows() == 0:
		return nil, c.breach("an empty batch came")
	case !rec.Schema().Equal(c.Schema()):
		return nil, c.breach("a batch has the schema %s, not %s", rec.Schema(), c.Schema())
	}
	c.out, err = deepCopy(c.alloc, rec)
	return c.out, err
}

func (c *Checker) drop() {
	if c.out != nil {
		c.out.Release()
		c.out = nil
	}
}

// Close implements Operator. It closes the input twice, which must be safe.
func (c *Checker) Close() error {
	c.drop()
	c.closed = true
	err := c.input.Close()
	if again := c.input.Close(); again != nil && err == nil {
		return c.breach("a second Close failed: %v", again)
	}
	if _, nextErr := c.input.Next(context.Background()); nextErr == nil || errors.Is(nextErr, io.EOF) && c.last == nil {
		return c.breach("Next after Close did not fail")
	}
	return err
}

func deepCopy(alloc memory.Allocator, rec arrow.Record) (arrow.Record, error) {
	cols := make([]arrow.Array, 0, rec.NumCols())
	defer func() {
		for _, c := range cols {
			c.Release()
		}
	}()
	for _, src := range rec.Columns() {
		v, err := column.NewVector(alloc, src.DataType())
		if err != nil {
			return nil, err
		}
		err = v.AppendRange(src, 0, src.Len())
		if err == nil {
			cols = append(cols, v.Array())
		}
		v.Release()
		if err != nil {
			return nil, err
		}
	}
	return array.NewRecord(rec.Schema(), cols, rec.NumRows()), nil
}

// scrambler overwrites memory when it is freed.
type scrambler struct{ memory.Allocator }

// Free implements memory.Allocator.
func (s scrambler) Free(b []byte) {
	for i := range b {
		b[i] = 0xdb
	}
	s.Allocator.Free(b)
}

// Reallocate implements memory.Allocator; the old place is overwritten, too.
func (s scrambler) Reallocate(size int, b []byte) []byte {
	out := s.Allocate(size)
	copy(out, b)
	s.Free(b)
	return out
}
