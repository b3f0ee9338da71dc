package bind

import (
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// rowComparison binds a comparison of two rows. Those for order look at the first items that differ.
func (b *binder) rowComparison(e *ast.Binary, l *ast.Row, v *env) (plan.Expr, error) {
	r, ok := e.R.(*ast.Row)
	if !ok {
		return nil, unsupported(e, "comparing row values by "+e.Op)
	}
	lefts, err := b.exprs(l.Items, v)
	if err != nil {
		return nil, err
	}
	rights, err := b.exprs(r.Items, v)
	if err != nil {
		return nil, err
	}
	switch e.Op {
	case "=", "<>":
		x, err := b.rowEqual(e, lefts, rights)
		if err != nil {
			return nil, err
		}
		return negate(x, e.Op == "<>"), nil
	case "<", "<=", ">", ">=":
		return b.rowOrder(e, e.Op, lefts, rights)
	}
	return nil, unsupported(e, "comparing row values by "+e.Op)
}

func sameLength(at ast.Node, l, r []plan.Expr) error {
	switch {
	case len(l) != len(r):
		return errorAt(at, "42601", "unequal number of entries in row expressions")
	case len(l) == 0:
		return errorAt(at, "0A000", "cannot compare rows of zero length")
	}
	return nil
}

func (b *binder) rowEqual(at ast.Node, l, r []plan.Expr) (plan.Expr, error) {
	if err := sameLength(at, l, r); err != nil {
		return nil, err
	}
	all := &plan.And{}
	for i := range l {
		eq, err := b.binaryOp(at, "=", l[i], r[i])
		if err != nil {
			return nil, err
		}
		all.Args = append(all.Args, eq)
	}
	return all, nil
}

// rowOrder is a < c OR a = c AND (b < d OR …); the last items compare by the operator itself.
func (b *binder) rowOrder(at ast.Node, op string, l, r []plan.Expr) (plan.Expr, error) {
	if err := sameLength(at, l, r); err != nil {
		return nil, err
	}
	last := len(l) - 1
	x, err := b.binaryOp(at, op, l[last], r[last])
	for i := last - 1; i >= 0 && err == nil; i-- {
		var strict, eq plan.Expr
		if strict, err = b.binaryOp(at, op[:1], l[i], r[i]); err != nil {
			return nil, err
		}
		if eq, err = b.binaryOp(at, "=", l[i], r[i]); err != nil {
			return nil, err
		}
		x = &plan.Or{Args: []plan.Expr{strict, &plan.And{Args: []plan.Expr{eq, x}}}}
	}
	return x, err
}

// rowIn binds (a, b) IN ((c, d), …): equal to one of them.
func (b *binder) rowIn(e *ast.In, row *ast.Row, v *env) (plan.Expr, error) {
	left, err := b.exprs(row.Items, v)
	if err != nil {
		return nil, err
	}
	any := &plan.Or{}
	for _, item := range e.List {
		r, ok := item.(*ast.Row)
		if !ok {
			return nil, unsupported(item, "a row value compared with what is none")
		}
		right, err := b.exprs(r.Items, v)
		if err != nil {
			return nil, err
		}
		eq, err := b.rowEqual(item, left, right)
		if err != nil {
			return nil, err
		}
		any.Args = append(any.Args, eq)
	}
	return negate(any, e.Not), nil
}
