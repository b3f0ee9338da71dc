package bind

import (
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// maxSubqueries bounds how deep subqueries of expressions stand within each other: each is planned once for all around it.
const maxSubqueries = 64

// inner binds the query of an expression, which sees the columns around it.
func (b *binder) inner(sel *ast.Select, v *env) (*Query, error) {
	if len(b.outer) >= maxSubqueries {
		e := ast.Errorf("54001", sel.Position(), "subqueries within subqueries: more than %d levels", maxSubqueries)
		e.Hint = "join the tables instead, or name steps in WITH"
		return nil, e
	}
	b.outer = append(b.outer, v.scope)
	b.banned = append(b.banned, "a subquery")
	q, err := b.query(sel)
	b.outer, b.banned = b.outer[:len(b.outer)-1], b.banned[:len(b.banned)-1]
	return q, err
}

// fromOutside resolves a name in the queries around this one, the nearest first; nil if none knows it.
func (b *binder) fromOutside(ref *ast.ColumnRef) (plan.Expr, error) {
	name := ref.Parts[len(ref.Parts)-1]
	for i := len(b.outer) - 1; i >= 0; i-- {
		s, table := b.outer[i], ""
		if len(ref.Parts) == 2 {
			if table = ref.Parts[0]; s.table(table) == nil {
				continue
			}
		}
		if x, err := s.lookup(ref, table, name); x != nil || err != nil {
			return x, err
		}
		if table != "" {
			return nil, unknownColumn(ref, s)
		}
	}
	return nil, nil
}

// isAround reports a column of a query around this one, which is a constant here.
func (b *binder) isAround(id int) bool {
	for _, s := range b.outer {
		for _, c := range s.cols {
			used := map[int]bool{}
			if plan.ColumnsOf(c.expr, used); used[id] {
				return true
			}
		}
	}
	return false
}

// ownColumns refuses an aggregate whose arguments are all columns of a query around its own: it would belong there.
func (b *binder) ownColumns(e *ast.FuncCall, s *scope, agg plan.Agg) error {
	used := map[int]bool{}
	for _, x := range agg.Args {
		plan.ColumnsOf(x, used)
	}
	if len(b.outer) == 0 || len(used) == 0 {
		return nil
	}
	for _, c := range s.cols {
		own := map[int]bool{}
		plan.ColumnsOf(c.expr, own)
		for id := range own {
			if used[id] {
				return nil
			}
		}
	}
	for _, s := range b.outer {
		for _, c := range s.cols {
			if x, ok := c.expr.(*plan.Col); ok && s.lateral && used[x.Column.ID] {
				return errorAt(e, "42803", "aggregate functions are not allowed in FROM clause of their own query level")
			}
		}
	}
	return unsupported(e, "an aggregate over columns of the query around it")
}

func (b *binder) exists(e *ast.Exists, v *env) (plan.Expr, error) {
	sel := e.Query
	if len(sel.Targets) == 0 && sel.SetOp == nil && sel.Values == nil {
		some := *sel
		some.Targets = []*ast.Target{{Pos: sel.Pos, Expr: &ast.Literal{Pos: sel.Pos, Kind: ast.LitInt, Text: "1"}}}
		sel = &some
	}
	q, err := b.inner(sel, v)
	if err != nil {
		return nil, err
	}
	one := plan.Assign{Col: b.newColumn("one", plan.T(plan.Int4)), Expr: &plan.Const{Text: "1", T: plan.T(plan.Int4)}}
	root := &plan.Project{Input: q.Root, Items: []plan.Assign{one}} // whatever its columns are
	return &plan.Subquery{Kind: plan.ExistsSubquery, Root: root, T: plan.T(plan.Bool)}, nil
}

func (b *binder) scalarSubquery(e *ast.ScalarSubquery, v *env) (plan.Expr, error) {
	q, err := b.inner(e.Query, v)
	if err != nil {
		return nil, err
	}
	if len(q.Output) != 1 {
		return nil, errorAt(e, "42601", "subquery must return only one column")
	}
	return &plan.Subquery{Kind: plan.ScalarSubquery, Root: q.Root, Output: q.Output, T: q.Output[0].Type}, nil
}

func (b *binder) inSubquery(e *ast.InSubquery, v *env) (plan.Expr, error) {
	x, err := b.compared(e, e.X, "=", plan.AnySubquery, e.Query, v)
	if err != nil {
		return nil, err
	}
	return negate(x, e.Not), nil
}

func (b *binder) quantified(e *ast.Quantified, v *env) (plan.Expr, error) {
	if e.Query == nil {
		return b.overArray(e, v)
	}
	kind := plan.AnySubquery
	if e.All {
		kind = plan.AllSubquery
	}
	switch e.Op {
	case "=", "<>", "<", "<=", ">", ">=":
		return b.compared(e, e.X, e.Op, kind, e.Query, v)
	}
	return nil, unsupported(e, "ANY or ALL with operator "+e.Op)
}

// compared binds x op ANY or ALL (query); x may be a row, whose items are then compared for equality.
func (b *binder) compared(at ast.Node, left ast.Expr, op string, kind plan.SubqueryKind, query *ast.Select, v *env) (plan.Expr, error) {
	items := []ast.Expr{left}
	if row, ok := left.(*ast.Row); ok {
		items = row.Items
		if !(op == "=" && kind == plan.AnySubquery || op == "<>" && kind == plan.AllSubquery) {
			return nil, unsupported(at, "comparing rows by "+op+" with "+kind.String())
		}
	}
	xs, err := b.exprs(items, v)
	if err != nil {
		return nil, err
	}
	q, err := b.inner(query, v)
	if err != nil {
		return nil, err
	}
	switch {
	case len(q.Output) < len(xs):
		return nil, errorAt(at, "42601", "subquery has too few columns")
	case len(q.Output) > len(xs):
		return nil, errorAt(at, "42601", "subquery has too many columns")
	}
	if len(xs) > 1 {
		return b.rowAmong(at, xs, q, kind == plan.AllSubquery)
	}
	s := &plan.Subquery{Kind: kind, Op: op, T: plan.T(plan.Bool)}
	casts := make([]plan.Assign, len(xs))
	for i, x := range xs {
		pair, err := b.comparable(at, op, []plan.Expr{x, col(q.Output[i])})
		if err != nil {
			return nil, err
		}
		switch pair[0].Type().Kind {
		case plan.Interval, plan.JSON:
			return nil, unsupported(at, "comparing "+pair[0].Type().String()+" with a subquery")
		}
		pair[0], pair[1] = comparisonKey(pair[0]), comparisonKey(pair[1])
		if err := arrayAmong(at, op, pair[0].Type()); err != nil {
			return nil, err
		}
		s.X = append(s.X, pair[0])
		c := q.Output[i]
		if _, same := pair[1].(*plan.Col); !same {
			c = b.newColumn(c.Name, pair[1].Type())
		}
		s.Output = append(s.Output, c)
		casts[i] = plan.Assign{Col: c, Expr: pair[1]}
	}
	s.Root = &plan.Project{Input: q.Root, Items: casts}
	return s, nil
}

// rowAmong binds (a, b) [NOT] IN (query): true if a row is equal, else unknown if the comparison with one is, else false.
func (b *binder) rowAmong(at ast.Node, xs []plan.Expr, q *Query, not bool) (plan.Expr, error) {
	same := &plan.And{}
	for i, x := range xs {
		eq, err := b.binaryOp(at, "=", x, col(q.Output[i]))
		if err != nil {
			return nil, err
		}
		same.Args = append(same.Args, eq)
	}
	boolean := plan.T(plan.Bool)
	found, unknown, value := b.newColumn("found", boolean), b.newColumn("unknown", boolean), b.newColumn("among", boolean)
	agg := &plan.Aggregate{Input: q.Root, Aggs: []plan.AggAssign{
		{Col: found, Agg: plan.Agg{Fn: "bool_or", Args: []plan.Expr{same}, T: boolean}},
		{Col: unknown, Agg: plan.Agg{Fn: "bool_or", Args: []plan.Expr{&plan.IsNull{X: same}}, T: boolean}},
	}}
	among := &plan.Case{T: boolean, Else: &plan.Const{Text: "false", T: boolean}, Whens: []plan.When{
		{Cond: col(found), Then: &plan.Const{Text: "true", T: boolean}},
		{Cond: col(unknown), Then: &plan.Const{Null: true, T: boolean}},
	}}
	root := &plan.Project{Input: agg, Items: []plan.Assign{{Col: value, Expr: among}}}
	return negate(&plan.Subquery{Kind: plan.ScalarSubquery, Root: root, Output: []plan.Column{value}, T: boolean}, not), nil
}
