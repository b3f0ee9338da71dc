package querygen

import (
	"reflect"
	"strings"
	"testing"
)

func TestSameSeedSameStatements(t *testing.T) {
	a, b := New(5, nil), New(5, nil)
	different := map[string]bool{}
	for range 500 {
		sqlA, argsA := a.Next().SQL()
		sqlB, argsB := b.Next().SQL()
		if sqlA != sqlB || !reflect.DeepEqual(argsA, argsB) {
			t.Fatalf("%s\n%s", sqlA, sqlB)
		}
		if strings.Contains(sqlA, "%!") || strings.Contains(sqlA, "%s") {
			t.Errorf("an unfilled form in %s", sqlA)
		}
		different[sqlA] = true
	}
	if len(different) < 490 {
		t.Errorf("only %d different statements of 500", len(different))
	}
}

// TestShrink drops everything that a failure does not need.
func TestShrink(t *testing.T) {
	q := &Query{Limit: 5, Total: []string{""}, Distinct: true,
		Items: []Item{{Expr: leaf(Int4, "t1.id")}, {Expr: node(Int4, "abs(%s)", node(Int4, "(- %s)", leaf(Int4, "t1.v")))}},
		From:  []Source{{Table: "vacant", Alias: "t1"}, {Join: "cross join", Table: "currencies", Alias: "t2"}},
		Where: []*Expr{leaf(Bool, "true"), node(Bool, "(not %s)", leaf(Bool, "false"))}}
	small := Shrink(q, func(q *Query) bool {
		sql, _ := q.SQL()
		return strings.Contains(sql, "abs(") && strings.Contains(sql, "false")
	})
	sql, _ := small.SQL()
	if want := "select abs(t1.v) from vacant t1 where false"; sql != want {
		t.Errorf("got %s, want %s", sql, want)
	}
}

func TestLackingColumnsAreNotNamed(t *testing.T) {
	g := New(5, func(table, column string) bool {
		return table == "edge" && column == "iv" || table == "events" && column == "took"
	})
	for range 3000 {
		if sql, _ := g.Next().SQL(); strings.Contains(sql, ".iv") || strings.Contains(sql, ".took") {
			t.Fatalf("a column that is lacking in %s", sql)
		}
	}
}
