package scalar

import (
	"fmt"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
)

// jsonTexts are texts that are JSON, and some that nearly are.
var jsonTexts = []string{
	`null`, `true`, `false`, `0`, `-0`, `-0.0`, `1`, `1.0`, `1.10`, `10`, `-1`, `1e3`, `1E-3`, `1.5e+2`, `12345678901234567890.123456789012345678901234567890`, `1e400`, `0e5`, `0.000`,
	`""`, `"a"`, `"b"`, `"ab"`, `"é"`, `"e\u0301"`, `"\u00e9"`, `"\ud83d\ude00"`, `"tab\tquote\"back\\slash\/"`, `"\u001f\u007f"`, `"  "`, "\"\u007f\"",
	`[]`, `[[]]`, `[null]`, `[1]`, `[1, 2]`, `[1, 2, 3]`, `["a", "b", "c"]`, `[1.0, 2.00]`, `["a", null, 1, true, {"b": 2}]`, `[[1, 2], [3]]`, `[{"a": 1}, {"a": 2}]`, "[ 1 ,\n 2 ]",
	`{}`, `{"a": 1}`, `{"a":1.0}`, `{"a": 1, "b": 2}`, `{"b": 2, "a": 1}`, `{"aa": 1, "b": 2, "c": 3}`, `{"a": 1, "a": 2}`, `{"a": null}`, `{"a": {"b": {"c": [1, 2, {"d": null}]}}}`, `{"": 1, " ": 2}`,
	` {"a" : [ 1 , 2 ] , "b" : "x" } `, `{"a": [], "b": {}, "c": [null, {"d": null, "e": 1}]}`, `{"1": "one", "-1": "minus"}`, `{"é": "ü"}`, `{"a": "a", "b": ["b"]}`,
}

var badJSON = []string{
	``, ` `, `nul`, `True`, `TRUE`, `nulll`, `01`, `-`, `+1`, `.5`, `1.`, `1e`, `1e+`, `0x10`, `1a`, `1é`, `NaN`, `Infinity`, `"`, `"a`, `"\x"`, `"\u12"`, `"\u12g4"`, "\"\n\"", "\"\t\"", `'a'`,
	`[`, `]`, `[1`, `[1,`, `[1,]`, `[,1]`, `[1 2]`, `{`, `}`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `{1:1}`, `{"a":1 "b":2}`, `{"a":1]`, `1 2`, `{}{}`, `null,`, `"\u0000"`, `"a\u0000b"`, `["\u0000"]`,
	`"\ud800"`, `"\udc00"`, `"\ud800x"`, `"\ud800\ud800"`, `"\ud800\n"`, `"\ud83d\u0041"`, `{"a": "\u0000", "b": 1}`, `{"a": "\ud800", "b": 1}`, `{"\u0000": 1}`, `1e1000000`, `1e131072`, `1e-16384`, `[1e200000]`,
}

// randomJSON writes a value of few names and numbers, so that values meet.
func (g generator) randomJSON(depth int) string {
	switch n := g.IntN(10); {
	case depth > 0 && n < 2:
		items := make([]string, g.IntN(4))
		for i := range items {
			items[i] = g.randomJSON(depth - 1)
		}
		return "[" + strings.Join(items, pick(g, ",", ", ", " , ")) + "]"
	case depth > 0 && n < 5:
		items := make([]string, g.IntN(4))
		for i := range items {
			items[i] = fmt.Sprintf(`"%s"%s%s`, pick(g, "a", "b", "aa", "0", "1", "é"), pick(g, ":", ": ", " : "), g.randomJSON(depth-1))
		}
		return "{" + strings.Join(items, pick(g, ",", ", ")) + "}"
	case n < 6:
		return pick(g, "null", "true", "false")
	case n < 8:
		return pick(g, `""`, `"a"`, `"b"`, `"aa"`, `"A"`, `"é"`, `"1"`, `"a\nb"`)
	}
	return pick(g, "0", "1", "2", "10", "-1", "-2", "-10", "1.0", "1.5", "0.1", "1e1", "100", "99.99", "-0.5", "-1.50", "12345678901234567890")
}

func jsonSamples(seed uint64, n int) []string {
	g := newGenerator(seed)
	var out []string
	for range n {
		out = append(out, g.randomJSON(3))
	}
	return out
}

// validJSONB keeps the texts that type jsonb accepts: functions are called with nothing else.
func validJSONB(texts []string) []string {
	var out []string
	for _, s := range texts {
		if v, err := parseJSONB(s); err == nil {
			out = append(out, string(appendJSONB(nil, v)))
		}
	}
	return out
}

var jsonPaths = []string{`{}`, `{a}`, `{b}`, `{0}`, `{1}`, `{-1}`, `{5}`, `{-5}`, `{a,b}`, `{a,0}`, `{a,b,c}`, `{a,b,c,2,d}`, `{NULL}`, `{a,NULL}`, `{"NULL"}`, `{" 0"}`, `{"0 "}`, `{1x}`, `{c,1,d}`, `{""}`, `{"a\"b"}`, `{é}`, `{+1}`, `{99999999999}`, `{0,a}`, `{0,1}`}

