package rules

import "github.com/atoll-sql/atoll/planner/plan"

// pushFilters moves each condition as far down as it means the same: through projections, below grouping if it
// reads only group keys, to the sides of joins. It never passes a LIMIT, nor reaches the side of an outer join whose rows
// the join would bring back as NULLs.
func pushFilters(root plan.Node) plan.Node {
	return pushInto(root, nil)
}

// pushInto returns n with conds applied above it or anywhere below.
func pushInto(n plan.Node, conds []plan.Expr) plan.Node {
	switch n := n.(type) {
	case *plan.Filter:
		return pushInto(n.Input, append(append([]plan.Expr(nil), n.Conds...), conds...))
	case *plan.Project:
		return plan.WithInputs(n, []plan.Node{pushInto(n.Input, substituteAll(conds, n.Items))})
	case *plan.Sort:
		return plan.WithInputs(n, []plan.Node{pushInto(n.Input, conds)})
	case *plan.Aggregate:
		return pushBelowGroups(n, conds)
	case *plan.Join:
		return pushIntoJoin(n, conds)
	}
	in := n.Inputs()
	out := make([]plan.Node, len(in))
	for i, x := range in {
		out[i] = pushInto(x, nil)
	}
	return above(plan.WithInputs(n, out), conds)
}

func above(n plan.Node, conds []plan.Expr) plan.Node {
	if len(conds) == 0 {
		return n
	}
	return &plan.Filter{Input: n, Conds: conds}
}

func substituteAll(conds []plan.Expr, items []plan.Assign) []plan.Expr {
	defs := map[int]plan.Expr{}
	for _, it := range items {
		defs[it.Col.ID] = it.Expr
	}
	out := make([]plan.Expr, len(conds))
	for i, c := range conds {
		out[i] = plan.Substitute(c, defs)
	}
	return out
}

// pushBelowGroups passes conditions on group keys. Without keys a condition decides about the one row that an
// empty input gives, too, and stays.
func pushBelowGroups(n *plan.Aggregate, conds []plan.Expr) plan.Node {
	keys := map[int]bool{}
	for _, g := range n.Groups {
		keys[g.Col.ID] = true
	}
	var down, stay []plan.Expr
	for _, c := range conds {
		if readsOnly(c, keys) && len(n.Groups) > 0 {
			down = append(down, c)
		} else {
			stay = append(stay, c)
		}
	}
	in := pushInto(n.Input, substituteAll(down, n.Groups))
	return above(plan.WithInputs(n, []plan.Node{in}), stay)
}

func readsOnly(e plan.Expr, set map[int]bool) bool {
	used := map[int]bool{}
	plan.ColumnsOf(e, used)
	for id := range used {
		if !set[id] {
			return false
		}
	}
	return true
}

// pushIntoJoin sends conditions to the sides they speak of. Conditions above a join reach a side unless the
// join may add NULLs for it; conditions of the join itself reach a side unless the join preserves it.
func pushIntoJoin(n *plan.Join, conds []plan.Expr) plan.Node {
	lset, rset := columnSet(n.Left), columnSet(n.Right)
	leftIn := n.Kind == plan.Inner || n.Kind == plan.Left
	rightIn := n.Kind == plan.Inner || n.Kind == plan.Right
	var left, right, on, stay []plan.Expr
	for _, c := range conds {
		switch {
		case leftIn && readsOnly(c, lset):
			left = append(left, c)
		case rightIn && readsOnly(c, rset):
			right = append(right, c)
		case n.Kind == plan.Inner:
			on = append(on, c)
		default:
			stay = append(stay, c)
		}
	}
	for _, c := range n.On {
		switch {
		case n.Kind != plan.Left && n.Kind != plan.Full && readsOnly(c, lset):
			left = append(left, c)
		case n.Kind != plan.Right && n.Kind != plan.Full && readsOnly(c, rset):
			right = append(right, c)
		default:
			on = append(on, c)
		}
	}
	j := &plan.Join{Kind: n.Kind, Left: pushInto(n.Left, left), Right: pushInto(n.Right, right), On: on}
	return above(j, stay)
}
