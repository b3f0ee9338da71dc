package shardmap

import (
	"errors"
	"math"
	"testing"
	"time"
)

func TestParseValue(t *testing.T) {
	for _, c := range []struct {
		pgType, text string
		want         Value
	}{
		{"smallint", "-32768", Int(-32768)},
		{"integer", " 42 ", Int(42)},
		{"int8", "+7", Int(7)},
		{"bigint", "9223372036854775807", Int(math.MaxInt64)},
		{"text", " a ", Text(" a ")},
		{"varchar(10)", "a", Text("a")},
		{"character varying", "", Text("")},
		{"character(3)", "DE ", Text("DE")},
		{"boolean", "T", Bool(true)},
		{"date", "1970-01-02", Date(1)},
		{"date", "0001-01-01", Date(-719162)},
		{"date", "2000-02-29", Date(11016)},
		{"date", "infinity", Date(math.MaxInt32)},
		{"timestamp", "1970-01-01 00:00:01.5", Timestamp(1_500_000)},
		{"timestamp(3) without time zone", "1969-12-31T23:59:59", Timestamp(-1_000_000)},
		{"timestamptz", "1970-01-01 02:00:00+02", TimestampTZ(0)},
		{"timestamp with time zone", "1969-12-31 23:30:00-00:30", TimestampTZ(0)},
		{"timestamptz", "1970-01-02", TimestampTZ(microsPerDay)},
		{"timestamptz", "-infinity", TimestampTZ(math.MinInt64)},
	} {
		got, err := ParseValue(c.pgType, c.text)
		if err != nil || got != c.want {
			t.Errorf("ParseValue(%q, %q) = %v, %v; want %v", c.pgType, c.text, got, err, c.want)
		}
		if kind, ok := KindOf(c.pgType); !ok || kind != got.Kind() {
			t.Errorf("KindOf(%q) = %v, %v", c.pgType, kind, ok)
		}
		if back, err := ParseValue(got.Kind().String(), got.String()); err != nil || back != got {
			t.Errorf("%q does not survive its text form %q: %v %v", c.text, got, back, err)
		}
	}
}

func TestParseValueRefuses(t *testing.T) {
	for _, c := range [][2]string{
		{"smallint", "32768"}, {"bigint", "9223372036854775808"}, {"bigint", "1.0"}, {"bigint", "0x10"},
		{"bigint", "1_000"}, {"bigint", ""}, {"uuid", "0011"}, {"uuid", "00112233-4455-6677-8899-aabbccddeefg"},
		{"date", "2023-02-29"}, {"date", "1900-02-29"}, {"date", "20-01-01"}, {"date", "2020-1-1"}, {"date", "2020-13-01"},
		{"date", "44-03-15 BC"}, {"date", "9999999-01-01"}, {"timestamp", "2020-01-01 00:00:00+00"}, {"timestamp", "2020-01-01 24:00:00"},
		{"timestamptz", "2020-01-01 00:00:00.1234567"}, {"timestamptz", "2020-01-01 10:00 PST"}, {"timestamp", "2020-01-01 00:00.5"},
		{"timestamp", "400000-01-01"}, {"boolean", "maybe"}, {"text", "\xff"}, {"numeric", "1"}, {"double precision", "1"}, {"", "1"},
	} {
		if v, err := ParseValue(c[0], c[1]); !errors.Is(err, ErrKeyType) {
			t.Errorf("ParseValue(%q, %q) = %v, %v; want a key type mismatch", c[0], c[1], v, err)
		}
	}
}

func TestCivilAgainstStandardLibrary(t *testing.T) {
	for days := int64(-719162); days < 3_000_000; days += 97 {
		want := time.Unix(days*86400, 0).UTC()
		y, m, d := daysCivil(days)
		if int(y) != want.Year() || int(m) != int(want.Month()) || int(d) != want.Day() || civilDays(y, m, d) != days {
			t.Fatalf("day %d: %d-%d-%d, want %s", days, y, m, d, want)
		}
	}
}

func TestCompare(t *testing.T) {
	ordered := [][]Value{
		{Int(math.MinInt64), Int(-1), Int(0), Int(math.MaxInt64)},
		{Text(""), Text("B"), Text("a"), Text("ab"), Text("é")},
		{UUID([16]byte{}), UUID([16]byte{15: 1}), UUID([16]byte{8: 0x80}), UUID([16]byte{0: 0x80})},
		{Bool(false), Bool(true)},
	}
	for _, values := range ordered {
		for i, a := range values {
			for j, b := range values {
				if c := Compare(a, b); (c < 0) != (i < j) || (c == 0) != (i == j) {
					t.Errorf("Compare(%v, %v) = %d", a, b, c)
				}
				if a.atMost(&b) != (i <= j) {
					t.Errorf("%v atMost %v = %v", a, b, i > j)
				}
			}
		}
	}
}
