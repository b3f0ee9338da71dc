package scalar

import (
	"fmt"
	"strings"
	"testing"
)

var tText4 = types(tText, tText, tText, tText)

// intArrays and textArrays are canonical texts of every form: dimensions, bounds, NULL, quotes.
var (
	intArrays  = []string{"{}", "{1}", "{NULL}", "{1,2,3}", "{1,2,NULL,2}", "{3,2,1}", "{{1,2},{3,4}}", "{{1},{2}}", "{{{1,2}}}", "[0:2]={1,2,3}", "[-1:0][2:3]={{1,2},{3,4}}", "{2,2}", "[5:5]={7}"}
	textArrays = []string{"{}", "{a}", `{a,"b c",NULL,"NULL",""}`, `{"\"","\\","{x}","a,b"}`, `{" a","a ","	"}`, "{日本,héllo,😀}", "{{a,b},{c,d}}", "[0:1]={x,y}", `{null1,"null"}`, "{b,a,a}"}
	arrayTexts = []string{
		"{}", " { } ", "{1}", "{ 1 , 2 }", "{1,}", "{,1}", "{1", "1}", "", " ", "{{}}", "{{},{}}", "{{},{1}}", "{{1},{}}", "{{1},2}", "{1,{2}}", "{{1,2},{3}}", "{{1},{2}}x", "{1} x", "{1} ",
		`{a"b}`, `{"a"b}`, `{"a" }`, `{ "a"}`, `{"a""b"}`, `{"a\"b"}`, `{a\,b}`, `{a\ }`, `{\NULL}`, "{NULL}", "{null}", "{nUlL,x}", `{"NULL"}`, "{a b}", "{a  b }", `{"`, `{"a`, `{\`, `{a\`, "{a}}", "{{a}", "{a{b}}",
		"[1:1]={a}", "[1:2]={a}", "[0:0]={a}", "[2]={a,b}", "[1:1] = {a}", "[1:1]{a}", "[1:1]", "[]={a}", "[1:0]={}", "[a:1]={a}", "[1:1][1:1]={a}", "[1:1][1:1]={{a}}", "[1:2][0:0]={{a},{b}}", "[-1:0]={a,b}", "[+1:+1]={a}", "[2147483647:2147483647]={a}", "[2147483646:2147483646]={a}", "[-2147483648:-2147483648]={a}", "[1:99999999999]={a}",
		"{{{{{{a}}}}}}", "{{{{{{{a}}}}}}}", "[1:1][1:1][1:1][1:1][1:1][1:1][1:1]={a}", "{a,b}\n", "{\ta\n,\vb}", "{é, 日本}", "{''}", "{%}", "{{a,b},{c,d}}", "{{{a},{b}},{{c},{d}}}", "{{a},{b},{c}}", "{a,b,c", "{a;b}", "{-}", `{"a,b",c}`, `{"\\x00"}`,
	}
)

func TestDiffArrayText(t *testing.T) {
	g := newGenerator(91)
	letters := []string{"{", "}", ",", `"`, `\`, "a", "NULL", " ", "1", "[1:2]=", "é"}
	random := rows(1500, func() []string {
		var b strings.Builder
		for range 1 + g.IntN(9) {
			b.WriteString(pick(g, letters...))
		}
		return []string{"{" + b.String() + pick(g, "}", "}}", "")}
	})
	in := func(name, cast string, list [][]string) []diffCase {
		c := diffCase{"pg_array_in", types(tText, tText), "($1)::" + cast + "[]", nil}
		for _, r := range list {
			c.rows = append(c.rows, []string{r[0], name})
		}
		return []diffCase{c}
	}
	cases := in("text", "text", append(cross(arrayTexts), random...))
	cases = append(cases, in("int4", "int4", cross([]string{"{1, 2}", "{007}", "{+5}", "{a}", "{99999999999}", "{1.5}", `{" 3 "}`, `{""}`, "{NULL,-0}"}))...)
	cases = append(cases, in("bool", "bool", cross([]string{"{t,f,yes,NO,on,1,0}", "{maybe}"}))...)
	cases = append(cases, in("numeric", "numeric", cross([]string{"{1.50,1e3,-0.0,.5}", "{x}"}))...)
	cases = append(cases, in("float8", "float8", cross([]string{"{1.50,1e3,-0,NaN,Infinity,1e-300,123456789012345678}", "{x}", "{1e999}"}))...)
	cases = append(cases, in("date", "date", cross([]string{`{2024-01-31,"0044-03-15 BC",infinity}`, "{2024-13-01}"}))...)
	cases = append(cases, in("timestamptz", "timestamptz", cross([]string{`{"2024-01-31 12:00+01","2024-01-31"}`}))...)
	cases = append(cases, in("interval", "interval", cross([]string{`{"1 mon","30 days",1:02:03}`}))...)
	cases = append(cases, in("bytea", "bytea", cross([]string{`{"\\x00ff","\\x",abc}`}))...)
	cases = append(cases, in("uuid", "uuid", cross([]string{`{A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11}`, "{x}"}))...)
	runDiff(t, cases)
}

func TestDiffArrays(t *testing.T) {
	dims := []string{"0", "1", "2", "3", "-1"}
	arr, dim := types(tText), types(tText, tInt4)
	all := append(append([]string{nullText}, intArrays...), "{{1,2},{5,6}}", "{9}")
	ints := func(sql string) string {
		return strings.NewReplacer("$a", "($1)::int[]", "$b", "($2)::int[]").Replace(sql)
	}
	texts := func(list ...string) []string { return append([]string{nullText}, list...) }
	i4, txt := []string{"int4"}, []string{"text"}
	cases := []diffCase{
		{"pg_array_length", dim, ints("array_length($a, $2)"), cross(intArrays, dims)},
		{"pg_array_lower", dim, ints("array_lower($a, $2)"), cross(intArrays, dims)},
		{"pg_array_upper", dim, ints("array_upper($a, $2)"), cross(intArrays, dims)},
		{"pg_array_ndims", arr, ints("array_ndims($a)"), cross(intArrays)},
		{"pg_array_dims", arr, ints("array_dims($a)"), cross(intArrays)},
		{"pg_cardinality", arr, ints("cardinality($a)"), cross(intArrays)},
		{"pg_trim_array", dim, ints("trim_array($a, $2)"), cross(intArrays, dims)},
		{"pg_array_cat", types(tText, tText), ints("array_cat($a, $b)"), cross(all, all)},
		{"pg_array_append", types(tText, tText), ints("array_append($a, ($2)::int)"), cross(all, texts("1", "5"))},
		{"pg_array_prepend", types(tText, tText), "array_prepend(($1)::int, ($2)::int[])", cross(texts("1", "5"), all)},
		{"pg_array_append", types(tText, tText), "array_append(($1)::text[], $2)", cross(textArrays, texts("", "a b", `"`, "NULL", `\`, "{", "é"))},
		{"pg_array_remove", types(tText, tText, tText), ints("array_remove($a, ($2)::int)"), cross(intArrays, texts("1", "2", "7"), i4)},
		{"pg_array_replace", tText4, ints("array_replace($a, ($2)::int, ($3)::int)"), cross(intArrays, texts("1", "2"), texts("2", "9"), i4)},
		{"pg_array_position", types(tText, tText, tText), ints("array_position($a, ($2)::int)"), cross(intArrays, texts("1", "2", "7"), i4)},
		{"pg_array_position", types(tText, tText, tText, tInt4), ints("array_position($a, ($2)::int, $4)"), cross(intArrays, texts("1", "2"), i4, []string{nullText, "-5", "0", "1", "2", "9"})},
		{"pg_array_positions", types(tText, tText, tText), "array_positions(($1)::text[], $2)", cross(textArrays, texts("a", "", "NULL"), txt)},
		{"pg_array_position", types(tText, tText, tText), "array_position(($1)::numeric[], ($2)::numeric)", cross([]string{"{1.0,1.00,2}", "{NaN}"}, []string{"1", "2.000", "NaN"}, []string{"numeric"})},
		{"pg_array_to_string", types(tText, tText), "array_to_string(($1)::text[], $2)", cross(textArrays, []string{",", "", "é"})},
		{"pg_array_to_string", types(tText, tText, tText), "array_to_string(($1)::text[], $2, $3)", cross(textArrays, []string{",", ""}, texts("*", ""))},
		{"pg_string_to_array", types(tText, tText), "string_to_array($1, $2)", cross([]string{"", "a", "a,b,,c", "日本", ",", "NULL", "aXXb", "a b"}, texts(",", "", "X", "XX", "本"))},
		{"pg_string_to_array", types(tText, tText, tText), "string_to_array($1, $2, $3)", cross([]string{"", "a", "a,b,,c", "NULL"}, texts(",", ""), texts("", "b", "a", "NULL"))},
		{"pg_array_fill", types(tText, tText), "array_fill(($1)::int, ($2)::int[])", cross(texts("7"), texts("{}", "{2}", "{2,2}", "{0}", "{-1}", "{NULL}", "{{1}}", "{1,1,1,1,1,1,1}", "{100000,100000}"))},
		{"pg_array_fill", types(tText, tText, tText), "array_fill(($1)::int, ($2)::int[], ($3)::int[])", cross(texts("7"), []string{"{2}", "{2,2}", "{}"}, texts("{0}", "{1,1}", "{5,-1}", "{}", "{NULL}", "{2147483646}", "{2147483645,1}"))},
		{"pg_array_cast", types(tText, tText, tText), "($1)::int[]::text[]", cross(intArrays, i4, txt)},
		{"pg_array_cast", types(tText, tText, tText), "($1)::text[]::int[]", cross([]string{"{1, 02}", "{a}", "{99999999999}"}, txt, i4)},
		{"pg_array_cast", types(tText, tText, tText), "($1)::bool[]::text[]", cross([]string{"{t,f,NULL}"}, []string{"bool"}, txt)},
	}
	for _, subs := range []string{"1", "2", "0", "-1", "1,1", "2,1", "0,3", "1,1,1", "1,1,1,1,1,1"} {
		cases = append(cases, diffCase{"pg_array_get", types(tText, tText), ints("($a)[" + strings.ReplaceAll(subs, ",", "][") + "]"), cross(intArrays, []string{subs})})
	}
	for _, b := range []string{":", "1:2", "2:", ":1", "0:0", "3:1", "-5:9", ":,:", "1:1,2:2", ":,2:", "1:2,1:1,1:1", "2:2"} {
		cases = append(cases, diffCase{"pg_array_slice", types(tText, tText), ints("($a)[" + strings.ReplaceAll(b, ",", "][") + "]"), cross(intArrays, []string{b})})
	}
	runDiff(t, cases)
}

// TestDiffArrayComparison compares the order of keys, sets and ANY with PostgreSQL's operators.
func TestDiffArrayComparison(t *testing.T) {
	kinds := []struct {
		elem, sql string
		arrays    []string
	}{
		{"int4", "int", append(intArrays, "{1,2}", "{-5}", "{2147483647,-2147483648}")},
		{"text", "text", append(textArrays, "{A}", "{aa}", `{"a\u0001"}`, `{""}`)},
		{"numeric", "numeric", []string{"{}", "{1.0}", "{1.00}", "{0}", "{-0.5}", "{-12.5}", "{-12.4}", "{-100}", "{100}", "{99.999}", "{0.001}", "{0.0010}", "{NaN}", "{Infinity}", "{-Infinity}", "{123456789012345678901234567890123456789012345678901234567890}", "{NULL}"}},
		{"float8", "float8", []string{"{0}", "{-0}", "{NaN}", "{Infinity}", "{-Infinity}", "{1e-300}", "{-1.5}", "{1.5,2}"}},
		{"bool", "bool", []string{"{t}", "{f}", "{NULL}", "{f,t}", "{}"}},
		{"date", "date", []string{"{2024-01-31}", `{"0044-03-15 BC"}`, "{infinity}", "{-infinity}", "{1999-12-31}"}},
		{"timestamptz", "timestamptz", []string{`{"2024-01-31 12:00:00+00"}`, `{"1999-12-31 23:59:59.999999+00"}`, "{infinity}"}},
		{"time", "time", []string{"{00:00:00}", "{24:00:00}", "{12:30:00.000001}"}},
		{"interval", "interval", []string{`{"1 mon"}`, `{"30 days"}`, "{720:00:00}", `{"-1 days"}`, "{00:00:00}", `{"1 year"}`}},
		{"uuid", "uuid", []string{"{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}", "{00000000-0000-0000-0000-000000000000}"}},
		{"bytea", "bytea", []string{`{"\\x"}`, `{"\\x00"}`, `{"\\x00ff"}`, `{"\\xff"}`}},
	}
	o, three := newOracle(t), types(tText, tText, tText)
	contains, overlap := findFunction(t, "pg_arraycontains", three), findFunction(t, "pg_arrayoverlap", three)
	for _, k := range kinds {
		var queries []string
		for _, a := range k.arrays {
			for _, b := range k.arrays {
				l, r := literal(tText, a)+"::"+k.sql+"[]", literal(tText, b)+"::"+k.sql+"[]"
				queries = append(queries, fmt.Sprintf("case when (%s)::%s[] < (%s)::%s[] then -1 when %s = %s then 0 else 1 end", literal(tText, a), k.sql, literal(tText, b), k.sql, l, r),
					"("+l+") @> ("+r+")", "("+l+") && ("+r+")")
			}
		}
		answers := o.ask(t, queries)
		for i, a := range k.arrays {
			for j, b := range k.arrays {
				at := 3 * (i*len(k.arrays) + j)
				row := []string{a, b, k.elem}
				got := []string{comparedKeys(t, k.elem, a, b), call(t, contains, row), call(t, overlap, row)}
				for n := range got {
					if got[n] != answers[at+n] {
						t.Errorf("%s: %s and %s: got %s, PostgreSQL says %s (%d)", k.elem, a, b, got[n], answers[at+n], n)
					}
				}
			}
		}
	}
}

func comparedKeys(t *testing.T, elem, a, b string) string {
	t.Helper()
	keys := make([][]byte, 2)
	for i, s := range []string{a, b} {
		arr, err := ParseArray(s)
		if err == nil {
			keys[i], err = arrayKey(nil, elem, arr)
		}
		if err != nil {
			t.Fatalf("%s: %v", s, err)
		}
	}
	return fmt.Sprint(strings.Compare(string(keys[0]), string(keys[1])))
}
