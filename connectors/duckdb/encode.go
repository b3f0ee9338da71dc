package duckdb

import (
	"fmt"
	"math"
	"math/bits"
	"unicode/utf8"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/bitutil"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	duck "github.com/duckdb/duckdb-go-bindings"
)

// encoder copies rows [from, from+n) of an Arrow array, n ≤ vectorRows, to the start of a fresh vector of the
// type that logicalType gives for the array's type.
type encoder func(dst duck.Vector, src arrow.Array, from, n int) error

// encoderFor chooses the encoder of an Arrow type.
func encoderFor(t arrow.DataType) (encoder, error) {
	if d, ok := t.(*arrow.Decimal128Type); ok {
		return withNulls(decimalEncoder(d.Precision)), nil
	}
	if _, err := logicalTypeID(t); err != nil {
		return nil, err
	}
	return withNulls(plainEncoder(t)), nil
}

func plainEncoder(t arrow.DataType) encoder {
	switch t.ID() {
	case arrow.BOOL:
		return encodeBools
	case arrow.INT16:
		return copying[int16]
	case arrow.INT32, arrow.FLOAT32:
		return copying[int32]
	case arrow.INT64, arrow.FLOAT64, arrow.TIME64:
		return copying[int64]
	case arrow.DATE32:
		return encodeWith(fixInfinity[int32](math.MinInt32, -math.MaxInt32))
	case arrow.TIMESTAMP:
		return encodeWith(fixInfinity[int64](math.MinInt64, -math.MaxInt64))
	case arrow.INTERVAL_MONTH_DAY_NANO:
		return encodeIntervals
	case arrow.FIXED_SIZE_BINARY:
		return encodeUUIDs
	case arrow.DECIMAL256:
		return encodeWides
	case arrow.STRING:
		return encodeTexts
	default: // arrow.BINARY, the only other that logicalTypeID lets through
		return encodeBytes
	}
}

// withNulls sets the vector's validity, then copies the values.
func withNulls(enc encoder) encoder {
	return func(dst duck.Vector, src arrow.Array, from, n int) error {
		if bits := src.NullBitmapBytes(); len(bits) > 0 && src.NullN() > 0 {
			duck.VectorEnsureValidityWritable(dst)
			mask := unsafe.Slice((*byte)(duck.VectorGetValidity(dst)), bitutil.BytesForBits(vectorRows))
			bitutil.CopyBitmap(bits, src.Data().Offset()+from, n, mask, 0)
		}
		return enc(dst, src, from, n)
	}
}

// target views the first n values of a vector.
func target[T any](dst duck.Vector, n int) []T {
	return unsafe.Slice((*T)(duck.VectorGetData(dst)), n)
}

// source views rows of an Arrow array of fixed-width values with the layout of T.
func source[T any](src arrow.Array, from, n int) []T {
	all := viewAs[T](src.Data().Buffers()[1].Bytes())
	from += src.Data().Offset()
	return all[from : from+n]
}

func copying[T any](dst duck.Vector, src arrow.Array, from, n int) error {
	copy(target[T](dst, n), source[T](src, from, n))
	return nil
}

func encodeWith[T any](convert func(dst, src []T, _ vector) error) encoder {
	return func(dst duck.Vector, src arrow.Array, from, n int) error {
		return convert(target[T](dst, n), source[T](src, from, n), vector{})
	}
}

func encodeBools(dst duck.Vector, src arrow.Array, from, n int) error {
	bits := src.Data().Buffers()[1].Bytes()
	from += src.Data().Offset()
	out := target[byte](dst, n)
	for i := range out {
		out[i] = bits[(from+i)>>3] >> ((from + i) & 7) & 1
	}
	return nil
}

func encodeIntervals(dst duck.Vector, src arrow.Array, from, n int) error {
	out := target[interval](dst, n)
	for i, x := range source[arrow.MonthDayNanoInterval](src, from, n) {
		if x.Nanoseconds%nanosPerMicro != 0 && src.IsValid(from+i) {
			return &valueError{"22015", "an interval is finer than a microsecond"}
		}
		out[i] = interval{months: x.Months, days: x.Days, micros: x.Nanoseconds / nanosPerMicro}
	}
	return nil
}

func encodeUUIDs(dst duck.Vector, src arrow.Array, from, n int) error {
	out := target[hugeint](dst, n)
	for i, words := range source[[2]uint64](src, from, n) {
		out[i] = hugeint{
			upper: int64(bits.ReverseBytes64(words[0]) ^ signBit),
			lower: bits.ReverseBytes64(words[1]),
		}
	}
	return nil
}

func encodeWides(dst duck.Vector, src arrow.Array, from, n int) error {
	blobs := make([]byte, 0, n*wideBytes)
	for _, x := range source[decimal256.Num](src, from, n) {
		blobs = appendWide(blobs, x)
	}
	assignBlocks(dst, blobs, wideBytes, src.NullBitmapBytes(), src.Data().Offset()+from)
	return nil
}

// decimalEncoder stores a decimal in the integer that DuckDB uses for its precision.
func decimalEncoder(precision int32) encoder {
	switch {
	case precision <= 4:
		return encodeDecimals[int16](precision)
	case precision <= 9:
		return encodeDecimals[int32](precision)
	case precision <= 18:
		return encodeDecimals[int64](precision)
	}
	return copying[hugeint]
}

func encodeDecimals[T int16 | int32 | int64](precision int32) encoder {
	return func(dst duck.Vector, src arrow.Array, from, n int) error {
		out := target[T](dst, n)
		for i, x := range source[decimal128.Num](src, from, n) {
			v := int64(x.LowBits())
			out[i] = T(v)
			if (x.HighBits() != v>>63 || int64(out[i]) != v) && src.IsValid(from+i) {
				return outOfRange(fmt.Sprintf("a numeric of precision %d", precision))
			}
		}
		return nil
	}
}

func encodeBytes(dst duck.Vector, src arrow.Array, from, n int) error {
	offsets, data := stringRows(src, from, n)
	assignStrings(dst, offsets, data, src.NullBitmapBytes(), src.Data().Offset()+from)
	return nil
}

// encodeTexts refuses what is not UTF-8, since DuckDB's own functions assume it.
func encodeTexts(dst duck.Vector, src arrow.Array, from, n int) error {
	offsets, data := stringRows(src, from, n)
	if !allUTF8(offsets, data) {
		return &valueError{"22021", "a text is not valid UTF-8"}
	}
	assignStrings(dst, offsets, data, src.NullBitmapBytes(), src.Data().Offset()+from)
	return nil
}

// stringRows returns the n+1 offsets of rows of a string or binary array and the bytes they point into.
func stringRows(src arrow.Array, from, n int) ([]int32, []byte) {
	var offsets []int32
	var data []byte
	switch a := src.(type) {
	case *array.String:
		offsets = a.ValueOffsets()
	case *array.Binary:
		offsets = a.ValueOffsets()
	}
	if buf := src.Data().Buffers()[2]; buf != nil {
		data = buf.Bytes()
	}
	return offsets[from : from+n+1], data
}

// allUTF8 checks the bytes of all rows at once, then that no row begins inside a character.
func allUTF8(offsets []int32, data []byte) bool {
	if !utf8.Valid(data[offsets[0]:offsets[len(offsets)-1]]) {
		return false
	}
	for _, at := range offsets[:len(offsets)-1] {
		if int(at) < len(data) && !utf8.RuneStart(data[at]) {
			return false
		}
	}
	return true
}
