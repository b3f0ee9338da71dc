package scalar

import (
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
)

var textEdges = []string{"", " ", "a", "abc", "ABC def", "héllo wörld", "日本語", "  x  ", "a,b,,c", "%", "_", `a\b`, "O'Neil", "ǅ1x", "ÀÉ", "xyxyx", "a😀b"}

func TestDiffText(t *testing.T) {
	g := newGenerator(5)
	ints := []string{"0", "1", "2", "3", "-1", "-2", "5", "100", "-100", "2147483647", "-2147483648"}
	small := []string{"0", "1", "2", "3", "-1", "5", "12", "-2147483648", "1100000000", "300000000"}
	text := types(tText)
	textInt := types(tText, tInt4)
	alphabet := []string{"a", "b", "%", "_", `\`, "é", "A"}
	word := func(n int) string {
		s := ""
		for range g.IntN(n) {
			s += pick(g, alphabet...)
		}
		return s
	}
	likes := append(cross(textEdges, []string{"", "%", "_", "__", "%b%", "a%", "%a", `\%`, `a\\b`, `%\`, `a\`, "h_llo%", "%%_", "x%y%x", "ABC%", "À%"}),
		rows(500, func() []string { return []string{word(6), word(6)} })...)
	escaped := append(cross(textEdges, []string{"", "%", "x%", "#%", "##", `a\b`, "#", "a#"}, []string{"", "#", "##", `\`, "é", "a"}),
		rows(300, func() []string { return []string{word(5), word(5), pick(g, "a", "b", "", "%", "é", "A")} })...)
	single := cross(textEdges)
	pairs := cross(textEdges, append([]string{"é", "x", "b", "yx", ","}, textEdges...))
	triples := cross(textEdges, []string{"", "a", ",", "xy", "é", "日本"}, []string{"", "b", "xyz", "ü"})
	parts := cross(textEdges, []string{"", ",", "x", "b", " "}, []string{"1", "2", "3", "0", "-1", "-2", "-9", "9", "2147483647", "-2147483648"})
	cases := []diffCase{
		{"pg_like", types(tText, tText), "$1 like $2", likes}, {"pg_ilike", types(tText, tText), "$1 ilike $2", likes},
		{"pg_like", types(tText, tText, tText), "$1 like $2 escape $3", escaped}, {"pg_ilike", types(tText, tText, tText), "$1 ilike $2 escape $3", escaped},
		{"pg_strpos", types(tText, tText), "strpos($1, $2)", pairs}, {"pg_starts_with", types(tText, tText), "starts_with($1, $2)", pairs},
		{"pg_replace", types(tText, tText, tText), "replace($1, $2, $3)", triples}, {"pg_translate", types(tText, tText, tText), "translate($1, $2, $3)", triples},
		{"pg_split_part", types(tText, tText, tInt4), "split_part($1, $2, $3)", parts},
		{"pg_substr", textInt, "substr($1, $2)", cross(textEdges, ints)}, {"pg_substr", types(tText, tInt4, tInt4), "substr($1, $2, $3)", cross(textEdges, ints, ints)},
		{"pg_left", textInt, "left($1, $2)", cross(textEdges, ints)}, {"pg_right", textInt, "right($1, $2)", cross(textEdges, ints)},
		{"pg_repeat", textInt, "repeat($1, $2)", append(cross([]string{"", "a", "é"}, []string{"0", "1", "3", "-1"}),
			cross([]string{"a", "é"}, []string{"1100000000", "2147483647"})...)},
		{"pg_lpad", textInt, "lpad($1, $2)", cross(textEdges, small)}, {"pg_rpad", textInt, "rpad($1, $2)", cross(textEdges, small)},
		{"pg_lpad", types(tText, tInt4, tText), "lpad($1, $2, $3)", cross(textEdges, small, []string{"", "xy", "é"})},
		{"pg_rpad", types(tText, tInt4, tText), "rpad($1, $2, $3)", cross(textEdges, small, []string{"", "xy", "é"})},
		{"pg_chr", types(tInt4), "chr($1)", cross([]string{"1", "65", "233", "128512", "0", "-1", "1114111", "1114112", "55296", "57343", "2147483647"})},
		{"pg_to_hex", types(tInt4), "to_hex($1)", cross([]string{"0", "255", "-1", "2147483647"})}, {"pg_to_hex", types(tInt8), "to_hex($1)", cross([]string{"0", "-1", "9223372036854775807"})},
		{"pg_md5", types(arrow.BinaryTypes.Binary), "md5($1)", cross([]string{"", `\x00ff`})},
	}
	for _, name := range []string{"upper", "lower", "initcap", "reverse", "md5", "length", "octet_length", "ascii", "btrim", "ltrim", "rtrim"} {
		cases = append(cases, diffCase{"pg_" + name, text, name + "($1)", single})
	}
	for _, name := range []string{"btrim", "ltrim", "rtrim"} {
		cases = append(cases, diffCase{"pg_" + name, types(tText, tText), name + "($1, $2)", cross(textEdges, []string{"", " ", "a", "xy", "é", "aé", "ba😀"})})
	}
	runDiff(t, cases)
}
