package aggregate

import (
	"math"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// storables gives sketches as the bytes to store; see package hll.
type storables struct {
	sketches
	room func(extra int64) error
}

func (s *storables) limit(room func(extra int64) error) { s.room = room }

// result asks for the memory of the bytes before it takes it: they may be as large as all that is held.
func (s *storables) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	size := int64(0)
	for _, sk := range s.of[from:to] {
		if sk != nil {
			size += int64(sk.Size())
		}
	}
	if size > math.MaxInt32 {
		return nil, &Error{SQLState: "54000", Text: "the sketches of one batch of groups are longer than 2 GiB: use a lower precision"}
	}
	if err := s.room(size); err != nil {
		return nil, err
	}
	return s.write(alloc, from, to, int(size)), nil
}

func (s *storables) write(alloc memory.Allocator, from, to, size int) arrow.Array {
	n, nulls := to-from, 0
	valid, offsets, data := memory.NewResizableBuffer(alloc), memory.NewResizableBuffer(alloc), memory.NewResizableBuffer(alloc)
	for _, b := range []*memory.Buffer{valid, offsets, data} {
		defer b.Release()
	}
	valid.Resize(int(bitutil.BytesForBits(int64(n))))
	clear(valid.Bytes())
	offsets.Resize(4 * (n + 1))
	data.Resize(size)
	ends := unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(offsets.Bytes()))), n+1)
	at := data.Bytes()[:0]
	ends[0] = 0
	for i, sk := range s.of[from:to] {
		if sk == nil {
			nulls++
		} else {
			at = sk.Append(at)
			bitutil.SetBit(valid.Bytes(), i)
		}
		ends[i+1] = int32(len(at))
	}
	return makeArray(arrow.BinaryTypes.Binary, n, nulls, valid, offsets, data)
}
