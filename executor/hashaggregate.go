package executor

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate"
	"github.com/atoll-sql/atoll/connectors"
)

// HashAggregate merges the partial rows of its input into groups; it yields them once the input has ended.
type HashAggregate struct {
	operator
	input     Operator
	hash      *aggregate.Hash
	results   *aggregate.Results
	batchRows int
}

// NewHashAggregate makes a HashAggregate, which owns input unless an error is returned. batchRows 0 means
// connectors.DefaultBatchRows.
func NewHashAggregate(alloc memory.Allocator, input Operator, spec aggregate.HashSpec, batchRows int) (*HashAggregate, error) {
	if batchRows <= 0 {
		batchRows = connectors.DefaultBatchRows
	}
	hash, err := aggregate.NewHash(alloc, spec)
	if err != nil {
		return nil, err
	}
	return &HashAggregate{
		operator: operator{schema: spec.Output}, input: input, hash: hash, batchRows: batchRows,
	}, nil
}

// Next implements Operator.
func (a *HashAggregate) Next(ctx context.Context) (arrow.Record, error) {
	return a.next(ctx, a.produce)
}

func (a *HashAggregate) produce(ctx context.Context) (arrow.Record, error) {
	if a.results == nil {
		if err := a.consume(ctx); err != nil {
			return nil, err
		}
		a.results = a.hash.Results(a.batchRows)
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	rec, err := a.results.Next()
	if err != nil {
		return nil, err
	}
	rec.Retain()
	return rec, nil
}

// consume reads the input to its end and closes it.
func (a *HashAggregate) consume(ctx context.Context) error {
	for {
		rec, err := a.input.Next(ctx)
		if errors.Is(err, io.EOF) {
			return a.input.Close()
		}
		if err != nil {
			return err
		}
		if err := a.hash.Consume(ctx, rec); err != nil {
			return err
		}
	}
}

// Close implements Operator.
func (a *HashAggregate) Close() error {
	a.shut()
	if a.results != nil {
		a.results.Close()
	}
	a.hash.Release()
	return a.input.Close()
}
