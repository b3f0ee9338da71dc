package executor

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
)

// HashAggregate merges the partial rows of its input into groups; it yields them, in no order, once the input has ended. Groups that do not fit
// in memory go to disk where the spec has a place for them.
type HashAggregate struct {
	operator
	input  Operator
	groups *groups
	read   bool
}

// NewHashAggregate makes a HashAggregate, which owns input unless an error is returned.
func NewHashAggregate(input Operator, spec GroupsSpec) (*HashAggregate, error) {
	g, err := newGroups(spec)
	if err != nil {
		return nil, err
	}
	return &HashAggregate{operator: operator{schema: spec.Hash.Output}, input: input, groups: g}, nil
}

// Next implements Operator.
func (a *HashAggregate) Next(ctx context.Context) (arrow.Record, error) {
	return a.next(ctx, a.produce)
}

func (a *HashAggregate) produce(ctx context.Context) (arrow.Record, error) {
	if !a.read {
		if err := a.consume(ctx); err != nil {
			return nil, err
		}
		a.read = true
	}
	rec, err := a.groups.next(ctx)
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
		if err := a.groups.consume(ctx, rec); err != nil {
			return err
		}
	}
}

// Close implements Operator.
func (a *HashAggregate) Close() error {
	a.shut()
	err := a.groups.release()
	if cerr := a.input.Close(); cerr != nil {
		return cerr
	}
	return err
}
