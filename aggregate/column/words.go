package column

import (
	"math"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// IsWord reports a type whose values fit one 64-bit word, as [Words] gives them.
func IsWord(dt arrow.DataType) bool {
	switch dt.ID() {
	case arrow.BOOL, arrow.INT16, arrow.INT32, arrow.INT64, arrow.FLOAT32, arrow.FLOAT64,
		arrow.DATE32, arrow.TIME64, arrow.TIMESTAMP:
		return true
	}
	return false
}

// Words writes the values of col, whose type satisfies [IsWord], as unsigned words in dst, lengthened as
// needed. Words order and equal each other as PostgreSQL's values do; that of a NULL means nothing.
func Words(col arrow.Array, dst []uint64) []uint64 {
	n := col.Len()
	if cap(dst) < n {
		dst = make([]uint64, n)
	}
	dst = dst[:n]
	switch a := col.(type) {
	case *array.Int16:
		wordInts(dst, a.Int16Values())
	case *array.Int32:
		wordInts(dst, a.Int32Values())
	case *array.Int64:
		wordInts(dst, a.Int64Values())
	case *array.Date32:
		wordInts(dst, a.Date32Values())
	case *array.Time64:
		wordInts(dst, a.Time64Values())
	case *array.Timestamp:
		wordInts(dst, a.TimestampValues())
	case *array.Float32:
		for i, v := range a.Float32Values() {
			dst[i] = FloatWord(float64(v))
		}
	case *array.Float64:
		for i, v := range a.Float64Values() {
			dst[i] = FloatWord(v)
		}
	case *array.Boolean:
		for i := range dst {
			dst[i] = 0
			if a.Value(i) {
				dst[i] = 1
			}
		}
	}
	return dst
}

func wordInts[T ~int16 | ~int32 | ~int64](dst []uint64, src []T) {
	for i, v := range src {
		dst[i] = uint64(v) ^ signBit
	}
}

// FloatWord maps a float to a word that orders as PostgreSQL orders floats: -0 = 0, NaN = NaN and largest.
func FloatWord(f float64) uint64 {
	switch {
	case f != f:
		return math.MaxUint64
	case f == 0:
		return signBit
	}
	b := math.Float64bits(f)
	if b&signBit != 0 {
		return ^b
	}
	return b | signBit
}

// Span is what PostgreSQL compares of an interval, months being 30 days and days 24 hours: nanoseconds as a
// 128-bit integer.
func Span(v arrow.MonthDayNanoInterval) (hi int64, lo uint64) {
	const day = 24 * 3600 * 1e9
	days := int64(v.Months)*30 + int64(v.Days)
	mag := uint64(days)
	if days < 0 {
		mag = -mag
	}
	h, l := bits.Mul64(mag, day)
	if days < 0 {
		var borrow uint64
		l, borrow = bits.Sub64(0, l, 0)
		h, _ = bits.Sub64(0, h, borrow)
	}
	l, carry := bits.Add64(l, uint64(v.Nanoseconds), 0)
	h, _ = bits.Add64(h, uint64(v.Nanoseconds>>63), carry)
	return int64(h), l
}

// Values returns the values of a fixed-width array, T being as wide as one of them; those of NULLs mean
// nothing. They are valid as long as the array.
func Values[T any](col arrow.Array) []T {
	d := col.Data()
	if d.Buffers()[1] == nil {
		return nil
	}
	return view[T](d.Buffers()[1].Bytes())[d.Offset() : d.Offset()+d.Len()]
}

// Text returns the bytes of row i of a text or binary array; they are valid as long as the array.
func Text(col arrow.Array, i int) []byte { return textAt(col, i) }
