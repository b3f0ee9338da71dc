package sqlgen

import (
	"fmt"
	"slices"
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
	case "min", "max":
		if t := a.Args[0].Type(); t.Kind == plan.Bpchar {
			x := g.expr(a.Args[0])
			return d.aggCall(g, "arg_"+a.Fn, a, x+", "+d.key(x, t))
		}
		return call(a.Fn)
	case "count", "bool_and", "bool_or", "bit_and", "bit_or", "bit_xor", "regr_avgx", "regr_avgy",
		"regr_sxx", "regr_syy", "regr_sxy":
		return call(a.Fn)
	case "regr_count":
		return d.castSQL(call(a.Fn), a.T)
	case "sum":
		return d.sum(g, a)
	case hashPack:
		return d.hashPack(g, a)
	case "avg":
		return d.avg(g, a)
	case "string_agg":
		return d.stringAgg(g, a)
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
	case a.Filter != nil && computes(a):
		return d.guardedCall(g, name, a, arg)
	case arg == "":
		arg = g.list(a.Args)
	}
	if a.Distinct {
		arg = "DISTINCT " + arg
	}
	arg += g.orderBy(a.Order)
	s := name + "(" + arg + ")"
	if a.Filter != nil {
		s += " FILTER (WHERE " + g.expr(a.Filter) + ")"
	}
	return s + g.over
}

// computes reports an aggregate of more than columns and constants.
func computes(a plan.Agg) bool {
	simple := func(x plan.Expr) bool {
		switch x.(type) {
		case *plan.Col, *plan.Const, *plan.Param:
			return true
		}
		return false
	}
	return slices.ContainsFunc(a.Args, func(x plan.Expr) bool { return !simple(x) }) ||
		slices.ContainsFunc(a.Order, func(k plan.WindowKey) bool { return !simple(k.Expr) })
}

// guardedCall makes the arguments NULL, which no aggregate sees, where FILTER leaves a row out: DuckDB computes them for all
// rows, and what the filter is there to prevent would fail.
func (d duckdb) guardedCall(g *gen, name string, a plan.Agg, arg string) string {
	guard := func(s string) string { return "CASE WHEN " + g.condition(a.Filter) + " THEN " + s + " END" }
	plain := a
	plain.Filter = nil
	switch {
	case arg != "":
		return d.aggCall(g, name, plain, guard(arg))
	case len(a.Order) == 0 && len(a.Args) == 1:
		return d.aggCall(g, name, plain, guard(g.expr(a.Args[0])))
	}
	only := func(x plan.Expr) plan.Expr {
		return &plan.Case{T: x.Type(), Whens: []plan.When{{Cond: a.Filter, Then: x}}}
	}
	plain.Args = slices.Clone(a.Args)
	for i, x := range a.Args {
		if i == 0 || a.Fn != "string_agg" { // whose separator must be a constant
			plain.Args[i] = only(x)
		}
	}
	plain.Order = slices.Clone(a.Order)
	for i := range plain.Order {
		plain.Order[i].Expr = only(a.Order[i].Expr)
	}
	return d.aggCall(g, name, plain, "")
}

// stringAgg writes string_agg of texts. Its separator is a constant there.
func (d duckdb) stringAgg(g *gen, a plan.Agg) string {
	if sortedApart(a) {
		return g.unsupported("%s(DISTINCT …) in an order that is not that of its arguments", a.Fn)
	}
	separator, ok := a.Args[1].(*plan.Const)
	if !ok || separator.Null || separator.T.Kind != plan.Text || a.Args[0].Type().Kind != plan.Text {
		return g.unsupported("string_agg with a separator that is not a literal, or of bytea")
	}
	return d.aggCall(g, "string_agg", a, "")
}

// sortedApart reports an aggregate of distinct values that are sorted by something else.
func sortedApart(a plan.Agg) bool {
	if !a.Distinct {
		return false
	}
	for _, k := range a.Order {
		if !slices.ContainsFunc(a.Args, func(x plan.Expr) bool { return plan.Format(x) == plan.Format(k.Expr) }) {
			return true
		}
	}
	return false
}

func (d duckdb) sum(g *gen, a plan.Agg) string {
	if a.Args[0].Type().Kind == plan.Interval {
		return d.intervalSum(g, a)
	}
	if a.Args[0].Type().Kind == plan.Numeric && a.T.Wide() {
		return d.exactSum(g, a)
	}
	return d.castSQL(d.aggCall(g, "sum", a, ""), a.T)
}

// intervalSum adds up months, days and time apart and puts them together again.
func (d duckdb) intervalSum(g *gen, a plan.Agg) string {
	if a.Distinct {
		return g.unsupported("sum(DISTINCT) of interval")
	}
	x := g.expr(a.Args[0])
	if len(x) > maxRepeated {
		return g.unsupported("a sum of an expression so long")
	}
	field := func(unit string) string { return "datepart('" + unit + "', " + x + ")" }
	part := func(sum, to, make string) string {
		s := d.aggCall(g, "sum", a, sum)
		return make + "(CASE WHEN TRY_CAST(" + s + " AS " + to + ") IS NULL AND " + s + " IS NOT NULL THEN error('sqlstate:22008') ELSE TRY_CAST(" + s + " AS " + to + ") END)"
	}
	return "(" + part(field("year")+" * 12 + "+field("month"), "INTEGER", "to_months") +
		" + " + part(field("day"), "INTEGER", "to_days") +
		" + " + part("("+field("hour")+" * 60 + "+field("minute")+") * 60000000 + "+field("microsecond"), "BIGINT", "to_microseconds") + ")"
}

// maxRepeated is the most bytes of an expression that is written several times: sums within sums within sums would fill the memory.
const maxRepeated = 64 << 10

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
	if len(x) > maxRepeated {
		return g.unsupported("a sum of an expression so long")
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