func TestDiffJSONCasts(t *testing.T) {
	all := append(append(append([]string{}, jsonTexts...), badJSON...), jsonSamples(40, 300)...)
	runDiff(t, []diffCase{
		{"pg_json", types(tText), "$1::json", cross(all)},
		{"pg_jsonb", types(tText), "$1::jsonb", cross(all)},
		{"pg_jsonb_numeric", types(tText), "($1::jsonb)::numeric", cross(jsonTexts)},
		{"pg_jsonb_float8", types(tText), "($1::jsonb)::float8", cross(jsonTexts)},
		{"pg_jsonb_bool", types(tText), "($1::jsonb)::bool::text", cross(jsonTexts)},
	})
}

// TestDiffJSONBOrder compares the order of keys with that of jsonb.
func TestDiffJSONBOrder(t *testing.T) {
	o := newOracle(t)
	values := validJSONB(append(append([]string{}, jsonTexts...), jsonSamples(41, 80)...))
	var queries []string
	for _, a := range values {
		list := make([]string, len(values))
		for i, b := range values {
			list[i] = literal(tText, b)
		}
		queries = append(queries, fmt.Sprintf("select string_agg(case when $v < b::jsonb then '<' when $v = b::jsonb then '=' else '>' end, '' order by n) from unnest(array[%s]) with ordinality u(b, n)", strings.Join(list, ",")))
		queries[len(queries)-1] = strings.ReplaceAll(queries[len(queries)-1], "$v", literal(tText, a)+"::jsonb")
	}
	keys := make([]string, len(values))
	for i, s := range values {
		v, err := parseJSONB(s)
		if err != nil {
			t.Fatal(err)
		}
		keys[i] = string(jsonbKey(nil, v))
	}
	for i, answer := range o.ask(t, queries) {
		if len(answer) != len(values) {
			t.Fatalf("the oracle says %.200s", answer)
		}
		for j := range values {
			if got := "<=>"[strings.Compare(keys[i], keys[j])+1]; got != answer[j] {
				t.Errorf("%s %c %s, PostgreSQL: %c", values[i], got, values[j], answer[j])
			}
		}
	}
}

func TestDiffJSONReaders(t *testing.T) {
	g := append(append([]string{}, jsonTexts...), jsonSamples(42, 60)...)
	odd := append(append([]string{}, g...), `{"a": "\u0000", "b": 1}`, `{"a": "\ud800", "b": 1}`, `["\u0000", 1]`)
	b := validJSONB(g)
	names, places := []string{"a", "b", "0", "", "é", "aa"}, []string{"0", "1", "-1", "-2", "5", "2147483647", "-2147483648"}
	tests := []diffCase{
		{"pg_json_array_length", types(tText), "json_array_length($1::json)", cross(odd)},
		{"pg_json_typeof", types(tText), "json_typeof($1::json)", cross(odd)},
		{"pg_json_typeof", types(tText), "jsonb_typeof($1::jsonb)", cross(b)},
		{"pg_json_strip_nulls", types(tText), "json_strip_nulls($1::json)", cross(odd)},
		{"pg_jsonb_strip_nulls", types(tText), "jsonb_strip_nulls($1::jsonb)", cross(b)},
		{"pg_jsonb_pretty", types(tText), "jsonb_pretty($1::jsonb)", cross(b)},
	}
	for suffix, arrow := range map[string]string{"": ">", "_text": ">>"} {
		tests = append(tests,
			diffCase{"pg_json_get" + suffix, types(tText, tText), "$1::json -" + arrow + " $2", cross(odd, names)},
			diffCase{"pg_json_get" + suffix, types(tText, tText), "$1::jsonb -" + arrow + " $2", cross(b, names)},
			diffCase{"pg_json_get" + suffix, types(tText, tInt4), "$1::json -" + arrow + " $2", cross(odd, places)},
			diffCase{"pg_jsonb_get" + suffix, types(tText, tInt4), "$1::jsonb -" + arrow + " $2", cross(b, places)},
			diffCase{"pg_json_path" + suffix, types(tText, tText), "$1::json #" + arrow + " $2::text[]", cross(odd, jsonPaths)},
			diffCase{"pg_json_path" + suffix, types(tText, tText), "$1::jsonb #" + arrow + " $2::text[]", cross(b, jsonPaths)},
			diffCase{"pg_json_step" + suffix, types(tText, tText), "json_extract_path" + suffix + "($1::json, $2)", cross(g, names)},
			diffCase{"pg_json_step" + suffix, types(tText, tText), "jsonb_extract_path" + suffix + "($1::jsonb, $2)", cross(b, names)},
		)
	}
	runDiff(t, tests)
}

