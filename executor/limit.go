package executor

import (
	"context"
	"fmt"
	"io"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
)

// NoLimit is a count that lets all rows pass.
const NoLimit = math.MaxInt64

// Limit skips rows and then passes at most a number of them. With the last of them it closes its input, so that shards stop working even where nobody asks
// for more.
type Limit struct {
	operator
	input        Operator
	skip, remain int64
	closing      error // of the input, which had brought all that was wanted
}

// NewLimit makes a Limit, which owns input. Offset and count must not be negative; count may be [NoLimit].
func NewLimit(input Operator, offset, count int64) (*Limit, error) {
	if offset < 0 || count < 0 {
		return nil, fmt.Errorf("limit: OFFSET %d LIMIT %d must not be negative", offset, count)
	}
	return &Limit{operator: operator{schema: input.Schema()}, input: input, skip: offset, remain: count}, nil
}

// Next implements Operator.
func (l *Limit) Next(ctx context.Context) (arrow.Record, error) { return l.next(ctx, l.produce) }

func (l *Limit) produce(ctx context.Context) (arrow.Record, error) {
	for l.remain > 0 {
		rec, err := l.input.Next(ctx)
		if err != nil {
			return nil, err
		}
		n := rec.NumRows()
		if n <= l.skip {
			l.skip -= n
			continue
		}
		from := l.skip
		to := from + min(n-from, l.remain)
		l.skip, l.remain = 0, l.remain-(to-from)
		last := rec.NewSlice(from, to)
		if l.remain == 0 {
			l.closing = l.input.Close()
		}
		return last, nil
	}
	if l.closing == nil {
		l.closing = l.input.Close() // of LIMIT 0 nothing was wanted
	}
	if l.closing != nil {
		return nil, l.closing
	}
	return nil, io.EOF
}

// Close implements Operator.
func (l *Limit) Close() error {
	l.shut()
	return l.input.Close()
}
