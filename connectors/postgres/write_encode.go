package postgres

import (
	"encoding/binary"
	"math"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/jackc/pgx/v5/pgtype"

	"github.com/atoll-sql/atoll/connectors"
)

// encoder appends one value of a column, with its length in front, as a binary COPY has it.
type encoder func(b []byte, row int) ([]byte, error)

// encoderFor picks the encoder from an Arrow array to a column, nil if there is none that keeps every value or refuses it.
func encoderFor(from arrow.Array, f arrow.Field, to target) encoder {
	value := valueEncoder(from, f, to)
	if value == nil {
		return nil
	}
	return func(b []byte, row int) ([]byte, error) {
		if from.IsNull(row) {
			return append(b, 0xff, 0xff, 0xff, 0xff), nil
		}
		return value(b, row)
	}
}

// valueEncoder is encoderFor for values that are not NULL.
func valueEncoder(from arrow.Array, f arrow.Field, to target) encoder {
	switch a := from.(type) {
	case *array.Int16, *array.Int32, *array.Int64, *array.Decimal128, *array.Decimal256:
		return numberEncoder(from, f, to)
	case *array.Float32:
		return floatEncoder(f, to, func(row int) float64 { return float64(a.Value(row)) }, func(row int) (uint32, bool) { return math.Float32bits(a.Value(row)), true })
	case *array.Float64:
		return floatEncoder(f, to, a.Value, func(row int) (uint32, bool) {
			wide := a.Value(row)
			narrow := float32(wide)
			return math.Float32bits(narrow), float64(narrow) == wide || math.IsNaN(wide)
		})
	case *array.Boolean:
		if to.oid == pgtype.BoolOID {
			return func(b []byte, row int) ([]byte, error) {
				if a.Value(row) {
					return append(b, 0, 0, 0, 1, 1), nil
				}
				return append(b, 0, 0, 0, 1, 0), nil
			}
		}
	case *array.String:
		return textEncoder(a, f, to)
	case *array.Binary:
		if to.oid == pgtype.ByteaOID {
			return func(b []byte, row int) ([]byte, error) { return appendSized(b, a.Value(row)), nil }
		}
	case *array.FixedSizeBinary:
		if to.oid == pgtype.UUIDOID && a.DataType().(*arrow.FixedSizeBinaryType).ByteWidth == 16 {
			return func(b []byte, row int) ([]byte, error) { return appendSized(b, a.Value(row)), nil }
		}
	default:
		return timeEncoder(from, f, to)
	}
	return nil
}

// appendSized appends a value's bytes behind their number.
func appendSized[T string | []byte](b []byte, v T) []byte {
	return append(binary.BigEndian.AppendUint32(b, uint32(len(v))), v...)
}

func append64(b []byte, v int64) []byte {
	return binary.BigEndian.AppendUint64(append(b, 0, 0, 0, 8), uint64(v))
}

func append32(b []byte, v int32) []byte {
	return binary.BigEndian.AppendUint32(append(b, 0, 0, 0, 4), uint32(v))
}

// misfit is the error of a value that a column cannot hold as it is.
func misfit(f arrow.Field, state, text string) error {
	return columnError(connectors.ClassData, state, text, f.Name)
}

func floatEncoder(f arrow.Field, to target, wide func(int) float64, narrow func(int) (bits uint32, exact bool)) encoder {
	switch to.oid {
	case pgtype.Float8OID:
		return func(b []byte, row int) ([]byte, error) { return append64(b, int64(math.Float64bits(wide(row)))), nil }
	case pgtype.Float4OID:
		return func(b []byte, row int) ([]byte, error) {
			bits, exact := narrow(row)
			if !exact {
				return b, misfit(f, "22003", "a number has more digits than the column's type "+to.native+" keeps")
			}
			return append32(b, int32(bits)), nil
		}
	}
	return nil
}

// textEncoder takes care that the server does not change a text: it pads character(n), drops trailing spaces beyond the length of varchar(n), and
// writes jsonb anew, which only a value that is JSON to begin with can stand.
func textEncoder(a *array.String, f arrow.Field, to target) encoder {
	m := mark(f)
	plain := func(b []byte, row int) ([]byte, error) { return appendSized(b, a.Value(row)), nil }
	limit := int(to.modifier) - modifierOffset
	switch {
	case strings.HasSuffix(m, "[]"):
		return nil
	case to.oid == pgtype.JSONBOID:
		if m != "json" && m != "jsonb" {
			return nil
		}
		return func(b []byte, row int) ([]byte, error) {
			v := a.Value(row)
			b = append(binary.BigEndian.AppendUint32(b, uint32(len(v)+1)), 1) // the format's version
			return append(b, v...), nil
		}
	case (to.oid == pgtype.VarcharOID || to.oid == pgtype.BPCharOID) && limit >= 0:
		return func(b []byte, row int) ([]byte, error) {
			v := a.Value(row)
			have := utf8.RuneCountInString(v)
			if m == "bpchar" && to.oid == pgtype.BPCharOID { // trailing spaces mean nothing there
				have = min(have, max(limit, utf8.RuneCountInString(strings.TrimRight(v, " "))))
			}
			switch {
			case have > limit:
				return b, misfit(f, "22001", connectors.DataMessage("22001")+" for type "+to.native)
			case have < limit && to.oid == pgtype.BPCharOID && m != "bpchar":
				return b, misfit(f, "22001", "a text is shorter than type "+to.native+", which would add spaces")
			}
			return appendSized(b, v), nil
		}
	case to.text, to.oid == pgtype.TextOID, to.oid == pgtype.VarcharOID, to.oid == pgtype.BPCharOID, to.oid == oidName, to.oid == pgtype.JSONOID:
		return plain
	}
	return nil
}

