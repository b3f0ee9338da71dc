package logictest_test

import (
	"cmp"
	"context"
	"strconv"
	"testing"

	"github.com/atoll-sql/atoll/internal/logictest"
)

// TestClaims: claims that do not hold are found.
func TestClaims(t *testing.T) {
	table := func(rows ...[]string) logictest.Answer {
		a := logictest.Answer{Columns: []string{"k", "n"}, Types: []string{"text", "integer"}}
		for _, r := range rows {
			var cells []logictest.Cell
			for _, text := range r {
				cells = append(cells, logictest.Cell{Text: text, Null: text == ""})
			}
			a.Rows = append(a.Rows, cells)
		}
		return a
	}
	row := func(cells ...string) []string { return cells }
	whole := table(row("a", "3"), row("a", "5"), row("b", "7"), row("c", ""))
	for _, c := range []struct {
		name, rows string
		n          string // what is said of column n
		part       logictest.Answer
		holds      bool
	}{
		{"the same", "all", "exact", whole, true},
		{"not all", "all", "exact", table(row("b", "7")), false},
		{"some", "subset", "exact", table(row("b", "7")), true},
		{"some that is none", "subset", "exact", table(row("b", "6")), false},
		{"twice the same", "subset", "exact", table(row("b", "7"), row("b", "7")), false},
		{"a subset of other values", "subset", "at_least", table(row("b", "7")), false},
		{"less", "groups", "at_least", table(row("a", "4"), row("b", "7")), true},
		{"more", "groups", "at_least", table(row("b", "8")), false},
		{"two for one", "groups", "at_least", table(row("a", "4"), row("a", "5")), false},
		{"two for two, crosswise", "groups", "at_least", table(row("a", "2"), row("a", "4")), true},
		{"at most", "groups", "at_most", table(row("a", "4"), row("b", "8")), true},
		{"not at most", "groups", "at_most", table(row("b", "6")), false},
		{"NULL for a value", "groups", "exact_or_null", table(row("b", "")), true},
		{"a value for NULL", "groups", "exact_or_null", table(row("c", "1")), false},
		{"a bound of NULL", "groups", "at_least", table(row("c", "1")), false},
		{"NULL that is exact", "groups", "exact", table(row("b", "")), false},
		{"NULL is NULL", "groups", "exact", table(row("c", "")), true},
		{"a key that is not there", "groups", "of_answered", table(row("d", "1")), false},
		{"nothing said", "of_answered", "of_answered", table(row("b", "100")), true},
		{"unknown rows", "most", "exact", whole, false},
		{"unknown column", "groups", "about", table(row("b", "8")), false},
	} {
		t.Run(c.name, func(t *testing.T) {
			claims := logictest.Claims{Rows: c.rows, Columns: []string{"exact", c.n}, Order: func(_ context.Context, _, a, b string) (int, error) {
				x, errX := strconv.Atoi(a)
				y, errY := strconv.Atoi(b)
				return cmp.Compare(x, y), cmp.Or(errX, errY)
			}}
			if err := claims.Broken(t.Context(), c.part, whole); (err == nil) != c.holds {
				t.Error(err)
			}
		})
	}
}
