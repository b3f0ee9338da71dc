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
	return s + g.over
}

func (d duckdb) sum(g *gen, a plan.Agg) string {
	if a.Args[0].Type().Kind == plan.Numeric && a.T.Wide() {
		return d.exactSum(g, a)
	}
	return d.castSQL(d.aggCall(g, "sum", a, ""), a.T)
}

// safePrecision is the precision up to which DuckDB's own sum is used. It fails with 22003 beyond 1.7e38 units, which values
// of 38 digits reach in two rows; the squares of numeric(18,2) have 36, and hardly ever fill them.
const safePrecision = 36

// exactSum writes a sum of exact numbers as a wide numeric.
func (d duckdb) exactSum(g *gen, a plan.Agg) string {
	t := a.Args[0].Type()
	switch {
	case t.Wide():
		return d.wideSum(g, a, g.expr(a.Args[0]))
	case t.Precision > safePrecision && !a.Distinct:
		return d.wideSum(g, a, "pg_wide(CAST("+g.expr(a.Args[0])+" AS VARCHAR))")
	}
	return "pg_wide(CAST(" + d.aggCall(g, "sum", a, "") + " AS VARCHAR))"
}

// wideSum adds up the eight 32-bit limbs of the wide numerics x apart and puts them together again.
func (d duckdb) wideSum(g *gen, a plan.Agg, x string) string {
	if a.Distinct {
		return g.unsupported("sum(DISTINCT) of an unconstrained numeric")
	}
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
	return "pg_numeric_div(" + d.exactSum(g, a) + ", pg_wide(" + d.aggCall(g, "count", a, "") + "), " + itoa(t.Scale) + ", 0)"
}
