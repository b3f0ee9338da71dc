package mysql

import (
	"errors"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"

	"github.com/atoll-sql/atoll/planner/ast"
)

// TestParse compares trees and errors with testdata; -rewrite writes them anew.
//
//	parse: the tree of one query, or the error with its SQLSTATE and caret
//	each:  the same for every line
func TestParse(t *testing.T) {
	datadriven.Walk(t, "testdata", func(t *testing.T, path string) {
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			switch d.Cmd {
			case "parse":
				return outcome(t, d.Input) + "\n"
			case "each":
				var b strings.Builder
				for _, line := range strings.Split(d.Input, "\n") {
					b.WriteString(outcome(t, line) + "\n")
				}
				return b.String()
			}
			d.Fatalf(t, "unknown command %s", d.Cmd)
			return ""
		})
	})
}

func outcome(t *testing.T, sql string) string {
	t.Helper()
	query, err := Parse(sql)
	if err == nil {
		checkPositions(t, sql, query)
		return ast.Dump(query)
	}
	var e *ast.Error
	if !errors.As(err, &e) {
		t.Fatalf("%s: error of type %T", sql, err)
	}
	return e.SQLState + ": " + e.Render(sql)
}

// checkPositions demands that every node stands within the text; only a FROM-less or starless place may be unknown.
func checkPositions(t *testing.T, sql string, query *ast.Select) {
	t.Helper()
	ast.Walk(query, func(n ast.Node) bool {
		if p := n.Position(); p < 0 || p >= len(sql) {
			t.Fatalf("%q: %T at %d", sql, n, p)
		}
		return true
	})
}
