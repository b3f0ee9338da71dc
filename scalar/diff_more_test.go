package scalar

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
)

var tBytes = arrow.BinaryTypes.Binary

func TestDiffBytes(t *testing.T) {
	g := newGenerator(21)
	values := []string{"", `\x00`, `\xff00ab`, `\x6162636465`, `\x20612020`, `\xc3a9`, `\xc3`, `\x27225c`, `\x` + g.hex(57), `\x` + g.hex(58), `\x` + g.hex(56), `\x` + g.hex(130)}
	ints := []string{"0", "1", "2", "3", "-1", "5", "100", "2147483647", "-2147483648"}
	sets := []string{"", `\x20`, `\x6165`, `\x00ff`, `\x61`}
	single := cross(values)
	formats := []string{"hex", "base64", "escape", "HEX", "Base64", "foo", ""}
	texts := []string{"", "00", "0g", "a b c d", "abc", "aGVsbG8=", "aGVsbG8", "aGVs bG8=", "aGVs\nbG8==", "aGVsbA==", "a===", "=", "aGVsbA==aGVs", "ab=c", `\000\377`, `\\`, `\`, `a\b`, `\400`, `\x61`, "é", "ab\tcd"}
	cases := []diffCase{
		{"pg_substr", types(tBytes, tInt4), "substr($1, $2)", cross(values, ints)}, {"pg_substr", types(tBytes, tInt4, tInt4), "substr($1, $2, $3)", cross(values, ints, ints)},
		{"pg_position", types(tBytes, tBytes), "position($2 in $1)", cross(values, append(sets, values...))},
		{"pg_btrim", types(tBytes, tBytes), "btrim($1, $2)", cross(values, sets)}, {"pg_ltrim", types(tBytes, tBytes), "ltrim($1, $2)", cross(values, sets)},
		{"pg_rtrim", types(tBytes, tBytes), "rtrim($1, $2)", cross(values, sets)},
		{"pg_get_byte", types(tBytes, tInt4), "get_byte($1, $2)", cross(values, ints)}, {"pg_get_bit", types(tBytes, tInt8), "get_bit($1, $2)", cross(values, []string{"0", "7", "8", "13", "-1", "10000000000"})},
		{"pg_set_byte", types(tBytes, tInt4, tInt4), "set_byte($1, $2, $3)", cross(values, ints, []string{"0", "255", "256", "-1"})},
		{"pg_set_bit", types(tBytes, tInt8, tInt4), "set_bit($1, $2, $3)", cross(values, []string{"0", "7", "9", "-1", "10000000000"}, []string{"0", "1", "2"})},
		{"pg_overlay", types(tBytes, tBytes, tInt4), "overlay($1, $2, $3)", cross(values, sets, ints)},
		{"pg_overlay", types(tBytes, tBytes, tInt4, tInt4), "overlay($1, $2, $3, $4)", cross(values, sets, ints, ints)},
		{"pg_encode", types(tBytes, tText), "encode($1, $2)", cross(values, formats)}, {"pg_decode", types(tText, tText), "decode($1, $2)", cross(texts, formats)},
		{"pg_convert_from", types(tBytes, tText), "convert_from($1, $2)", cross(values, []string{"UTF8", "utf-8", "Unicode"})},
		{"pg_convert_to", types(tText, tText), "convert_to($1, $2)", cross(textEdges, []string{"UTF8", "utf_8"})},
		{"pg_bit_count", types(tBytes), "bit_count($1)", single},
	}
	for _, name := range []string{"length", "octet_length", "sha224", "sha256", "sha384", "sha512"} {
		cases = append(cases, diffCase{"pg_" + name, types(tBytes), name + "($1)", single})
	}
	runDiff(t, cases)
}

func (g generator) hex(n int) string {
	const digits = "0123456789abcdef"
	b := make([]byte, 2*n)
	for i := range b {
		b[i] = digits[g.IntN(16)]
	}
	return string(b)
}

func TestDiffQuoting(t *testing.T) {
	ints := []string{"0", "1", "2", "3", "-1", "5", "100", "2147483647", "-2147483648"}
	words := append([]string{"select", "abc", "Abc", "a b", "_x1", "1a", "date", "between", "level", `a"b`, "interval", "zone", "a$b"}, textEdges...)
	formats := []string{"", "plain", "%%", "%s", "%I", "%L", "[%10s]", "[%-10s]", "%1$s %2$s %1$s", "%2$s %s", "%s %s", "%s %s %s", "%3$s", "%0$s", "%", "%x", "%1$", "%*s", "%-*s", "%2$*1$s", "%*1$s",
		"%1$-8L|", "%-5", "%99999999999s", "%--8s|", "%1$*s", "é%3s", "%I.%I", "%5%", "%s%%%L", "%*0$s", "%1$5$s"}
	values := append([]string{nullText, "3", "-4", "12x"}, words...)
	escapes := []string{`\0061`, `\u0061x`, `\U00000061`, `\+000061`, `a\\b`, `\`, `\u`, `\u00`, `\d83d\de00`, `\d83d`, `\de00`, `\d83dx`, `\u0000`, `\U00110000`, `\+110000`, `\uD83D\uDE00`, `\d83d\\`, `\zzzz`, `\U0000D83D\U0000DE00`, `\UFFFFFFFF`, "é", ""}
	runDiff(t, []diffCase{
		{"pg_quote_literal", types(tText), "quote_literal($1)", cross(words)}, {"pg_quote_ident", types(tText), "quote_ident($1)", cross(words)},
		{"pg_unistr", types(tText), "unistr($1)", cross(escapes)},
		{"pg_overlay", types(tText, tText, tInt4), "overlay($1, $2, $3)", cross(textEdges, []string{"", "é", "XYZ"}, ints)},
		{"pg_overlay", types(tText, tText, tInt4, tInt4), "overlay($1, $2, $3, $4)", cross(textEdges, []string{"", "é", "XYZ"}, ints, ints)},
		{"pg_format", types(tText), "format($1)", cross(append(formats, nullText))}, {"pg_format", types(tText, tText), "format($1, $2)", cross(formats, values)},
		{"pg_format", types(tText, tText, tText), "format($1, $2, $3)", cross(formats, []string{nullText, "3", "-4", "x y"}, values)},
	})
}

func TestDiffMoreNumbers(t *testing.T) {
	g := newGenerator(22)
	i4 := []string{"0", "1", "-1", "6", "-15", "35", "2147483647", "-2147483648", "-2147483647", "1073741824"}
	i8 := append([]string{"9223372036854775807", "-9223372036854775808", "4294967296", "-3037000500", "3037000500"}, i4...)
	numerics := []string{"0", "1", "-1.50", "6", "0.3", "12.75", "100000000000000000000", "-0.00000000000000000001", "1e15", "2.5"}
	for range 30 {
		numerics = append(numerics, g.numeric(9, 6))
	}
	floats := []string{"0", "-0", "30", "45", "60", "90", "120", "135", "150", "180", "210", "225", "270", "300", "315", "330", "360", "-30", "-90", "-180", "720", "1e10", "NaN", "Infinity", "-Infinity", "0.5", "-0.5", "1", "-1", "2"}
	for range 100 {
		floats = append(floats, g.float(), g.numeric(3, 5))
	}
	units := []string{"0", "0.5", "-0.5", "1", "-1", "0.25", "1.5", "-2", "NaN", "Infinity"}
	for range 60 {
		units = append(units, "0."+g.digits(8), "-0."+g.digits(5))
	}
	buckets := []string{"0", "1", "5", "-3", "7", "2147483647"}
	points := []string{"0", "1", "5.5", "10", "-1", "9.999999", "1e300", "3.3333333333333335"}
	cases := []diffCase{
		{"pg_gcd", types(tInt4, tInt4), "gcd($1, $2)", cross(i4, i4)}, {"pg_gcd", types(tInt8, tInt8), "gcd($1, $2)", cross(i8, i8)}, {"pg_gcd", types(wideType, wideType), "gcd($1, $2)", cross(numerics, numerics)},
		{"pg_lcm", types(tInt4, tInt4), "lcm($1, $2)", cross(i4, i4)}, {"pg_lcm", types(tInt8, tInt8), "lcm($1, $2)", cross(i8, i8)}, {"pg_lcm", types(wideType, wideType), "lcm($1, $2)", cross(numerics, numerics)},
		{"pg_factorial", types(tInt8), "factorial($1)", cross([]string{"0", "1", "5", "20", "33", "34", "35", "60", "-1"})},
		{"pg_min_scale", types(wideType), "min_scale($1)", cross(numerics)}, {"pg_trim_scale", types(wideType), "trim_scale($1)", cross(numerics)},
		{"pg_width_bucket", types(wideType, wideType, wideType, tInt4), "width_bucket($1, $2, $3, $4)", cross(numerics[:20], []string{"0", "-5.5", "10"}, []string{"0", "10", "3.3"}, buckets)},
		{"pg_width_bucket", types(tF8, tF8, tF8, tInt4), "width_bucket($1, $2, $3, $4)", cross(append(points, "NaN", "Infinity"), []string{"0", "-5.5", "10", "NaN", "-1.7e290"}, []string{"0", "10", "3.3", "Infinity", "1.7e290"}, buckets[:5])},
		{"pg_atan2d", types(tF8, tF8), "atan2d($1, $2)", cross(units[:20], units[:20])},
	}
	for _, name := range []string{"sind", "cosd", "tand", "cotd", "atand", "asinh"} {
		cases = append(cases, diffCase{"pg_" + name, types(tF8), name + "($1)", cross(floats)})
	}
	for _, name := range []string{"asind", "acosd", "acosh", "atanh"} {
		cases = append(cases, diffCase{"pg_" + name, types(tF8), name + "($1)", append(cross(units), cross(floats)...)})
	}
	runDiff(t, cases)
}

func TestDiffMakeDates(t *testing.T) {
	g := newGenerator(23)
	hours, mins := []string{"0", "1", "23", "24", "25", "-1"}, []string{"0", "59", "60", "-1"}
	secs := []string{"0", "59.9999999", "60", "60.5", "-0.5", "15.5", "12.3456785", "NaN", "Infinity"}
	var moments, zoned [][]string
	for range 300 {
		row := []string{pick(g, "2024", "-44", "0", "1", "294300", "-4713", "2023", "1999"), pick(g, "1", "2", "12", "13", "0"), pick(g, "1", "28", "29", "31", "24"), pick(g, hours...), pick(g, mins[:3]...), pick(g, secs...)}
		moments = append(moments, row)
		zoned = append(zoned, append(append([]string{}, row...), pick(g, "Europe/Berlin", "UTC", "America/New_York", "Nowhere/Land")))
	}
	intervals := rows(200, func() []string {
		n := func() string { return pick(g, "0", "0", "1", "-1", "5", "100", "-40") } // hours end at 292 years here
		return []string{n(), n(), n(), n(), n(), n(), pick(g, "0", "1.5", "-0.0000005", "59.9999999", "12.3456785", "1e9")}
	})
	intervals = append(intervals, []string{"0", "0", "0", "0", "0", "0", "NaN"}, []string{"0", "0", "0", "0", "0", "0", "Infinity"})
	epochs := cross([]string{"0", "1", "-1", "86400.5", "1700000000.123456", "0.0000005", "-0.0000005", "1e11", "-210866803200", "-210866803201", "1e20", "-1e20", "NaN", "Infinity", "-Infinity", "1234567890.9999999", "253402300799.999999"})
	strides := []string{"15 min", "1 day", "1 day 02:00", "00:00:00.000003", "1 week", "0", "-1 hour", "1 mon"}
	stamps := []string{"2024-02-29 12:34:56.789", "2000-01-01 00:00:00", "1999-12-31 23:45:00", "0044-03-15 01:02:03 BC", "infinity", "-infinity", "2024-03-01 00:00:00"}
	ends := []string{"2024-01-01 00:00:00", "2024-01-05 00:00:00", "2024-01-03 00:00:00", nullText}
	clock := []string{"01:00:00", "05:00:00", "03:00:00", nullText}
	cases := []diffCase{
		{"pg_make_time", types(tInt4, tInt4, tF8), "make_time($1, $2, $3)", cross(hours, mins, secs)},
		{"pg_make_timestamp", types(tInt4, tInt4, tInt4, tInt4, tInt4, tF8), "make_timestamp($1, $2, $3, $4, $5, $6)", moments},
		{"pg_make_timestamptz", types(tInt4, tInt4, tInt4, tInt4, tInt4, tF8), "make_timestamptz($1, $2, $3, $4, $5, $6)", moments},
		{"pg_make_timestamptz", types(tInt4, tInt4, tInt4, tInt4, tInt4, tF8, tText), "make_timestamptz($1, $2, $3, $4, $5, $6, $7)", zoned},
		{"pg_make_interval", types(tInt4, tInt4, tInt4, tInt4, tInt4, tInt4, tF8), "make_interval($1, $2, $3, $4, $5, $6, $7)", intervals},
		{"pg_to_timestamp", types(tF8), "to_timestamp($1)", epochs},
		{"pg_overlaps", types(timeType, timeType, timeType, timeType), "overlaps($1, $2, $3, $4)", cross(clock, clock, clock, clock)},
	}
	for _, dt := range []arrow.DataType{tsType, tzType} {
		cases = append(cases, diffCase{"pg_date_bin", types(tIv, dt, dt), "date_bin($1, $2, $3)", cross(strides, stamps, stamps)},
			diffCase{"pg_overlaps", types(dt, dt, dt, dt), "overlaps($1, $2, $3, $4)", cross(ends, ends, ends, ends)})
	}
	runDiff(t, cases)
}
