package logictest

import (
	"strings"
	"testing"
)

// answer makes an Answer of one text per cell; "NULL" is NULL.
func answer(types string, rows ...string) Answer {
	a := Answer{Types: strings.Split(types, ",")}
	for i := range a.Types {
		a.Columns = append(a.Columns, string(rune('a'+i)))
	}
	for _, row := range rows {
		var cells []Cell
		for _, field := range strings.Split(row, ",") {
			cells = append(cells, Cell{Text: field})
			if field == "NULL" {
				cells[len(cells)-1] = Cell{Null: true}
			}
		}
		a.Rows = append(a.Rows, cells)
	}
	return a
}

func TestCompare(t *testing.T) {
	const d, r = "double precision", "real"
	tolerant, ordered := Case{FloatTolerance: true}, Case{Ordered: true}
	for name, test := range map[string]struct {
		c         Case
		want, got Answer
		message   string
	}{
		"same":              {Case{}, answer("text", "x", "y"), answer("text", "y", "x"), ""},
		"other type":        {Case{}, answer("bigint", "1"), answer("numeric", "1"), "column types"},
		"too few":           {Case{}, answer("text", "x", "y"), answer("text", "x"), "1 rows, want 2; missing"},
		"too many":          {Case{}, answer("text", "x"), answer("text", "x", "x"), "too many"},
		"multiset counts":   {Case{}, answer("text", "x", "x", "y"), answer("text", "x", "y", "y"), "no row"},
		"null is not empty": {Case{}, answer("text", "NULL"), answer("text", ""), "no row (NULL)"},
		"order":             {ordered, answer("text", "x", "y"), answer("text", "y", "x"), "row 1 is"},
		"float exact":       {Case{}, answer(d, "0.1"), answer(d, "0.10000000000000002"), "no row"},
		"float tolerant":    {tolerant, answer(d, "0.1"), answer(d, "0.10000000000000002"), ""},
		"float too far":     {tolerant, answer(d, "1"), answer(d, "1.00000001"), "no row"},
		"real tolerant":     {tolerant, answer(r, "1"), answer(r, "1.000001"), ""},
		"near zero":         {tolerant, answer(d, "0"), answer(d, "1e-15"), ""},
		"infinity":          {tolerant, answer(d, "Infinity"), answer(d, "1.7e308"), "no row"},
		"nan":               {tolerant, answer(d, "NaN"), answer(d, "1"), "no row"},
		"tolerant pairs":    {tolerant, answer("text,"+d, "a,1", "a,2", "b,1"), answer("text,"+d, "b,1.0000000000001", "a,2", "a,1"), ""},
		"keys":              {Case{Keys: []int{1}}, answer("integer,text", "1,x", "1,y", "2,z"), answer("integer,text", "1,y", "1,x", "2,z"), ""},
		"keys out of order": {Case{Keys: []int{1}}, answer("integer", "1", "2"), answer("integer", "2", "1"), "row 1: sort key"},
		"keys out of range": {Case{Keys: []int{2}}, answer("integer", "1"), answer("integer", "1"), "column 2 of 1"},
	} {
		err := Compare(test.c, test.want, test.got)
		if (err == nil) != (test.message == "") || err != nil && !strings.Contains(err.Error(), test.message) {
			t.Errorf("%s: %v, want %q", name, err, test.message)
		}
	}
	renamed := answer("text", "x")
	renamed.Columns = []string{"other"}
	if Compare(Case{}, answer("text", "x"), renamed) == nil {
		t.Error("a renamed column passed")
	}
}

func TestCanonical(t *testing.T) {
	for _, test := range []struct{ typ, in, want string }{
		{"numeric", "1.500", "1.5"}, {"numeric", "100", "100"}, {"numeric", "-0.00", "0"}, {"numeric", "0.010", "0.01"},
		{"numeric", "NaN", "NaN"}, {"double precision", "1e+20", "1e+20"}, {"double precision", "-0", "0"},
		{"double precision", "100000000000000000000", "1e+20"}, {"real", "0.1", "0.1"}, {"real", "nan", "NaN"},
		{"double precision", "-Infinity", "-Infinity"}, {"boolean", "t", "true"}, {"boolean", "false", "false"}, {"text", " 1.0 ", " 1.0 "},
	} {
		if got, err := Canonical(test.typ, test.in); got != test.want || err != nil {
			t.Errorf("Canonical(%s, %q) = %q, %v, want %q", test.typ, test.in, got, err, test.want)
		}
	}
	if _, err := Canonical("boolean", "maybe"); err == nil {
		t.Error("a boolean that is none passed")
	}
	if _, err := Canonical("real", "1,5"); err == nil {
		t.Error("a float that is none passed")
	}
}
