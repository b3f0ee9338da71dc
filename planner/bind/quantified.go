package bind

import (
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// Known arrays of at most so many elements are written out: as IN, or as a condition for each.
const (
	mostListed     = 10_000
	mostConditions = 100
)

// overArray binds x op ANY or ALL (array).
func (b *binder) overArray(e *ast.Quantified, v *env) (plan.Expr, error) {
	if _, ok := e.X.(*ast.Row); ok {
		return nil, unsupported(e, "comparing rows with an array")
	}
	args, err := b.exprs([]ast.Expr{e.X, e.Array}, v)
	if err != nil {
		return nil, err
	}
	x, arr := args[0], args[1]
	if arr.Type().Kind == plan.Unknown {
		elem := plan.T(x.Type().Kind)
		if elem.Kind == plan.Unknown || quantifiedText[e.Op] {
			elem = plan.T(plan.Text)
		}
		if arr, err = b.coerce(e.Array, arr, plan.ArrayOf(elem)); err != nil {
			return nil, err
		}
	}
	if arr.Type().Kind != plan.Array {
		return nil, errorAt(e, "42809", "op ANY/ALL (array) requires array on right side")
	}
	if x.Type().Kind == plan.Unknown {
		if x, err = b.coerce(e.X, x, arr.Type().Element()); err != nil {
			return nil, err
		}
	}
	if known, ok := b.elements(arr, mostListed); ok {
		if y, done, err := b.overList(e, x, known); done || err != nil {
			return y, err
		}
	}
	return b.overUnknown(e, x, arr)
}

// overList writes out a comparison with each of a list.
func (b *binder) overList(e *ast.Quantified, x plan.Expr, list []plan.Expr) (plan.Expr, bool, error) {
	boolean := plan.T(plan.Bool)
	if len(list) == 0 {
		if _, err := b.quantifiedOp(e, x, &plan.Const{Null: true, T: x.Type()}); err != nil {
			return nil, true, err
		}
		return &plan.Const{Text: map[bool]string{true: "true", false: "false"}[e.All], T: boolean}, true, nil
	}
	if e.Op == "=" && !e.All || e.Op == "<>" && e.All {
		args, err := b.comparable(e, e.Op, append([]plan.Expr{x}, list...))
		if err != nil {
			return nil, true, err
		}
		return &plan.In{X: args[0], List: args[1:], Not: e.All}, true, nil
	}
	if len(list) > mostConditions {
		return nil, false, nil
	}
	conds := make([]plan.Expr, len(list))
	for i, y := range list {
		var err error
		if conds[i], err = b.quantifiedOp(e, x, y); err != nil {
			return nil, true, err
		}
	}
	if e.All {
		return &plan.And{Args: conds}, true, nil
	}
	return &plan.Or{Args: conds}, true, nil
}

// quantifiedText are the operators whose operands are texts.
var quantifiedText = map[string]bool{"~~": true, "!~~": true, "~~*": true, "!~~*": true, "~": true, "!~": true, "~*": true, "!~*": true, "^@": true}

// quantifiedOp is x op y, LIKE being an operator here.
func (b *binder) quantifiedOp(e *ast.Quantified, x, y plan.Expr) (plan.Expr, error) {
	fn, not := "", false
	switch e.Op {
	case "~~", "!~~":
		fn, not = "like", e.Op == "!~~"
	case "~~*", "!~~*":
		fn, not = "ilike", e.Op == "!~~*"
	default:
		out, err := b.binaryOp(e, e.Op, x, y)
		if err == nil && out.Type().Kind != plan.Bool {
			return nil, errorAt(e, "42809", "op ANY/ALL (array) requires operator to yield boolean")
		}
		return out, err
	}
	for _, z := range []plan.Expr{x, y} {
		if z.Type().Kind != plan.Text {
			return nil, noOperator(e, e.Op, x.Type(), y.Type())
		}
	}
	return negate(&plan.Call{Fn: fn, Args: []plan.Expr{x, y}, T: plan.T(plan.Bool)}, not), nil
}

// overUnknown is a comparison with an array that is known only where the rows are.
func (b *binder) overUnknown(e *ast.Quantified, x, arr plan.Expr) (plan.Expr, error) {
	elem := arr.Type().Element()
	if _, err := b.quantifiedOp(e, x, &plan.Const{Null: true, T: elem}); err != nil {
		return nil, err
	}
	if !quantifiedText[e.Op] {
		t, ok := commonType(x.Type(), elem)
		if !ok {
			return nil, noOperator(e, e.Op, x.Type(), elem)
		}
		if elem.Kind != t.Kind {
			arr = castTo(arr, plan.ArrayOf(t))
		}
		x = castTo(x, t)
	}
	fn := "any"
	if e.All {
		fn = "all"
	}
	return &plan.Call{Fn: fn, Args: []plan.Expr{x, arr, text(e.Op)}, T: plan.T(plan.Bool)}, nil
}
