package mssql

import (
	"cmp"
	sqldriver "database/sql/driver"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/connectors"
)

const (
	// firstRows is the room made before anything is known about the result.
	firstRows = 64
)

// batch collects rows column by column.
type batch struct {
	schema  *arrow.Schema
	limit   int   // rows
	most    int64 // bytes: it ends with the row that reaches them
	columns []column
	rows    int
	bytes   int // of texts and binaries, and eight for every value
	next    int // rows to make room for when the next batch begins
}

func newBatch(stmt connectors.Statement, kinds []kind) *batch {
	b := &batch{schema: stmt.Schema, limit: stmt.BatchRows, most: cmp.Or(stmt.BatchBytes, connectors.DefaultBatchBytes), next: min(firstRows, stmt.BatchRows)}
	b.columns = make([]column, len(kinds))
	for i, k := range kinds {
		b.columns[i] = newColumn(k, stmt.Schema.Field(i), stmt.Alloc)
	}
	return b
}

func (b *batch) full() bool { return b.rows >= b.limit || int64(b.bytes) >= b.most }

// append decodes one row. After an error the batch is only good for free.
func (b *batch) append(values []sqldriver.Value) error {
	if b.rows == 0 {
		for i := range b.columns {
			b.columns[i].builder.Reserve(b.next)
		}
	}
	for i := range b.columns {
		c := &b.columns[i]
		if values[i] == nil {
			c.builder.AppendNull()
			continue
		}
		size, err := c.decode(values[i])
		if err != nil {
			return err
		}
		b.bytes += 8 + size
	}
	b.rows++
	return nil
}

// take makes a record of the rows, which must not be none, and starts over.
func (b *batch) take() arrow.Record {
	columns := make([]arrow.Array, len(b.columns))
	for i := range b.columns {
		columns[i] = b.columns[i].builder.NewArray()
		defer columns[i].Release()
	}
	rec := array.NewRecord(b.schema, columns, int64(b.rows))
	b.next = max(b.rows, min(firstRows, b.limit))
	b.rows, b.bytes = 0, 0
	return rec
}

// free lets go of rows that were not taken. Nothing may be appended afterwards.
func (b *batch) free() {
	for i := range b.columns {
		b.columns[i].builder.Release()
	}
	b.rows, b.bytes = 0, 0
}
