package duckdb

import (
	"encoding/binary"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow/decimal256"
)

const signBit = 1 << 63

// wideFromBytes reads a wide numeric's unscaled value from the 32 bytes that carry it in DuckDB.
func wideFromBytes(b []byte) decimal256.Num {
	_ = b[wideBytes-1]
	return decimal256.New(binary.BigEndian.Uint64(b)^signBit, binary.BigEndian.Uint64(b[8:]),
		binary.BigEndian.Uint64(b[16:]), binary.BigEndian.Uint64(b[24:]))
}

// appendWide appends the 32 bytes that carry a wide numeric in DuckDB. Their order is the numbers' order.
func appendWide(b []byte, x decimal256.Num) []byte {
	words := x.Array() // least significant first
	b = binary.BigEndian.AppendUint64(b, words[3]^signBit)
	b = binary.BigEndian.AppendUint64(b, words[2])
	b = binary.BigEndian.AppendUint64(b, words[1])
	return binary.BigEndian.AppendUint64(b, words[0])
}

func sizeOf[T any]() int {
	var x T
	return int(unsafe.Sizeof(x))
}

// viewAs views bytes as values of T, of which they hold a whole number.
func viewAs[T any](b []byte) []T {
	return unsafe.Slice((*T)(unsafe.Pointer(unsafe.SliceData(b))), len(b)/sizeOf[T]())
}
