package tpch

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/jackc/pgx/v5"
)

// Fill creates a table in the connection's current schema, copies the rows of the source into it and adds its keys and indexes.
func Fill(ctx context.Context, conn *pgx.Conn, t *Table, s *Source) error {
	if _, err := conn.Exec(ctx, t.Create(false)); err != nil {
		return fmt.Errorf("creating %s: %w", t.Name, err)
	}
	if err := Copy(ctx, conn, t, s); err != nil {
		return err
	}
	for _, sql := range t.Index() {
		if _, err := conn.Exec(ctx, sql); err != nil {
			return fmt.Errorf("%s: %w", sql, err)
		}
	}
	return nil
}

// Copy copies the rows of the source into the table. Several connections may fill pieces of one table at the same time.
func Copy(ctx context.Context, conn *pgx.Conn, t *Table, s *Source) error {
	r := &copyReader{ctx: ctx, source: s}
	defer r.close()
	if _, err := conn.PgConn().CopyFrom(ctx, r, "copy "+t.Name+" from stdin (format binary)"); err != nil {
		return fmt.Errorf("filling %s: %w", t.Name, err)
	}
	return nil
}

// copyReader reads a source as PostgreSQL's binary COPY format. The context is that of the one CopyFrom it serves.
type copyReader struct {
	mu      sync.Mutex // a CopyFrom that is stopped may leave a goroutine behind that reads
	ctx     context.Context
	source  *Source
	pending []byte
	buf     []byte
	begun   bool
	end     error
}

// signature begins the format: its name, no flags, no header extension.
const signature = "PGCOPY\n\xff\r\n\x00\x00\x00\x00\x00\x00\x00\x00\x00"

// close makes later reads fail, which would meet a source that is closed.
func (c *copyReader) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.pending, c.end = nil, io.ErrClosedPipe
}

func (c *copyReader) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for len(c.pending) == 0 {
		if c.end != nil {
			return 0, c.end
		}
		c.more()
	}
	n := copy(p, c.pending)
	c.pending = c.pending[n:]
	return n, nil
}

// more makes the next bytes pending, or sets the end.
func (c *copyReader) more() {
	c.buf = c.buf[:0]
	if !c.begun {
		c.begun, c.buf = true, append(c.buf, signature...)
	}
	rec, err := c.source.Next(c.ctx)
	switch {
	case errors.Is(err, io.EOF):
		c.buf, c.end = append(c.buf, 0xff, 0xff), io.EOF
	case err != nil:
		c.end = err
		return
	default:
		c.buf = appendRows(c.buf, rec)
	}
	c.pending = c.buf
}

func appendRows(b []byte, rec arrow.Record) []byte {
	cols := rec.Columns()
	for r := range int(rec.NumRows()) {
		b = binary.BigEndian.AppendUint16(b, uint16(len(cols)))
		for _, c := range cols {
			b = appendValue(b, c, r)
		}
	}
	return b
}

// postgresEpoch is 2000-01-01 in days since 1970.
const postgresEpoch = 10957

func appendValue(b []byte, c arrow.Array, r int) []byte {
	switch c := c.(type) {
	case *array.Int32:
		return binary.BigEndian.AppendUint32(append(b, 0, 0, 0, 4), uint32(c.Value(r)))
	case *array.Int64:
		return binary.BigEndian.AppendUint64(append(b, 0, 0, 0, 8), uint64(c.Value(r)))
	case *array.Date32:
		return binary.BigEndian.AppendUint32(append(b, 0, 0, 0, 4), uint32(int32(c.Value(r))-postgresEpoch))
	case *array.Decimal128:
		return appendMoney(b, int64(c.Value(r).LowBits()))
	case *array.String:
		v := c.Value(r)
		return append(binary.BigEndian.AppendUint32(b, uint32(len(v))), v...)
	}
	return b // Column.arrow makes no other
}

// appendMoney writes a numeric of two decimals: digits to the base 10,000, the number of digits before the point less
// one, the sign, and the decimals to show.
func appendMoney(b []byte, cents int64) []byte {
	sign := uint16(0)
	if cents < 0 {
		sign, cents = 0x4000, -cents
	}
	var digits [6]uint16 // from the last, which is the fraction
	digits[0] = uint16(cents % 100 * 100)
	n := 1
	for whole := cents / 100; whole > 0; whole /= 10000 {
		digits[n] = uint16(whole % 10000)
		n++
	}
	weight, least := n-2, 0
	for least < n && digits[least] == 0 {
		least++
	}
	b = binary.BigEndian.AppendUint32(b, uint32(8+2*(n-least)))
	for _, v := range [...]uint16{uint16(n - least), uint16(weight), sign, 2} {
		b = binary.BigEndian.AppendUint16(b, v)
	}
	for i := n - 1; i >= least; i-- {
		b = binary.BigEndian.AppendUint16(b, digits[i])
	}
	return b
}
