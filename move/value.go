package move

import (
	"bytes"
	"cmp"
	"encoding/binary"
	"encoding/hex"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/shardmap"
)

// keyColumn is a column of a primary key.
type keyColumn struct {
	name string
	typ  string // PostgreSQL's name
	at   int    // its place among the columns that are read
}

// Values of these types can be told apart, sorted and written as parameters here as every engine does.
var keyTypes = []string{"smallint", "integer", "bigint", "numeric", "text", "character varying", "character", "uuid", "date", "boolean",
	"timestamp without time zone", "timestamp with time zone", "bytea"}

// baseType is a type's name without what stands in parentheses.
func baseType(typ string) string {
	base, rest, cut := strings.Cut(typ, "(")
	_, after, _ := strings.Cut(rest, ")")
	if !cut {
		return typ
	}
	return strings.TrimSpace(base) + after
}

// writtenTypes are those whose values can be written as parameters besides.
var writtenTypes = append(slices.Clone(keyTypes), "real", "double precision", "json", "jsonb", "time without time zone")

func floatText(f float64, bits int) string {
	switch {
	case math.IsInf(f, 1):
		return "Infinity"
	case math.IsInf(f, -1):
		return "-Infinity"
	}
	return strconv.FormatFloat(f, 'g', -1, bits)
}

// text writes a value as PostgreSQL reads it.
func text(c arrow.Array, i int) (string, error) {
	switch c := c.(type) {
	case *array.Int16:
		return strconv.Itoa(int(c.Value(i))), nil
	case *array.Int32:
		return strconv.Itoa(int(c.Value(i))), nil
	case *array.Int64:
		return strconv.FormatInt(c.Value(i), 10), nil
	case *array.String:
		return c.Value(i), nil
	case *array.Binary:
		return `\x` + hex.EncodeToString(c.Value(i)), nil
	case *array.Boolean:
		return strconv.FormatBool(c.Value(i)), nil
	case *array.Decimal128:
		return c.Value(i).ToString(c.DataType().(*arrow.Decimal128Type).Scale), nil
	case *array.Decimal256:
		return c.Value(i).ToString(c.DataType().(*arrow.Decimal256Type).Scale), nil
	case *array.Float32:
		return floatText(float64(c.Value(i)), 32), nil
	case *array.Float64:
		return floatText(c.Value(i), 64), nil
	case *array.Time64:
		us := int64(c.Value(i))
		return fmt.Sprintf("%02d:%02d:%02d.%06d", us/3_600_000_000, us/60_000_000%60, us/1_000_000%60, us%1_000_000), nil
	case *array.FixedSizeBinary:
		h := hex.EncodeToString(c.Value(i))
		if len(h) == 32 {
			return h[:8] + "-" + h[8:12] + "-" + h[12:16] + "-" + h[16:20] + "-" + h[20:], nil
		}
	case *array.Date32:
		return moment(time.Unix(int64(c.Value(i))*86400, 0), "2006-01-02")
	case *array.Timestamp:
		us := int64(c.Value(i))
		layout := "2006-01-02 15:04:05.000000"
		if c.DataType().(*arrow.TimestampType).TimeZone != "" {
			layout += "+00"
		}
		return moment(time.UnixMicro(us), layout)
	}
	return "", fmt.Errorf("internal error: values of type %s have no text", c.DataType())
}

func moment(t time.Time, layout string) (string, error) {
	t = t.UTC()
	if t.Year() < 1 || t.Year() > 9999 {
		return "", refuse("a date outside of the years 1 to 9999, or infinite, stands where rows are told apart or changed: such rows are not moved")
	}
	return t.Format(layout), nil
}

// compare orders two values of one key column as PostgreSQL does, text by its bytes. They are of one type.
func compare(a arrow.Array, i int, b arrow.Array, j int, typ string) int {
	switch a := a.(type) {
	case *array.Int16:
		return cmp.Compare(a.Value(i), b.(*array.Int16).Value(j))
	case *array.Int32:
		return cmp.Compare(a.Value(i), b.(*array.Int32).Value(j))
	case *array.Int64:
		return cmp.Compare(a.Value(i), b.(*array.Int64).Value(j))
	case *array.String:
		x, y := a.Value(i), b.(*array.String).Value(j)
		if baseType(typ) == "character" {
			x, y = strings.TrimRight(x, " "), strings.TrimRight(y, " ")
		}
		return cmp.Compare(x, y)
	case *array.Binary:
		return bytes.Compare(a.Value(i), b.(*array.Binary).Value(j))
	case *array.Boolean:
		return cmp.Compare(bit(a.Value(i)), bit(b.(*array.Boolean).Value(j)))
	case *array.Decimal128:
		return a.Value(i).Cmp(b.(*array.Decimal128).Value(j))
	case *array.Decimal256:
		return a.Value(i).Cmp(b.(*array.Decimal256).Value(j))
	case *array.FixedSizeBinary:
		return bytes.Compare(a.Value(i), b.(*array.FixedSizeBinary).Value(j))
	case *array.Date32:
		return cmp.Compare(a.Value(i), b.(*array.Date32).Value(j))
	}
	return cmp.Compare(a.(*array.Timestamp).Value(i), b.(*array.Timestamp).Value(j))
}

