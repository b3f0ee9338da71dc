package place

import (
	"github.com/atoll-sql/atoll/aggregate"
	"github.com/atoll-sql/atoll/planner/plan"
)

// repeated is a partial of rows each of which is there n times, nil meaning once; nil if that cannot be told from the
// partial alone.
func repeated(op aggregate.PartialOp, x plan.Expr, n plan.Expr) plan.Expr {
	if n == nil {
		return x
	}
	switch op {
	case aggregate.OpMin, aggregate.OpMax, aggregate.OpBoolAnd, aggregate.OpBoolOr, aggregate.OpBitAnd, aggregate.OpBitOr:
		return x
	case aggregate.OpCount, aggregate.OpCountStar, aggregate.OpSum, aggregate.OpSumSquares:
		return product(x, n, x.Type())
	}
	return nil
}

// product is an exact number times a count, as type t; nil for numbers of other kinds.
func product(x, n plan.Expr, t plan.Type) plan.Expr {
	switch of := x.Type(); {
	case t.Kind == plan.Int8 && of.IsInteger():
		return &plan.Call{Fn: "*", Args: []plan.Expr{as(x, t), n}, T: t}
	case t.Kind == plan.Numeric && of.IsInteger():
		return product(numeric(x), n, t)
	case t.Kind == plan.Numeric && of.Kind == plan.Numeric:
		count := plan.NumericType(plan.IntegerDigits[plan.Int8], 0)
		to := plan.NumericType(of.Precision+count.Precision, of.Scale)
		if of.Wide() || to.Wide() {
			to, count = plan.T(plan.Numeric), plan.T(plan.Numeric)
			x = as(x, to)
		}
		return as(&plan.Call{Fn: "*", Args: []plan.Expr{x, as(n, count)}, T: to}, t)
	}
	return nil
}

// as casts unless x is of the type already.
func as(x plan.Expr, t plan.Type) plan.Expr {
	if x.Type() == t {
		return x
	}
	return &plan.Cast{X: x, To: t}
}

// single is a partial, of type t, of one row that is there n times, nil meaning once; nil if there is no such form.
func single(a plan.Agg, part aggregate.Partial, t plan.Type, n plan.Expr) plan.Expr {
	if n == nil {
		n = oneRow
	}
	switch part.Op {
	case aggregate.OpCountStar:
		return where(a.Filter, n)
	case aggregate.OpCount:
		return where(plan.Conjunction(append(plan.Conjuncts(a.Filter), &plan.IsNull{X: a.Args[part.Arg], Not: true})), n)
	case aggregate.OpSum:
		if x := product(a.Args[part.Arg], n, t); x != nil {
			return where(a.Filter, x)
		}
	case aggregate.OpValue, aggregate.OpMin, aggregate.OpMax, aggregate.OpBoolAnd, aggregate.OpBoolOr, aggregate.OpBitAnd, aggregate.OpBitOr:
		if x := a.Args[part.Arg]; x.Type() == t {
			return where(a.Filter, x)
		}
	}
	return nil
}

// where is x for the rows that a FILTER lets through, else NULL.
func where(filter, x plan.Expr) plan.Expr {
	if filter == nil {
		return x
	}
	return &plan.Case{T: x.Type(), Whens: []plan.When{{Cond: filter, Then: x}}}
}
