package bind

import (
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// jsonAggregates are those that put values together to one of json or jsonb: with how many arguments, and of which type.
var jsonAggregates = map[string]struct {
	args   int
	result plan.Kind
}{
	"json_agg": {1, plan.JSON}, "jsonb_agg": {1, plan.JSONB}, "json_object_agg": {2, plan.JSON}, "jsonb_object_agg": {2, plan.JSONB},
}

// jsonAggregate binds such an aggregate as string_agg of the texts of its values, which all engines and the merge of shards know.
func (b *binder) jsonAggregate(e *ast.FuncCall, v *env) (plan.Expr, error) {
	spec := jsonAggregates[e.Name]
	inner := &env{scope: v.scope, clause: "an aggregate function's argument"}
	switch {
	case v.aggs == nil:
		return nil, errorAt(e, "42803", "aggregate functions are not allowed in %s", v.clause)
	case e.WithinGroup:
		return nil, errorAt(e, "42883", "%s is not an ordered-set aggregate: it cannot have WITHIN GROUP", e.Name)
	case e.Star || len(e.Args) != spec.args:
		return nil, errorAt(e, "42883", "function %s takes %d argument(s), not %d", e.Name, spec.args, len(e.Args))
	}
	args, err := b.jsonAggregateArgs(e, inner)
	if err != nil {
		return nil, err
	}
	agg := plan.Agg{Fn: "string_agg", Distinct: e.Distinct, T: plan.T(plan.Text)}
	if agg.Order, err = b.aggregateOrder(e, inner, &plan.Agg{Args: args}); err != nil {
		return nil, err
	}
	piece, err := b.jsonPiece(e, args)
	if err != nil {
		return nil, err
	}
	separator := ", "
	if call, ok := args[0].(*plan.Call); spec.args == 1 && (ok && call.Fn == recordCall || args[0].Type().Kind == plan.Array) {
		separator = ", \n "
	}
	agg.Args = []plan.Expr{piece, text(separator)}
	if e.Filter != nil {
		if agg.Filter, err = b.condition(e.Filter, &env{scope: v.scope, clause: "FILTER"}); err != nil {
			return nil, err
		}
	}
	if err := b.ownColumns(e, v.scope, agg); err != nil {
		return nil, err
	}
	open, end := "[", "]"
	if spec.args == 2 {
		open, end = "{ ", " }"
	}
	return castTo(joinTexts(text(open), col(v.aggs.column(b, agg)), text(end)), plan.T(spec.result)), nil
}

func (b *binder) jsonAggregateArgs(e *ast.FuncCall, v *env) ([]plan.Expr, error) {
	args := make([]plan.Expr, len(e.Args))
	for i, a := range e.Args {
		x, ok, err := b.recordJSON(a, v)
		if !ok {
			x, err = b.typed(a, v)
		}
		if err != nil {
			return nil, err
		}
		switch k := x.Type().Kind; {
		case k == plan.JSON && e.Distinct:
			return nil, errorAt(a, "42883", "could not identify an equality operator for type json")
		case i == 0 && len(e.Args) == 2 && (isJSON(k) || k == plan.Array):
			return nil, errorAt(a, "22023", "key value must be scalar, not array, composite, or json")
		case e.Distinct && len(e.Args) == 2:
			return nil, unsupported(e, e.Name+"(DISTINCT …)")
		}
		args[i] = x
	}
	return args, nil
}

// jsonPiece is the text that a row adds: a value, or a name and a value.
func (b *binder) jsonPiece(at ast.Node, args []plan.Expr) (plan.Expr, error) {
	str, integer := plan.T(plan.Text), plan.T(plan.Int4)
	if len(args) == 1 {
		x, err := b.toJSON(at, args[0], plan.JSON)
		if err != nil {
			return nil, err
		}
		return &plan.Call{Fn: "coalesce", Args: []plan.Expr{castTo(x, str), text("null")}, T: str}, nil
	}
	object := &plan.Call{Fn: "json_build_object", Args: args, T: plan.T(plan.JSON)}
	less := &plan.Const{Text: "-1", T: integer}
	inside := &plan.Call{Fn: "right", Args: []plan.Expr{castTo(object, str), less}, T: str} // without the braces
	return &plan.Call{Fn: "left", Args: []plan.Expr{inside, less}, T: str}, nil
}

func joinTexts(list ...plan.Expr) plan.Expr {
	x := list[0]
	for _, y := range list[1:] {
		x = &plan.Call{Fn: "||", Args: []plan.Expr{x, y}, T: plan.T(plan.Text)}
	}
	return x
}
