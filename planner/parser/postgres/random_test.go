package postgres

import (
	"errors"
	"math/rand/v2"
	"testing"

	"github.com/atoll-sql/atoll/planner/ast"
)

// wraps are ways to make an expression of an expression, by what goes before and after it.
var wraps = [][2]string{
	{"NOT ", ""}, {"- ", ""}, {"@ ", ""}, {"a + ", ""}, {"a || ", ""}, {"a OR ", ""}, {"a AND NOT ", ""},
	{"a BETWEEN b AND ", ""}, {"a NOT BETWEEN SYMMETRIC b AND NOT ", ""}, {"a = ", ""}, {"a LIKE ", ""},
	{"(", ")"}, {"f(a, ", ")"}, {"ROW(a, ", ")"}, {"CAST(", " AS int)"}, {"ARRAY[", "]"}, {"a[", "]"}, {"a IN (1, ", ")"},
	{"CASE WHEN ", " THEN a END"}, {"CASE a WHEN 1 THEN b ELSE ", " END"}, {"CASE ", " WHEN 1 THEN 2 END"},
	{"(SELECT ", ")"}, {"(SELECT 1 UNION SELECT ", ")"}, {"EXISTS (SELECT 1 FROM t JOIN u ON ", ")"},
	{"a = ANY (SELECT a FROM (SELECT ", ") t)"}, {"(WITH w AS (SELECT ", ") SELECT 1)"}, {"(VALUES (", "))"},
	{"sum(a) OVER (ORDER BY ", ")"}, {"sum(a) FILTER (WHERE ", ")"}, {"coalesce(a, ", ")"},
	{"", " + 1"}, {"", "::int"}, {"", " IS NULL"}, {"", " IS NOT TRUE"}, {"", " ISNULL"}, {"", " AND b"}, {"", " OR b"},
	{"", " IN (1, 2)"}, {"", " NOT LIKE b ESCAPE c"}, {"", " BETWEEN 1 AND 2"}, {"", ` COLLATE "C"`}, {"", " AT TIME ZONE d"},
	{"", " AT LOCAL"}, {"", " IS DISTINCT FROM b"}, {"", " = ANY (c)"}, {"", "[1]"}, {"", ".x"}, {"", " ->> 'x'"},
	{"", " OPERATOR(pg_catalog.<) t.or"}, {"", " FROM t JOIN u ON a"}, {"", " UNION SELECT 1, 2"}, {"", " FROM t, u CROSS JOIN v"},
	{"", ", a"}, {"", " SIMILAR TO a"}, {"", " ^ 2"},
}

// TestGuardRandomRepetitions wraps an expression thousands of times in a few random ways: the grammar must
// survive whatever the guard lets through.
func TestGuardRandomRepetitions(t *testing.T) {
	rng := rand.New(rand.NewPCG(2, 2))
	read := 0
	for range 150 {
		before, after := "", ""
		for range 1 + rng.IntN(3) {
			w := wraps[rng.IntN(len(wraps))]
			before, after = before+w[0], w[1]+after
		}
		n := []int{300, 900, 3000, 20_000}[rng.IntN(4)]
		text := "SELECT " + rep(before, n) + "a" + rep(after, n)
		query, err := Parse(text)
		if err == nil {
			read++
			checkPositions(t, text, query)
			continue
		}
		var e *ast.Error
		if !errors.As(err, &e) || e.SQLState == "XX000" {
			t.Fatalf("%.200s: %v", text, err)
		}
	}
	if read < 20 {
		t.Errorf("only %d texts were read: the test tests nothing", read)
	}
}
