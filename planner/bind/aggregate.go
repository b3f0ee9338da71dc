package bind

import (
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// aggSet collects the aggregates of one SELECT; equal ones are computed once.
type aggSet struct {
	items []plan.AggAssign
	byKey map[string]plan.Column
	// groupings is set where GROUPING (…) was met.
	groupings bool
}

// aggregates says for each aggregate function which argument kinds it takes, each brought to a kind
// that PostgreSQL computes in, and its result. args is the number of arguments.
var aggregates = map[string]struct {
	args   int
	accept func(plan.Kind) (plan.Kind, bool)
	result func(plan.Type) plan.Type
}{
	"count":    {1, anyKind, always(plan.Int8)},
	"sum":      {1, summedKind, sumType},
	"avg":      {1, summedKind, averageType},
	"min":      {1, orderedKind, same},
	"max":      {1, orderedKind, same},
	"bool_and": {1, only(plan.Bool), always(plan.Bool)},
	"bool_or":  {1, only(plan.Bool), always(plan.Bool)},
	"every":    {1, only(plan.Bool), always(plan.Bool)},
	"bit_and":  {1, integerKind, same},
	"bit_or":   {1, integerKind, same},
	"bit_xor":  {1, integerKind, same},

	"variance": {1, numberKind, exactOrFloat}, "var_samp": {1, numberKind, exactOrFloat}, "var_pop": {1, numberKind, exactOrFloat},
	"stddev": {1, numberKind, exactOrFloat}, "stddev_samp": {1, numberKind, exactOrFloat}, "stddev_pop": {1, numberKind, exactOrFloat},

	"covar_pop": regression, "covar_samp": regression, "corr": regression, "regr_avgx": regression, "regr_avgy": regression,
	"regr_sxx": regression, "regr_syy": regression, "regr_sxy": regression, "regr_slope": regression,
	"regr_intercept": regression, "regr_r2": regression, "regr_count": {2, floatKind, always(plan.Int8)},
}

var regression = struct {
	args   int
	accept func(plan.Kind) (plan.Kind, bool)
	result func(plan.Type) plan.Type
}{2, floatKind, always(plan.Float8)}

// futureAggregates exist in PostgreSQL and are refused by name.
var futureAggregates = map[string]bool{
	"json_agg": true, "jsonb_agg": true, "json_object_agg": true,
	"jsonb_object_agg": true, "xmlagg": true, "range_agg": true, "any_value": true,
}

func isAggregate(name string) bool {
	_, ok := aggregates[name]
	return ok || isOrdered(name) || approximate[name]
}

func anyKind(k plan.Kind) (plan.Kind, bool) { return k, true }

func numberKind(k plan.Kind) (plan.Kind, bool) { return k, k >= plan.Int2 && k <= plan.Float8 }

// summedKind adds intervals, which times are cast to, to the numbers.
func summedKind(k plan.Kind) (plan.Kind, bool) {
	if k == plan.Interval || k == plan.Time {
		return plan.Interval, true
	}
	return numberKind(k)
}

func integerKind(k plan.Kind) (plan.Kind, bool) { return k, k >= plan.Int2 && k <= plan.Int8 }

func floatKind(k plan.Kind) (plan.Kind, bool) {
	return plan.Float8, k >= plan.Int2 && k <= plan.Float8
}

func only(want plan.Kind) func(plan.Kind) (plan.Kind, bool) {
	return func(k plan.Kind) (plan.Kind, bool) { return want, k == want }
}

// orderedKind holds the types for which PostgreSQL 15 defines min and max.
func orderedKind(k plan.Kind) (plan.Kind, bool) {
	switch k {
	case plan.Bool, plan.Bytea, plan.UUID, plan.JSON, plan.JSONB:
		return k, false
	}
	return k, true
}

func same(t plan.Type) plan.Type { return t }

func always(k plan.Kind) func(plan.Type) plan.Type {
	return func(plan.Type) plan.Type { return plan.T(k) }
}

// sumType is PostgreSQL's: bigint for small integers, numeric for bigint, else the argument's. countDigits
// more digits hold the sum of as many rows as a bigint counts.
func sumType(t plan.Type) plan.Type {
	const countDigits = 19
	switch t.Kind {
	case plan.Int2, plan.Int4:
		return plan.T(plan.Int8)
	case plan.Int8:
		return plan.NumericType(plan.MaxNarrow, 0)
	case plan.Numeric:
		if t.Wide() || t.Precision+countDigits > plan.MaxNarrow {
			return plan.T(plan.Numeric)
		}
		return plan.NumericType(plan.MaxNarrow, t.Scale)
	}
	return t
}

func exactOrFloat(t plan.Type) plan.Type {
	if t.IsFloat() {
		return plan.T(plan.Float8)
	}
	return plan.T(plan.Numeric)
}

func averageType(t plan.Type) plan.Type {
	if t.Kind == plan.Interval {
		return t
	}
	return exactOrFloat(t)
}

// aggregate binds an aggregate call and returns the column that will hold its value.
func (b *binder) aggregate(e *ast.FuncCall, v *env) (plan.Expr, error) {
	if v.aggs == nil {
		return nil, errorAt(e, "42803", "aggregate functions are not allowed in %s", v.clause)
	}
	if x, ok, err := b.severalPercentiles(e, v); ok {
		return x, err
	}
	inner := &env{scope: v.scope, clause: "an aggregate function's argument"}
	asked := e
	e = b.estimated(e)
	agg := plan.Agg{Fn: e.Name, Star: e.Star, Distinct: e.Distinct}
	if e.Name == "every" {
		agg.Fn = "bool_and"
	}
	if err := b.aggregateCall(e, inner, &agg); err != nil {
		return nil, err
	}
	if e != asked {
		agg.Sketch.For = "count(DISTINCT " + spoken(agg.Args[0]) + ")"
	}
	if e.Filter != nil {
		f, err := b.condition(e.Filter, &env{scope: v.scope, clause: "FILTER"})
		if err != nil {
			return nil, err
		}
		agg.Filter = f
	}
	if err := b.ownColumns(e, v.scope, agg); err != nil {
		return nil, err
	}
	if agg.Fn == "avg" && agg.T.Kind == plan.Interval {
		return b.averageSpan(e, v, agg)
	}
	if t := agg.T; t.Kind == plan.Array && (agg.Fn == "min" || agg.Fn == "max") {
		return b.arrayExtreme(agg, v)
	}
	if e.Name == "array_agg" {
		return b.arrayAggResult(e, agg, col(v.aggs.column(b, agg))), nil
	}
	return col(v.aggs.column(b, agg)), nil
}

func (b *binder) aggregateArgs(e *ast.FuncCall, v *env, agg *plan.Agg) error {
	spec := aggregates[e.Name]
	if e.Star {
		if e.Name != "count" {
			return errorAt(e, "42883", "function %s(*) does not exist: only count may be called so", e.Name)
		}
		agg.T = plan.T(plan.Int8)
		return nil
	}
	if len(e.Args) != spec.args {
		return errorAt(e, "42883", "function %s takes %d argument(s), not %d", e.Name, spec.args, len(e.Args))
	}
	if e.Distinct && spec.args > 1 {
		return unsupported(e, e.Name+"(DISTINCT …)")
	}
	for _, a := range e.Args {
		x, err := b.typedFor(a, v, spec.args == 2)
		if err != nil {
			return err
		}
		k, ok := spec.accept(x.Type().Kind)
		if !ok {
			return errorAt(a, "42883", "function %s(%s) does not exist", e.Name, x.Type().Kind)
		}
		if err := aggregatedArray(a, e, x.Type()); err != nil {
			return err
		}
		if e.Distinct && k == plan.JSON {
			return errorAt(a, "42883", "could not identify an equality operator for type json")
		}
		if x = asKind(x, k); e.Distinct && e.Name == "count" {
			x = comparisonKey(x)
		}
		agg.Args = append(agg.Args, x)
	}
	agg.T = spec.result(agg.Args[0].Type())
	return nil
}

// typedFor binds an argument; a literal of unknown type becomes a float where the function takes only floats.
func (b *binder) typedFor(e ast.Expr, v *env, float bool) (plan.Expr, error) {
	x, err := b.expr(e, v)
	if err != nil || x.Type().Kind != plan.Unknown {
		return x, err
	}
	t := plan.T(plan.Text)
	if float {
		t = plan.T(plan.Float8)
	}
	return b.coerce(e, x, t)
}
