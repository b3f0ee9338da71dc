package scalar

import (
	"strings"
	"testing"
)

var (
	regexPatterns = []string{"", "a", "^a", "a$", "^$", "b+", "a|b", "a|ab|abc", "(a|ab)(c|bcd)(d*)", "(a*)(ab)*(b*)", "a*?", "a+?b*", "(?:a|ab)(?:c|bcd)(d*)", "x*", "[a-c]+", "[^a-c]+", "[[:alpha:]]+", "[[:upper:]]",
		`\d+`, `\w+`, `\s`, `\D`, `\W+`, `[\d\s]`, `[^\w]`, `[\W]`, `\mb`, `c\M`, `\yb`, `\Yb`, `\Aa`, `c\Z`, "[[:<:]]b", "[[:>:]]", ".", ".+", "..", "a{2}", "a{2,}", "a{1,2}", "a{,2}", "a{2,1}", "a{256}", "a{", "{1}", "a{1", "a{1}?", "a{1,2}?",
		"**", "a**", "a+?+", "*a", "+", "^*", "(*a)", "a|*b", "()", "(|a)", "a||b", "(", ")", "a)", "(a", "[", "[a", "[]a]+", "[^]a]", "[a-]", "[-a]", "[b-a]", "[a-b-c]", "[[:foo:]]", "[[.a.]]", "[[.-.]-a]", "[[=a=]b]",
		`\.`, `\\`, `\`, `a\`, `\x61`, `\u0061`, `\u00e9`, `\U0001F600`, `\x`, `\q`, `\-`, `\cA`, `\t`, `\n`, `\101`, `\08`, `\e`, `\B`, `(?i)ABC`, `(?i)[a-c]+`, `(?i)[^A]`, `(?n)^b`, `(?n).+`, `(?s).+`, `(?p)[^a]+`, `(?w)^b.*$`, `(?x) a b # c
 c`, `(?xi)A (?# comment ) B`, "a(?#x)b", "***=a.b", "***:a.b", "***a", `(?q)a.b`, `(?z)a`, `(?i`, `(?c)A`, `(?t)a b`,
		"(a)(b)?(c)?", "(a)|(b)", "((a)|b)*", "((a|ab)(c|bcd))+", "(a|b)*?c", "(?:(a)|b)*", "(a+)(a+)", "(a+?)(a+)", "(a+)(a+?)", "(a+?)(a+?)", "(a*)(a*)", "(a??)(a)", "(a|ab)(bc|c)?", "(.*)(b)(.*)", "(.*?)(b)(.*)", "(.*?)(b)(.*?)$", "(^|,)([^,]*)",
		"([a-z]+) ([a-z]+)", "(a{1,2}){2}", "((a)|(b)){2}", "(a*)+", "(a*)*", "(a|)+b", "é", "[é-ü]", "日本?", "😀", "(?i)É", "$a", "a^b", "(a$)|b", `\mc?`, "x*|b", "(b|x*)", "b*?$", "(?:b+?|c)+", "b+?c|a", "(b+?|c)a*", "(?:b{2})+?", "(?:(b{2})+?)(b*)", "([bc]*?)(b*)",
	}
	regexTexts = []string{"", "a", "b", "abc", "aab", "abcd", "aaa bbb ccc", "foo abc, bar", "ABC", "a\nb\nc", "bbbb", "bbbc", "12 34", "a.b", `a\b`, "héllo é", "日本語", "a😀b", "a,b,,c", "]-[", "  x_y ", "abab", "aAbB", "É", "ccb", "abbbcbba"}
)

// quantifier soup: what a generator puts together is valid mostly.
func (g generator) regex(depth int) string {
	var b strings.Builder
	for range 1 + g.IntN(3) {
		atom := pick(g, "a", "b", "c", ".", "[ab]", "[^a]", "a", "b")
		if depth > 0 && g.IntN(2) == 0 {
			atom = pick(g, "(", "(", "(?:") + g.regex(depth-1) + ")"
		}
		b.WriteString(atom + pick(g, "", "", "", "*", "+", "?", "*?", "+?", "??", "{2}", "{1,2}", "{0,2}?", "{1,}?", "{2}?"))
		if g.IntN(5) == 0 {
			b.WriteString("|")
		}
		if g.IntN(12) == 0 {
			b.WriteString(pick(g, "^", "$", `\y`, `\m`, `\M`))
		}
	}
	return b.String()
}

func (g generator) letters(n int) string {
	b := make([]byte, g.IntN(n))
	for i := range b {
		b[i] = pick(g, byte('a'), 'b', 'c', 'a', 'b')
	}
	return string(b)
}

func TestDiffRegex(t *testing.T) {
	g := newGenerator(32)
	pairs := cross(regexTexts, regexPatterns)
	generated := rows(600, func() []string { return []string{g.letters(9), g.regex(2)} })
	pairs = append(pairs, generated...)
	var replaces, substrs [][]string
	for _, p := range pairs {
		replaces = append(replaces, []string{p[0], p[1], pick(g, `<\1|\2|\3>`, `<\&>`, `\\\9\x\`, "-"), pick(g, "g", "", "gi", "i", "n", "gx", "1", "z", "gq")})
		substrs = append(substrs, []string{p[0], p[1], pick(g, "1", "1", "2", "3", "0", "99"), pick(g, "1", "2", "3", "0"), pick(g, "", "i", "n", "g"), pick(g, "0", "1", "2", "3", "-1")})
	}
	similar := append(cross(regexTexts, []string{"", "%", "a%", "_", "a(b|x)%", "%c", "a|b", "[a-c]+", "a.c", "a{2}%", `\%`, `a\b`, "(a", "[a", "a*", `a[\]b`, "^a$", "%(b)%", `a\\b`, "%é%", "[^a]%"}),
		rows(200, func() []string {
			return []string{g.letters(6), strings.NewReplacer(".", "_", "?:", "").Replace(g.regex(1))}
		})...)
	var escaped [][]string
	for _, p := range similar {
		escaped = append(escaped, append(append([]string{}, p...), pick(g, `\`, "#", "", "ab", "%", "é")))
	}
	parts := cross(regexTexts, []string{`%#"b+#"%`, `#"a%#"b%`, `a#"%#"`, `%#"_#"_`, `#"#"`, `%#"b#"%#"`, `#"a`, "%b%", `(a)#"b%#"`}, []string{"#"})
	runDiff(t, []diffCase{
		{"pg_regex", types(tText, tText), "$1 ~ $2", pairs}, {"pg_iregex", types(tText, tText), "$1 ~* $2", pairs},
		{"pg_regexp_like", types(tText, tText, tText), "regexp_like($1, $2, $3)", cross(regexTexts[:12], regexPatterns[:60], []string{"i", "n", "q", "g"})},
		{"pg_substring", types(tText, tText), "substring($1, $2)", pairs},
		{"pg_regexp_count", types(tText, tText), "regexp_count($1, $2)", pairs}, {"pg_regexp_count", types(tText, tText, tInt4, tText), "regexp_count($1, $2, $3, $4)", cross(regexTexts[:12], regexPatterns[:30], []string{"1", "2", "0", "50"}, []string{"i", "g"})},
		{"pg_regexp_replace", types(tText, tText, tText, tText), "regexp_replace($1, $2, $3, $4)", replaces},
		{"pg_regexp_replace", types(tText, tText, tText, tInt4, tInt4, tText), "regexp_replace($1, $2, $3, $4, $5, $6)", cross(regexTexts[:12], regexPatterns[:30], []string{`<\&>`}, []string{"1", "3", "0"}, []string{"0", "2", "-1"}, []string{"", "g"})},
		{"pg_regexp_substr", types(tText, tText, tInt4, tInt4, tText, tInt4), "regexp_substr($1, $2, $3, $4, $5, $6)", substrs},
		{"pg_regexp_instr", types(tText, tText, tInt4, tInt4, tInt4, tText, tInt4), "regexp_instr($1, $2, $3, $4, $5, $6, $7)", func() [][]string {
			var out [][]string
			for _, s := range substrs {
				out = append(out, []string{s[0], s[1], s[2], s[3], pick(g, "0", "1", "0", "2"), s[4], s[5]})
			}
			return out
		}()},
		{"pg_similar", types(tText, tText), "$1 similar to $2", similar}, {"pg_similar", types(tText, tText, tText), "$1 similar to $2 escape $3", escaped},
		{"pg_substring", types(tText, tText, tText), "substring($1, $2, $3)", parts},
	})
}
