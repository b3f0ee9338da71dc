package residency

import (
	"reflect"

	"github.com/atoll-sql/atoll/planner/plan"
)

// likeness compares two trees over one input, in which the columns between may have other IDs.
type likeness struct {
	input  plan.Node
	theirs map[int]plan.Column // by ID in the second tree, what the first calls it
	taken  map[int]bool        // IDs in the first tree that stand for a column already
}

func (l *likeness) same(a, b plan.Node) bool {
	if b == l.input {
		return a == b
	}
	in, like := a.Inputs(), b.Inputs()
	if len(in) != len(like) {
		return false
	}
	for i := range in {
		if !l.same(in[i], like[i]) {
			return false
		}
	}
	cols, others := a.Columns(), b.Columns()
	if len(cols) != len(others) {
		return false
	}
	for i := range cols {
		if !l.pair(cols[i], others[i]) {
			return false
		}
	}
	own := func(c plan.Column) plan.Column { return c }
	return reflect.DeepEqual(relabeled(a, own), relabeled(b, l.named))
}

// pair takes note of what a column is called in the first tree. No two may be one there.
func (l *likeness) pair(a, b plan.Column) bool {
	if a.Name != b.Name || a.Type != b.Type {
		return false
	}
	if a.ID == b.ID {
		return true
	}
	if known, ok := l.theirs[b.ID]; ok {
		return known.ID == a.ID
	}
	if l.taken[a.ID] || l.taken[b.ID] {
		return false
	}
	l.taken[a.ID], l.theirs[b.ID] = true, a
	return true
}

func (l *likeness) named(c plan.Column) plan.Column {
	if a, ok := l.theirs[c.ID]; ok {
		return a
	}
	return c
}

// relabeled is an operator without its inputs, whose expressions and columns bear other names.
func relabeled(n plan.Node, name func(plan.Column) plan.Column) plan.Node {
	n = plan.MapOwn(n, func(e plan.Expr) plan.Expr {
		return plan.Map(e, func(x plan.Expr) plan.Expr {
			if c, ok := x.(*plan.Col); ok {
				return &plan.Col{Column: name(c.Column)}
			}
			return x
		})
	})
	switch n := n.(type) { // whose lists MapOwn made
	case *plan.Project:
		for i := range n.Items {
			n.Items[i].Col = name(n.Items[i].Col)
		}
	case *plan.Aggregate:
		for i := range n.Groups {
			n.Groups[i].Col = name(n.Groups[i].Col)
		}
		for i := range n.Aggs {
			n.Aggs[i].Col = name(n.Aggs[i].Col)
		}
	case *plan.Window:
		for i := range n.Fns {
			n.Fns[i].Col = name(n.Fns[i].Col)
		}
	}
	in := make([]plan.Node, len(n.Inputs()))
	for i := range in {
		in[i] = &plan.OneRow{}
	}
	return plan.WithInputs(n, in)
}
