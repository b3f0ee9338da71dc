package executor

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
)

// Guard ends a stream with the account's error once the query holds more memory than it may.
type Guard struct {
	operator
	input   Operator
	account *Account
}

// NewGuard makes a Guard, which owns input.
func NewGuard(input Operator, account *Account) *Guard {
	return &Guard{operator: operator{schema: input.Schema()}, input: input, account: account}
}

// Next implements Operator.
func (g *Guard) Next(ctx context.Context) (arrow.Record, error) {
	return g.next(ctx, func(ctx context.Context) (arrow.Record, error) {
		rec, err := g.input.Next(ctx)
		if err != nil {
			return nil, err
		}
		if err := g.account.Over(); err != nil {
			return nil, err
		}
		rec.Retain()
		return rec, nil
	})
}

// Close implements Operator.
func (g *Guard) Close() error {
	g.shut()
	return g.input.Close()
}
