package scalar

import (
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// ColumnText returns a function that appends value i of a column, which is not NULL, in the canonical text of its type
// (see [Canonical]); a wide numeric without the zeros at its end. The column must outlive the function.
func ColumnText(column arrow.Array) (func(dst []byte, i int) []byte, error) {
	switch c := column.(type) {
	case *array.Boolean:
		return func(dst []byte, i int) []byte { return strconv.AppendBool(dst, c.Value(i)) }, nil
	case *array.Int16:
		return func(dst []byte, i int) []byte { return strconv.AppendInt(dst, int64(c.Value(i)), 10) }, nil
	case *array.Int32:
		return func(dst []byte, i int) []byte { return strconv.AppendInt(dst, int64(c.Value(i)), 10) }, nil
	case *array.Int64:
		return func(dst []byte, i int) []byte { return strconv.AppendInt(dst, c.Value(i), 10) }, nil
	case *array.Float32:
		return func(dst []byte, i int) []byte { return appendFloat4(dst, c.Value(i)) }, nil
	case *array.Float64:
		return func(dst []byte, i int) []byte { return appendFloat8(dst, c.Value(i)) }, nil
	case *array.Decimal128:
		scale := int(c.DataType().(*arrow.Decimal128Type).Scale)
		return func(dst []byte, i int) []byte { return appendDecimal(dst, c.Value(i).BigInt(), scale) }, nil
	case *array.Decimal256:
		scale := int(c.DataType().(*arrow.Decimal256Type).Scale)
		return func(dst []byte, i int) []byte {
			return withoutZeros(appendDecimal(dst, c.Value(i).BigInt(), scale), len(dst))
		}, nil
	case *array.String:
		return func(dst []byte, i int) []byte { return append(dst, c.Value(i)...) }, nil
	case *array.Binary:
		return func(dst []byte, i int) []byte { return hex.AppendEncode(append(dst, `\x`...), c.Value(i)) }, nil
	case *array.FixedSizeBinary:
		return func(dst []byte, i int) []byte { return appendUUIDBytes(dst, c.Value(i)) }, nil
	}
	return momentText(column)
}

func momentText(column arrow.Array) (func(dst []byte, i int) []byte, error) {
	switch c := column.(type) {
	case *array.Date32:
		return func(dst []byte, i int) []byte { return appendDate(dst, c.Value(i)) }, nil
	case *array.Time64:
		return func(dst []byte, i int) []byte { return appendClock(dst, int64(c.Value(i))) }, nil
	case *array.Timestamp:
		zone := ""
		if c.DataType().(*arrow.TimestampType).TimeZone != "" {
			zone = "+00"
		}
		return func(dst []byte, i int) []byte { return appendStamp(dst, c.Value(i), zone) }, nil
	case *array.MonthDayNanoInterval:
		return func(dst []byte, i int) []byte { return appendInterval(dst, spanOf(c.Value(i))) }, nil
	}
	return nil, fmt.Errorf("internal error: values of %s have no text", column.DataType())
}

// withoutZeros cuts the zeros at the end of a number that begins at start and has a point, and a point that is last.
func withoutZeros(dst []byte, start int) []byte {
	for len(dst) > start && dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	if dst[len(dst)-1] == '.' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

func appendUUIDBytes(dst, u []byte) []byte {
	for i, group := range [5][]byte{u[:4], u[4:6], u[6:8], u[8:10], u[10:]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, group)
	}
	return dst
}
