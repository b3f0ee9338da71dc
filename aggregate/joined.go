package aggregate

import (
	"math"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
)

// maxText is the length of PostgreSQL's longest text.
const maxText = 1<<30 - 1

// joined is string_agg: the values in order, each but the first behind its separator.
type joined struct {
	*gathered
	separator []byte // where it does not travel
}

// parts calls each with what follows in a group's text, and how often.
func (s *joined) parts(group int, each func(separator, value []byte, times int64)) {
	for n, times := range s.sorted(group) {
		separator := s.separator
		if len(s.taken) > 1 {
			separator = nil
			if s.taken[1].IsValid(int(n)) {
				separator = column.Text(s.taken[1], int(n))
			}
		}
		each(separator, column.Text(s.taken[0], int(n)), times)
	}
}

// size is the length of a group's text; if it is more than [maxText], some number that is.
func (s *joined) size(group int) int64 {
	size, lead := int64(0), int64(-1)
	s.parts(group, func(separator, value []byte, times int64) {
		if lead < 0 {
			lead = int64(len(separator))
		}
		each := int64(len(separator) + len(value))
		if size > 2*maxText || each > 0 && times > 2*maxText/each {
			size = 4 * maxText
			return
		}
		size += each * times
	})
	return size - max(lead, 0)
}

func (s *joined) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	if err := s.arrange(); err != nil {
		return nil, err
	}
	n, nulls := to-from, 0
	offsets, valid, data := memory.NewResizableBuffer(alloc), memory.NewResizableBuffer(alloc), memory.NewResizableBuffer(alloc)
	for _, b := range []*memory.Buffer{offsets, valid, data} {
		defer b.Release()
	}
	offsets.Resize(4 * (n + 1))
	valid.Resize(int(bitutil.BytesForBits(int64(n))))
	clear(valid.Bytes())
	ends := unsafe.Slice((*int32)(unsafe.Pointer(unsafe.SliceData(offsets.Bytes()))), n+1)
	ends[0] = 0
	total := int64(0)
	for i := range n {
		size := s.size(from + i)
		total += size
		if size > maxText || total > math.MaxInt32 {
			return nil, &Error{SQLState: "54000", Text: "string_agg: the text is longer than 1 GiB, or those of one batch than 2 GiB"}
		}
		ends[i+1] = int32(total)
		if s.starts[from+i] == s.starts[from+i+1] {
			nulls++
			continue
		}
		bitutil.SetBit(valid.Bytes(), i)
	}
	if err := s.room(total); err != nil {
		return nil, err
	}
	data.Resize(int(total))
	for i := range n {
		s.write(data.Bytes()[ends[i]:ends[i+1]], from+i)
	}
	return makeArray(s.taken[0].DataType(), n, nulls, valid, offsets, data), nil
}

func (s *joined) write(to []byte, group int) {
	at, first := 0, true
	s.parts(group, func(separator, value []byte, times int64) {
		for range times {
			if !first {
				at += copy(to[at:], separator)
			}
			first = false
			at += copy(to[at:], value)
		}
	})
}
