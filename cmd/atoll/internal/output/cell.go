package output

import (
	"encoding/hex"
	"fmt"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"

	"github.com/atoll-sql/atoll/connectors"
)

// class says how a format must treat the text of a column's values.
type class uint8

const (
	classNumber class = iota // digits, sign, point, exponent: a JSON number; right-aligned
	classFloat               // as classNumber, but may be NaN or Infinity
	classBool                // true or false
	classPlain               // text without quotes, separators, backslashes or control characters
	classText                // anything
	classJSON                // a JSON document as text
	classArray               // an array in PostgreSQL's text form
)

// appendFunc appends the text of value i, which is not NULL, to dst.
type appendFunc func(dst []byte, i int) []byte

// cell formats the values of one column.
type cell struct {
	name  string
	class class
	elem  class                        // of classArray: the elements'
	bind  func(arrow.Array) appendFunc // returns the formatter of one batch's array

	arr  arrow.Array
	text appendFunc
}

// newCells returns a formatter for each column of schema.
func newCells(schema *arrow.Schema) ([]cell, error) {
	cells := make([]cell, schema.NumFields())
	for i, f := range schema.Fields() {
		c, bind := formatterOf(f)
		if bind == nil {
			return nil, fmt.Errorf("column %q: type %s has no text form; cast it to text", f.Name, f.Type)
		}
		cells[i] = cell{name: f.Name, class: c, bind: bind}
		cells[i].elem, _ = elementClass(f)
	}
	return cells, nil
}

// bindAll points the cells at the columns of rec; they are valid as long as rec is.
func bindAll(cells []cell, rec arrow.Record) {
	for i := range cells {
		cells[i].arr = rec.Column(i)
		cells[i].text = cells[i].bind(rec.Column(i))
	}
}

// formatterOf is the table of types and their text. The returned function is nil for a type without one.
func formatterOf(f arrow.Field) (class, func(arrow.Array) appendFunc) {
	switch t := f.Type.(type) {
	case *arrow.NullType:
		return classPlain, func(arrow.Array) appendFunc { return func(dst []byte, _ int) []byte { return dst } }
	case *arrow.BooleanType:
		return classBool, bindBool
	case *arrow.Int16Type:
		return classNumber, func(a arrow.Array) appendFunc { return integers(a.(*array.Int16).Int16Values()) }
	case *arrow.Int32Type:
		return classNumber, func(a arrow.Array) appendFunc { return integers(a.(*array.Int32).Int32Values()) }
	case *arrow.Int64Type:
		return classNumber, func(a arrow.Array) appendFunc { return integers(a.(*array.Int64).Int64Values()) }
	case *arrow.Float32Type:
		return classFloat, bindFloat32
	case *arrow.Float64Type:
		return classFloat, bindFloat64
	case *arrow.Decimal128Type:
		return classNumber, func(a arrow.Array) appendFunc { return decimals128(a.(*array.Decimal128).Values(), int(t.Scale)) }
	case *arrow.Decimal256Type:
		trim := typeName(f) == "numeric"
		return classNumber, func(a arrow.Array) appendFunc {
			return decimals256(a.(*array.Decimal256).Values(), int(t.Scale), trim)
		}
	case *arrow.StringType:
		return textClass(f), func(a arrow.Array) appendFunc {
			s := a.(*array.String)
			return func(dst []byte, i int) []byte { return append(dst, s.Value(i)...) }
		}
	case *arrow.BinaryType:
		return classText, func(a arrow.Array) appendFunc {
			b := a.(*array.Binary)
			return func(dst []byte, i int) []byte { return hex.AppendEncode(append(dst, '\\', 'x'), b.Value(i)) }
		}
	case *arrow.FixedSizeBinaryType:
		return fixedSize(f, t)
	}
	return temporal(f)
}

func typeName(f arrow.Field) string {
	name, _ := f.Metadata.GetValue(connectors.TypeKey)
	return name
}

func textClass(f arrow.Field) class {
	if n := typeName(f); n == "json" || n == "jsonb" {
		return classJSON
	}
	if _, ok := elementClass(f); ok {
		return classArray
	}
	return classText
}

func bindBool(a arrow.Array) appendFunc {
	b := a.(*array.Boolean)
	return func(dst []byte, i int) []byte { return strconv.AppendBool(dst, b.Value(i)) }
}

func integers[T int16 | int32 | int64](v []T) appendFunc {
	return func(dst []byte, i int) []byte { return strconv.AppendInt(dst, int64(v[i]), 10) }
}

func bindFloat32(a arrow.Array) appendFunc {
	v := a.(*array.Float32).Float32Values()
	return func(dst []byte, i int) []byte { return appendFloat(dst, float64(v[i]), 32) }
}

func bindFloat64(a arrow.Array) appendFunc {
	v := a.(*array.Float64).Float64Values()
	return func(dst []byte, i int) []byte { return appendFloat(dst, v[i], 64) }
}

func decimals128(v []decimal128.Num, scale int) appendFunc {
	return func(dst []byte, i int) []byte {
		return appendDecimal128(dst, v[i].HighBits(), v[i].LowBits(), scale)
	}
}

func decimals256(v []decimal256.Num, scale int, trim bool) appendFunc {
	return func(dst []byte, i int) []byte {
		from := len(dst)
		dst = appendDecimal256(dst, v[i].Array(), scale)
		if trim {
			return trimFraction(dst, from)
		}
		return dst
	}
}

func fixedSize(f arrow.Field, t *arrow.FixedSizeBinaryType) (class, func(arrow.Array) appendFunc) {
	if typeName(f) == "uuid" && t.ByteWidth == 16 {
		return classPlain, func(a arrow.Array) appendFunc {
			u := a.(*array.FixedSizeBinary)
			return func(dst []byte, i int) []byte { return appendUUID(dst, u.Value(i)) }
		}
	}
	return classText, func(a arrow.Array) appendFunc {
		b := a.(*array.FixedSizeBinary)
		return func(dst []byte, i int) []byte { return hex.AppendEncode(append(dst, '\\', 'x'), b.Value(i)) }
	}
}

func appendUUID(dst, u []byte) []byte {
	for i, part := range [][]byte{u[:4], u[4:6], u[6:8], u[8:10], u[10:]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, part)
	}
	return dst
}
