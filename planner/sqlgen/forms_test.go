package sqlgen_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/planner/bind"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
)

var dialects = []string{"postgres", "duckdb"}

// TestForms: every expression of the table has a form in every dialect, but for those that the table excepts, and the
// table calls every function of the registry.
func TestForms(t *testing.T) {
	w := plantest.Samples(t, "postgres")
	called := map[string]bool{}
	for _, e := range plantest.Expressions(t, root) {
		if e.State != "" {
			continue
		}
		q, err := w.Bind("select " + e.SQL + " from samples")
		if err != nil {
			t.Errorf("expressions.txt:%d: %v", e.Line, err)
			continue
		}
		project := q.Root.(*plan.Project)
		noteCalls(project.Items[0].Expr, called)
		for _, d := range dialects {
			err := sqlgen.Check(project, sqlgen.Site{Dialect: d})
			var none *sqlgen.Unsupported
			switch reason, excepted := e.None[d]; {
			case err != nil && !errors.As(err, &none):
				t.Errorf("expressions.txt:%d: %s: %v", e.Line, e.SQL, err)
			case err != nil && !excepted:
				t.Errorf("expressions.txt:%d: %s: %v", e.Line, e.SQL, err)
			case err == nil && excepted:
				t.Errorf("expressions.txt:%d: %s has a form in %s after all (%s)", e.Line, e.SQL, d, reason)
			}
		}
	}
	names := bind.Functions()
	slices.Sort(names)
	for _, name := range names {
		if !called[name] {
			t.Errorf("testdata/plan/expressions.txt calls %s nowhere: add a line for each of its signatures", name)
		}
	}
}

func noteCalls(e plan.Expr, called map[string]bool) {
	plan.Walk(e, func(x plan.Expr) bool {
		if c, ok := x.(*plan.Call); ok {
			called[c.Fn] = true
		}
		return true
	})
}

// TestUnknown: what no dialect knows is an error, never wrong SQL.
func TestUnknown(t *testing.T) {
	if _, err := sqlgen.Generate(&plan.OneRow{}, sqlgen.Site{Dialect: "nosuch"}); err == nil {
		t.Error("a dialect that does not exist writes SQL")
	}
	col := plan.Column{ID: 1, Name: "x", Type: plan.T(plan.Int4)}
	stray := &plan.Project{Input: &plan.OneRow{}, Items: []plan.Assign{{Col: col, Expr: &plan.Col{Column: plan.Column{ID: 9}}}}}
	unknown := &plan.Project{Input: &plan.OneRow{}, Items: []plan.Assign{{Col: col, Expr: &plan.Call{Fn: "nosuch", T: col.Type}}}}
	gather := &plan.Gather{Fragment: &plan.Fragment{Root: &plan.OneRow{}}}
	for _, d := range dialects {
		for _, n := range []plan.Node{stray, gather} {
			if st, err := sqlgen.Generate(n, sqlgen.Site{Dialect: d}); err == nil {
				t.Errorf("%s: %s becomes %s", d, plan.Describe(n), st.SQL)
			}
		}
	}
	var none *sqlgen.Unsupported
	if _, err := sqlgen.Generate(unknown, sqlgen.Site{Dialect: "duckdb"}); !errors.As(err, &none) || none.Dialect != "duckdb" {
		t.Errorf("got %v", err)
	}
}
