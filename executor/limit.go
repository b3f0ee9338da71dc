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

// Limit skips rows and then passes at most a number of them; once it has, it closes its input, so that shards
// stop working.
type Limit struct {
	operator
	input        Operator
	skip, remain int64
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
		return rec.NewSlice(from, to), nil
	}
	if err := l.input.Close(); err != nil {
		return nil, err
	}
	return nil, io.EOF
}

// Close implements Operator.
func (l *Limit) Close() error {
	l.shut()
	return l.input.Close()
}
