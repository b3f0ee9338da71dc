package conformance

import (
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// edge is one value of one type: PostgreSQL's text for it, and the cell (see cell) it must become.
type edge struct{ typ, text, want string }

var (
	nines38  = strings.Repeat("9", 38)
	zeros37  = strings.Repeat("0", 37)
	longText = strings.Repeat("atoll €", 10_000)
)

var edges = []edge{
	{"smallint", "-32768", "-32768"}, {"smallint", "32767", "32767"},
	{"integer", "-2147483648", "-2147483648"}, {"integer", "2147483647", "2147483647"},
	{"bigint", "-9223372036854775808", "-9223372036854775808"},
	{"bigint", "9223372036854775807", "9223372036854775807"}, {"bigint", "0", "0"},

	{"real", "1.5", "1.5"}, {"real", "-0", "-0"}, {"real", "3.4028235e38", "3.4028235e+38"},
	{"real", "1e-45", "1e-45"}, {"real", "NaN", "NaN"}, {"real", "Infinity", "+Inf"}, {"real", "-Infinity", "-Inf"},
	{"double precision", "-0", "-0"}, {"double precision", "0.1", "0.1"},
	{"double precision", "1.7976931348623157e308", "1.7976931348623157e+308"},
	{"double precision", "5e-324", "5e-324"}, {"double precision", "NaN", "NaN"},
	{"double precision", "Infinity", "+Inf"}, {"double precision", "-Infinity", "-Inf"},
	{"boolean", "true", "true"}, {"boolean", "false", "false"},

	{"numeric(4,0)", "-9999", "-9999"}, {"numeric(4,4)", "0.0001", "0.0001"},
	{"numeric(15,2)", "0", "0.00"}, {"numeric(15,2)", "-0.01", "-0.01"}, {"numeric(15,2)", "0.10", "0.10"},
	{"numeric(15,2)", "9999999999999.99", "9999999999999.99"}, {"numeric(15,2)", "-9999999999999.99", "-9999999999999.99"},
	{"numeric(15,2)", "10000", "10000.00"}, {"numeric(15,2)", "100000000", "100000000.00"},
	{"numeric(18,0)", "999999999999999999", "999999999999999999"},
	{"numeric(20,10)", "1234567890.0123456789", "1234567890.0123456789"},
	{"numeric(38,0)", nines38, nines38}, {"numeric(38,0)", "-" + nines38, "-" + nines38},
	{"numeric(38,38)", "0." + zeros37 + "1", "0." + zeros37 + "1"},
	{"numeric(38,38)", "-0." + nines38, "-0." + nines38},
	{"numeric(38,6)", "0.000001", "0.000001"},
	{"numeric", "0", "0." + strings.Repeat("0", 38)}, {"numeric", "-123.456", "-123.456" + strings.Repeat("0", 35)},
	{"numeric", nines38 + "." + nines38, nines38 + "." + nines38},
	{"numeric", "-" + nines38 + "." + nines38, "-" + nines38 + "." + nines38},
	{"numeric", "0." + zeros37 + "1", "0." + zeros37 + "1"},

	{"text", "", `""`}, {"text", "NULL", `"NULL"`}, {"text", "a  ", `"a  "`}, {"text", `it's "q" \n %`, `"it's \"q\" \\n %"`},
	{"text", "Zürich São Paulo 東京 🏝", `"Zürich São Paulo 東京 🏝"`}, {"text", "line\ntab\t", `"line\ntab\t"`},
	{"text", "e\u0301", "\"e\u0301\""}, {"character(5)", "ab   ", `"ab   "`},
	{"bytea", "", ""}, {"bytea", `\x00ff5c27`, "00ff5c27"},

	{"date", "1970-01-01", "0"}, {"date", "2000-01-01", "10957"}, {"date", "1969-12-31", "-1"},
	{"date", "1582-10-15", "-141427"}, {"date", "1582-10-14", "-141428"}, {"date", "0001-01-01", "-719162"},
	{"date", "9999-12-31", "2932896"}, {"date", "0044-03-15 BC", "-735160"},
	{"date", "infinity", "2147483647"}, {"date", "-infinity", "-2147483648"},
	{"time without time zone", "00:00:00", "0"}, {"time without time zone", "23:59:59.999999", "86399999999"},
	{"time without time zone", "24:00:00", "86400000000"},
	{"timestamp without time zone", "1970-01-01 00:00:00", "0"},
	{"timestamp without time zone", "1969-12-31 23:59:59.999999", "-1"},
	{"timestamp without time zone", "2026-02-03 04:05:06.789012", "1770091506789012"},
	{"timestamp without time zone", "0001-01-01 00:00:00", "-62135596800000000"},
	{"timestamp without time zone", "9999-12-31 23:59:59.999999", "253402300799999999"},
	{"timestamp without time zone", "infinity", "9223372036854775807"},
	{"timestamp without time zone", "-infinity", "-9223372036854775808"},
	{"timestamp with time zone", "2026-07-01 12:00:00+02", "1782900000000000"},
	{"timestamp with time zone", "1883-11-18 12:00:00+00", "-2717668800000000"},
	{"timestamp with time zone", "infinity", "9223372036854775807"},
	{"timestamp with time zone", "-infinity", "-9223372036854775808"},
	{"interval", "1 year 2 mons 3 days 04:05:06.000007", "14/3/14706000007000"},
	{"interval", "-1 mons +2 days -00:00:00.000001", "-1/2/-1000"}, {"interval", "00:00:00", "0/0/0"},

	{"uuid", "00000000-0000-0000-0000-000000000000", strings.Repeat("0", 32)},
	{"uuid", "ffffffff-ffff-4fff-bfff-ffffffffffff", "ffffffffffff4fffbfffffffffffffff"},
	{"uuid", "123e4567-e89b-12d3-a456-426614174000", "123e4567e89b12d3a456426614174000"},
	{"json", `{"a": [1, null]}`, `"{\"a\": [1, null]}"`}, {"jsonb", `{"a": [1, null]}`, `"{\"a\": [1, null]}"`},
}

func testTypes(t *testing.T, h Harness) {
	c := h.open(t)
	all := append([]edge{{"text", longText, `"` + longText + `"`}}, edges...)
	for _, e := range all {
		name := e.typ + "/" + e.text
		t.Run(name[:min(len(name), 60)], func(t *testing.T) {
			expr, ok := h.Literal(e.typ, e.text)
			if !ok {
				t.Skip("the engine has no such value")
			}
			out := mustRun(t, c, connectors.Statement{
				SQL: "SELECT " + expr + " AS v", Schema: schemaOf(field("v", e.typ)), Alloc: allocator(t)})
			if len(out.rows) != 1 || out.rows[0][0] != e.want {
				t.Errorf("%s of %.100q became %.200q, want %.200q", e.typ, e.text, out.rows, e.want)
			}
		})
	}
}

// testNulls reads, for every type, a NULL before and after a value, so that validity does not slip.
func testNulls(t *testing.T, h Harness) {
	c := h.open(t)
	seen := map[string]bool{}
	for _, e := range edges {
		expr, ok := h.Literal(e.typ, e.text)
		if !ok || seen[e.typ] {
			continue
		}
		seen[e.typ] = true
		t.Run(e.typ, func(t *testing.T) {
			sql := "SELECT CASE WHEN n = 2 THEN " + expr + " END AS v FROM (" + h.Series(3) + ") AS s(n) ORDER BY n"
			for _, batch := range []int{0, 1, 2} {
				out := mustRun(t, c, connectors.Statement{
					SQL: sql, Schema: schemaOf(field("v", e.typ)), BatchRows: batch, Alloc: allocator(t)})
				if len(out.rows) != 3 || out.rows[0][0] != "NULL" || out.rows[1][0] != e.want || out.rows[2][0] != "NULL" {
					t.Errorf("batches of %d: %q, want NULL, %s, NULL", batch, out.rows, e.want)
				}
			}
		})
	}
	t.Run("side by side", func(t *testing.T) { testRowOfAll(t, h, c) })
}

// testRowOfAll puts one column of every type into one row.
func testRowOfAll(t *testing.T, h Harness, c connectors.Connector) {
	var exprs []string
	var fields []arrow.Field
	var want []string
	for i, e := range edges {
		expr, ok := h.Literal(e.typ, e.text)
		if !ok {
			continue
		}
		name := "v" + string(rune('a'+i%26)) + string(rune('a'+i/26))
		exprs = append(exprs, expr+" AS "+name)
		fields = append(fields, field(name, e.typ))
		want = append(want, e.want)
	}
	out := mustRun(t, c, connectors.Statement{
		SQL: "SELECT " + strings.Join(exprs, ", "), Schema: schemaOf(fields...), Alloc: allocator(t)})
	for j, got := range out.rows[0] {
		if got != want[j] {
			t.Errorf("column %s: %.200s, want %.200s", fields[j].Name, got, want[j])
		}
	}
}
