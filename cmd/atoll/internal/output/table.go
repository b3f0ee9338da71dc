package output

import (
	"bytes"
	"io"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
)

// A table looks at its first rows to choose the column widths. maxPad bounds the width that one long value gives to
// all rows.
const (
	widthRows  = 1000
	widthBytes = 1 << 20
	maxPad     = 120
)

// tableWriter writes an aligned table for people.
type tableWriter struct {
	sink
	cells  []cell
	dim    bool
	widths []int

	// Rows held until the widths are known: their cells' text, one after the other, and the end of each.
	held  []byte
	ends  []int
	sized bool

	rows    int64
	raw     []byte
	scratch []byte
}

// nullText marks a NULL among held cells; no text contains it, since control characters are escaped.
var nullText = []byte{0}

func newTableWriter(w io.Writer, cells []cell, opts Options) *tableWriter {
	t := &tableWriter{sink: newSink(w), cells: cells, dim: opts.Color, widths: make([]int, len(cells))}
	for i := range cells {
		t.cells[i].name = string(escapeText(nil, []byte(cells[i].name)))
	}
	return t
}

func (t *tableWriter) Write(rec arrow.Record) error {
	bindAll(t.cells, rec)
	for row, n := 0, int(rec.NumRows()); row < n; row++ {
		t.rows++
		if !t.sized {
			t.hold(row)
			if t.rows < widthRows && len(t.held) < widthBytes {
				continue
			}
			t.release()
			continue
		}
		for i := range t.cells {
			t.scratch = t.textOf(t.scratch[:0], i, row)
			t.cell(i, t.scratch)
		}
		t.buf = append(t.buf, '\n')
		if err := t.flushFull(); err != nil {
			return err
		}
	}
	return t.flushFull()
}

// textOf appends the text shown for one value, or nullText.
func (t *tableWriter) textOf(dst []byte, col, row int) []byte {
	c := &t.cells[col]
	switch {
	case c.arr.IsNull(row):
		return append(dst, nullText...)
	case c.class < classText:
		return c.text(dst, row)
	}
	t.raw = c.text(t.raw[:0], row)
	return escapeText(dst, t.raw)
}

func (t *tableWriter) hold(row int) {
	for i := range t.cells {
		from := len(t.held)
		t.held = t.textOf(t.held, i, row)
		t.ends = append(t.ends, len(t.held))
		t.widths[i] = max(t.widths[i], min(shownWidth(t.held[from:]), maxPad))
	}
}

// release writes the header and the held rows.
func (t *tableWriter) release() {
	t.sized = true
	for i, c := range t.cells {
		t.widths[i] = max(t.widths[i], min(displayWidth([]byte(c.name)), maxPad))
		t.cell(i, []byte(c.name))
	}
	t.buf = append(t.buf, '\n')
	for i, w := range t.widths {
		if i > 0 {
			t.buf = append(t.buf, '+')
		}
		t.buf = append(t.buf, bytes.Repeat([]byte{'-'}, w+2)...)
	}
	t.buf = append(t.buf, '\n')
	from := 0
	for n, end := range t.ends {
		t.cell(n%len(t.cells), t.held[from:end])
		from = end
		if n%len(t.cells) == len(t.cells)-1 {
			t.buf = append(t.buf, '\n')
		}
	}
	t.held, t.ends = nil, nil
}

// cell appends one padded cell. The last column is not padded on its right.
func (t *tableWriter) cell(col int, text []byte) {
	if col > 0 {
		t.buf = append(t.buf, " |"...)
	}
	t.buf = append(t.buf, ' ')
	pad := t.widths[col] - shownWidth(text)
	right := t.cells[col].class <= classFloat
	if right {
		t.buf = appendSpaces(t.buf, pad)
	}
	switch {
	case !bytes.Equal(text, nullText):
		t.buf = append(t.buf, text...)
	case t.dim:
		t.buf = append(t.buf, "\x1b[2mNULL\x1b[22m"...)
	default:
		t.buf = append(t.buf, "NULL"...)
	}
	if !right && col < len(t.cells)-1 {
		t.buf = appendSpaces(t.buf, pad)
	}
}

func shownWidth(text []byte) int {
	if bytes.Equal(text, nullText) {
		return len("NULL")
	}
	return displayWidth(text)
}

func appendSpaces(dst []byte, n int) []byte {
	for ; n > 0; n-- {
		dst = append(dst, ' ')
	}
	return dst
}

func (t *tableWriter) Close() error {
	if !t.sized {
		t.release()
	}
	t.buf = append(t.buf, '(')
	t.buf = strconv.AppendInt(t.buf, t.rows, 10)
	if t.rows == 1 {
		t.buf = append(t.buf, " row)\n"...)
	} else {
		t.buf = append(t.buf, " rows)\n"...)
	}
	return t.flush()
}

// Abort says in place of the footer that rows are missing.
func (t *tableWriter) Abort() error {
	if !t.started {
		return nil
	}
	t.buf = append(append(append(t.buf, '('), broken...), ")\n"...)
	return t.flush()
}
