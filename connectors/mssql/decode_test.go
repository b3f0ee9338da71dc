package mssql

import (
	"math"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

func dec(p, s int32) arrow.DataType { return &arrow.Decimal128Type{Precision: p, Scale: s} }

var (
	wide      = &arrow.Decimal256Type{Precision: 76, Scale: 38}
	timestamp = &arrow.TimestampType{Unit: arrow.Microsecond}
	instant   = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
	uuidType  = &arrow.FixedSizeBinaryType{ByteWidth: 16}
)

// decoded decodes one value and returns Arrow's text of it.
func decoded(t *testing.T, native string, typ arrow.DataType, value any) (string, error) {
	t.Helper()
	k := chooseKind(native, typ)
	if k == kindNone {
		return "", noConversion("v", native, typ.String())
	}
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	c := newColumn(k, arrow.Field{Name: "v", Type: typ, Nullable: true}, alloc)
	defer c.builder.Release()
	if _, err := c.decode(value); err != nil {
		return "", err
	}
	a := c.builder.NewArray()
	defer a.Release()
	return a.ValueStr(0), nil
}

func utf16le(s string) []byte {
	var b []byte
	for _, u := range utf16.Encode([]rune(s)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

func at(text string) time.Time {
	t, err := time.Parse("2006-01-02 15:04:05.999999999Z07:00", text)
	if err != nil {
		panic(err)
	}
	return t
}

func TestDecode(t *testing.T) {
	i16, i32, i64 := arrow.PrimitiveTypes.Int16, arrow.PrimitiveTypes.Int32, arrow.PrimitiveTypes.Int64
	text, nines := arrow.BinaryTypes.String, strings.Repeat("9", 38)
	zeros := strings.Repeat("0", 37)
	for _, tc := range []struct {
		native string
		typ    arrow.DataType
		value  any
		want   string
		fail   string // SQLSTATE or class where it must fail
	}{
		{"TINYINT", i16, int64(255), "255", ""}, {"SMALLINT", i16, int64(-32768), "-32768", ""}, {"BIGINT", i16, int64(32768), "", "22003"},
		{"BIGINT", i32, int64(math.MaxInt32), "2147483647", ""}, {"BIGINT", i32, int64(math.MinInt32 - 1), "", "22003"},
		{"BIGINT", i64, int64(math.MinInt64), "-9223372036854775808", ""}, {"BIGINT", dec(38, 0), int64(math.MinInt64), "-9223372036854775808", ""},
		{"INT", dec(4, 2), int64(99), "99", ""}, {"INT", dec(4, 2), int64(100), "", "22003"}, {"INT", wide, int64(-3), "-3", ""},
		{"BIT", arrow.FixedWidthTypes.Boolean, true, "true", ""}, {"BIT", i64, true, "", "schema"},
		{"REAL", arrow.PrimitiveTypes.Float32, float64(float32(0.1)), "0.1", ""}, {"REAL", arrow.PrimitiveTypes.Float64, 0.5, "0.5", ""},
		{"FLOAT", arrow.PrimitiveTypes.Float64, math.Copysign(0, -1), "-0", ""}, {"FLOAT", arrow.PrimitiveTypes.Float32, 0.5, "", "schema"},

		{"DECIMAL", dec(15, 2), []byte("-0.01"), "-0.01", ""}, {"DECIMAL", dec(15, 2), []byte("1.230000"), "1.23", ""},
		{"DECIMAL", dec(15, 2), []byte("1.231"), "", "22003"}, {"DECIMAL", dec(5, 2), []byte("1000"), "", "22003"},
		{"DECIMAL", dec(38, 0), []byte("-" + nines), "-" + nines, ""}, {"DECIMAL", dec(38, 38), []byte("-0." + nines), "-0." + nines, ""},
		{"DECIMAL", wide, []byte(nines), nines, ""}, {"DECIMAL", dec(38, 0), []byte("0"), "0", ""}, {"MONEY", dec(19, 4), []byte("-922337203685477.5808"), "-922337203685477.5808", ""},
		{"DECIMAL", i64, []byte("-9223372036854775808"), "-9223372036854775808", ""}, {"DECIMAL", i64, []byte("9223372036854775808"), "", "22003"},
		{"DECIMAL", i64, []byte("7.000"), "7", ""}, {"DECIMAL", i64, []byte("7.5"), "", "22003"}, {"DECIMAL", i16, []byte("40000"), "", "22003"},
		{"DECIMAL", dec(15, 2), []byte("1e3"), "", "internal"}, {"DECIMAL", dec(15, 2), []byte(""), "", "internal"}, {"DECIMAL", dec(15, 2), []byte("-"), "", "internal"},
		{"DECIMAL", dec(15, 2), []byte("1.2.3"), "", "internal"}, {"DECIMAL", dec(15, 2), []byte("."), "", "internal"},

		{"NVARCHAR", wide, nines + "." + nines, nines + "." + nines, ""}, {"NVARCHAR", wide, "-0." + zeros + "1", "-1e-38", ""},
		{"NVARCHAR", wide, nines + ";1", "", "22003"}, {"NVARCHAR", wide, nines + ";-1", strings.Repeat("9", 37) + "8", ""},
		{"NVARCHAR", wide, "-1.5;0.25", "-1.25", ""}, {"NVARCHAR", wide, "0.25;-1.5", "-1.25", ""}, {"NVARCHAR", wide, "1;-1", "0", ""},
		{"NVARCHAR", wide, "1;2;3", "", "internal"}, {"VARCHAR", dec(15, 2), "1.5;1", "2.5", ""}, {"NVARCHAR", dec(2, 0), "60;60", "", "22003"},

		{"NVARCHAR", text, "Zürich 東京 🏝", "Zürich 東京 🏝", ""}, {"NVARCHAR", text, "a\uFFFDb", "", "22021"},
		{"NCHAR", text, "ab   ", "ab   ", ""}, {"VARCHAR", text, "plain", "plain", ""}, {"VARCHAR", text, "Zürich", "", "22021"},
		{"VARBINARY", text, utf16le("Zürich 東京 🏝, and some more"), "Zürich 東京 🏝, and some more", ""}, {"VARBINARY", text, []byte{}, "", ""},
		{"VARBINARY", text, utf16le("\uFFFD\x00x"), "\uFFFD\x00x", ""},
		{"VARBINARY", text, []byte{'a', 0, 0x3c, 0xd8}, "", "22021"}, {"VARBINARY", text, []byte{0x3c, 0xd8, 'a', 0}, "", "22021"},
		{"VARBINARY", text, []byte{0x34, 0xdc, 'a', 0}, "", "22021"}, {"VARBINARY", text, []byte{'a'}, "", "22021"},
		{"VARBINARY", arrow.BinaryTypes.Binary, []byte{0, 255}, "AP8=", ""}, {"NVARCHAR", arrow.BinaryTypes.Binary, "x", "", "schema"},
		{"UNIQUEIDENTIFIER", uuidType, []byte{0x67, 0x45, 0x3e, 0x12, 0x9b, 0xe8, 0xd3, 0x12, 0xa4, 0x56, 0x42, 0x66, 0x14, 0x17, 0x40, 0x00},
			"Ej5FZ+ibEtOkVkJmFBdAAA==", ""}, {"UNIQUEIDENTIFIER", uuidType, []byte{1}, "", "internal"},

		{"DATE", arrow.FixedWidthTypes.Date32, at("1969-12-31 00:00:00Z"), "1969-12-31", ""},
		{"DATE", arrow.FixedWidthTypes.Date32, at("0001-01-01 00:00:00Z"), "0001-01-01", ""},
		{"TIME", arrow.FixedWidthTypes.Time64us, time.Date(1, 1, 1, 23, 59, 59, 999999000, time.UTC), "23:59:59.999999", ""},
		{"TIME", arrow.FixedWidthTypes.Time64us, time.Date(1, 1, 1, 0, 0, 0, 100, time.UTC), "", "22008"},
		{"DATETIME2", timestamp, at("1969-12-31 23:59:59.999999Z"), "1969-12-31 23:59:59.999999Z", ""},
		{"DATETIME2", timestamp, at("0001-01-01 00:00:00Z"), "0001-01-01 00:00:00Z", ""},
		{"DATETIME2", timestamp, at("9999-12-31 23:59:59.999999Z"), "9999-12-31 23:59:59.999999Z", ""},
		{"DATETIME2", timestamp, at("2020-01-01 00:00:00.0000001Z"), "", "22008"}, {"DATETIME2", instant, at("2020-01-01 00:00:00Z"), "", "schema"},
		{"DATETIMEOFFSET", instant, at("2026-07-01 12:00:00+02:00"), "2026-07-01 10:00:00Z", ""}, {"DATETIMEOFFSET", timestamp, at("2020-01-01 00:00:00Z"), "", "schema"},
		{"XML", text, "x", "", "schema"}, {"SQL_VARIANT", text, "x", "", "schema"}, {"", text, "x", "", "schema"},
		{"BIGINT", i64, "7", "", "internal"}, {"NVARCHAR", text, int64(7), "", "internal"}, {"BIGINT", i64, true, "", "internal"},
		{"INT", i64, struct{}{}, "", "internal"}, {"FLOAT", arrow.PrimitiveTypes.Float64, []byte("x"), "", "internal"},
		{"DATE", arrow.FixedWidthTypes.Date32, 1.5, "", "internal"}, {"BIT", arrow.FixedWidthTypes.Boolean, at("2020-01-01 00:00:00Z"), "", "internal"},
	} {
		got, err := decoded(t, tc.native, tc.typ, tc.value)
		if tc.fail == "" {
			if err != nil || got != tc.want {
				t.Errorf("%s %v as %s: %q, %v, want %q", tc.native, tc.value, tc.typ, got, err, tc.want)
			}
			continue
		}
		var e *connectors.Error
		if !asPort(err, &e) || e.SQLState != tc.fail && string(e.Class) != tc.fail || e.Column != "v" {
			t.Errorf("%s %v as %s: %q, %v, want %s", tc.native, tc.value, tc.typ, got, err, tc.fail)
		}
	}
}

func asPort(err error, e **connectors.Error) bool {
	found, ok := err.(*connectors.Error)
	*e = found
	return ok
}

// TestDecimalsAtRandom compares both parsers with arithmetic that needs none.
func TestDecimalsAtRandom(t *testing.T) {
	for range 3000 {
		n, scale, target := 1+rand.IntN(38), 0, rand.IntN(39)
		if n > 1 {
			scale = rand.IntN(n)
		}
		digits := make([]byte, n)
		for i := range digits {
			digits[i] = byte('0' + rand.IntN(10))
		}
		s := string(digits[:n-scale])
		if scale > 0 {
			s += "." + string(digits[n-scale:])
		}
		unscaled, _ := new(big.Int).SetString(string(digits), 10)
		want := new(big.Int).Mul(unscaled, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(max(target-scale, 0))), nil))
		exact := true
		if scale > target {
			var rest big.Int
			want.QuoRem(unscaled, new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(scale-target)), nil), &rest)
			exact = rest.Sign() == 0
		}
		v, negative, fault := parseDecimal([]byte("-"+s), target, 76)
		if exact != (fault == numberOK) || exact && (decimal256.FromBigInt(want) != v.signed(false) || negative != (want.Sign() != 0)) {
			t.Errorf("%s at scale %d: %v %v %d, want %s", s, target, v, negative, fault, want)
		}
		if short, _, ok := shortDecimal([]byte(s), target); ok && (!exact || want.Cmp(new(big.Int).SetUint64(short)) != 0) {
			t.Errorf("%s at scale %d: short says %d, want %s", s, target, short, want)
		}
	}
}

func FuzzUTF16(f *testing.F) {
	f.Add([]byte{'a', 0, 0x3c, 0xd8, 0x34, 0xdf})
	f.Fuzz(func(t *testing.T, src []byte) {
		units := make([]uint16, len(src)/2)
		for i := range units {
			units[i] = uint16(src[2*i]) | uint16(src[2*i+1])<<8
		}
		got, ok := appendUTF16(nil, src)
		if back := utf16le(string(got)); ok && string(back) != string(src) {
			t.Fatalf("% x came back as % x", src, back)
		}
		if want := string(utf16.Decode(units)); !ok && len(src)%2 == 0 && string(utf16le(want)) == string(src) {
			t.Fatalf("% x was refused", src)
		}
	})
}
