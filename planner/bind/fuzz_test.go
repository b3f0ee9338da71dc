package bind_test

import (
	"errors"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/parser/postgres"
)

// FuzzBind takes any bytes the whole road from text to fragments: nothing panics, every error names a SQLSTATE and a
// place within the text, and every tree between two steps is sound.
func FuzzBind(f *testing.F) {
	for _, c := range plantest.LogicCases(f) {
		f.Add(c.SQL)
	}
	for _, g := range plantest.Goldens(f, root) {
		f.Add(g.SQL)
	}
	for _, e := range plantest.Expressions(f, root) {
		f.Add("select " + e.SQL + " from edge")
	}
	f.Add("select \x00")
	f.Add("select '\xff' from payments")
	worlds := []*plantest.World{
		plantest.Logic(f, plantest.Setup{}),
		plantest.Logic(f, plantest.Setup{Dialects: []string{"duckdb", "duckdb", "duckdb"}, Down: []string{"us-1"}}),
	}
	params := []bind.Param{{Text: "1"}, {Null: true}, {Text: "2020-01-01"}, {Text: "äöü'\"\\"}, {Text: "1e5"}}
	f.Fuzz(func(t *testing.T, sql string) {
		for _, w := range worlds {
			checkRoad(t, w, sql, params)
		}
	})
}

func checkRoad(t *testing.T, w *plantest.World, sql string, params []bind.Param) {
	t.Helper()
	p, err := w.Plan(sql, params[:min(used(sql), len(params))], nil)
	if err == nil {
		plantest.Render(p)
		return
	}
	var ae *ast.Error
	var ce *connectors.Error
	switch {
	case errors.As(err, &ce): // a shard is down
	case !errors.As(err, &ae):
		t.Fatalf("%q: error of type %T: %v", sql, err, err)
	case len(ae.SQLState) != 5 || ae.SQLState == "XX000" || ae.Text == "" || ae.Pos < -1 || ae.Pos > len(sql):
		t.Fatalf("%q: %+v", sql, ae)
	default:
		ae.Render(sql)
	}
}

// used returns the greatest N of the parameters $N of a text, 0 if it is no SQL.
func used(sql string) int {
	tree, err := postgres.Parse(sql)
	if err != nil {
		return 0
	}
	n := 0
	ast.Walk(tree, func(x ast.Node) bool {
		if p, ok := x.(*ast.Param); ok {
			n = max(n, p.N)
		}
		return true
	})
	return n
}
