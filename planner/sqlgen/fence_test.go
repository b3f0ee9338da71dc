package sqlgen_test

import (
	"math"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
)

// TestFence: what stands above a limit that drops no row is written around the query that has it, so that no engine computes it of
// rows, or groups, that a condition below keeps out.
func TestFence(t *testing.T) {
	a := plan.Column{ID: 1, Name: "a", Type: plan.T(plan.Int4)}
	x := plan.Column{ID: 2, Name: "x", Type: plan.T(plan.Int4)}
	scan := &plan.Scan{Table: "t", Cols: []plan.ScanCol{{Column: a, Source: "a"}}}
	col := func() plan.Expr { return &plan.Col{Column: a} }
	kept := &plan.Filter{Input: scan, Conds: []plan.Expr{&plan.IsNull{X: col(), Not: true}}}
	fence := &plan.Limit{Input: kept, Count: math.MaxInt64}
	one := &plan.Const{Text: "1", T: plan.T(plan.Int4)}
	quotient := &plan.Call{Fn: "/", Args: []plan.Expr{one, col()}, T: plan.T(plan.Int4)}
	for _, c := range []struct {
		site      sqlgen.Site
		has, ends string
	}{
		{sqlgen.Site{Dialect: "postgres"}, "SELECT 1 / t_2.a AS x FROM (SELECT t.a FROM t AS t WHERE", "LIMIT 9223372036854775807) AS t_2"},
		{sqlgen.Site{Dialect: "duckdb"}, "FROM (SELECT t.a FROM t AS t WHERE", "LIMIT 9223372036854775807) AS t_2"},
		{sqlgen.Site{Dialect: "tsql"}, "FROM (SELECT TOP (CAST(9223372036854775807 AS bigint)) [t].[a] FROM [t] AS [t] WHERE", ") AS [t_2]"},
	} {
		for _, bound := range []int64{math.MaxInt64, 10} {
			st, err := sqlgen.Generate(&plan.Project{Input: &plan.Limit{Input: kept, Count: bound}, Items: []plan.Assign{{Col: x, Expr: quotient}}}, c.site)
			apart := strings.Contains(st.SQL, c.has) && strings.HasSuffix(st.SQL, c.ends)
			if err != nil || apart != (bound == math.MaxInt64) {
				t.Errorf("%s, limit %d: %v\n%s", c.site.Dialect, bound, err, st.SQL)
			}
		}
		st, err := sqlgen.Generate(&plan.Project{Input: fence, Items: plan.PassOn([]plan.Column{a})}, c.site)
		if err != nil || strings.Count(st.SQL, "SELECT") != 1 {
			t.Errorf("%s: columns that are handed on need no query around: %v\n%s", c.site.Dialect, err, st.SQL)
		}
	}
}
