package scalar

import (
	"errors"
	"strings"
	"testing"
)

// canonicalCases are texts of types, and the canonical text or the SQLSTATE.
var canonicalCases = []struct{ typ, in, want string }{
	{"bool", " T ", "true"}, {"bool", "off", "false"}, {"bool", "o", "22P02"},
	{"int2", " +007 ", "7"}, {"int2", "-0", "0"}, {"int2", "32768", "22003"}, {"int4", "1.0", "22P02"},
	{"int8", "-9223372036854775808", "-9223372036854775808"},
	{"float8", "1e3", "1000"}, {"float8", "-0", "-0"}, {"float8", "inf", "Infinity"}, {"float8", "1e400", "22003"},
	{"float8", "1e16", "1e+16"}, {"float4", "0.1", "0.1"}, {"float4", "16777217", "1.6777216e+07"},
	{"numeric", "1.50e2", "150"}, {"numeric", "1.50e1", "15.0"}, {"numeric", "-0.00", "0.00"}, {"numeric", ".5", "0.5"}, {"numeric", "1e-3", "0.001"},
	{"numeric", "NaN", "22003"}, {"numeric", "1,5", "22P02"},
	{"bytea", `\xDE ad`, `\xdead`}, {"bytea", `a\\\001`, `\x615c01`}, {"bytea", `\xzz`, "22023"},
	{"uuid", "{A0EEBC99-9C0B4EF8-BB6D6BB9-BD380A11}", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}, {"uuid", "a0ee", "22P02"},
	{"date", "20240229", "2024-02-29"}, {"date", "2023-02-29", "22008"}, {"date", "44-03-15 BC", "22007"}, {"date", "0044-03-15 BC", "0044-03-15 BC"},
	{"date", "Infinity", "infinity"}, {"date", "epoch", "1970-01-01"}, {"date", "5 January 2024", "2024-01-05"}, {"date", "2024-01-05 23:59+00", "2024-01-05"},
	{"time", "4:05 PM", "16:05:00"}, {"time", "24:00", "24:00:00"}, {"time", "01:02:03.1234567", "01:02:03.123457"},
	{"timestamp", "2024-01-05T01:02:03.500+05", "2024-01-05 01:02:03.5"}, {"timestamp", "2024-01-05", "2024-01-05 00:00:00"},
	{"timestamptz", "2024-01-05T01:02:03+05", "2024-01-04 20:02:03+00"}, {"timestamptz", "2024-07-01 12:00 Europe/Berlin", "2024-07-01 10:00:00+00"},
	{"timestamptz", "2024-07-01 12:00 Nowhere/Town", "22023"}, {"timestamp", "2024-07-01 12:00 europe/berlin", "2024-07-01 12:00:00"},
	{"timestamptz", "-infinity", "-infinity"},
	{"timestamptz", "2024-01-05 25:00", "22008"}, {"timestamptz", "soon", "22007"},
	{"interval", "90 minutes", "01:30:00"}, {"interval", "1 mon -1 day", "1 mon -1 days"}, {"interval", "P1Y2M", "1 year 2 mons"}, {"interval", "x", "22007"},
	{"text", " As is ", " As is "}, {"jsonb", `{"a": 1}`, `{"a": 1}`},
}

func TestCanonical(t *testing.T) {
	for _, c := range canonicalCases {
		got, err := Canonical(c.typ, c.in)
		var e *Error
		if errors.As(err, &e) {
			got = e.SQLState
		} else if err != nil {
			t.Errorf("%s %q: not an *Error: %v", c.typ, c.in, err)
		}
		if got != c.want {
			t.Errorf("%s %q is %q, want %q", c.typ, c.in, got, c.want)
		} else if again, err2 := Canonical(c.typ, got); err == nil && (err2 != nil || again != got) {
			t.Errorf("%s %q is not canonical: %q, %v", c.typ, got, again, err2)
		}
	}
}

// TestCanonicalOfPostgreSQL: a live server shows the same text, and refuses the same with the same SQLSTATE.
func TestCanonicalOfPostgreSQL(t *testing.T) {
	var questions []string
	for _, c := range canonicalCases {
		questions = append(questions, "'"+strings.ReplaceAll(c.in, "'", "''")+"'::"+c.typ)
	}
	for i, got := range newOracle(t).ask(t, questions) {
		c := canonicalCases[i]
		got = strings.TrimPrefix(got, "ERR ")
		if ours := c.typ == "numeric" && c.in == "NaN" || c.typ == "date" && c.in == "44-03-15 BC"; got != c.want && !ours {
			t.Errorf("%s %q: PostgreSQL says %q, not %q", c.typ, c.in, got, c.want)
		}
	}
}
