package scalar

import (
	"strconv"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
)

var (
	tText = arrow.BinaryTypes.String
	tInt2 = arrow.PrimitiveTypes.Int16
	tInt4 = arrow.PrimitiveTypes.Int32
	tInt8 = arrow.PrimitiveTypes.Int64
	tF4   = arrow.PrimitiveTypes.Float32
	tF8   = arrow.PrimitiveTypes.Float64
)

var numericEdges = []string{"0", "0.00", "1", "-1", "1.00", "0.1", "-0.1", "0.5", "-0.5", "1.5", "2.5", "-2.5", "0.9", "1.1", "0.99999",
	"1.00000000000000000001", "9999", "10000", "0.0001", "0.00009999", "12345678901234567890.123456789", "-99999999999999999999999999999999999999",
	"99999999999999999999999999999999999999.99999999999999999999999999999999999999", "0.00000000000000000000000000000000000001", "1234.5678"}

// withHints appends the scales of numeric texts to each row.
func withHints(rows [][]string, fixed int) [][]string {
	out := make([][]string, len(rows))
	for i, row := range rows {
		out[i] = append([]string{}, row...)
		for _, s := range row[:fixed] {
			_, frac, _ := strings.Cut(s, ".")
			out[i] = append(out[i], strconv.Itoa(len(frac)))
		}
	}
	return out
}

func numericPairs(g generator, whole, frac int) [][]string {
	pairs := cross(numericEdges, numericEdges)
	return append(pairs, rows(300, func() []string { return []string{g.numeric(whole, frac), g.numeric(whole, frac)} })...)
}

func TestDiffNumericArithmetic(t *testing.T) {
	g := newGenerator(1)
	two := types(wideType, wideType)
	one := types(wideType)
	hinted := types(wideType, wideType, tInt4, tInt4)
	pairs := numericPairs(g, 18, 12)
	var singles, scaled [][]string
	for _, p := range pairs {
		singles = append(singles, p[:1])
		scaled = append(scaled, []string{p[0], strconv.Itoa(g.IntN(60) - 30)})
	}
	singles = singles[len(singles)-320:]
	scaled = append(scaled[len(scaled)-320:], cross(numericEdges, []string{"0", "1", "2", "-1", "37", "38", "39", "-37", "-38", "-39", "-40", "2147483647", "-2147483648"})...)
	runDiff(t, []diffCase{
		{"pg_numeric_add", two, "$1 + $2", pairs},
		{"pg_numeric_sub", two, "$1 - $2", pairs},
		{"pg_numeric_mul", two, "$1 * $2", pairs},
		{"pg_numeric_div", hinted, "$1 / $2", withHints(pairs, 2)},
		{"pg_numeric_div", two, "trim_scale($1) / trim_scale($2)", pairs},
		{"pg_numeric_mod", two, "$1 % $2", pairs},
		{"pg_numeric_idiv", two, "div($1, $2)", pairs},
		{"pg_numeric_neg", one, "- $1", singles},
		{"pg_numeric_abs", one, "abs($1)", singles},
		{"pg_numeric_sign", one, "sign($1)", singles},
		{"pg_numeric_ceil", one, "ceil($1)", singles},
		{"pg_numeric_floor", one, "floor($1)", singles},
		{"pg_numeric_round", types(wideType, tInt4), "round($1, $2)", scaled},
		{"pg_numeric_trunc", types(wideType, tInt4), "trunc($1, $2)", scaled},
	})
}

func TestDiffNumericInexact(t *testing.T) {
	g := newGenerator(2)
	singles := cross(numericEdges)
	singles = append(singles, rows(200, func() []string { return []string{strings.TrimPrefix(g.numeric(12, 10), "-")} })...)
	small := cross([]string{"0", "1", "-1", "50", "-50", "87.5", "-87.5", "100", "5999", "6001", "-6001", "0.000000001", "-30.25"})
	small = append(small, rows(200, func() []string { return []string{g.numeric(2, 10)} })...)
	powers := cross([]string{"0", "0.00", "1", "-1", "2", "-2", "0.5", "-0.5", "1.5", "10", "0.1", "1.0000001", "4", "25.00", "99999999999"},
		[]string{"0", "0.0", "1", "-1", "2", "3", "-3", "0.5", "-0.5", "1.50", "24", "60", "-24", "33", "2147483648", "-2147483649", "100000000000000000000"})
	powers = append(powers, rows(150, func() []string { return []string{strings.TrimPrefix(g.numeric(4, 6), "-"), g.numeric(1, 4)} })...)
	logs := append(cross(numericEdges, []string{"0.5", "1", "2", "10", "-1", "0", "1.01"}),
		rows(100, func() []string {
			return []string{strings.TrimPrefix(g.numeric(6, 6), "-"), strings.TrimPrefix(g.numeric(6, 6), "-")}
		})...)
	hint1, hint2 := types(wideType, tInt4), types(wideType, wideType, tInt4, tInt4)
	runDiff(t, []diffCase{
		{"pg_numeric_sqrt", hint1, "sqrt($1)", withHints(singles, 1)},
		{"pg_numeric_sqrt", types(wideType), "sqrt(trim_scale($1))", singles},
		{"pg_numeric_exp", hint1, "exp($1)", withHints(small, 1)},
		{"pg_numeric_ln", hint1, "ln($1)", withHints(singles, 1)},
		{"pg_numeric_log", hint1, "log($1)", withHints(singles, 1)},
		{"pg_numeric_log", hint2, "log($1, $2)", withHints(logs, 2)},
		{"pg_numeric_power", hint2, "power($1, $2)", withHints(powers, 2)},
	})
}