// timeEncoder is for dates, times and intervals.
func timeEncoder(from arrow.Array, f arrow.Field, to target) encoder {
	switch a := from.(type) {
	case *array.Date32:
		if to.oid == pgtype.DateOID {
			return func(b []byte, row int) ([]byte, error) { return appendDate(b, f, int32(a.Value(row))) }
		}
	case *array.Time64:
		if to.oid == pgtype.TimeOID && a.DataType().(*arrow.Time64Type).Unit == arrow.Microsecond {
			return func(b []byte, row int) ([]byte, error) {
				micros := int64(a.Value(row))
				if micros < 0 || micros > dayMicros {
					return b, misfit(f, "22008", connectors.DataMessage("22008"))
				}
				return appendMicros(b, f, to, micros)
			}
		}
	case *array.Timestamp:
		typ := a.DataType().(*arrow.TimestampType)
		zoned := to.oid == pgtype.TimestamptzOID
		if (zoned || to.oid == pgtype.TimestampOID) && typ.Unit == arrow.Microsecond && (typ.TimeZone != "") == zoned {
			return func(b []byte, row int) ([]byte, error) { return appendTimestamp(b, f, to, int64(a.Value(row))) }
		}
	case *array.MonthDayNanoInterval:
		if to.oid == pgtype.IntervalOID && fullInterval(to.modifier) {
			return func(b []byte, row int) ([]byte, error) {
				v := a.Value(row)
				if v.Nanoseconds%1000 != 0 || !whole(v.Nanoseconds/1000, intervalDigits(to.modifier)) {
					return b, misfit(f, "22015", "an interval is finer than type "+to.native)
				}
				b = binary.BigEndian.AppendUint64(append(b, 0, 0, 0, 16), uint64(v.Nanoseconds/1000))
				b = binary.BigEndian.AppendUint32(b, uint32(v.Days))
				return binary.BigEndian.AppendUint32(b, uint32(v.Months)), nil
			}
		}
	}
	return nil
}

// appendDate appends days; the ends of int32 are the infinities, here and on the wire.
func appendDate(b []byte, f arrow.Field, days int32) ([]byte, error) {
	if days != math.MaxInt32 && days != math.MinInt32 {
		if days <= math.MinInt32+epochDays {
			return b, misfit(f, "22008", connectors.DataMessage("22008"))
		}
		days -= epochDays
	}
	return append32(b, days), nil
}

// appendTimestamp appends microseconds; the ends of int64 are the infinities, here and on the wire.
func appendTimestamp(b []byte, f arrow.Field, to target, micros int64) ([]byte, error) {
	if micros == math.MaxInt64 || micros == math.MinInt64 {
		return append64(b, micros), nil
	}
	if micros <= math.MinInt64+epochMicros {
		return b, misfit(f, "22008", connectors.DataMessage("22008"))
	}
	return appendMicros(b, f, to, micros-epochMicros)
}

// appendMicros appends microseconds unless the column would round them.
func appendMicros(b []byte, f arrow.Field, to target, micros int64) ([]byte, error) {
	if !whole(micros, to.modifier) {
		return b, misfit(f, "22008", "a time is finer than type "+to.native)
	}
	return append64(b, micros), nil
}

// whole reports whether microseconds have no more than digits decimal digits of a second. Below zero, as a modifier is where none was given,
// all six are kept.
func whole(micros int64, digits int32) bool {
	return digits < 0 || digits >= 6 || micros%int64(pow10[6-digits]) == 0
}

// The modifier of an interval: which fields it has, and in the lower half the digits of its seconds.
const (
	intervalFields   = 0x7fff
	intervalAnyDigit = 0xffff
)

// fullInterval reports that a column keeps all fields of an interval.
func fullInterval(modifier int32) bool {
	return modifier < 0 || modifier>>16&intervalFields == intervalFields
}

func intervalDigits(modifier int32) int32 {
	if modifier < 0 || modifier&0xffff == intervalAnyDigit {
		return -1
	}
	return modifier & 0xffff
}
