package column

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// Key is one column of a key and its place in the order.
type Key struct {
	Field      arrow.Field
	Desc       bool
	NullsFirst bool // whatever Desc says
}

// Encoder turns rows of key columns into byte strings. bytes.Compare of two of them is the order that
// PostgreSQL (C collation) gives the rows, and equal strings are equal keys: NULL equals NULL, NaN is the
// largest float and equals itself, -0 equals 0, char(n) ignores trailing blanks, an interval is its span.
type Encoder struct {
	keys  []encodeKey
	words []uint64
}

type encodeKey struct {
	Key
	size  int // payload bytes, -1 if they vary
	blank bool
}

// Encoded holds the keys of one batch. It may be used again for the next one.
type Encoded struct {
	ends []int
	buf  []byte
}

// Row returns the key of row i; it is valid until Encoded is used again.
func (e *Encoded) Row(i int) []byte {
	if i == 0 {
		return e.buf[:e.ends[0]]
	}
	return e.buf[e.ends[i-1]:e.ends[i]]
}

// Bytes is the memory held.
func (e *Encoded) Bytes() int64 { return int64(cap(e.buf) + 8*cap(e.ends)) }

// NewEncoder makes an encoder; an error names a column whose type has no order.
func NewEncoder(keys []Key) (*Encoder, error) {
	e := &Encoder{}
	for _, k := range keys {
		size := payload(k.Field.Type)
		if size == 0 {
			return nil, fmt.Errorf("column %q: type %s cannot be a key", k.Field.Name, k.Field.Type)
		}
		e.keys = append(e.keys, encodeKey{Key: k, size: size, blank: IsBpchar(k.Field)})
	}
	return e, nil
}

// IsBpchar reports a char(n) column, whose trailing blanks do not count in comparisons.
func IsBpchar(f arrow.Field) bool {
	v, ok := f.Metadata.GetValue("atoll.type")
	return ok && v == "bpchar"
}

// payload is the length of a value's encoding: -1 if it varies, 0 if the type is no key.
func payload(dt arrow.DataType) int {
	switch t := dt.(type) {
	case *arrow.StringType, *arrow.BinaryType:
		return -1
	case *arrow.FixedSizeBinaryType:
		return t.ByteWidth
	case *arrow.Decimal128Type, *arrow.MonthDayNanoIntervalType:
		return 16
	case *arrow.Decimal256Type:
		return 32
	}
	if IsWord(dt) {
		return 8
	}
	return 0
}

// Encode encodes rows rows of cols, given in the order of the keys, into out.
func (e *Encoder) Encode(cols []arrow.Array, rows int, out *Encoded) {
	if cap(out.ends) < rows {
		out.ends = make([]int, rows)
	}
	out.ends = out.ends[:rows]
	clear(out.ends)
	for c, k := range e.keys {
		k.measure(cols[c], out.ends)
	}
	at := 0
	for i, size := range out.ends {
		out.ends[i] = at // the start for now: writing moves it to the end
		at += size
	}
	if cap(out.buf) < at {
		out.buf = make([]byte, at+at/4)
	}
	out.buf = out.buf[:at]
	for c, k := range e.keys {
		e.write(k, cols[c], out)
	}
}

// measure adds the encoded length of each row's value to sizes.
func (k encodeKey) measure(col arrow.Array, sizes []int) {
	nulls := col.NullN() > 0
	for i := range sizes {
		if nulls && col.IsNull(i) {
			sizes[i]++
			continue
		}
		if k.size >= 0 {
			sizes[i] += 1 + k.size
			continue
		}
		b := k.text(col, i)
		sizes[i] += 3 + len(b) + bytes.Count(b, zero)
	}
}

var zero = []byte{0}

// text returns the bytes of row i that count in comparisons.
func (k encodeKey) text(col arrow.Array, i int) []byte {
	b := textAt(col, i)
	if k.blank {
		b = bytes.TrimRight(b, " ")
	}
	return b
}

func textAt(col arrow.Array, i int) []byte {
	d := col.Data()
	o := view[int32](d.Buffers()[1].Bytes())[d.Offset()+i:]
	if o[0] == o[1] {
		return nil
	}
	return d.Buffers()[2].Bytes()[o[0]:o[1]]
}

func (e *Encoder) write(k encodeKey, col arrow.Array, out *Encoded) {
	null := byte(2)
	if k.NullsFirst {
		null = 0
	}
	put := e.putter(k, col)
	nulls := col.NullN() > 0
	for i, at := range out.ends {
		if nulls && col.IsNull(i) {
			out.buf[at] = null
			out.ends[i] = at + 1
			continue
		}
		out.buf[at] = 1
		end := put(out.buf, at+1, i)
		if k.Desc {
			for j := at + 1; j < end; j++ {
				out.buf[j] = ^out.buf[j]
			}
		}
		out.ends[i] = end
	}
}

const signBit = 1 << 63

// putter returns the function that writes row i of col at a place and returns where it ended.
func (e *Encoder) putter(k encodeKey, col arrow.Array) func(buf []byte, at, i int) int {
	big := binary.BigEndian.PutUint64
	switch a := col.(type) {
	case *array.String, *array.Binary:
		return func(buf []byte, at, i int) int { return putText(buf, at, k.text(col, i)) }
	case *array.FixedSizeBinary:
		return func(buf []byte, at, i int) int { return at + copy(buf[at:], a.Value(i)) }
	case *array.Decimal128:
		return func(buf []byte, at, i int) int {
			v := a.Value(i)
			big(buf[at:], uint64(v.HighBits())^signBit)
			big(buf[at+8:], v.LowBits())
			return at + 16
		}
	case *array.Decimal256:
		return func(buf []byte, at, i int) int {
			v := a.Value(i).Array()
			big(buf[at:], v[3]^signBit)
			for w := 1; w < 4; w++ {
				big(buf[at+8*w:], v[3-w])
			}
			return at + 32
		}
	case *array.MonthDayNanoInterval:
		return func(buf []byte, at, i int) int {
			hi, lo := Span(a.Value(i))
			big(buf[at:], uint64(hi)^signBit)
			big(buf[at+8:], lo)
			return at + 16
		}
	}
	e.words = Words(col, e.words)
	return func(buf []byte, at, i int) int {
		big(buf[at:], e.words[i])
		return at + 8
	}
}

// putText writes b so that a shorter text precedes its continuations: zero bytes are escaped, and an
// escaped end closes it.
func putText(buf []byte, at int, b []byte) int {
	for {
		n := bytes.IndexByte(b, 0)
		if n < 0 {
			at += copy(buf[at:], b)
			buf[at], buf[at+1] = 0, 0
			return at + 2
		}
		at += copy(buf[at:], b[:n])
		buf[at], buf[at+1] = 0, 0xff
		at, b = at+2, b[n+1:]
	}
}
