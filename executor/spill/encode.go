package spill

import (
	"encoding/binary"
	"fmt"
	"math"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// A chunk holds the number of rows, then for each column the number of its NULLs and its buffers (validity, offsets of texts, values), each
// behind its length in bytes. Buffers begin at multiples of 8 bytes, as the values of the widest types need. Numbers have 8 bytes, the least
// significant first.

const word = 8

func putWord(b []byte, n int) []byte { return binary.LittleEndian.AppendUint64(b, uint64(n)) }

// encode appends a batch to b, which begins a buffer of its own.
func encode(b []byte, rec arrow.Record) ([]byte, error) {
	rows := int(rec.NumRows())
	b = putWord(b, rows)
	for _, col := range rec.Columns() {
		var err error
		if b, err = encodeColumn(b, col, rows); err != nil {
			return nil, err
		}
	}
	return b, nil
}

func encodeColumn(b []byte, col arrow.Array, rows int) ([]byte, error) {
	d := col.Data()
	b = putWord(b, col.NullN())
	if col.NullN() > 0 {
		b = putBits(b, d.Buffers()[0].Bytes(), d.Offset(), rows)
	}
	kind, width := layoutOf(col.DataType())
	switch kind {
	case bits:
		if rows == 0 {
			return putBuffer(b, nil), nil
		}
		return putBits(b, d.Buffers()[1].Bytes(), d.Offset(), rows), nil
	case fixed:
		if rows == 0 {
			return putBuffer(b, nil), nil
		}
		return putBuffer(b, d.Buffers()[1].Bytes()[d.Offset()*width:(d.Offset()+rows)*width]), nil
	case text:
		return putText(b, d, rows), nil
	}
	return nil, fmt.Errorf("internal error: no column of type %s can be put on disk", col.DataType())
}

func putBuffer(b, buf []byte) []byte {
	b = append(putWord(b, len(buf)), buf...)
	return append(b, make([]byte, padding(len(buf)))...)
}

func padding(n int) int { return -n & (word - 1) }

// putBits appends a bitmap of n bits from the given one on.
func putBits(b, from []byte, at, n int) []byte {
	size := int(bitutil.BytesForBits(int64(n)))
	b = putWord(b, size)
	start := len(b)
	b = append(b, make([]byte, size+padding(size))...)
	bitutil.CopyBitmap(from, at, n, b[start:], 0)
	return b
}

// putText appends offsets from 0 on and the bytes between the first and the last.
func putText(b []byte, d arrow.ArrayData, rows int) []byte {
	if rows == 0 {
		return putBuffer(putBuffer(b, make([]byte, 4)), nil)
	}
	offsets := int32s(d.Buffers()[1].Bytes())[d.Offset() : d.Offset()+rows+1]
	base := offsets[0]
	b = putWord(b, 4*(rows+1))
	start := len(b)
	b = append(b, make([]byte, 4*(rows+1)+padding(4*(rows+1)))...)
	for i, o := range offsets {
		binary.NativeEndian.PutUint32(b[start+4*i:], uint32(o-base))
	}
	var values []byte
	if offsets[rows] > base {
		values = d.Buffers()[2].Bytes()[base:offsets[rows]]
	}
	return putBuffer(b, values)
}

func int32s(b []byte) []int32 {
	if len(b) < 4 {
		return nil
	}
	return unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/4)
}

// shape is how a type's values lie in memory.
type shape uint8

const (
	unknown shape = iota
	bits
	fixed
	text
)

// layoutOf is the shape of a type and, where it is fixed, the bytes of a value.
func layoutOf(dt arrow.DataType) (shape, int) {
	switch t := dt.(type) {
	case *arrow.BooleanType:
		return bits, 0
	case *arrow.StringType, *arrow.BinaryType:
		return text, 0
	case arrow.FixedWidthDataType:
		if t.BitWidth()%8 == 0 && dt.ID() != arrow.DICTIONARY && dt.ID() != arrow.EXTENSION {
			return fixed, t.BitWidth() / 8
		}
	}
	return unknown, 0
}

// decoder cuts buffers out of a chunk.
type decoder struct {
	buf  *memory.Buffer
	at   int
	size int
}

func (d *decoder) word() (int, error) {
	if d.size-d.at < word {
		return 0, errDamaged
	}
	n := binary.LittleEndian.Uint64(d.buf.Bytes()[d.at:])
	if d.at += word; n > math.MaxInt32 {
		return 0, errDamaged
	}
	return int(n), nil
}

// buffer is the next buffer, which holds on to the chunk's.
func (d *decoder) buffer() (*memory.Buffer, error) {
	n, err := d.word()
	if err != nil || d.size-d.at < n+padding(n) {
		return nil, errDamaged
	}
	b := memory.SliceBuffer(d.buf, d.at, n)
	d.at += n + padding(n)
	return b, nil
}

// decode makes a batch of the first size bytes of a chunk, which it keeps.
func decode(buf *memory.Buffer, size int, schema *arrow.Schema) (arrow.Record, error) {
	d := &decoder{buf: buf, size: size}
	rows, err := d.word()
	if err != nil {
		return nil, err
	}
	cols := make([]arrow.Array, 0, schema.NumFields())
	defer func() {
		for _, c := range cols {
			c.Release()
		}
	}()
	for _, f := range schema.Fields() {
		c, err := d.column(f.Type, rows)
		if err != nil {
			return nil, err
		}
		cols = append(cols, c)
	}
	if d.at != size {
		return nil, errDamaged
	}
	return array.NewRecord(schema, cols, int64(rows)), nil
}

func (d *decoder) column(dt arrow.DataType, rows int) (arrow.Array, error) {
	nulls, err := d.word()
	if err != nil {
		return nil, err
	}
	var buffers []*memory.Buffer
	defer func() {
		for _, b := range buffers {
			if b != nil {
				b.Release()
			}
		}
	}()
	next := func(want bool) {
		if err != nil || !want {
			buffers = append(buffers, nil)
			return
		}
		var b *memory.Buffer
		b, err = d.buffer()
		buffers = append(buffers, b)
	}
	kind, _ := layoutOf(dt)
	next(nulls > 0)
	next(true)
	if kind == text {
		next(true)
	}
	if err != nil {
		return nil, err
	}
	data := array.NewData(dt, rows, buffers, nil, nulls, 0)
	defer data.Release()
	return array.MakeFromData(data), nil
}
