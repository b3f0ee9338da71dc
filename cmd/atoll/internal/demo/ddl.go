package demo

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// DDL returns the statement that creates the table, in SQL that PostgreSQL and DuckDB both read.
func (t *Table) DDL() string {
	cols := make([]string, t.Schema.NumFields())
	for i, f := range t.Schema.Fields() {
		cols[i] = f.Name + " " + sqlType(f.Type)
		if !f.Nullable {
			cols[i] += " NOT NULL"
		}
	}
	return fmt.Sprintf("CREATE TABLE %s (%s)", t.Name, strings.Join(cols, ", "))
}

func sqlType(t arrow.DataType) string {
	switch t := t.(type) {
	case *arrow.BooleanType:
		return "boolean"
	case *arrow.Int16Type:
		return "smallint"
	case *arrow.Int32Type:
		return "integer"
	case *arrow.Int64Type:
		return "bigint"
	case *arrow.Decimal128Type:
		return fmt.Sprintf("numeric(%d,%d)", t.Precision, t.Scale)
	case *arrow.Date32Type:
		return "date"
	case *arrow.TimestampType:
		return "timestamp with time zone"
	}
	return "text"
}

// Rows returns a stream over the table's batches, which ends with io.EOF. It holds them no longer than the table.
func (t *Table) Rows() *Rows { return &Rows{schema: t.Schema, rest: t.Batches} }

// Rows is a stream of a table's batches.
type Rows struct {
	schema *arrow.Schema
	rest   []arrow.Record
}

// Schema returns the schema of the batches.
func (r *Rows) Schema() *arrow.Schema { return r.schema }

// Next returns the next batch, which belongs to the table, or io.EOF.
func (r *Rows) Next(ctx context.Context) (arrow.Record, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if len(r.rest) == 0 {
		return nil, io.EOF
	}
	rec := r.rest[0]
	r.rest = r.rest[1:]
	return rec, nil
}
