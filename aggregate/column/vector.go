// Package column holds what merging operators do with whole Arrow columns: growing them from chosen rows
// of other columns ([Vector]) and turning key columns into bytes that compare as PostgreSQL compares the
// values ([Encoder]). It knows nothing of aggregates or operators.
package column

import (
	"errors"
	"fmt"
	"math"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// ErrTooLarge reports a text or binary column whose bytes would pass the 2 GiB that one Arrow array holds.
var ErrTooLarge = errors.New("more than 2 GiB of text in one column of one batch")

// Vector is a growing Arrow column. Rows are appended from arrays of the same type; Array hands them over.
// One goroutine uses it; Release frees it and may be called more than once.
type Vector struct {
	alloc memory.Allocator
	dt    arrow.DataType
	width int // bytes per value; 0 for bool
	text  bool

	n, nulls int
	valid    *memory.Buffer // nil until the first NULL
	data     *memory.Buffer // values, or the bytes of text
	offsets  *memory.Buffer // of text: n+1 int32
}

// NewVector makes an empty vector; an error names a type it cannot hold.
func NewVector(alloc memory.Allocator, dt arrow.DataType) (*Vector, error) {
	v := &Vector{alloc: alloc, dt: dt}
	switch t := dt.(type) {
	case *arrow.BooleanType:
	case *arrow.StringType, *arrow.BinaryType:
		v.text = true
	case arrow.FixedWidthDataType:
		if t.BitWidth()%8 != 0 || dt.ID() == arrow.DICTIONARY || dt.ID() == arrow.EXTENSION {
			return nil, fmt.Errorf("no column of type %s can be collected", dt)
		}
		v.width = t.BitWidth() / 8
	default:
		return nil, fmt.Errorf("no column of type %s can be collected", dt)
	}
	v.reset()
	return v, nil
}

func (v *Vector) reset() {
	v.n, v.nulls, v.valid, v.offsets = 0, 0, nil, nil
	v.data = memory.NewResizableBuffer(v.alloc)
	if v.text {
		v.offsets = memory.NewResizableBuffer(v.alloc)
	}
}

// Type is the type of the rows.
func (v *Vector) Type() arrow.DataType { return v.dt }

// Len is the number of rows collected.
func (v *Vector) Len() int { return v.n }

// Bytes is the memory held.
func (v *Vector) Bytes() int64 {
	var sum int64
	for _, b := range []*memory.Buffer{v.valid, v.data, v.offsets} {
		if b != nil {
			sum += int64(b.Cap())
		}
	}
	return sum
}

// Release frees the rows collected.
func (v *Vector) Release() {
	for _, b := range []*memory.Buffer{v.valid, v.data, v.offsets} {
		if b != nil {
			b.Release()
		}
	}
	v.n, v.nulls, v.valid, v.data, v.offsets = 0, 0, nil, nil, nil
}

// Array hands the rows over as an array, which the caller releases, and leaves the vector empty.
func (v *Vector) Array() arrow.Array {
	buffers := []*memory.Buffer{v.valid, v.data}
	if v.text {
		if v.n == 0 {
			grow(v.offsets, 4)
		}
		buffers = []*memory.Buffer{v.valid, v.offsets, v.data}
	}
	data := array.NewData(v.dt, v.n, buffers, nil, v.nulls, 0)
	defer data.Release()
	out := array.MakeFromData(data)
	v.Release()
	v.reset()
	return out
}

// AppendRange appends rows from (inclusive) to to (exclusive) of src.
func (v *Vector) AppendRange(src arrow.Array, from, to int) error {
	d, rows := src.Data(), to-from
	if rows <= 0 {
		return nil
	}
	v.appendValid(src, rows, func(dst []byte) {
		bitutil.CopyBitmap(d.Buffers()[0].Bytes(), d.Offset()+from, rows, dst, v.n)
	})
	start := d.Offset() + from
	switch {
	case v.text:
		if err := v.appendTextRange(d, start, rows); err != nil {
			return err
		}
	case v.width == 0:
		grow(v.data, int(bitutil.BytesForBits(int64(v.n+rows))))
		bitutil.CopyBitmap(d.Buffers()[1].Bytes(), start, rows, v.data.Bytes(), v.n)
	default:
		grow(v.data, (v.n+rows)*v.width)
		copy(v.data.Bytes()[v.n*v.width:], d.Buffers()[1].Bytes()[start*v.width:(start+rows)*v.width])
	}
	v.n += rows
	return nil
}

func (v *Vector) appendTextRange(d arrow.ArrayData, start, rows int) error {
	from := view[int32](d.Buffers()[1].Bytes())[start : start+rows+1]
	to, base, err := v.growText(rows, int(from[rows]-from[0]))
	if err != nil {
		return err
	}
	for i, o := range from {
		to[i] = base + o - from[0]
	}
	if d.Buffers()[2] != nil {
		copy(v.data.Bytes()[base:], d.Buffers()[2].Bytes()[from[0]:from[rows]])
	}
	return nil
}

// AppendRows appends the rows of src at the given positions, in their order.
func (v *Vector) AppendRows(src arrow.Array, rows []int32) error {
	if len(rows) == 0 {
		return nil
	}
	d := src.Data()
	v.appendValid(src, len(rows), func(dst []byte) {
		bits := d.Buffers()[0].Bytes()
		for i, r := range rows {
			bitutil.SetBitTo(dst, v.n+i, bitutil.BitIsSet(bits, d.Offset()+int(r)))
		}
	})
	switch {
	case v.text:
		if err := v.appendTextRows(d, rows); err != nil {
			return err
		}
	case v.width == 0:
		grow(v.data, int(bitutil.BytesForBits(int64(v.n+len(rows)))))
		bits := d.Buffers()[1].Bytes()
		for i, r := range rows {
			bitutil.SetBitTo(v.data.Bytes(), v.n+i, bitutil.BitIsSet(bits, d.Offset()+int(r)))
		}
	default:
		grow(v.data, (v.n+len(rows))*v.width)
		takeFixed(v.data.Bytes()[v.n*v.width:], d.Buffers()[1].Bytes()[d.Offset()*v.width:], v.width, rows)
	}
	v.n += len(rows)
	return nil
}

func (v *Vector) appendTextRows(d arrow.ArrayData, rows []int32) error {
	from := view[int32](d.Buffers()[1].Bytes())[d.Offset():]
	size := 0
	for _, r := range rows {
		size += int(from[r+1] - from[r])
	}
	to, at, err := v.growText(len(rows), size)
	if err != nil || size == 0 {
		for i := range rows {
			if err == nil {
				to[i+1] = at
			}
		}
		return err
	}
	dst, src := v.data.Bytes(), d.Buffers()[2].Bytes()
	for i, r := range rows {
		at += int32(copy(dst[at:], src[from[r]:from[r+1]]))
		to[i+1] = at
	}
	return nil
}

// growText makes room for rows values of size bytes together and returns the offsets from the last one on,
// and that last offset.
func (v *Vector) growText(rows, size int) ([]int32, int32, error) {
	if v.data.Len()+size > math.MaxInt32 {
		return nil, 0, ErrTooLarge
	}
	base := int32(v.data.Len())
	grow(v.offsets, 4*(v.n+rows+1))
	grow(v.data, int(base)+size)
	offsets := view[int32](v.offsets.Bytes())[v.n : v.n+rows+1]
	offsets[0] = base
	return offsets, base, nil
}

// appendValid extends the validity bitmap by rows, filling it by fill where src has NULLs.
func (v *Vector) appendValid(src arrow.Array, rows int, fill func([]byte)) {
	if src.NullN() == 0 && v.valid == nil {
		return
	}
	if v.valid == nil {
		v.valid = memory.NewResizableBuffer(v.alloc)
		grow(v.valid, int(bitutil.BytesForBits(int64(v.n))))
		bitutil.SetBitsTo(v.valid.Bytes(), 0, int64(v.n), true)
	}
	grow(v.valid, int(bitutil.BytesForBits(int64(v.n+rows))))
	bits := v.valid.Bytes()
	if src.NullN() == 0 {
		bitutil.SetBitsTo(bits, int64(v.n), int64(rows), true)
		return
	}
	fill(bits)
	v.nulls += rows - bitutil.CountSetBits(bits, v.n, rows)
}

// grow lengthens b to size bytes, at least doubling its capacity when it has to move; new bytes are zero.
func grow(b *memory.Buffer, size int) {
	was := b.Len()
	if size > b.Cap() {
		b.Reserve(max(size, 2*b.Cap()))
	}
	b.ResizeNoShrink(size)
	clear(b.Bytes()[was:])
}

func takeFixed(dst, src []byte, width int, rows []int32) {
	switch width {
	case 2:
		take[uint16](dst, src, rows)
	case 4:
		take[uint32](dst, src, rows)
	case 8:
		take[uint64](dst, src, rows)
	case 16:
		take[[2]uint64](dst, src, rows)
	case 32:
		take[[4]uint64](dst, src, rows)
	default:
		for i, r := range rows {
			copy(dst[i*width:(i+1)*width], src[int(r)*width:])
		}
	}
}

func take[T any](dst, src []byte, rows []int32) {
	to, from := view[T](dst), view[T](src)
	for i, r := range rows {
		to[i] = from[r]
	}
}

// view reads Arrow's bytes, which are aligned to at least 8, as values of T.
func view[T any](b []byte) []T {
	var zero T
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/int(unsafe.Sizeof(zero)))
}
