package postgres

import (
	"cmp"
	"encoding/binary"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

const (
	// firstRows is the room made before anything is known about the result.
	firstRows = 64
)

// batch collects rows column by column.
type batch struct {
	schema *arrow.Schema
	alloc  memory.Allocator
	limit  int   // rows
	most   int64 // bytes: it ends with the row that reaches them

	columns  []column
	rows     int
	capacity int // rows that fit without growing
	bytes    int // of the rows on the wire
	next     int // capacity to begin the next batch with
}

func newBatch(stmt connectors.Statement, kinds []kind) *batch {
	b := &batch{schema: stmt.Schema, alloc: stmt.Alloc, limit: stmt.BatchRows, most: cmp.Or(stmt.BatchBytes, connectors.DefaultBatchBytes), next: min(firstRows, stmt.BatchRows)}
	b.columns = make([]column, len(kinds))
	for i, k := range kinds {
		b.columns[i] = newColumn(k, stmt.Schema.Field(i))
	}
	return b
}

func (b *batch) full() bool { return b.rows >= b.limit || int64(b.bytes) >= b.most }

// grow makes room for more rows.
func (b *batch) grow() {
	if b.capacity == 0 {
		b.capacity = b.next
	} else {
		b.capacity = min(2*b.capacity, b.limit)
	}
	for i := range b.columns {
		b.columns[i].reserve(b.alloc, b.capacity)
	}
}

// append decodes one DataRow. After an error the batch is only good for free.
func (b *batch) append(body []byte) error {
	if b == nil || len(body) < 2 || int(binary.BigEndian.Uint16(body)) != len(b.columns) {
		return malformedRow()
	}
	if b.rows == b.capacity {
		b.grow()
	}
	b.bytes += len(body)
	rest := body[2:]
	for i := range b.columns {
		if len(rest) < 4 {
			return malformedRow()
		}
		size := int(int32(binary.BigEndian.Uint32(rest)))
		rest = rest[4:]
		c := &b.columns[i]
		if size < 0 {
			c.setNull(b.alloc, b.rows, b.capacity)
			continue
		}
		if size > len(rest) {
			return malformedRow()
		}
		if err := c.decode(b.rows, rest[:size]); err != nil {
			return err
		}
		rest = rest[size:]
	}
	b.rows++
	return nil
}

func malformedRow() error { return &brokenError{errMalformed} }

// take makes a record of the rows, which must not be none, and starts over.
func (b *batch) take() arrow.Record {
	columns := make([]arrow.Array, len(b.columns))
	for i := range b.columns {
		columns[i] = b.columns[i].take(b.rows)
		defer columns[i].Release()
	}
	rec := array.NewRecord(b.schema, columns, int64(b.rows))
	b.next = max(b.rows, min(firstRows, b.limit))
	b.rows, b.capacity, b.bytes = 0, 0, 0
	return rec
}

// free lets go of rows that were not taken.
func (b *batch) free() {
	for i := range b.columns {
		b.columns[i].free()
	}
	b.rows, b.capacity, b.bytes = 0, 0, 0
}
