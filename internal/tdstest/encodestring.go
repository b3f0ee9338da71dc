package tdstest

import (
	"encoding/binary"
	"slices"

	"github.com/atoll-sql/atoll/internal/tdstest/engine"
)

// chunkSize is the length of the chunks of a MAX value.
const chunkSize = 16 << 10

// counted appends a value that fill appends n bytes of at most: after its length, or as a MAX value's total length,
// chunk and terminator. It reports whether the value fits its column.
func (c *column) counted(b []byte, n int, fill func([]byte) []byte) ([]byte, bool) {
	head := 2
	if c.max {
		head = 8
	}
	at := len(b)
	b = slices.Grow(b, n+16)
	b = fill(b[:at+head])
	length := len(b) - at - head
	if !c.max {
		binary.LittleEndian.PutUint16(b[at:], uint16(length))
		return b, length <= c.size
	}
	binary.LittleEndian.PutUint64(b[at:], uint64(length))
	return chunked(b, at+head), true
}

// chunked cuts what stands in b from at on into chunks, with a terminator.
func chunked(b []byte, at int) []byte {
	length := len(b) - at
	chunks := (length + chunkSize - 1) / chunkSize
	b = append(b, make([]byte, 4*chunks+4)...)
	for i := chunks - 1; i >= 0; i-- { // backwards, because each moves towards the end
		from, to := at+i*chunkSize, min(at+(i+1)*chunkSize, at+length)
		copy(b[from+4*(i+1):], b[from:to])
		binary.LittleEndian.PutUint32(b[from+4*i:], uint32(to-from))
	}
	return b
}

func encodeNVarchar(c *column, b []byte, v engine.Value) ([]byte, bool) {
	s, ok := v.(engine.String16)
	if !ok {
		return b, false
	}
	if c.max || 2*len(s) > c.size {
		return c.counted(b, 2*len(s), func(b []byte) []byte { return appendUnits(b, s) })
	}
	b = binary.LittleEndian.AppendUint16(b, uint16(2*len(s)))
	return appendUnits(b, s), true
}

func appendUnits(b []byte, s engine.String16) []byte {
	n := len(b)
	b = slices.Grow(b, 2*len(s))[:n+2*len(s)]
	out := b[n:]
	for i, u := range s {
		binary.LittleEndian.PutUint16(out[2*i:], u)
	}
	return b
}

func encodeVarchar(c *column, b []byte, v engine.Value) ([]byte, bool) {
	s, ok := v.(engine.String16)
	if !ok {
		return b, false
	}
	return c.counted(b, len(s), func(b []byte) []byte { return c.coll.appendVarchar(b, s) })
}

func encodeBinary(c *column, b []byte, v engine.Value) ([]byte, bool) {
	x, ok := v.([]byte)
	if !ok {
		return b, false
	}
	return c.counted(b, len(x), func(b []byte) []byte { return append(b, x...) })
}
