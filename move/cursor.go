package move

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

// cursor goes through the rows of a statement, which come in the order of a key. No batch that it has passed is kept, but by who retains it.
type cursor struct {
	rd   connectors.Reader
	key  []keyColumn
	what string // the table and the shard, for errors
	rec  arrow.Record
	i    int
	end  bool
}

type queryFunc func(context.Context, connectors.Statement) (connectors.Reader, error)

// open starts a statement and stands on its first row.
func open(ctx context.Context, query queryFunc, stmt connectors.Statement, key []keyColumn, what string) (*cursor, error) {
	rd, err := query(ctx, stmt)
	if err != nil {
		return nil, err
	}
	c := &cursor{rd: rd, key: key, what: what}
	if err := c.load(ctx); err != nil {
		_ = rd.Close() // the error is what matters
		return nil, err
	}
	return c, nil
}

// load gets the next batch.
func (c *cursor) load(ctx context.Context) error {
	rec, err := c.rd.Next(ctx)
	switch {
	case err == io.EOF:
		c.end, err = true, nil
	case err == nil:
		rec.Retain()
	}
	if err != nil {
		return err
	}
	var last arrow.Record
	last, c.rec, c.i = c.rec, rec, 0
	if last != nil {
		defer last.Release()
		if !c.end && compareRows(last, int(last.NumRows())-1, rec, 0, c.key) >= 0 {
			return c.disorder()
		}
	}
	if c.end {
		c.rec = nil
	}
	return nil
}

// next goes to the next row. Rows in another order than that of the key would make a comparison wrong, so that they are an error.
func (c *cursor) next(ctx context.Context) error {
	if c.i+1 == int(c.rec.NumRows()) {
		return c.load(ctx)
	}
	if compareRows(c.rec, c.i, c.rec, c.i+1, c.key) >= 0 {
		return c.disorder()
	}
	c.i++
	return nil
}

func (c *cursor) disorder() error {
	return fmt.Errorf("the rows of %s did not come in the order of the key, or with one key twice: they cannot be compared", c.what)
}

func (c *cursor) close() error {
	if c.rec != nil {
		c.rec.Release()
		c.rec = nil
	}
	return c.rd.Close()
}

func compareRows(a arrow.Record, i int, b arrow.Record, j int, key []keyColumn) int {
	for _, k := range key {
		if n := compare(a.Column(k.at), i, b.Column(k.at), j, k.typ); n != 0 {
			return n
		}
	}
	return 0
}

// order compares the rows on which two cursors stand; one at its end is behind all others.
func order(a, b *cursor) int {
	switch {
	case a.end:
		return 1
	case b.end:
		return -1
	}
	return compareRows(a.rec, a.i, b.rec, b.i, a.key)
}

// same reports whether two rows have equal values. scratch is of use for the next call.
func same(a arrow.Record, i int, b arrow.Record, j int, scratch *[2][]byte) (bool, error) {
	x, y := scratch[0][:0], scratch[1][:0]
	var err error
	for k := range int(a.NumCols()) {
		if x, err = appendForm(x, a.Column(k), i); err != nil {
			return false, err
		}
		if y, err = appendForm(y, b.Column(k), j); err != nil {
			return false, err
		}
	}
	scratch[0], scratch[1] = x, y
	return bytes.Equal(x, y), nil
}

// gather makes one record of rows, which it releases.
func gather(rows []arrow.Record) (arrow.Record, error) {
	defer release(rows)
	if len(rows) == 0 {
		return nil, errors.New("internal error: no rows to gather")
	}
	n := int64(0)
	for _, r := range rows {
		n += r.NumRows()
	}
	cols := make([]arrow.Array, rows[0].NumCols())
	defer func() {
		for _, c := range cols {
			if c != nil {
				c.Release()
			}
		}
	}()
	for k := range cols {
		parts := make([]arrow.Array, len(rows))
		for i, r := range rows {
			parts[i] = r.Column(k)
		}
		var err error
		if cols[k], err = array.Concatenate(parts, memory.DefaultAllocator); err != nil {
			return nil, err
		}
	}
	return array.NewRecord(rows[0].Schema(), cols, n), nil
}

func release(rows []arrow.Record) {
	for _, r := range rows {
		r.Release()
	}
}

// newRecord is a record with other names for its columns.
func newRecord(fields []arrow.Field, rec arrow.Record) arrow.Record {
	return array.NewRecord(arrow.NewSchema(fields, nil), rec.Columns(), rec.NumRows())
}
