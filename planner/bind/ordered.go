package bind

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// withinGroup are the aggregates that are written with WITHIN GROUP, and how many arguments stand before it.
var withinGroup = map[string]int{"mode": 0, "percentile_disc": 1, "percentile_cont": 1}

func isOrdered(name string) bool {
	_, ok := withinGroup[name]
	return ok || name == "string_agg" || name == "array_agg"
}

// aggregateCall binds the arguments and the order of an aggregate.
func (b *binder) aggregateCall(e *ast.FuncCall, v *env, agg *plan.Agg) error {
	if approximate[e.Name] {
		return b.approximateCall(e, v, agg)
	}
	before, ordered := withinGroup[e.Name]
	switch {
	case ordered && !e.WithinGroup:
		return errorAt(e, "42883", "function %s does not exist without WITHIN GROUP (ORDER BY …)", e.Name)
	case !ordered && e.WithinGroup:
		return errorAt(e, "42883", "%s is not an ordered-set aggregate: it cannot have WITHIN GROUP", e.Name)
	case ordered && (e.Star || len(e.Args) != before || len(e.OrderBy) != 1):
		return errorAt(e, "42883", "function %s takes %d argument(s) and one item WITHIN GROUP (ORDER BY …)", e.Name, before)
	case ordered:
		return b.withinGroup(e, v, agg)
	case e.Name == "array_agg":
		return b.arrayAgg(e, v, agg)
	case e.Name == "string_agg":
		if err := b.stringAgg(e, v, agg); err != nil {
			return err
		}
	default:
		if err := b.aggregateArgs(e, v, agg); err != nil {
			return err
		}
	}
	order, err := b.aggregateOrder(e, v, agg)
	if err == nil && isOrdered(e.Name) { // to the others the order makes no difference
		agg.Order = order
	}
	return err
}

// withinGroup binds mode and the percentiles: what is sorted becomes the first argument.
func (b *binder) withinGroup(e *ast.FuncCall, v *env, agg *plan.Agg) error {
	item := e.OrderBy[0]
	x, err := b.typedFor(item.Expr, v, e.Name == "percentile_cont")
	if err != nil {
		return err
	}
	if err := sortable(item, x.Type().Kind); err != nil {
		return err
	}
	if x.Type().Kind == plan.Array {
		return unsupported(item, e.Name+" of "+x.Type().String())
	}
	if e.Name == "percentile_cont" {
		k, ok := floatKind(x.Type().Kind)
		switch {
		case x.Type().Kind == plan.Interval || x.Type().Kind == plan.Time:
			return unsupported(item, "percentile_cont of interval")
		case !ok:
			return errorAt(item, "42883", "function percentile_cont(double precision, %s) does not exist", x.Type().Kind)
		}
		x = asKind(x, k)
	}
	agg.Args, agg.T = []plan.Expr{x}, x.Type()
	agg.Order = []plan.WindowKey{{Expr: x, Desc: item.Desc, NullsFirst: item.Desc}} // NULLs do not take part
	for _, a := range e.Args {
		f, err := b.fraction(e, a, v)
		if err != nil {
			return err
		}
		agg.Args = append(agg.Args, f)
	}
	return nil
}

// fraction binds the argument of a percentile, which must be the same for all rows.
func (b *binder) fraction(e *ast.FuncCall, a ast.Expr, v *env) (plan.Expr, error) {
	f, err := b.typedFor(a, v, true)
	if err != nil {
		return nil, err
	}
	k, ok := floatKind(f.Type().Kind)
	switch {
	case f.Type().Kind == plan.Array:
		return nil, unsupported(a, e.Name+" of an array of fractions that is not written as ARRAY[…]")
	case !ok:
		return nil, errorAt(a, "42883", "the fraction of %s cannot be %s", e.Name, f.Type().Kind)
	case readsColumns([]plan.Expr{f}) || plan.HasSubquery(f):
		return nil, unsupported(a, e.Name+" with a fraction from columns or a subquery")
	}
	return asKind(f, k), nil
}

// stringAgg binds string_agg over two texts or two bytea.
func (b *binder) stringAgg(e *ast.FuncCall, v *env, agg *plan.Agg) error {
	if e.Star || len(e.Args) != 2 {
		return errorAt(e, "42883", "function string_agg takes two arguments, a value and a separator")
	}
	args, err := b.exprs(e.Args, v)
	if err != nil {
		return err
	}
	t := plan.T(plan.Text)
	if args[0].Type().Kind == plan.Bytea || args[1].Type().Kind == plan.Bytea {
		t = plan.T(plan.Bytea)
	}
	for i, x := range args {
		if k := x.Type().Kind; k != plan.Unknown && !implicit(k, t.Kind) {
			return errorAt(e, "42883", "function string_agg(%s, %s) does not exist: cast the value to text", args[0].Type().Kind, args[1].Type().Kind)
		}
		if x, err = b.coerce(e.Args[i], x, t); err != nil {
			return err
		}
		agg.Args = append(agg.Args, x)
	}
	agg.T = t
	return nil
}

// aggregateOrder binds ORDER BY within an aggregate. What is the same for all rows does not order. With DISTINCT the
// arguments follow in their order, as PostgreSQL sorts them.
func (b *binder) aggregateOrder(e *ast.FuncCall, v *env, agg *plan.Agg) ([]plan.WindowKey, error) {
	var out []plan.WindowKey
	add := func(k plan.WindowKey) {
		if readsColumns([]plan.Expr{k.Expr}) && !slices.ContainsFunc(out, func(o plan.WindowKey) bool { return equal(o.Expr, k.Expr) }) {
			out = append(out, k)
		}
	}
	for _, o := range e.OrderBy {
		x, err := b.typed(o.Expr, v)
		if err != nil {
			return nil, err
		}
		if err := sortable(o, x.Type().Kind); err != nil {
			return nil, err
		}
		if e.Distinct && !slices.ContainsFunc(agg.Args, func(a plan.Expr) bool { return equal(a, x) }) {
			return nil, errorAt(o, "42P10", "in an aggregate with DISTINCT, ORDER BY expressions must appear in argument list")
		}
		k := plan.WindowKey{Expr: arrayKey(x), Desc: o.Desc, NullsFirst: o.Desc}
		if o.Nulls != ast.NullsDefault {
			k.NullsFirst = o.Nulls == ast.NullsFirst
		}
		add(k)
	}
	if e.Distinct {
		for _, a := range agg.Args {
			add(plan.WindowKey{Expr: arrayKey(a)})
		}
	}
	return out, nil
}

// averageSpan is avg of intervals: their sum by their number, as PostgreSQL computes it.
func (b *binder) averageSpan(e *ast.FuncCall, v *env, agg plan.Agg) (plan.Expr, error) {
	sum, count := agg, agg
	sum.Fn = "sum"
	count.Fn, count.T = "count", plan.T(plan.Int8)
	return b.binaryOp(e, "/", col(v.aggs.column(b, sum)), asKind(col(v.aggs.column(b, count)), plan.Float8))
}

func equal(a, b plan.Expr) bool { return plan.Format(a) == plan.Format(b) }
