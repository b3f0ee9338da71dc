package sqlgen

import (
	"strings"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
)

// aggregate writes the aggregates that a server computes as PostgreSQL does, and the partials of others. Averages and
// variances of exact numbers, and what takes two arguments, exist only split.
func (d tsql) aggregate(g *gen, a plan.Agg) string {
	switch a.Fn {
	case "count":
		return d.count(g, a)
	case "sum":
		return d.sum(g, a)
	case hashPack:
		return d.hashPack(g, a)
	case "min", "max":
		return d.extremum(g, a)
	case "bool_and", "bool_or":
		fn := map[string]string{"bool_and": "MIN", "bool_or": "MAX"}[a.Fn]
		return "CAST(" + fn + "(" + d.filtered(g, a, "CAST("+g.expr(a.Args[0])+" AS int)") + ")" + g.over + " AS bit)"
	}
	if len(a.Args) == 1 && a.Args[0].Type().IsFloat() {
		return d.floatAggregate(g, a)
	}
	return g.unsupported("aggregate %s", a.Fn)
}

// filtered writes an argument that is NULL in the rows that FILTER leaves out.
func (d tsql) filtered(g *gen, a plan.Agg, arg string) string {
	if a.Filter == nil {
		return arg
	}
	defer d.nest(g)()
	return "CASE WHEN " + g.condition(a.Filter) + " THEN " + arg + " END"
}

func distinctWord(a plan.Agg) string {
	if a.Distinct {
		return "DISTINCT "
	}
	return ""
}

func (d tsql) count(g *gen, a plan.Agg) string {
	switch {
	case a.Star && a.Filter == nil:
		return d.countRows() + g.over
	case a.Star:
		return "COUNT_BIG(" + d.filtered(g, a, "1") + ")" + g.over
	case !a.Distinct:
		return "COUNT_BIG(" + d.filtered(g, a, g.expr(a.Args[0])) + ")" + g.over
	}
	x := a.Args[0]
	arg := ""
	switch t := x.Type(); {
	case t.Kind == plan.Text:
		arg = d.firmly(g, x)
	case t.Wide(), t.Kind != plan.Numeric && tsqlTypes[t.Kind] == "", t.Kind == plan.Bytea, t.Kind == plan.Bpchar:
		return g.unsupported("count(DISTINCT) of %s", t)
	default:
		arg = g.expr(x)
	}
	return "COUNT_BIG(DISTINCT " + d.filtered(g, a, arg) + ")"
}

// A sum has 38 digits here. Of numbers of at most safeSumDigits it takes ten thousand million rows to exceed them.
const safeSumDigits = 28

// sum widens its argument. A sum that may need more than 38 digits goes in two parts, that of the whole numbers and that of the
// fractions, which the adapter adds up.
func (d tsql) sum(g *gen, a plan.Agg) string {
	x := a.Args[0]
	add := func(arg string) string { return "SUM(" + distinctWord(a) + d.filtered(g, a, arg) + ")" + g.over }
	switch t := x.Type(); {
	case t.Kind == plan.Int2 || t.Kind == plan.Int4:
		return add(d.castSQL(g, g.expr(x), plan.T(plan.Int8)))
	case t.Kind == plan.Int8:
		return add(d.castSQL(g, g.expr(x), plan.NumericType(plan.MaxNarrow, 0)))
	case t.Kind == plan.Float8:
		return add(g.expr(x))
	case t.Kind == plan.Float4:
		return "CAST(" + add(d.castSQL(g, g.expr(x), plan.T(plan.Float8))) + " AS real)"
	}
	t, ok := known(x)
	if !ok {
		return g.unsupported("sum of an unconstrained numeric")
	}
	g.needs(connectors.FeatureDecimalScale, "sum of numerics")
	switch {
	case t.Precision <= safeSumDigits:
		return add(d.castSQL(g, g.expr(x), plan.NumericType(plan.MaxNarrow, t.Scale)))
	case t.Precision-t.Scale > safeSumDigits || t.Scale > safeSumDigits || a.Distinct:
		return g.unsupported("sum of %s", t)
	}
	whole := d.castSQL(g, "ROUND("+g.expr(x)+", 0, 1)", plan.NumericType(plan.MaxNarrow, 0))
	fraction := d.castSQL(g, g.operand(x)+" % CAST(1 AS decimal(1, 0))", plan.NumericType(plan.MaxNarrow, t.Scale))
	return "CAST(" + add(whole) + " AS nvarchar(40)) + N';' + CAST(" + add(fraction) + " AS nvarchar(41))"
}

func (d tsql) extremum(g *gen, a plan.Agg) string {
	x, fn := a.Args[0], strings.ToUpper(a.Fn)
	switch t := x.Type(); {
	case t.Kind == plan.Text:
		m := "CAST(" + fn + "(" + d.filtered(g, a, d.codePoints(g, d.text(g, x))) + ")" + g.over + " AS nvarchar(max))"
		m = collate(m, binary)
		return collate("LEFT("+m+", LEN("+m+") - 1)", binary) // without what codePoints appends
	case t.Kind == plan.Numeric:
		if _, ok := known(x); !ok {
			return g.unsupported("%s of an unconstrained numeric", a.Fn)
		}
	case tsqlTypes[t.Kind] == "", t.Kind == plan.UUID, t.Kind == plan.Bytea, t.Kind == plan.Bpchar, t.Kind == plan.Bool:
		return g.unsupported("%s of %s", a.Fn, t)
	}
	return fn + "(" + d.filtered(g, a, g.expr(x)) + ")" + g.over
}

var floatAggregates = map[string]string{
	"var_pop": "VARP", "var_samp": "VAR", "variance": "VAR", "stddev_pop": "STDEVP", "stddev_samp": "STDEV", "stddev": "STDEV",
}

// floatAggregate writes the averages and variances of floats, all of them as double precision.
func (d tsql) floatAggregate(g *gen, a plan.Agg) string {
	x := a.Args[0]
	arg := g.expr(x)
	if x.Type().Kind == plan.Float4 {
		arg = d.castSQL(g, arg, plan.T(plan.Float8))
	}
	arg = distinctWord(a) + d.filtered(g, a, arg)
	if a.Fn == "avg" {
		return "AVG(" + arg + ")" + g.over
	}
	g.needs(connectors.FeatureStableVariance, a.Fn)
	if a.Fn == FloatM2 {
		return "(VARP(" + arg + ") * COUNT_BIG(" + arg + "))"
	}
	name, ok := floatAggregates[a.Fn]
	if !ok {
		return g.unsupported("aggregate %s", a.Fn)
	}
	return name + "(" + arg + ")"
}
