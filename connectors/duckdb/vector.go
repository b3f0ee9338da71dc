package duckdb

import (
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
	duck "github.com/duckdb/duckdb-go-bindings"
)

// vector is a run of rows of one flat DuckDB vector. Its memory is DuckDB's, and so is its lifetime.
type vector struct {
	data     unsafe.Pointer
	validity unsafe.Pointer // bitmap, set bits are values; nil means no NULL
	from, n  int
}

// vectorOf takes rows [from, from+n) of a column of a chunk.
func vectorOf(chunk duck.DataChunk, column, from, n int) vector {
	v := duck.DataChunkGetVector(chunk, duck.IdxT(column))
	return vector{data: duck.VectorGetData(v), validity: duck.VectorGetValidity(v), from: from, n: n}
}

// valid reports whether row i of the run is not NULL. What lies under a NULL is garbage.
func (v vector) valid(i int) bool {
	if v.validity == nil {
		return true
	}
	i += v.from
	return *(*byte)(unsafe.Add(v.validity, i>>3))>>(i&7)&1 == 1
}

// bitmap is the vector's validity bitmap up to the end of the run.
func (v vector) bitmap() []byte {
	return unsafe.Slice((*byte)(v.validity), bitutil.BytesForBits(int64(v.from+v.n)))
}

// values views the run as a slice of T, which must have the layout of the vector's type.
func values[T any](v vector) []T {
	return unsafe.Slice((*T)(v.data), v.from+v.n)[v.from:]
}

// stringT is DuckDB's string: a length, and twelve bytes that hold the string itself if it fits, else a prefix and a
// pointer.
type stringT struct {
	length uint32
	inline [4]byte
	ptr    uint64 // bytes 4 to 11 of an inlined string, else the address
}

const maxInlined = 12

// bytes views the string's bytes, which live as long as the vector.
func (s *stringT) bytes() []byte {
	if s.length <= maxInlined {
		return unsafe.Slice((*byte)(unsafe.Pointer(&s.inline)), s.length)
	}
	return unsafe.Slice(*(**byte)(unsafe.Pointer(&s.ptr)), s.length)
}

// hugeint is DuckDB's 128-bit integer, in two's complement. Arrow's decimal128 has the same layout.
type hugeint struct {
	lower uint64
	upper int64
}

// interval is DuckDB's interval.
type interval struct {
	months, days int32
	micros       int64
}

// joinValidity builds the Arrow validity bitmap of runs that follow one another: nil if nothing is NULL.
func joinValidity(alloc memory.Allocator, runs []vector, rows int) (bits *memory.Buffer, nulls int) {
	if !anyValidity(runs) {
		return nil, 0
	}
	bits = newBuffer(alloc, int(bitutil.BytesForBits(int64(rows))))
	clear(bits.Bytes())
	at := 0
	for _, v := range runs {
		if v.validity == nil {
			bitutil.SetBitsTo(bits.Bytes(), int64(at), int64(v.n), true)
		} else {
			bitutil.CopyBitmap(v.bitmap(), v.from, v.n, bits.Bytes(), at)
		}
		at += v.n
	}
	nulls = rows - bitutil.CountSetBits(bits.Bytes(), 0, rows)
	if nulls == 0 {
		bits.Release()
		return nil, 0
	}
	return bits, nulls
}

func anyValidity(runs []vector) bool {
	for _, v := range runs {
		if v.validity != nil {
			return true
		}
	}
	return false
}

func newBuffer(alloc memory.Allocator, size int) *memory.Buffer {
	b := memory.NewResizableBuffer(alloc)
	b.Resize(size)
	return b
}
