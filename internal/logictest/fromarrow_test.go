package logictest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/internal/pgtest"
)

// TestFromArrowWritesWhatPostgresWrites builds one row of every type and asks PostgreSQL for the same values.
func TestFromArrowWritesWhatPostgresWrites(t *testing.T) {
	tagged := func(typ string) arrow.Metadata { return arrow.NewMetadata([]string{typeKey}, []string{typ}) }
	utc := &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	fields := []arrow.Field{
		{Name: "a", Type: arrow.PrimitiveTypes.Int16}, {Name: "b", Type: arrow.PrimitiveTypes.Int32}, {Name: "c", Type: arrow.PrimitiveTypes.Int64},
		{Name: "d", Type: arrow.PrimitiveTypes.Float32}, {Name: "e", Type: arrow.PrimitiveTypes.Float64}, {Name: "f", Type: arrow.FixedWidthTypes.Boolean},
		{Name: "g", Type: &arrow.Decimal128Type{Precision: 15, Scale: 2}},
		{Name: "h", Type: &arrow.Decimal256Type{Precision: 76, Scale: 38}, Metadata: tagged("numeric")},
		{Name: "i", Type: arrow.BinaryTypes.String}, {Name: "j", Type: arrow.BinaryTypes.String, Metadata: tagged("bpchar")},
		{Name: "k", Type: arrow.BinaryTypes.Binary}, {Name: "l", Type: arrow.FixedWidthTypes.Date32}, {Name: "m", Type: arrow.FixedWidthTypes.Time64us},
		{Name: "n", Type: &arrow.TimestampType{Unit: arrow.Microsecond}}, {Name: "o", Type: utc}, {Name: "p", Type: arrow.FixedWidthTypes.MonthDayNanoInterval},
		{Name: "q", Type: &arrow.FixedSizeBinaryType{ByteWidth: 16}, Metadata: tagged("uuid")}, {Name: "r", Type: arrow.BinaryTypes.String, Metadata: tagged("jsonb")},
		{Name: "s", Type: arrow.PrimitiveTypes.Int32},
	}
	alloc := memory.NewCheckedAllocator(memory.DefaultAllocator)
	defer alloc.AssertSize(t, 0)
	schema := arrow.NewSchema(fields, nil)
	b := array.NewRecordBuilder(alloc, schema)
	defer b.Release()
	b.Field(0).(*array.Int16Builder).Append(-32768)
	b.Field(1).(*array.Int32Builder).Append(42)
	b.Field(2).(*array.Int64Builder).Append(math.MaxInt64)
	b.Field(3).(*array.Float32Builder).Append(0.1)
	b.Field(4).(*array.Float64Builder).Append(1e20)
	b.Field(5).(*array.BooleanBuilder).Append(true)
	b.Field(6).(*array.Decimal128Builder).Append(decimal128.FromI64(-5))
	wide, err := decimal256.FromString("1234567890123456789.25", 76, 38)
	if err != nil {
		t.Fatal(err)
	}
	b.Field(7).(*array.Decimal256Builder).Append(wide)
	b.Field(8).(*array.StringBuilder).Append("é 😀")
	b.Field(9).(*array.StringBuilder).Append("ab  ")
	b.Field(10).(*array.BinaryBuilder).Append([]byte{0, 255})
	b.Field(11).(*array.Date32Builder).Append(-735160)
	b.Field(12).(*array.Time64Builder).Append(86400000000)
	b.Field(13).(*array.TimestampBuilder).Append(-11644473600000001)
	b.Field(14).(*array.TimestampBuilder).Append(math.MaxInt64)
	b.Field(15).(*array.MonthDayNanoIntervalBuilder).Append(arrow.MonthDayNanoInterval{Months: -13, Days: 2, Nanoseconds: -1000})
	b.Field(16).(*array.FixedSizeBinaryBuilder).Append([]byte("0123456789abcdef"))
	b.Field(17).(*array.StringBuilder).Append(`{"a": 1}`)
	b.Field(18).AppendNull()
	record := b.NewRecord()
	defer record.Release()
	got, err := FromArrow(schema, []arrow.Record{record})
	if err != nil {
		t.Fatal(err)
	}
	conn := connect(t, pgtest.Start(t, 1)[0].DSN)
	want, err := FromPostgres(t.Context(), conn, `select (-32768)::int2 a, 42 b, 9223372036854775807 c, 0.1::real d, 1e20::float8 e, true f, -0.05 g,
		1234567890123456789.250 h, 'é 😀'::varchar(9) i, 'ab'::char(4) j, '\x00ff'::bytea k, date '1970-01-01' - 735160 l, time '24:00' m,
		timestamp '1970-01-01' - interval '11644473600.000001 s' n, timestamptz 'infinity' o, interval '-13 mons 2 days -0.000001 s' p,
		'30313233-3435-3637-3839-616263646566'::uuid q, '{"a":1}'::jsonb r, null::int s`, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := Compare(Case{Ordered: true}, want, got); err != nil {
		t.Error(err)
	}
}

// TestTimeTextsAgreeWithPostgres compares the text of many dates, timestamps and intervals.
func TestTimeTextsAgreeWithPostgres(t *testing.T) {
	conn := connect(t, pgtest.Start(t, 1)[0].DSN)
	if _, err := conn.Exec(t.Context(), sessionSettings); err != nil {
		t.Fatal(err)
	}
	g := rand.New(rand.NewPCG(seed, 2))
	for range 300 {
		days := int32(g.IntN(4_000_000) - 2_400_000)
		us := (int64(days)*86400 + g.Int64N(86400)) * 1e6
		if g.IntN(2) == 0 {
			us += g.Int64N(1e6)
		}
		iv := arrow.MonthDayNanoInterval{Months: int32(g.IntN(61) - 30), Days: int32(g.IntN(5) - 2), Nanoseconds: (g.Int64N(4e11) - 2e11) / 7 * int64(g.IntN(2)) / 1000 * 1000}
		sql := fmt.Sprintf(`select date '1970-01-01' + %d, timestamp '1970-01-01' + %d * interval '1 us' + %d * interval '1 day',
			make_interval(months => %d, days => %d) + %d * interval '1 us'`, days, us%86400e6, us/86400e6, iv.Months, iv.Days, iv.Nanoseconds/1000)
		answer, err := FromPostgres(t.Context(), conn, sql, nil)
		if err != nil {
			t.Fatal(sql, err)
		}
		interval, err := intervalText(iv)
		if err != nil {
			t.Fatal(err)
		}
		for i, got := range []string{dateText(days), timestampText(us, false), interval} {
			if want := answer.Rows[0][i].Text; got != want {
				t.Errorf("got %q, PostgreSQL writes %q", got, want)
			}
		}
	}
}

func TestFromArrowRefusesUnknownTypes(t *testing.T) {
	for _, typ := range []arrow.DataType{arrow.PrimitiveTypes.Uint32, arrow.FixedWidthTypes.Timestamp_ns, &arrow.FixedSizeBinaryType{ByteWidth: 16}} {
		if _, err := FromArrow(arrow.NewSchema([]arrow.Field{{Name: "x", Type: typ}}, nil), nil); err == nil {
			t.Errorf("%s passed", typ)
		}
	}
}
