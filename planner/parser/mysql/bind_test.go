package mysql_test

import (
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/parser/mysql"
)

// FuzzBind: what this door reads is bound and placed, or refused with a SQLSTATE and a place within the text.
func FuzzBind(f *testing.F) {
	for _, name := range []string{"../../../testdata/mysql/pairs.test", "testdata/select", "testdata/expr"} {
		text, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		for _, line := range strings.Split(string(text), "\n") {
			if strings.HasPrefix(line, "select") {
				f.Add(line)
			}
		}
	}
	w := plantest.Logic(f, plantest.Setup{Dialects: []string{"duckdb", "duckdb", "duckdb"}})
	f.Fuzz(func(t *testing.T, sql string) {
		tree, err := mysql.Parse(sql)
		if err != nil {
			return // FuzzParse looks at these
		}
		params := make([]bind.Param, parameters(tree))
		for i := range params {
			params[i].Text = "1"
		}
		q, err := w.BindTree(tree, params)
		if err == nil {
			_, err = w.Place(q, nil)
		}
		var e *ast.Error
		var shard *connectors.Error
		switch {
		case err == nil, errors.As(err, &shard):
		case !errors.As(err, &e):
			t.Fatalf("%q: error of type %T: %v", sql, err, err)
		case len(e.SQLState) != 5 || e.SQLState == "XX000" || e.Text == "" || e.Pos < 0 || e.Pos > len(sql):
			t.Fatalf("%q: %+v", sql, e)
		}
	})
}

func parameters(tree *ast.Select) int {
	n := 0
	ast.Walk(tree, func(x ast.Node) bool {
		if p, ok := x.(*ast.Param); ok {
			n = max(n, p.N)
		}
		return true
	})
	return n
}