func TestDiffJSONB(t *testing.T) {
	b := validJSONB(append(append([]string{}, jsonTexts...), jsonSamples(43, 40)...))
	some := validJSONB(append(jsonSamples(44, 12), `1`, `"a"`, `[]`, `{}`, `{"a": 1}`, `[1]`, `null`))
	lists := []string{`{}`, `{a}`, `{a,b}`, `{b,NULL}`, `{NULL}`, `{0,aa}`, `{é}`}
	names, places := []string{"a", "b", "0", "", "é"}, []string{"0", "1", "-1", "-2", "5", "-2147483648"}
	flags := []string{"true", "false"}
	runDiff(t, []diffCase{
		{"pg_jsonb_contains", types(tText, tText), "($1::jsonb @> $2::jsonb)::text", cross(b, b)},
		{"pg_jsonb_exists", types(tText, tText), "($1::jsonb ? $2)::text", cross(b, names)},
		{"pg_jsonb_exists_any", types(tText, tText), "($1::jsonb ?| $2::text[])::text", cross(b, lists)},
		{"pg_jsonb_exists_all", types(tText, tText), "($1::jsonb ?& $2::text[])::text", cross(b, lists)},
		{"pg_jsonb_concat", types(tText, tText), "$1::jsonb || $2::jsonb", cross(b, some)},
		{"pg_jsonb_delete", types(tText, tText), "$1::jsonb - $2", cross(b, names)},
		{"pg_jsonb_delete", types(tText, tInt4), "$1::jsonb - $2", cross(b, places)},
		{"pg_jsonb_delete_keys", types(tText, tText), "$1::jsonb - $2::text[]", cross(b, lists)},
		{"pg_jsonb_delete_path", types(tText, tText), "$1::jsonb #- $2::text[]", cross(b, jsonPaths)},
		{"pg_jsonb_set", types(tText, tText, tText, arrow.FixedWidthTypes.Boolean), "jsonb_set($1::jsonb, $2::text[], $3::jsonb, $4)", cross(b, jsonPaths, []string{`9`, `{"n": [1]}`}, flags)},
		{"pg_jsonb_insert", types(tText, tText, tText, arrow.FixedWidthTypes.Boolean), "jsonb_insert($1::jsonb, $2::text[], $3::jsonb, $4)", cross(b, jsonPaths, []string{`9`}, flags)},
	})
}

func TestDiffJSONBuilders(t *testing.T) {
	texts := append([]string{"\x01\x1f\x7f", "\b\f\n\r\t", `"\`, "/"}, textEdges...)
	arrays := []string{`{}`, `{a}`, `{a,b}`, `{a,b,c,d}`, `{a,NULL}`, `{NULL,a}`, `{{a,b},{c,d}}`, `{{a},{b}}`, `{{a,b,c},{d,e,f}}`, `{"a,b","c\"d"}`, `{"",""}`, `{a, "b c" ,d  ,e}`}
	moments := []string{"2024-01-05 10:20:30", "2024-01-05 10:20:30.5", "0044-03-15 00:00:00 BC", "infinity", "-infinity", "10000-01-01 00:00:00"}
	runDiff(t, []diffCase{
		{"pg_json_quote", types(tText), "to_json($1)", cross(texts)},
		{"pg_json_number", types(tText), "to_json($1::float8)", cross([]string{"1", "-1.5", "1e+20", "1e-07", "NaN", "Infinity", "-Infinity", "-0"})},
		{"pg_json_moment", types(tText), "to_json($1::timestamp)", cross(moments)},
		{"pg_json_moment", types(tText), "to_json($1::date)", cross([]string{"2024-01-05", "infinity", "0044-03-15 BC", "10000-01-01"})},
		{"pg_json_moment", types(tText), "to_json($1::timestamptz)", cross([]string{"2024-01-05 10:20:30+00", "infinity", "0044-03-15 01:02:03+00 BC"})},
		{"pg_json_object", types(tText), "json_object($1::text[])", cross(arrays)},
		{"pg_json_object", types(tText, tText), "json_object($1::text[], $2::text[])", cross(arrays, arrays)},
	})
}

func FuzzJSON(f *testing.F) {
	for _, s := range append(append([]string{}, jsonTexts...), badJSON...) {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		v, err := parseJSONB(s)
		if err != nil {
			return
		}
		if _, err := readJSON(s, false); err != nil {
			t.Fatalf("jsonb takes what json refuses: %v", err)
		}
		text := string(appendJSONB(nil, v))
		again, err := parseJSONB(text)
		if err != nil || string(appendJSONB(nil, again)) != text {
			t.Fatalf("%q is read back as another value: %v", text, err)
		}
		if !equalJSONB(v, again) || string(jsonbKey(nil, v)) != string(jsonbKey(nil, again)) {
			t.Fatalf("%q does not equal itself", text)
		}
	})
}