func TestDiffNumericCasts(t *testing.T) {
	g := newGenerator(3)
	texts := cross([]string{"", " ", "1", " 1.50 ", "\t-3\n", "+4", ".5", "5.", ".", "-", "1e5", "1E-5", "1e", "1e+", "1e+-2", "e5", "1 2", "0x10", "1_000", "NaN", "inf",
		"-Infinity", "1e38", "1e37", "1e-38", "1e-39", "1e400", "0e400", "0e99999999999", "1e1073741823", "1.2.3", "--1", "１", "12345678901234567890123456789012345678.5"})
	texts = append(texts, rows(100, func() []string { return []string{g.numeric(20, 20) + pick(g, "", "e3", "E-7", "e+2")} })...)
	floats := rows(300, func() []string { return []string{g.float()} })
	ints := append(cross(numericEdges), cross([]string{"32767.4", "32767.5", "-32768.5", "-32768.4", "2147483647.49", "2147483647.5", "-2147483648.5", "9223372036854775807.4",
		"9223372036854775807.5", "-9223372036854775808.4", "-9223372036854775808.5"})...)
	ints = append(ints, rows(100, func() []string { return []string{g.numeric(10, 3)} })...)
	typmods := cross(append(numericEdges, "999.995", "999.994", "-999.995", "0.00995"), []string{"1", "3", "5", "38", "0", "1001"}, []string{"0", "2", "5", "-2", "38", "1001"})
	runDiff(t, []diffCase{
		{"pg_wide", types(tText), "$1::numeric", texts},
		{"pg_wide", types(tF8), "$1::numeric", floats},
		{"pg_wide", types(tF4), "$1::numeric", cross([]string{"0", "0.1", "16777216", "1e10", "1.5e-7", "NaN", "3.4e38", "123456789", "9.99999e5"})},
		{"pg_wide", types(tInt8), "$1::numeric", cross([]string{"0", "1", "-1", "9223372036854775807", "-9223372036854775808"})},
		{"pg_wide_to_float8", types(wideType), "$1::float8", ints},
		{"pg_wide_to_float4", types(wideType), "$1::float4", ints},
		{"pg_wide_to_int8", types(wideType), "$1::int8", ints},
		{"pg_wide_to_int4", types(wideType), "$1::int4", ints},
		{"pg_wide_to_int2", types(wideType), "$1::int2", ints},
		{"pg_wide_text", types(wideType, tInt4), "trim_scale($1)::numeric(60, 12)::text || substr(repeat('x', $2), 13)",
			rows(50, func() []string { return []string{g.numeric(12, 12), "12"} })},
		{"pg_numeric_typmod", types(wideType, tInt4, tInt4), "typmod($1, $2, $3)", typmods},
	})
}

