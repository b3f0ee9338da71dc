package sqlgen

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

func itoa(n int) string { return strconv.Itoa(n) }

// aggregate writes the aggregates that DuckDB computes as PostgreSQL does. The others (variances of exact
// numbers, corr and its kin) exist only split: partials here, the final value in package aggregate.
func (d duckdb) aggregate(g *gen, a plan.Agg) string {
	call := func(name string) string { return d.aggCall(g, name, a, "") }
	switch a.Fn {
	case "count", "min", "max", "bool_and", "bool_or", "bit_and", "bit_or", "bit_xor", "regr_avgx", "regr_avgy",
		"regr_sxx", "regr_syy", "regr_sxy":
		return call(a.Fn)
	case "regr_count":
		return d.castSQL(call(a.Fn), a.T)
	case "sum":
		return d.sum(g, a)
	case "avg":
		return d.avg(g, a)
	case FloatM2:
		return "(" + call("var_pop") + " * " + call("count") + ")"
	case "var_pop", "var_samp", "variance", "stddev_pop", "stddev_samp", "stddev", "covar_pop", "covar_samp":
		if a.Args[0].Type().IsFloat() {
			return call(a.Fn)
		}
	}
	return g.unsupported("aggregate %s", a.Fn)
}

// aggCall writes one call; arg replaces the argument's own text unless it is empty.
func (d duckdb) aggCall(g *gen, name string, a plan.Agg, arg string) string {
	switch {
	case a.Star:
		arg = "*"
	case arg == "":
		arg = g.list(a.Args)
	}
	if a.Distinct {
		arg = "DISTINCT " + arg
	}
	s := name + "(" + arg + ")"
	if a.Filter != nil {
		s += " FILTER (WHERE " + g.expr(a.Filter) + ")"
	}
	return s
}

func (d duckdb) sum(g *gen, a plan.Agg) string {
	t := a.Args[0].Type()
	switch {
	case t.Wide():
		return d.wideSum(g, a)
	case t.Kind == plan.Numeric && a.T.Wide():
		return "pg_wide(CAST(" + d.aggCall(g, "sum", a, "") + " AS VARCHAR))"
	}
	return d.castSQL(d.aggCall(g, "sum", a, ""), a.T)
}

// wideSum adds up the eight 32-bit limbs of wide numerics apart and puts them together again.
func (d duckdb) wideSum(g *gen, a plan.Agg) string {
	if a.Distinct {
		return g.unsupported("sum(DISTINCT) of an unconstrained numeric")
	}
	x := g.expr(a.Args[0])
	limbs := make([]string, 8)
	for i := range limbs {
		limbs[i] = "CAST(" + d.aggCall(g, "sum", a, fmt.Sprintf("pg_wide_limb(%s, %d)", x, i)) + " AS VARCHAR)"
	}
	return "pg_wide_from_limbs(" + strings.Join(limbs, ", ") + ")"
}

func (d duckdb) avg(g *gen, a plan.Agg) string {
	t := a.Args[0].Type()
	if t.IsFloat() {
		return d.castSQL(d.aggCall(g, "avg", a, ""), a.T)
	}
	sum := "pg_wide(CAST(" + d.aggCall(g, "sum", a, "") + " AS VARCHAR))"
	if t.Wide() {
		sum = d.wideSum(g, a)
	}
	return "pg_numeric_div(" + sum + ", pg_wide(" + d.aggCall(g, "count", a, "") + "), " + itoa(t.Scale) + ", 0)"
}
