package postgres

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/planner/ast"
)

func rep(s string, n int) string { return strings.Repeat(s, n) }

// shapes are the ways in which a query can grow without end. Just within the limit each must be read, and
// beyond it refused before the grammar sees it; the process surviving is the test.
var shapes = []struct {
	name  string
	limit int // what the guard counts, at most
	text  func(n int) string
	says  string
}{
	{"plus", maxChain, func(n int) string { return "SELECT a" + rep(" + 1", n) }, "operators in a chain"},
	{"concatenation", maxChain, func(n int) string { return "SELECT a" + rep(" || b", n) }, "operators in a chain"},
	{"cast", maxChain, func(n int) string { return "SELECT a" + rep("::int", n) }, "operators in a chain"},
	{"minus", maxChain, func(n int) string { return "SELECT " + rep("- ", n) + "a" }, "operators in a chain"},
	{"not", maxChain, func(n int) string { return "SELECT " + rep("NOT ", n) + "a" }, "operators in a chain"},
	{"collate", maxChain, func(n int) string { return "SELECT a" + rep(` COLLATE "C"`, n) }, "operators in a chain"},
	{"time zone", maxChain, func(n int) string { return "SELECT a" + rep(" AT TIME ZONE b", n) }, "operators in a chain"},
	{"at local", maxChain, func(n int) string { return "SELECT a" + rep(" AT LOCAL", n) }, "operators in a chain"},
	{"operator()", maxChain, func(n int) string { return "SELECT a" + rep(" OPERATOR(pg_catalog.+) a", n) }, "operators in a chain"},
	{"columns with reserved names", maxChain, func(n int) string { return "SELECT a" + rep(" + t.or + t.end", n/2) + rep(" + 1", n%2) }, "operators in a chain"},
	{"subscript of itself", maxNesting, func(n int) string { return "SELECT " + rep("a[", n) + "1" + rep("]", n) }, "levels of"},
	{"parentheses", maxNesting, func(n int) string { return "SELECT " + rep("(", n) + "1" + rep(")", n) }, "levels of"},
	{"chain of parentheses", maxNesting, func(n int) string { return "SELECT " + rep("(1 + ", n) + "1" + rep(")", n) }, "levels of"},
	{"function", maxNesting, func(n int) string { return "SELECT " + rep("f(", n) + "1" + rep(")", n) }, "levels of"},
	{"window", maxNesting, func(n int) string {
		return "SELECT " + rep("f(1) OVER (PARTITION BY ", n) + "1" + rep(")", n)
	}, "levels of"},
	{"case", maxNesting, func(n int) string { return "SELECT " + rep("CASE WHEN ", n) + "a" + rep(" THEN 1 END", n) }, "levels of"},
	{"scalar subquery", maxNesting, func(n int) string { return rep("SELECT (", n) + "SELECT 1" + rep(")", n) }, "levels of"},
	{"in subquery", maxNesting, func(n int) string { return rep("SELECT a IN (", n) + "SELECT 1" + rep(")", n) }, "levels of"},
	{"from subquery", maxNesting, func(n int) string { return rep("SELECT * FROM (", n) + "SELECT 1" + rep(") t", n) }, "levels of"},
	{"with", maxNesting, func(n int) string { return rep("WITH a AS (", n) + "SELECT 1" + rep(") SELECT 1", n) }, "levels of"},
	{"array", maxNesting, func(n int) string { return "SELECT ARRAY" + rep("[", n) + "1" + rep("]", n) }, "levels of"},
	{"union", maxSetOps, func(n int) string { return "SELECT 1, 2" + rep(" UNION SELECT 1, 2", n) }, "set operations"},
	{"union to the right", maxNesting, func(n int) string { return rep("SELECT 1 UNION (", n) + "SELECT 1" + rep(")", n) }, ""},
	{"join", maxJoins, func(n int) string { return "SELECT 1 FROM a" + rep(" JOIN a ON b AND c", n) }, "joins"},
	{"join to the right", maxJoins, func(n int) string { return "SELECT 1 FROM a" + rep(" JOIN a", n) + rep(" ON b", n) }, "joins"},
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
				if _, err := Parse(s.text(n)); !errors.As(err, &e) || e.SQLState != "54001" || !strings.Contains(e.Text, s.says) {
					t.Errorf("beyond the limit, %d: %v", n, err)
				}
			}
		})
	}
}

