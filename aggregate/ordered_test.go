package aggregate

import (
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

func text(s string) *Constant { return &Constant{Text: s} }

// orderedCases give the partial columns as they arrive; answers are PostgreSQL 15's.
var orderedCases = []struct {
	note     string
	name     string
	types    string
	distinct bool
	o        Ordering
	cols     []string // of one group
	want     string
}{
	{"by itself", "string_agg", "text text", false, Ordering{Constant: text(","), Keys: []OrderKey{{Arg: 0}}}, []string{"b a '' NULL B", "1 2 1 5 1"}, ",B,a,a,b"},
	{"descending", "string_agg", "text text", false, Ordering{Constant: text(","), Keys: []OrderKey{{Arg: 0, Desc: true}}}, []string{"b a", "1 2"}, "b,a,a"},
	{"no order", "string_agg", "text text", false, Ordering{Constant: text("")}, []string{"b a c", "1 1 1"}, "abc"},
	{"null separator", "string_agg", "text text", false, Ordering{Constant: &Constant{Null: true}}, []string{"b a", "1 1"}, "ab"},
	{"only nulls", "string_agg", "text text", false, Ordering{Constant: text(",")}, []string{"NULL NULL", "1 9"}, "NULL"},
	{"one empty", "string_agg", "text text", false, Ordering{Constant: text(",")}, []string{"''", "1"}, ""},
	{"three empty", "string_agg", "text text", false, Ordering{Constant: text(",")}, []string{"''", "3"}, ",,"},
	{"separators", "string_agg", "text text", false, Ordering{Keys: []OrderKey{{Arg: -1, Type: types["int32"]}}}, []string{"a b c d", "< - NULL >", "4 3 2 1", "1 2 1 1"}, "dc-b-b<a"},
	{"nulls first", "string_agg", "text text", false, Ordering{Constant: text(","), Keys: []OrderKey{{Arg: -1, Type: types["int32"], NullsFirst: true}}}, []string{"a b c", "1 NULL 0", "1 1 1"}, "b,c,a"},
	{"two keys", "string_agg", "text text", false, Ordering{Constant: text(","), Keys: []OrderKey{{Arg: -1, Type: types["int32"], Desc: true}, {Arg: 0}}}, []string{"z b a", "1 2 2", "1 1 1"}, "a,b,z"},
	{"distinct", "string_agg", "text text", true, Ordering{Constant: text(","), Keys: []OrderKey{{Arg: 0}}}, []string{"b a b NULL a"}, "a,b"},
	{"distinct pairs", "string_agg", "text text", true, Ordering{Keys: []OrderKey{{Arg: 0}, {Arg: 1}}}, []string{"b a b a", "- + - -"}, "a-a-b"},
	{"most frequent", "mode", "int32", false, Ordering{Keys: []OrderKey{{Arg: 0}}}, []string{"3 1 2 3 NULL", "1 2 3 2 9"}, "2"},
	{"most frequent from above", "mode", "int32", false, Ordering{Keys: []OrderKey{{Arg: 0, Desc: true}}}, []string{"3 1 2 3 NULL", "1 2 3 2 9"}, "3"},
	{"mode of nulls", "mode", "text", false, Ordering{Keys: []OrderKey{{Arg: 0}}}, []string{"NULL", "2"}, "NULL"},
	{"median", "percentile_disc", "text float64", false, Ordering{Constant: text("0.5"), Keys: []OrderKey{{Arg: 0}}}, []string{"d a b c", "1 1 1 1"}, "b"},
	{"median from above", "percentile_disc", "text float64", false, Ordering{Constant: text("0.5"), Keys: []OrderKey{{Arg: 0, Desc: true}}}, []string{"d a b c", "1 1 1 1"}, "c"},
	{"least", "percentile_disc", "n(10,2) float64", false, Ordering{Constant: text("0"), Keys: []OrderKey{{Arg: 0}}}, []string{"1.5 -2 NULL", "1 4 1"}, "-2"},
	{"null fraction", "percentile_disc", "int32 float64", false, Ordering{Constant: &Constant{Null: true}, Keys: []OrderKey{{Arg: 0}}}, []string{"1", "1"}, "NULL"},
	{"between", "percentile_cont", "float64 float64", false, Ordering{Constant: text("0.5"), Keys: []OrderKey{{Arg: 0}}}, []string{"1 4 2 NULL", "1 1 2 7"}, "2"},
	{"between two", "percentile_cont", "float64 float64", false, Ordering{Constant: text("0.25"), Keys: []OrderKey{{Arg: 0, Desc: true}}}, []string{"1 4", "1 1"}, "3.25"},
	{"fraction that travels", "percentile_cont", "float64 float64", false, Ordering{Keys: []OrderKey{{Arg: 0}}}, []string{"1 2 3", "1 1 1", "0.75 0.75 0.75"}, "2.5"},
}

func TestOrdered(t *testing.T) {
	for _, c := range orderedCases {
		t.Run(c.name+" "+c.note, func(t *testing.T) {
			alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
			defer alloc.AssertSize(t, 0)
			f, err := LookupOrdered(c.name, typesOf(t, strings.Fields(c.types)...), c.distinct, c.o)
			if err != nil {
				t.Fatal(err)
			}
			spec := plainSpec([]arrow.Field{key("k", types["int32"])}, f)
			// A second group, of nothing but NULLs, and every row in a batch of its own, in any order.
			n := len(strings.Fields(c.cols[0]))
			var batches []arrow.Record
			for _, i := range rand.Perm(n) {
				cols := []arrow.Array{parse(t, alloc, types["int32"], "1 2")}
				for p, text := range c.cols {
					other := " NULL"
					if f.Partials[p].Op == OpCountStar {
						other = " 1"
					}
					cols = append(cols, parse(t, alloc, f.Partials[p].Type, strings.Fields(text)[i]+other))
				}
				batches = append(batches, record(t, spec.Input, cols...))
			}
			defer func() {
				for _, b := range batches {
					b.Release()
				}
			}()
			got, err := merge(t, alloc, spec, batches...)
			if err != nil {
				t.Fatal(err)
			}
			if want := []string{"1|" + c.want, "2|NULL"}; !slices.Equal(got, want) {
				t.Errorf("%q, want %q", got, want)
			}
		})
	}
}

func TestOrderedRefuses(t *testing.T) {
	byValue := []OrderKey{{Arg: 0}}
	for _, c := range []struct {
		name, types string
		distinct    bool
		o           Ordering
	}{
		{"string_agg", "text", false, Ordering{}},
		{"string_agg", "int32 text", false, Ordering{}},
		{"string_agg", "text text", false, Ordering{Keys: []OrderKey{{Arg: 2}}}},
		{"mode", "int32", false, Ordering{}},
		{"mode", "int32", true, Ordering{Keys: byValue}},
		{"percentile_cont", "text float64", false, Ordering{Constant: text("0"), Keys: byValue}},
		{"percentile_disc", "text float64", false, Ordering{Constant: text("x"), Keys: byValue}},
		{"percentile_disc", "text", false, Ordering{Keys: byValue}},
		{"sum", "int32", false, Ordering{}},
	} {
		_, err := LookupOrdered(c.name, typesOf(t, strings.Fields(c.types)...), c.distinct, c.o)
		var e *Error
		if !errors.As(err, &e) || e.SQLState != "42883" {
			t.Errorf("%s(%s): %v", c.name, c.types, err)
		}
	}
}

// TestOrderedErrors: what PostgreSQL refuses, and what would take too much memory, whether of what arrives or of the result.
func TestOrderedErrors(t *testing.T) {
	joined := Ordering{Constant: text(",")}
	for _, c := range []struct {
		name, types string
		o           Ordering
		cols        []string
		max         int64
		want        string
	}{
		{"percentile_disc", "int32 float64", Ordering{Constant: text("1.01"), Keys: []OrderKey{{Arg: 0}}}, []string{"1", "1"}, 0, "22003"},
		{"percentile_cont", "float64 float64", Ordering{Constant: text("NaN"), Keys: []OrderKey{{Arg: 0}}}, []string{"NULL", "1"}, 0, "22003"},
		{"string_agg", "text text", joined, []string{"abc", "1000000000"}, 0, "54000"},
		{"string_agg", "text text", joined, []string{"abc", "9223372036854775807"}, 0, "54000"},
		{"string_agg", "text text", joined, []string{"abc", "1000000"}, 1 << 20, "53200"},
		{"string_agg", "text text", joined, []string{strings.Repeat("x", 5000), "1"}, 1 << 12, "53200"},
	} {
		alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
		f, err := LookupOrdered(c.name, typesOf(t, strings.Fields(c.types)...), false, c.o)
		if err != nil {
			t.Fatal(err)
		}
		spec := plainSpec(nil, f)
		spec.MaxBytes = c.max
		var cols []arrow.Array
		for p, text := range c.cols {
			cols = append(cols, parse(t, alloc, f.Partials[p].Type, text))
		}
		b := record(t, spec.Input, cols...)
		_, err = merge(t, alloc, spec, b)
		b.Release()
		var e *Error
		var l *LimitError
		if !(errors.As(err, &e) && e.SQLState == c.want || errors.As(err, &l) && l.SQLState() == c.want) {
			t.Errorf("%s %.20q: %v, want %s", c.name, c.cols, err, c.want)
		}
		alloc.AssertSize(t, 0)
	}
}

func TestIntervalSum(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	const a, b = `{"months":1,"days":-2,"nanoseconds":9223372036854775807}`, `{"months":2147483646,"days":0,"nanoseconds":-7}`
	for values, want := range map[string]string{
		a + " NULL " + b:      `{"months":2147483647,"days":-2,"nanoseconds":9223372036854775800}`,
		b + " " + b + " " + a: "22008", a + " " + a: "22008", "NULL": "NULL",
	} {
		spec := plainSpec(nil, lookup(t, "sum", false, "interval"))
		rec := record(t, spec.Input, parse(t, alloc, types["interval"], values))
		got, err := merge(t, alloc, spec, rec)
		rec.Release()
		var e *Error
		if errors.As(err, &e) {
			got = []string{e.SQLState}
		}
		if len(got) != 1 || got[0] != want {
			t.Errorf("%s: %v %v, want %s", values, got, err, want)
		}
	}
}
