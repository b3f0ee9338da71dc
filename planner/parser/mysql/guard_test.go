package mysql

import (
	"errors"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/planner/ast"
)

func rep(s string, n int) string { return strings.Repeat(s, n) }

// shapes are the ways in which a query can grow without end. Just within the limit each must be read, and beyond it refused.
var shapes = []struct {
	name  string
	limit int
	text  func(n int) string
	says  string
}{
	{"plus", maxChain, func(n int) string { return "SELECT a" + rep(" + 1", n) }, "operators in a chain"},
	{"minus", maxChain, func(n int) string { return "SELECT " + rep("- ", n) + "a" }, "operators in a chain"},
	{"not", maxChain, func(n int) string { return "SELECT " + rep("NOT ", n) + "a" }, "operators in a chain"},
	{"bang", maxChain, func(n int) string { return "SELECT " + rep("!", n) + "a" }, "operators in a chain"},
	{"division", maxChain, func(n int) string { return "SELECT a" + rep(" / b", n) }, "operators in a chain"},
	{"div", maxChain, func(n int) string { return "SELECT a" + rep(" div b", n) }, "operators in a chain"},
	{"is null", maxChain, func(n int) string { return "SELECT a" + rep(" IS NULL", n) }, "operators in a chain"},
	{"interval", maxChain / 2, func(n int) string { return "SELECT a" + rep(" + interval 1 day", n) }, "operators in a chain"},
	{"parentheses", maxNesting, func(n int) string { return "SELECT " + rep("(", n) + "1" + rep(")", n) }, "levels of"},
	{"query in parentheses", maxNesting, func(n int) string { return rep("(", n) + "SELECT 1" + rep(")", n) }, "levels of"},
	{"function", maxNesting, func(n int) string { return "SELECT " + rep("abs(", n) + "1" + rep(")", n) }, "levels of"},
	{"if", maxNesting, func(n int) string { return "SELECT " + rep("if(a, b, ", n) + "1" + rep(")", n) }, "levels of"},
	{"case", maxNesting, func(n int) string { return "SELECT " + rep("CASE WHEN ", n) + "a" + rep(" THEN 1 END", n) }, "levels of"},
	{"cast", maxNesting, func(n int) string { return "SELECT " + rep("cast(", n) + "a" + rep(" as signed)", n) }, "levels of"},
	{"scalar subquery", maxNesting, func(n int) string { return rep("SELECT (", n) + "SELECT 1" + rep(")", n) }, "levels of"},
	{"in subquery", maxNesting, func(n int) string { return rep("SELECT a IN (", n) + "SELECT 1" + rep(")", n) }, "levels of"},
	{"from subquery", maxNesting, func(n int) string { return rep("SELECT * FROM (", n) + "SELECT 1" + rep(") t", n) }, "levels of"},
	{"tables in parentheses", maxNesting, func(n int) string { return "SELECT * FROM " + rep("(", n) + "t" + rep(")", n) }, "levels of"},
	{"greatest", maxCopies, func(n int) string { return "SELECT " + rep("greatest(a, ", n) + "b" + rep(")", n) }, "nested four deep"},
	{"union", maxSetOps, func(n int) string { return "SELECT 1, 2" + rep(" UNION SELECT 1, 2", n) }, "set operations"},
	{"join", maxJoins, func(n int) string { return "SELECT 1 FROM a" + rep(" JOIN a ON b AND c", n) }, "joins"},
	{"join to the right", maxJoins, func(n int) string { return "SELECT 1 FROM a" + rep(" LEFT JOIN a", n) + rep(" ON b", n) }, "joins"},
}

func TestGuardLimits(t *testing.T) {
	for _, s := range shapes {
		t.Run(s.name, func(t *testing.T) {
			sql := s.text(s.limit)
			query, err := Parse(sql)
			if err != nil {
				t.Fatalf("at the limit of %d: %v", s.limit, err)
			}
			ast.Dump(query)
			checkPositions(t, sql, query)
			for _, n := range []int{s.limit + 1, 5 * s.limit} {
				var e *ast.Error
				_, err := Parse(s.text(n))
				if !errors.As(err, &e) || !strings.Contains(e.Text+e.Hint, s.says) || e.Pos < 0 {
					t.Errorf("beyond the limit, %d: %v", n, err)
				}
			}
		})
	}
}

// TestGuardLetsLongListsThrough: lists are long in real life.
func TestGuardLetsLongListsThrough(t *testing.T) {
	for _, sql := range []string{
		"SELECT 1 FROM t WHERE a IN (-1" + rep(", -123456", 100_000) + ")",
		"SELECT 1 FROM t WHERE a IN ('x'" + rep(", 'y'", 100_000) + ")",
		"SELECT 1 FROM t WHERE a = 1" + rep(" OR a = 2 AND b BETWEEN 1 AND 2", 20_000),
		"SELECT 1 FROM t WHERE (a, b) IN ((1, 2)" + rep(", (3, 4)", 80_000) + ")",
		"SELECT a" + rep(", a + b", 20_000) + " FROM t",
	} {
		if _, err := Parse(sql); err != nil {
			t.Errorf("%.60s…: %v", sql, err)
		}
	}
}

func TestGuardText(t *testing.T) {
	for _, test := range []struct {
		sql, state string
		pos        int
	}{
		{"select '" + rep("x", maxBytes) + "'", "54000", -1},
		{"select 1" + rep(",1", maxTokens/2), "54000", maxTokens + 6},
		{"select 'a\x00b'", "22021", 9},
		{"select 'ä\xffb'", "22021", 10},
	} {
		var e *ast.Error
		if _, err := Parse(test.sql); !errors.As(err, &e) || e.SQLState != test.state || e.Pos != test.pos {
			t.Errorf("%.40q…: %+v", test.sql, err)
		}
	}
}
