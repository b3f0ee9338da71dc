package rules

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// foldConstants computes what no row is needed for, and simplifies conditions by it. An expression whose value would be an
// error stays as it is, and so does all that stands behind it in an AND or OR, as in PostgreSQL, which folds from left to
// right: the error is raised by whoever evaluates it.
func foldConstants(root plan.Node) plan.Node {
	root = plan.MapExpressions(root, folded)
	return plan.Transform(root, func(n plan.Node) plan.Node {
		switch n := n.(type) {
		case *plan.Filter:
			return above(n.Input, trueOnly(n.Conds))
		case *plan.Join:
			return &plan.Join{Kind: n.Kind, Left: n.Left, Right: n.Right, On: trueOnly(n.On), Lateral: n.Lateral}
		}
		return n
	})
}

// folded simplifies an expression to another with the same value for every row.
func folded(e plan.Expr) plan.Expr { return plan.Map(e, fold) }

// fold simplifies an expression whose operands are simplified.
func fold(e plan.Expr) plan.Expr {
	switch e := e.(type) {
	case *plan.And:
		return foldList(e.Args, false, func(args []plan.Expr) plan.Expr { return &plan.And{Args: args} })
	case *plan.Or:
		return foldList(e.Args, true, func(args []plan.Expr) plan.Expr { return &plan.Or{Args: args} })
	case *plan.Not:
		if c, ok := e.X.(*plan.Const); ok {
			if c.Null {
				return c
			}
			return boolean(c.Text == "false")
		}
	case *plan.IsNull:
		if c, ok := e.X.(*plan.Const); ok {
			return boolean(c.Null != e.Not)
		}
	case *plan.IsBool:
		if c, ok := e.X.(*plan.Const); ok {
			return boolean((!c.Null && (c.Text == "true") == e.Value) != e.Not)
		}
	case *plan.In:
		if isNull(e.X) && !slices.ContainsFunc(e.List, mayRaise) {
			return null(e.Type())
		}
	case *plan.Case:
		return foldCase(e)
	case *plan.Call:
		return foldCall(e)
	case *plan.Cast:
		if isNull(e.X) {
			return null(e.To)
		}
		if c, err := computedCast(e); c != nil && err == nil {
			return c
		}
	}
	return e
}

// foldList simplifies an AND (end is false) or an OR (end is true).
func foldList(args []plan.Expr, end bool, list func([]plan.Expr) plan.Expr) plan.Expr {
	var out []plan.Expr
	for _, a := range args {
		if !isBoolean(a, !end) {
			out = append(out, a)
		}
		if isBoolean(a, end) && !slices.ContainsFunc(out, mayRaise) {
			return a
		}
	}
	switch len(out) {
	case 0:
		return boolean(!end)
	case 1:
		return out[0]
	case len(args):
		return list(args)
	}
	return list(out)
}

// foldCase drops the arms that cannot be reached.
func foldCase(e *plan.Case) plan.Expr {
	out := &plan.Case{T: e.T, Else: e.Else}
	for _, w := range e.Whens {
		if neverTrue(w.Cond) {
			continue
		}
		if isBoolean(w.Cond, true) {
			out.Else = w.Then
			break
		}
		out.Whens = append(out.Whens, w)
	}
	switch {
	case len(out.Whens) == len(e.Whens):
		return e
	case len(out.Whens) > 0:
		return out
	case out.Else == nil:
		return null(e.T)
	case out.Else.Type() != e.T:
		return e
	}
	return out.Else
}

func foldCall(e *plan.Call) plan.Expr {
	if strict[e.Fn] && slices.ContainsFunc(e.Args, isNull) && !slices.ContainsFunc(e.Args, mayRaise) {
		return null(e.T)
	}
	if x := bareDate(e); x != nil {
		return x
	}
	if e.Fn == "coalesce" {
		return foldCoalesce(e)
	}
	if c, err := computed(e); c != nil && err == nil {
		return c
	}
	return e
}

// foldCoalesce drops NULLs, and what stands behind a value.
func foldCoalesce(e *plan.Call) plan.Expr {
	var args []plan.Expr
	for _, a := range e.Args {
		if isNull(a) {
			continue
		}
		args = append(args, a)
		if _, ok := a.(*plan.Const); ok {
			break
		}
	}
	switch {
	case len(args) == len(e.Args):
		return e
	case len(args) == 0:
		return null(e.T)
	case len(args) == 1 && args[0].Type() == e.T:
		return args[0]
	}
	return &plan.Call{Fn: e.Fn, Args: args, T: e.T}
}

// trueOnly simplifies conditions of which only that all are true matters: NULL is as good as false.
func trueOnly(conds []plan.Expr) []plan.Expr {
	var out []plan.Expr
	for _, c := range conds {
		c = decided(c)
		if neverTrue(c) && !slices.ContainsFunc(out, mayRaise) {
			return []plan.Expr{boolean(false)}
		}
		if !isBoolean(c, true) {
			out = append(out, plan.Conjuncts(c)...)
		}
	}
	return out
}

// decided simplifies one such condition.
func decided(e plan.Expr) plan.Expr {
	switch e := e.(type) {
	case *plan.And:
		list := trueOnly(e.Args)
		if len(list) == 0 {
			return boolean(true)
		}
		return plan.Conjunction(list)
	case *plan.Or:
		var arms []plan.Expr
		for _, a := range e.Args {
			if a = decided(a); !neverTrue(a) {
				arms = append(arms, a)
			}
		}
		return foldList(arms, true, func(args []plan.Expr) plan.Expr { return &plan.Or{Args: args} })
	}
	return e
}

// mayRaise reports that e holds a constant expression which could not be computed and may be an error, which PostgreSQL
// would raise when it plans.
func mayRaise(e plan.Expr) bool {
	found := false
	plan.Walk(e, func(x plan.Expr) bool {
		switch x.(type) {
		case *plan.Call, *plan.Cast:
			found = found || !slices.ContainsFunc(plan.Children(x), varies) && !total(x)
		}
		return !found
	})
	return found
}

func varies(e plan.Expr) bool {
	switch e.(type) {
	case *plan.Const, *plan.Param:
		return false
	}
	return true
}

func boolean(v bool) *plan.Const {
	if v {
		return &plan.Const{Text: "true", T: plan.T(plan.Bool)}
	}
	return &plan.Const{Text: "false", T: plan.T(plan.Bool)}
}

func null(t plan.Type) *plan.Const { return &plan.Const{Null: true, T: t} }

func isNull(e plan.Expr) bool {
	c, ok := e.(*plan.Const)
	return ok && c.Null
}

func isBoolean(e plan.Expr, v bool) bool {
	c, ok := e.(*plan.Const)
	return ok && !c.Null && c.T.Kind == plan.Bool && (c.Text == "true") == v
}

// neverTrue reports false and NULL.
func neverTrue(e plan.Expr) bool { return isNull(e) || isBoolean(e, false) }
