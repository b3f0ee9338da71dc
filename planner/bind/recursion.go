package bind

import (
	"fmt"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// workTable is what a recursive query's reference to itself means while its recursive term is bound.
type workTable struct {
	leaf   *plan.WorkTable
	banned int // how many reasons against a reference there were before
	read   bool
}

// mentions reports that a WITH query names itself, or a table or query of the same name.
func mentions(c *ast.CTE) bool {
	found := false
	ast.Walk(c.Query, func(n ast.Node) bool {
		t, ok := n.(*ast.TableName)
		found = found || ok && t.Schema == "" && t.Name == c.Name
		return !found
	})
	return found
}

// selfReference binds a reference to a query that is being bound.
func (b *binder) selfReference(c *cteScope, at ast.Node) (*Query, error) {
	inside := false
	for x := b.current; x != nil; x = x.within {
		inside = inside || x == c
	}
	wrong := func(what string) error {
		return errorAt(at, "42P19", "recursive reference to query %q %s", c.cte.Name, what)
	}
	switch {
	case !inside:
		return nil, errorAt(at, "0A000", "mutual recursion between WITH items is not implemented")
	case c.work == nil && (c.cte.Query.SetOp == nil || c.cte.Query.SetOp.Kind != ast.Union):
		return nil, errorAt(at, "42P19", "recursive query %q does not have the form non-recursive-term UNION [ALL] recursive-term", c.cte.Name)
	case c.work == nil:
		return nil, wrong("must not appear within its non-recursive term")
	case len(b.banned) > c.work.banned:
		return nil, wrong("must not appear within " + b.banned[len(b.banned)-1])
	case c.work.read:
		return nil, wrong("must not appear more than once")
	}
	c.work.read, b.recursive = true, true
	return &Query{Root: c.work.leaf, Output: c.work.leaf.Cols}, nil
}

// recursion binds the query of a WITH RECURSIVE item that mentions its own name. The first term decides about the columns;
// where PostgreSQL has their digits open, they are as many as both terms need.
func (b *binder) recursion(c *cteScope, sel *ast.Select) (*Query, error) {
	op := sel.SetOp
	if op == nil || op.Kind != ast.Union {
		return b.plainly(c, sel)
	}
	base, err := b.query(op.Left)
	if err != nil {
		return nil, err
	}
	types := make([]plan.Type, len(base.Output))
	for i, col := range base.Output {
		types[i] = col.Type
	}
	for {
		leaf := &plan.WorkTable{Cols: make([]plan.Column, len(types))}
		for i, t := range types {
			leaf.Cols[i] = b.newColumn(base.Output[i].Name, t)
		}
		b.nextID++
		leaf.Work = b.nextID
		c.work = &workTable{leaf: leaf, banned: len(b.banned)}
		step, err := b.arm(op.Right)
		read := c.work.read
		c.work = nil
		switch {
		case err != nil:
			return nil, err
		case !read:
			return b.plainly(c, sel)
		case len(sel.OrderBy) > 0 || sel.Limit != nil || sel.Offset != nil:
			return nil, errorAt(sel, "0A000", "ORDER BY, LIMIT and OFFSET in a recursive query are not implemented")
		}
		q, wider, err := b.rounds(c, op, base, step, leaf, types)
		if err != nil || wider == nil {
			return q, err
		}
		types = wider
	}
}

// plainly binds a query that does not refer to itself after all, or must not.
func (b *binder) plainly(c *cteScope, sel *ast.Select) (*Query, error) {
	c.recursive = false
	defer func() { c.recursive = true }()
	return b.body(sel)
}

// rounds puts both terms together. If the recursive term has numbers of more digits than the columns of the work table it
// returns the types to try instead.
func (b *binder) rounds(c *cteScope, op *ast.SetOp, base *Query, step *arm, leaf *plan.WorkTable, types []plan.Type) (*Query, []plan.Type, error) {
	if len(base.Output) != len(step.Output) {
		return nil, nil, errorAt(op.Right, "42601", "each UNION query must have the same number of columns")
	}
	n := &plan.Recursion{Distinct: !op.All, Work: leaf.Work, Cols: make([]plan.Column, len(types))}
	var first, next []plan.Assign
	var wider []plan.Type
	for i, t := range types {
		pair, err := b.common(op.Right, "UNION", []plan.Expr{&plan.Col{Column: leaf.Cols[i]}, step.value(i)})
		if err != nil {
			return nil, nil, err
		}
		x := pair[1]
		switch overall := pair[0].Type(); {
		case overall.Kind != t.Kind:
			return nil, nil, notThatType(c, op, i, t.Kind.String(), overall.Kind.String())
		case x.Type() == t:
		case fixedDigits(base.Root, base.Output[i]):
			return nil, nil, notThatType(c, op, i, fmt.Sprintf("numeric(%d,%d)", t.Precision, t.Scale), "numeric")
		default:
			if wider == nil {
				wider = append([]plan.Type(nil), types...)
			}
			wider[i] = plan.T(plan.Numeric)
		}
		n.Cols[i] = b.newColumn(base.Output[i].Name, t)
		first = append(first, plan.Assign{Col: b.newColumn(n.Cols[i].Name, t), Expr: castTo(col(base.Output[i]), t)})
		next = append(next, plan.Assign{Col: b.newColumn(n.Cols[i].Name, t), Expr: x})
	}
	if wider != nil {
		return nil, wider, nil
	}
	if !op.All {
		if err := distinguishable(op, n.Cols); err != nil {
			return nil, nil, err
		}
	}
	n.Base, n.Step = &plan.Project{Input: base.Root, Items: first}, &plan.Project{Input: step.Root, Items: next}
	return &Query{Root: n, Output: n.Cols}, nil, nil
}

func notThatType(c *cteScope, op *ast.SetOp, column int, first, overall string) error {
	return &ast.Error{SQLState: "42804", Pos: op.Left.Position(),
		Text: fmt.Sprintf("recursive query %q column %d has type %s in non-recursive term but type %s overall", c.cte.Name, column+1, first, overall),
		Hint: "cast the output of the non-recursive term to the correct type"}
}

// fixedDigits reports a column whose numeric type was declared with its digits: that of a table, or of a cast.
func fixedDigits(n plan.Node, c plan.Column) bool {
	if c.Type.Kind != plan.Numeric || c.Type.Wide() {
		return false
	}
	switch n := n.(type) {
	case *plan.Scan:
		return plan.Offers(n, c.ID)
	case *plan.Project:
		for _, it := range n.Items {
			if it.Col.ID == c.ID {
				return fixedExpr(n.Input, it.Expr)
			}
		}
		return false
	case *plan.Aggregate:
		for _, g := range n.Groups {
			if g.Col.ID == c.ID {
				return fixedExpr(n.Input, g.Expr)
			}
		}
		return false
	}
	for _, in := range n.Inputs() {
		if plan.Offers(in, c.ID) {
			return fixedDigits(in, c)
		}
	}
	return false
}

func fixedExpr(in plan.Node, e plan.Expr) bool {
	switch e := e.(type) {
	case *plan.Col:
		return fixedDigits(in, e.Column)
	case *plan.Cast:
		return e.Mod != nil
	}
	return false
}