// TestGuardAllLimitsAtOnce adds up what a stack must bear at most.
func TestGuardAllLimitsAtOnce(t *testing.T) {
	deep := rep("SELECT (", 900) + "SELECT 1" + rep(" UNION SELECT 1", 900) + rep(")", 900)
	for _, sql := range []string{
		"SELECT a" + rep(" + 1", 3000) + " + (" + deep + ")",
		"SELECT " + rep("- ", 3000) + "(" + deep + ")",
		"SELECT (" + deep + ")" + rep("::int", 3000),
		"SELECT 1 FROM a" + rep(" JOIN a ON true", 900) + " JOIN (" + deep + ") x ON true",
	} {
		if _, err := Parse(sql); err != nil {
			t.Errorf("%.20s…: %v", sql, err)
		}
	}
}

// TestGuardChainAcrossBetween: the AND of a BETWEEN does not end a chain, as the AND of a conjunction does.
func TestGuardChainAcrossBetween(t *testing.T) {
	if _, err := Parse("SELECT " + rep("a BETWEEN 1 AND NOT ", 5000) + "b"); err == nil {
		t.Error("read")
	}
	if _, err := Parse("SELECT 1 FROM t WHERE a BETWEEN 1 AND 2" + rep(" AND a BETWEEN 1 AND 2", 5000)); err != nil {
		t.Error(err)
	}
}

func TestGuardLetsLongListsThrough(t *testing.T) {
	for name, sql := range map[string]string{
		"in":           "SELECT 1 FROM t WHERE a IN (-1" + rep(", -123456", 100_000) + ")",
		"in strings":   "SELECT 1 FROM t WHERE a IN ('x'" + rep(", 'abcdef'", 100_000) + ") AND b = 1",
		"in rows":      "SELECT 1 FROM t WHERE (a, b) IN ((1, 2)" + rep(", (1, 2)", 99_000) + ")",
		"or":           "SELECT 1 FROM t WHERE a = 1" + rep(" OR a = 1", 20_000),
		"and":          "SELECT 1 FROM t WHERE a = 1" + rep(" AND b + 1 <> 1", 20_000),
		"targets":      "SELECT a" + rep(", a + 1", 20_000),
		"case":         "SELECT CASE" + rep(" WHEN a = 1 THEN b + 1", 20_000) + " ELSE 0 END",
		"values":       "VALUES (1)" + rep(", (1 + 1)", 20_000),
		"names":        "SELECT a" + rep(".a", 5000),
		"subscripts":   "SELECT a" + rep("[1]", 1000),
		"comments":     "SELECT " + rep("/* ", 20_000) + rep("*/ ", 20_000) + "1",
		"case columns": "SELECT t.case" + rep(", t.case + t.end", 2000),
	} {
		t.Run(name, func(t *testing.T) {
			query, err := Parse(sql)
			if err != nil {
				t.Fatal(err)
			}
			checkPositions(t, sql, query)
		})
	}
}

func TestGuardRefuses(t *testing.T) {
	for _, test := range []struct {
		name, sql, state string
		pos              int
	}{
		{"NUL", "SELECT 1\x00, 2", "22021", 8},
		{"not UTF-8", "SELECT 'é\xff'", "22021", 10},
		{"half a character", "SELECT 'x\xc3", "22021", 9},
		{"too many bytes", "SELECT '" + rep("x", maxBytes) + "'", "54000", -1},
		{"too many tokens", "SELECT 1" + rep(",1", maxTokens/2), "54000", maxTokens + 6},
		{"long list, deep", "SELECT 1 IN (1" + rep(",1", 100_000) + ")" + rep(" + 1", 3000), "54001", -1},
		{"open parentheses", "SELECT " + rep("(", 50_000), "54001", 1007},
		{"open parentheses, short", "SELECT " + rep("(", 1900), "42601", 1907},
		{"closing parentheses", "SELECT 1" + rep(")", 50_000), "42601", 8},
		{"open string", "SELECT '" + rep("x", 5000), "42601", 7},
		{"open comment", "SELECT /*" + rep("/*", 5000), "42601", 7},
		{"open identifier", `SELECT "` + rep("x", 5000), "42601", 7},
		{"open dollar quote", "SELECT $a$" + rep("x", 5000), "42601", 7},
	} {
		t.Run(test.name, func(t *testing.T) {
			_, err := Parse(test.sql)
			var e *ast.Error
			if !errors.As(err, &e) {
				t.Fatalf("%v", err)
			}
			if got := fmt.Sprint(e.SQLState, " ", e.Pos); got != fmt.Sprint(test.state, " ", test.pos) {
				t.Errorf("%s at %d: %s", e.SQLState, e.Pos, e.Text)
			}
			if len(e.Text) > 400 || strings.Contains(e.Text, "\n") {
				t.Errorf("text of %d bytes", len(e.Text))
			}
		})
	}
}