func TestDiffFloat(t *testing.T) {
	g := newGenerator(4)
	edges := []string{"0", "-0", "1", "-1", "2", "0.5", "-0.5", "1.5", "2.5", "3.5", "NaN", "Infinity", "-Infinity", "1e308", "-1e308", "1e-308", "5e-324", "1e23", "1e15",
		"123456789012345.6", "1e-4", "0.00001", "-3", "3", "1e300", "9.2e18", "9223372036854775807", "-9223372036854775808", "2147483647.5", "-2147483648.5", "32767.5", "9007199254740993"}
	pairs := append(cross(edges, edges), rows(200, func() []string { return []string{g.float(), g.float()} })...)
	singles := append(cross(edges), rows(400, func() []string { return []string{g.float()} })...)
	small := append(cross(edges), rows(200, func() []string { return []string{g.numeric(2, 8)} })...)
	units := append(cross(edges), rows(100, func() []string { return []string{strconv.FormatFloat(g.Float64()*2-1, 'g', -1, 64)} })...)
	powers := append(pairs, rows(200, func() []string { return []string{g.numeric(2, 5), g.numeric(1, 3)} })...)
	singleEdges := []string{"0", "-0", "1", "-1", "1e38", "-1e38", "1e-38", "1e-45", "3.4028235e38", "NaN", "Infinity", "-Infinity", "0.1", "1e6", "999999", "123456.7", "16777217", "1e-5",
		"8.5899346e9", "1e10", "1e11", "33554432"}
	one := types(tF8)
	cases := []diffCase{
		{"pg_power_float8", types(tF8, tF8), "power($1, $2)", powers},
		{"pg_atan2", types(tF8, tF8), "atan2($1, $2)", pairs},
		{"pg_round_float8", one, "round($1)", small},
		{"pg_float8_to_int8", one, "$1::int8", singles}, {"pg_float8_to_int4", one, "$1::int4", singles},
		{"pg_float8_to_int2", one, "$1::int2", small}, {"pg_float8_to_float4", one, "$1::float4", singles},
		{"pg_float8_text", one, "$1::text", singles},
		{"pg_float4_text", types(tF4), "$1::text", cross(singleEdges)},
		{"pg_exp", one, "exp($1)", append(small, cross([]string{"709.7", "709.8", "-745", "-746", "-708.5"})...)},
		{"pg_ln", one, "ln($1)", singles}, {"pg_log10", one, "log($1)", singles}, {"pg_sqrt", one, "sqrt($1)", singles}, {"pg_cbrt", one, "cbrt($1)", singles},
		{"pg_sin", one, "sin($1)", small}, {"pg_cos", one, "cos($1)", small}, {"pg_tan", one, "tan($1)", small}, {"pg_cot", one, "cot($1)", small},
		{"pg_asin", one, "asin($1)", units}, {"pg_acos", one, "acos($1)", units}, {"pg_atan", one, "atan($1)", small},
		{"pg_sinh", one, "sinh($1)", small}, {"pg_cosh", one, "cosh($1)", small}, {"pg_tanh", one, "tanh($1)", small},
		{"pg_degrees", one, "degrees($1)", singles}, {"pg_radians", one, "radians($1)", singles},
		{"pg_text_float8", types(tText), "$1::float8", cross([]string{"", " 1 ", "1e400", "1e-400", "0e-400", "-inf", "+nan", "nan", "infinit", "0x1A", "0x1.8p1", "1_0", "1e", ".", ".5", "5.", "1e5x", "++1", "-0", "2e-324"})},
		{"pg_text_float4", types(tText), "$1::float4", cross([]string{"", "1e39", "1e-46", "1e-45", "0.1", "NaN", "3.4028236e38"})},
	}
	for op, sign := range map[string]string{"add": "+", "sub": "-", "mul": "*", "div": "/"} {
		cases = append(cases, diffCase{"pg_float8_" + op, types(tF8, tF8), "$1 " + sign + " $2", pairs},
			diffCase{"pg_float4_" + op, types(tF4, tF4), "$1 " + sign + " $2", cross(singleEdges, singleEdges)})
	}
	runDiff(t, cases)
}

func TestDiffInteger(t *testing.T) {
	values := map[arrow.DataType][]string{
		tInt2: {"0", "1", "-1", "7", "-7", "3", "32767", "-32768"},
		tInt4: {"0", "1", "-1", "7", "-7", "3", "2147483647", "-2147483648"},
		tInt8: {"0", "1", "-1", "7", "-7", "3", "9223372036854775807", "-9223372036854775808"},
	}
	var cases []diffCase
	texts := cross([]string{"", " 5 ", "-5", "+5", "- 5", "5x", "1.0", "1e2", "32768", "-32768", "2147483648", "-2147483648", "9223372036854775808", "-9223372036854775808", "0x1", "007", "１", "99999999999999999999"})
	for dt, v := range values {
		cases = append(cases, diffCase{"pg_int_div", types(dt, dt), "$1 / $2", cross(v, v)},
			diffCase{"pg_int_mod", types(dt, dt), "$1 % $2", cross(v, v)},
			diffCase{"pg_int_abs", types(dt), "abs($1)", cross(v)},
			diffCase{"pg_text_" + sqlType(dt), types(tText), "$1::" + sqlType(dt), texts})
	}
	cases = append(cases,
		diffCase{"pg_text_bool", types(tText), "$1::bool", cross([]string{"", "t", "TRUE", "tru", "truex", " yes ", "y", "n", "no", "o", "on", "of", "OFF", "1", "0", "01", "f", "fa"})},
		diffCase{"pg_text_uuid", types(tText), "$1::uuid", cross([]string{"", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "A0EEBC999C0B4EF8BB6D6BB9BD380A11", "{a0eebc99-9c0b4ef8-bb6d6bb9-bd380a11}",
			"a0ee-bc99-9c0b-4ef8-bb6d-6bb9-bd38-0a11", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1", "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11-", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", " a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11", "a0eebc99--9c0b-4ef8-bb6d-6bb9bd380a11", "{}", "{"})},
		diffCase{"pg_text_bytea", types(tText), "$1::bytea", cross([]string{"", `\x`, `\x00ff`, `\xF f`, `\x0`, `\xzz`, `abc`, `a\\b`, `a\101`, `a\400`, `a\1`, `\`})})
	runDiff(t, cases)
}
