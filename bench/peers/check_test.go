package peers

import (
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/internal/logictest"
)

// answer reads types and rows of values that have no spaces but "_"; NULL is NULL.
func answer(types string, rows ...string) logictest.Answer {
	out := logictest.Answer{Types: strings.Split(types, ",")}
	for i := range out.Types {
		out.Columns = append(out.Columns, string(rune('a'+i)))
	}
	for _, r := range rows {
		var row []logictest.Cell
		for _, v := range strings.Fields(r) {
			row = append(row, logictest.Cell{Text: strings.ReplaceAll(strings.TrimPrefix(v, "NULL"), "_", " "), Null: v == "NULL"})
		}
		out.Rows = append(out.Rows, row)
	}
	return out
}

func TestCheck(t *testing.T) {
	for _, tc := range []struct {
		name      string
		c         logictest.Case
		want, got logictest.Answer
		how       string
	}{
		{"the same", logictest.Case{}, answer("integer,text", "1 x", "2 y"), answer("integer,text", "2 y", "1 x"), Equal},
		{"another order", logictest.Case{Ordered: true}, answer("integer,text", "1 x", "2 y"), answer("integer,text", "2 y", "1 x"),
			"differs: the columns have the same values, in other rows or another order"},
		{"another order of keys", logictest.Case{Keys: []int{1}}, answer("integer,text", "1 x", "2 y"), answer("integer,text", "2 y", "1 x"),
			"differs: the columns have the same values, in other rows or another order"},
		{"pairs", logictest.Case{}, answer("integer,text", "1 x", "2 y"), answer("integer,text", "1 y", "2 x"),
			"differs: the columns have the same values, in other rows or another order"},
		{"types of a family", logictest.Case{}, answer("bigint,numeric,character", "3 2.5 x__"), answer("numeric,double precision,text", "3 2.5 x"), Equal},
		{"spaces that are no padding", logictest.Case{}, answer("text", "x_"), answer("text", "x"), "differs: column a"},
		{"an exponent", logictest.Case{}, answer("numeric", "100000000000000000000000"), answer("double precision", "1e+23"), Equal},
		{"within", logictest.Case{}, answer("integer,numeric", "1 2.000000001", "1 NULL"), answer("integer,double precision", "1 NULL", "1 2"), EqualWithin},
		{"not within", logictest.Case{}, answer("integer,numeric,text", "1 2.0000001 x"), answer("integer,double precision,text", "1 2 x"), "differs: column b"},
		{"decimals are exact", logictest.Case{}, answer("numeric", "12.5"), answer("numeric", "12.5000000001"), "differs: column a"},
		{"a rounded decimal", logictest.Case{}, answer("numeric", "0.3333333333333333"), answer("numeric", "0.33"), "differs: column a"},
		{"zero for NULL", logictest.Case{}, answer("numeric", "NULL"), answer("double precision", "0"), "differs: column a"},
		{"text for a number", logictest.Case{}, answer("numeric", "1"), answer("text", "1"), "differs: column a is of type text, not numeric"},
		{"integers are exact", logictest.Case{}, answer("bigint", "100000001"), answer("numeric", "100000000"), "differs: column a"},
		{"two columns", logictest.Case{}, answer("integer,text,date", "1 x 2024-01-01"), answer("integer,text,date", "2 x 2024-01-02"), "differs: columns a, c"},
		{"NULL", logictest.Case{}, answer("numeric", "0"), answer("numeric", "NULL"), "differs: column a"},
		{"NaN", logictest.Case{}, answer("double precision", "1"), answer("double precision", "NaN"), "differs: column a"},
		{"families", logictest.Case{}, answer("date", "2024-01-01"), answer("text", "2024-01-01"), "differs: column a is of type text, not date"},
		{"rows", logictest.Case{}, answer("date", "2024-01-01"), answer("date"), "differs: 0 rows, not 1"},
		{"columns", logictest.Case{}, answer("date", "2024-01-01"), answer("date,date", "2024-01-01 2024-01-01"), "differs: 2 columns, not 1"},
		{"a key too many", logictest.Case{Keys: []int{2}}, answer("date", "2024-01-01"), answer("date", "2024-01-01"),
			"cannot be compared: the case has a key in column 2 of 1"},
		{"duplicates", logictest.Case{}, answer("integer", "1", "1", "2"), answer("integer", "1", "2", "2"), "differs: column a"},
	} {
		equal, how := Check(tc.c, tc.want, tc.got)
		if how != tc.how || equal != strings.HasPrefix(how, "equal") {
			t.Errorf("%s: %t, %q, want %q", tc.name, equal, how, tc.how)
		}
	}
}

// TestCompare holds that DuckDB and Trino may name and type a column differently; Atoll and those that are PostgreSQL may not.
func TestCompare(t *testing.T) {
	const types = "text,numeric,numeric"
	want := answer(types, "x 12.5 0.3333333333333333", "y NULL 2")
	renamed := answer(types, "x 12.5 0.3333333333333333", "y NULL 2")
	renamed.Columns[1] = "_col1"
	for _, tc := range []struct {
		name           string
		got            logictest.Answer
		strict, others bool // whether Atoll and PostgreSQL may answer so, and whether others may
	}{
		{"the same", want, true, true},
		{"another name", renamed, false, true},
		{"another type", answer("text,numeric,double precision", "x 12.5 0.33333333333333331", "y NULL 2"), false, true},
		{"a decimal that is off", answer(types, "x 12.5 0.3333333333333334", "y NULL 2"), false, false},
		{"another order", answer(types, "y NULL 2", "x 12.5 0.3333333333333333"), false, false},
		{"a column less", answer("text,numeric", "x 12.5", "y NULL"), false, false},
	} {
		for peer, ok := range map[string]bool{Atoll: tc.strict, FDW: tc.strict, DuckDB: tc.others, Trino: tc.others} {
			if err := Compare(peer, logictest.Case{Ordered: true}, want, tc.got); (err == nil) != ok {
				t.Errorf("%s, %s: %v", tc.name, peer, err)
			}
		}
	}
}
