package executor

import (
	"context"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// Restamp returns rec under another schema of the same column types: other names, nullability or metadata.
// Nothing is copied. The caller releases the result; rec remains its owner's.
func Restamp(rec arrow.Record, schema *arrow.Schema) (arrow.Record, error) {
	if rec.Schema() == schema {
		rec.Retain()
		return rec, nil
	}
	if got, want := int(rec.NumCols()), schema.NumFields(); got != want {
		return nil, fmt.Errorf("a batch of %d columns where %d were expected", got, want)
	}
	for i := range schema.NumFields() {
		want := schema.Field(i)
		if got := rec.Column(i).DataType(); !equalTypes(got, want.Type) {
			return nil, fmt.Errorf("column %q is %s, expected %s", want.Name, got, want.Type)
		}
	}
	return array.NewRecord(schema, rec.Columns(), rec.NumRows()), nil
}

// equalTypes is arrow.TypeEqual, which compares decimals by reflection: for a batch of few rows that is a part of the time that can be seen.
func equalTypes(a, b arrow.DataType) bool {
	if a == b {
		return true
	}
	if a, ok := a.(*arrow.Decimal128Type); ok {
		b, ok := b.(*arrow.Decimal128Type)
		return ok && *a == *b
	}
	return arrow.TypeEqual(a, b)
}

// Select yields some columns of its input, in another order, under other names; it copies nothing.
type Select struct {
	operator
	input   Operator
	columns []int
}

// NewSelect makes a Select: column i of the output is input column columns[i] under field i of schema. It
// owns input from now on, unless it returns an error.
func NewSelect(input Operator, columns []int, schema *arrow.Schema) (*Select, error) {
	if len(columns) != schema.NumFields() {
		return nil, fmt.Errorf("select: %d columns under a schema of %d", len(columns), schema.NumFields())
	}
	for i, c := range columns {
		if c < 0 || c >= input.Schema().NumFields() {
			return nil, fmt.Errorf("select: the input has no column %d", c)
		}
		if got, want := input.Schema().Field(c).Type, schema.Field(i).Type; !arrow.TypeEqual(got, want) {
			return nil, fmt.Errorf("select: column %q is %s, expected %s", schema.Field(i).Name, got, want)
		}
	}
	return &Select{operator: operator{schema: schema}, input: input, columns: columns}, nil
}

// Next implements Operator.
func (s *Select) Next(ctx context.Context) (arrow.Record, error) {
	return s.next(ctx, func(ctx context.Context) (arrow.Record, error) {
		rec, err := s.input.Next(ctx)
		if err != nil {
			return nil, err
		}
		cols := make([]arrow.Array, len(s.columns))
		for i, c := range s.columns {
			cols[i] = rec.Column(c)
		}
		return array.NewRecord(s.schema, cols, rec.NumRows()), nil
	})
}

// Close implements Operator.
func (s *Select) Close() error {
	s.shut()
	return s.input.Close()
}
