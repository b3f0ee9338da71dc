package output

import (
	"io"

	"github.com/apache/arrow/go/v17/arrow"
)

// csvWriter writes RFC 4180.
type csvWriter struct {
	sink
	cells  []cell
	header bool // written
}

func newCSVWriter(w io.Writer, cells []cell) *csvWriter {
	return &csvWriter{sink: newSink(w), cells: cells}
}

func (c *csvWriter) Write(rec arrow.Record) error {
	c.writeHeader()
	bindAll(c.cells, rec)
	for row, n := 0, int(rec.NumRows()); row < n; row++ {
		for i := range c.cells {
			if i > 0 {
				c.buf = append(c.buf, ',')
			}
			col := &c.cells[i]
			if col.arr.IsNull(row) {
				continue
			}
			from := len(c.buf)
			c.buf = col.text(c.buf, row)
			if col.class >= classText {
				c.buf = quoteCSV(c.buf, from)
			}
		}
		c.buf = append(c.buf, '\r', '\n')
		if err := c.flushFull(); err != nil {
			return err
		}
	}
	return nil
}

func (c *csvWriter) writeHeader() {
	if c.header {
		return
	}
	c.header = true
	for i, col := range c.cells {
		if i > 0 {
			c.buf = append(c.buf, ',')
		}
		from := len(c.buf)
		c.buf = quoteCSV(append(c.buf, col.name...), from)
	}
	c.buf = append(c.buf, '\r', '\n')
}

func (c *csvWriter) Close() error {
	c.writeHeader()
	return c.flush()
}

// Abort leaves a quoted field that never ends.
func (c *csvWriter) Abort() error {
	if !c.started {
		c.buf = c.buf[:0]
		return nil
	}
	c.buf = append(append(c.buf, '"'), broken...)
	return c.flush()
}

// special marks the bytes for which a CSV field needs quotes.
var special = [256]bool{'"': true, ',': true, '\r': true, '\n': true}

// quoteCSV puts the field buf[from:] in quotes if it needs them. The empty string needs them to tell it from NULL, and \.
// because COPY takes a line of it for the end of data.
func quoteCSV(buf []byte, from int) []byte {
	field := buf[from:]
	for i, b := range field {
		if special[b] {
			return quoteFrom(buf, from, i)
		}
	}
	if len(field) == 0 || string(field) == `\.` {
		return quoteFrom(buf, from, len(field))
	}
	return buf
}

// quoteFrom quotes buf[from:], of which the first clean bytes are known to hold no quote.
func quoteFrom(buf []byte, from, clean int) []byte {
	quotes := 0
	for _, b := range buf[from+clean:] {
		if b == '"' {
			quotes++
		}
	}
	end := len(buf) - 1
	for i := 0; i < quotes+2; i++ {
		buf = append(buf, '"')
	}
	if quotes == 0 {
		copy(buf[from+1:], buf[from:end+1])
		buf[from] = '"'
		return buf
	}
	// Shift from the right, so that nothing is overwritten before it was moved.
	to := len(buf) - 2
	for i := end; i >= from; i-- {
		buf[to] = buf[i]
		to--
		if buf[i] == '"' {
			buf[to] = '"'
			to--
		}
	}
	buf[from] = '"'
	return buf
}