func bit(b bool) int {
	if b {
		return 1
	}
	return 0
}

// appendForm adds the canonical form of a value: equal for equal values of one type, and such that a row's forms one after the other
// are equal for equal rows only.
func appendForm(out []byte, c arrow.Array, i int) ([]byte, error) {
	if c.IsNull(i) {
		return append(out, 0), nil
	}
	out = append(out, 1)
	switch c := c.(type) {
	case *array.Boolean:
		return append(out, byte(bit(c.Value(i)))), nil
	case *array.Int16:
		return binary.LittleEndian.AppendUint16(out, uint16(c.Value(i))), nil
	case *array.Int32:
		return binary.LittleEndian.AppendUint32(out, uint32(c.Value(i))), nil
	case *array.Int64:
		return binary.LittleEndian.AppendUint64(out, uint64(c.Value(i))), nil
	case *array.Float32:
		return binary.LittleEndian.AppendUint32(out, math.Float32bits(c.Value(i))), nil
	case *array.Float64:
		return binary.LittleEndian.AppendUint64(out, math.Float64bits(c.Value(i))), nil
	case *array.String:
		return append(binary.AppendUvarint(out, uint64(len(c.Value(i)))), c.Value(i)...), nil
	case *array.Binary:
		return append(binary.AppendUvarint(out, uint64(len(c.Value(i)))), c.Value(i)...), nil
	case *array.FixedSizeBinary:
		return append(out, c.Value(i)...), nil
	case *array.Date32:
		return binary.LittleEndian.AppendUint32(out, uint32(c.Value(i))), nil
	case *array.Time64:
		return binary.LittleEndian.AppendUint64(out, uint64(c.Value(i))), nil
	case *array.Timestamp:
		return binary.LittleEndian.AppendUint64(out, uint64(c.Value(i))), nil
	case *array.Decimal128:
		v := c.Value(i)
		return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(out, v.LowBits()), uint64(v.HighBits())), nil
	case *array.Decimal256:
		for _, w := range c.Value(i).Array() {
			out = binary.LittleEndian.AppendUint64(out, w)
		}
		return out, nil
	case *array.MonthDayNanoInterval:
		v := c.Value(i)
		out = binary.LittleEndian.AppendUint32(out, uint32(v.Months))
		out = binary.LittleEndian.AppendUint32(out, uint32(v.Days))
		return binary.LittleEndian.AppendUint64(out, uint64(v.Nanoseconds)), nil
	}
	return nil, fmt.Errorf("internal error: values of type %s have no canonical form", c.DataType())
}

// keyValue reads a value of a sharding key; false for NULL and for a form that is not the type's.
func keyValue(c arrow.Array, i int, typ string) (shardmap.Value, bool) {
	if c.IsNull(i) {
		return shardmap.Value{}, false
	}
	switch c := c.(type) {
	case *array.Int16:
		return shardmap.Int(int64(c.Value(i))), true
	case *array.Int32:
		return shardmap.Int(int64(c.Value(i))), true
	case *array.Int64:
		return shardmap.Int(c.Value(i)), true
	case *array.String:
		if baseType(typ) == "character" {
			return shardmap.Text(strings.TrimRight(c.Value(i), " ")), true
		}
		return shardmap.Text(c.Value(i)), true
	case *array.FixedSizeBinary:
		return shardmap.UUID([16]byte(c.Value(i))), true
	case *array.Date32:
		return shardmap.Date(int32(c.Value(i))), true
	case *array.Boolean:
		return shardmap.Bool(c.Value(i)), true
	case *array.Timestamp:
		if c.DataType().(*arrow.TimestampType).TimeZone != "" {
			return shardmap.TimestampTZ(int64(c.Value(i))), true
		}
		return shardmap.Timestamp(int64(c.Value(i))), true
	}
	return shardmap.Value{}, false
}
