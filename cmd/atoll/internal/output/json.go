package output

import (
	"encoding/json"
	"io"
	"strconv"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
)

// jsonWriter writes an array of objects, or one object per line.
type jsonWriter struct {
	sink
	cells []cell
	keys  [][]byte // `{"a":`, `,"b":`, …
	lines bool
	rows  int64
}

func newJSONWriter(w io.Writer, cells []cell, lines bool) *jsonWriter {
	names := make([]string, len(cells))
	for i, c := range cells {
		names[i] = c.name
	}
	keys := make([][]byte, len(cells))
	for i, name := range uniqueNames(names) {
		key := []byte{','}
		if i == 0 {
			key[0] = '{'
		}
		keys[i] = append(appendJSONString(key, []byte(name)), ':')
	}
	return &jsonWriter{sink: newSink(w), cells: cells, keys: keys, lines: lines}
}

func (j *jsonWriter) Write(rec arrow.Record) error {
	bindAll(j.cells, rec)
	var scratch []byte
	for row, n := 0, int(rec.NumRows()); row < n; row++ {
		j.startRow()
		for i := range j.cells {
			j.buf = append(j.buf, j.keys[i]...)
			scratch = j.value(&j.cells[i], row, scratch)
		}
		if len(j.cells) == 0 {
			j.buf = append(j.buf, '{')
		}
		j.buf = append(j.buf, '}')
		if j.lines {
			j.buf = append(j.buf, '\n')
		}
		if err := j.flushFull(); err != nil {
			return err
		}
	}
	return nil
}

func (j *jsonWriter) startRow() {
	switch {
	case j.lines:
	case j.rows == 0:
		j.buf = append(j.buf, '[', '\n')
	default:
		j.buf = append(j.buf, ',', '\n')
	}
	j.rows++
}

// value appends one value to the buffer; scratch is reused between calls.
func (j *jsonWriter) value(c *cell, row int, scratch []byte) []byte {
	if c.arr.IsNull(row) {
		j.buf = append(j.buf, "null"...)
		return scratch
	}
	switch c.class {
	case classNumber, classBool:
		j.buf = c.text(j.buf, row)
	case classFloat:
		from := len(j.buf)
		j.buf = c.text(j.buf, row)
		if last := j.buf[len(j.buf)-1]; last > '9' { // NaN, Infinity
			j.buf = append(j.buf, 0, '"')
			copy(j.buf[from+1:], j.buf[from:len(j.buf)-2])
			j.buf[from] = '"'
		}
	case classPlain:
		j.buf = append(c.text(append(j.buf, '"'), row), '"')
	case classText:
		scratch = c.text(scratch[:0], row)
		j.buf = appendJSONString(j.buf, scratch)
	case classArray:
		scratch = c.text(scratch[:0], row)
		j.buf = appendArray(j.buf, scratch, c.elem)
	case classJSON:
		scratch = c.text(scratch[:0], row)
		j.buf = appendDocument(j.buf, scratch)
	}
	return scratch
}

func (j *jsonWriter) Close() error {
	switch {
	case j.lines:
	case j.rows == 0:
		j.buf = append(j.buf, "[]\n"...)
	default:
		j.buf = append(j.buf, "\n]\n"...)
	}
	return j.flush()
}

// Abort leaves an array, or an object on the last line, that never ends.
func (j *jsonWriter) Abort() error {
	if !j.started {
		j.buf = j.buf[:0]
		return nil
	}
	if j.lines {
		j.buf = append(append(j.buf, '{', '"'), broken...)
	}
	return j.flush()
}

// appendDocument embeds a JSON document. Line breaks, which can only stand between tokens, become spaces, so that the
// row stays on its line. What is no valid document is written as a string.
func appendDocument(dst, doc []byte) []byte {
	if !json.Valid(doc) {
		return appendJSONString(dst, doc)
	}
	from := len(dst)
	dst = append(dst, doc...)
	for i := from; i < len(dst); i++ {
		if dst[i] == '\n' || dst[i] == '\r' {
			dst[i] = ' '
		}
	}
	return dst
}

const hexDigits = "0123456789abcdef"

// appendJSONString appends s as a JSON string. Bytes that are not UTF-8 become U+FFFD.
func appendJSONString(dst, s []byte) []byte {
	dst = append(dst, '"')
	done := 0
	for i := 0; i < len(s); {
		b := s[i]
		if b >= utf8.RuneSelf {
			r, size := utf8.DecodeRune(s[i:])
			if r == utf8.RuneError && size == 1 {
				dst = append(append(dst, s[done:i]...), "\uFFFD"...)
				done = i + 1
			}
			i += size
			continue
		}
		i++
		if b >= ' ' && b != '"' && b != '\\' && b != 0x7f {
			continue
		}
		dst = append(dst, s[done:i-1]...)
		done = i
		switch b {
		case '"', '\\':
			dst = append(dst, '\\', b)
		case '\n':
			dst = append(dst, '\\', 'n')
		case '\r':
			dst = append(dst, '\\', 'r')
		case '\t':
			dst = append(dst, '\\', 't')
		default:
			dst = append(dst, '\\', 'u', '0', '0', hexDigits[b>>4], hexDigits[b&15])
		}
	}
	return append(append(dst, s[done:]...), '"')
}

// uniqueNames gives a name that occurred before the first free suffix of _2, _3, ….
func uniqueNames(names []string) []string {
	taken := make(map[string]bool, len(names))
	for _, n := range names {
		taken[n] = true
	}
	seen := make(map[string]bool, len(names))
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = n
		for k := 2; seen[n] && taken[out[i]]; k++ {
			out[i] = n + "_" + strconv.Itoa(k)
		}
		taken[out[i]] = true
		seen[n] = true
	}
	return out
}
