package aggregate

import (
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// accumulator is the state of one aggregate for all groups: flat slices indexed by group. Its errors are
// [*Error] without a column.
type accumulator interface {
	// grow makes the states of all groups below groups exist; new ones have seen nothing.
	grow(groups int)
	// add merges row i of the partial columns into group ids[i].
	add(ids []uint32, cols []arrow.Array) error
	// result makes the results of groups from (inclusive) to to (exclusive).
	result(alloc memory.Allocator, from, to int) (arrow.Array, error)
	// bytes is the memory held.
	bytes() int64
	// release frees what is not Go's.
	release()
}

// states is the part that most accumulators share: a slice of one state per group.
type states[S any] struct{ of []S }

func (s *states[S]) grow(groups int) { s.of = extend(s.of, groups) }

func (s *states[S]) bytes() int64 {
	var zero S
	return int64(cap(s.of)) * int64(unsafe.Sizeof(zero))
}

func (s *states[S]) release() { s.of = nil }

// extend lengthens s to n zeroed elements more than doubling its room when it has to move.
func extend[T any](s []T, n int) []T {
	if n <= len(s) {
		return s
	}
	if n <= cap(s) {
		return s[:n]
	}
	out := make([]T, n, max(n+n/8, 2*cap(s), 16))
	copy(out, s)
	return out
}

// fixedArray makes an array of a fixed-width type from raw values; valid(i) tells NULL from value.
func fixedArray[T any](alloc memory.Allocator, dt arrow.DataType, n int, at func(i int) (T, bool)) arrow.Array {
	var zero T
	width := int(unsafe.Sizeof(zero))
	data, valid := memory.NewResizableBuffer(alloc), memory.NewResizableBuffer(alloc)
	defer data.Release()
	defer valid.Release()
	data.Resize(n * width)
	valid.Resize(int(bitutil.BytesForBits(int64(n))))
	clear(valid.Bytes())
	out := unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(data.Bytes()))), n)
	nulls := 0
	for i := range out {
		v, ok := at(i)
		if ok {
			out[i] = v
			bitutil.SetBit(valid.Bytes(), i)
			continue
		}
		out[i] = zero
		nulls++
	}
	return makeArray(dt, n, nulls, valid, data)
}

func makeArray(dt arrow.DataType, n, nulls int, buffers ...*memory.Buffer) arrow.Array {
	d := array.NewData(dt, n, buffers, nil, nulls, 0)
	defer d.Release()
	return array.MakeFromData(d)
}

// eachValue calls fn for the rows of col that are not NULL.
func eachValue[T any](ids []uint32, col arrow.Array, vals []T, fn func(id uint32, v T)) {
	if col.NullN() == 0 {
		for i, id := range ids {
			fn(id, vals[i])
		}
		return
	}
	for i, id := range ids {
		if col.IsValid(i) {
			fn(id, vals[i])
		}
	}
}
