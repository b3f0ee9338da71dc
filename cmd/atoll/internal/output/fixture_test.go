package output

import (
	"bytes"
	"errors"
	"math"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

func tagged(name string, t arrow.DataType, tag string) arrow.Field {
	return arrow.Field{Name: name, Type: t, Nullable: true, Metadata: arrow.NewMetadata([]string{connectors.TypeKey}, []string{tag})}
}

func plain(name string, t arrow.DataType) arrow.Field {
	return arrow.Field{Name: name, Type: t, Nullable: true}
}

// everyType has a column of each type that a result can have.
var everyType = arrow.NewSchema([]arrow.Field{
	plain("i2", arrow.PrimitiveTypes.Int16),
	plain("i4", arrow.PrimitiveTypes.Int32),
	plain("i8", arrow.PrimitiveTypes.Int64),
	plain("f4", arrow.PrimitiveTypes.Float32),
	plain("f8", arrow.PrimitiveTypes.Float64),
	plain("ok", arrow.FixedWidthTypes.Boolean),
	plain("dec", &arrow.Decimal128Type{Precision: 12, Scale: 2}),
	tagged("wide", &arrow.Decimal256Type{Precision: 76, Scale: 38}, "numeric"),
	plain("t", arrow.BinaryTypes.String),
	tagged("c", arrow.BinaryTypes.String, "bpchar"),
	plain("b", arrow.BinaryTypes.Binary),
	plain("d", arrow.FixedWidthTypes.Date32),
	plain("tm", arrow.FixedWidthTypes.Time64us),
	plain("ts", &arrow.TimestampType{Unit: arrow.Microsecond}),
	plain("tz", &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}),
	plain("iv", arrow.FixedWidthTypes.MonthDayNanoInterval),
	tagged("u", &arrow.FixedSizeBinaryType{ByteWidth: 16}, "uuid"),
	tagged("j", arrow.BinaryTypes.String, "jsonb"),
}, nil)

func wideOf(t testing.TB, s string) decimal256.Num {
	t.Helper()
	n, err := decimal256.FromString(s, 76, 38)
	if err != nil {
		t.Fatal(err)
	}
	return n
}

// edgeRows returns rows of everyType at the edges of its types; the third row is all NULL.
func edgeRows(t testing.TB, mem memory.Allocator) arrow.Record {
	t.Helper()
	b := array.NewRecordBuilder(mem, everyType)
	defer b.Release()
	const day = 20484 // 2026-01-31
	const noon = 12 * 3600 * usPerSecond
	type row []any
	rows := []row{
		{int16(1), int32(-7), int64(42), float32(1.5), 0.1, true, decimal128.FromI64(123450), wideOf(t, "1.50"),
			"plain", "ab  ", []byte("hi"), arrow.Date32(day), arrow.Time64(noon), arrow.Timestamp(day*usPerDay + noon + 123456),
			arrow.Timestamp(day*usPerDay + noon), arrow.MonthDayNanoInterval{Months: 14, Days: 3, Nanoseconds: 14706789000000},
			[]byte("0123456789abcdef"), `{"k": [1, 2]}`},
		{int16(math.MinInt16), int32(math.MaxInt32), int64(math.MinInt64), float32(math.Inf(1)), math.NaN(), false,
			decimal128.FromI64(-5), wideOf(t, "-0.00000000000000000000000000000000000001"), "", "", []byte{},
			arrow.Date32(math.MaxInt32), arrow.Time64(24 * noon / 12), arrow.Timestamp(math.MinInt64), arrow.Timestamp(math.MaxInt64),
			arrow.MonthDayNanoInterval{}, make([]byte, 16), "null"},
		nil,
		{int16(math.MaxInt16), int32(0), int64(math.MaxInt64), float32(1e6), 1e15, true, decimal128.FromI64(999999999999),
			wideOf(t, "99999999999999999999999999999999999999.5"), "say \"hi\",\r\nbye\t\\", "Zürich 東京 👩‍👩‍👧", []byte{0, 255},
			arrow.Date32(-719893), arrow.Time64(1), arrow.Timestamp(-1), arrow.Timestamp(253402300800 * usPerSecond),
			arrow.MonthDayNanoInterval{Months: -13, Days: -1, Nanoseconds: -90500000000}, bytes.Repeat([]byte{0xff}, 16), "{\"a\":\n \"x\\ny\"}"},
		{int16(0), int32(1), int64(0), float32(0.1), math.Copysign(0, -1), nil, decimal128.FromI64(0), wideOf(t, "-1200"),
			"\x1b[31mred\x00\u202e", "NULL", nil, arrow.Date32(math.MinInt32), nil, arrow.Timestamp(0), arrow.Timestamp(-62135596800 * usPerSecond),
			arrow.MonthDayNanoInterval{Days: 1}, nil, "not json"},
	}
	for _, r := range rows {
		for c := range everyType.NumFields() {
			if r == nil || r[c] == nil {
				b.Field(c).AppendNull()
				continue
			}
			appendValue(t, b.Field(c), r[c])
		}
	}
	return b.NewRecord()
}

func appendValue(t testing.TB, b array.Builder, v any) {
	t.Helper()
	switch b := b.(type) {
	case *array.Int16Builder:
		b.Append(v.(int16))
	case *array.Int32Builder:
		b.Append(v.(int32))
	case *array.Int64Builder:
		b.Append(v.(int64))
	case *array.Float32Builder:
		b.Append(v.(float32))
	case *array.Float64Builder:
		b.Append(v.(float64))
	case *array.BooleanBuilder:
		b.Append(v.(bool))
	case *array.Decimal128Builder:
		b.Append(v.(decimal128.Num))
	case *array.Decimal256Builder:
		b.Append(v.(decimal256.Num))
	case *array.StringBuilder:
		b.Append(v.(string))
	case *array.BinaryBuilder:
		b.Append(v.([]byte))
	case *array.FixedSizeBinaryBuilder:
		b.Append(v.([]byte))
	case *array.Date32Builder:
		b.Append(v.(arrow.Date32))
	case *array.Time64Builder:
		b.Append(v.(arrow.Time64))
	case *array.TimestampBuilder:
		b.Append(v.(arrow.Timestamp))
	case *array.MonthDayNanoIntervalBuilder:
		b.Append(v.(arrow.MonthDayNanoInterval))
	default:
		t.Fatalf("no append for %T", b)
	}
}

// texts makes a one-column record of strings; "\x00null" stands for NULL.
func texts(mem memory.Allocator, name string, values ...string) arrow.Record {
	b := array.NewRecordBuilder(mem, arrow.NewSchema([]arrow.Field{plain(name, arrow.BinaryTypes.String)}, nil))
	defer b.Release()
	for _, v := range values {
		if v == "\x00null" {
			b.Field(0).AppendNull()
		} else {
			b.Field(0).(*array.StringBuilder).Append(v)
		}
	}
	return b.NewRecord()
}

// render writes the records in one format and closes it.
func render(t testing.TB, format Format, recs ...arrow.Record) string {
	t.Helper()
	var out bytes.Buffer
	w, err := New(format, &out, recs[0].Schema(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range recs {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

var errBroken = errors.New("shard eu-1: connection lost")

// failing yields its record n times and then fails.
type failing struct {
	array.RecordReader
	rec arrow.Record
	n   int
}

func (f *failing) Next() bool           { f.n--; return f.n >= 0 }
func (f *failing) Record() arrow.Record { return f.rec }
func (f *failing) Err() error           { return errBroken }
