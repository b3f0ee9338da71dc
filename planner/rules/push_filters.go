package rules

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// pushFilters moves each condition as far down as it means the same: through projections, below grouping if it
// reads only group keys, to the sides of joins. It never passes a LIMIT, nor reaches the side of an outer join whose rows
// the join would bring back as NULLs.
func pushFilters(root plan.Node) plan.Node {
	p := &filterPusher{offered: offeredBelow(root)}
	return p.into(root, nil)
}

// offeredBelow returns the columns of every operator of a tree.
func offeredBelow(root plan.Node) map[int]bool {
	offered := map[int]bool{}
	plan.Visit(root, func(n plan.Node) {
		if !handsOn(n) {
			addColumns(n, offered)
		}
	})
	return offered
}

// filterPusher works on one tree. offered are the columns of its operators: any other that a condition reads comes from
// around the subquery that the tree is, and is as good as a constant.
type filterPusher struct{ offered map[int]bool }

// into returns n with conds applied above it or anywhere below.
func (p *filterPusher) into(n plan.Node, conds []plan.Expr) plan.Node {
	switch n := n.(type) {
	case *plan.Filter:
		return p.into(n.Input, append(append([]plan.Expr(nil), n.Conds...), conds...))
	case *plan.Project:
		down, stay := throughProject(n, conds)
		return above(plan.WithInputs(n, []plan.Node{p.into(n.Input, plan.SubstituteItems(down, n.Items))}), stay)
	case *plan.Sort:
		return plan.WithInputs(n, []plan.Node{p.into(n.Input, conds)})
	case *plan.Aggregate:
		return p.belowGroups(n, conds)
	case *plan.Join:
		return p.intoJoin(n, conds)
	case *plan.SetOp:
		return p.intoSetOp(n, conds)
	case *plan.Window:
		return p.belowWindow(n, conds)
	}
	in := n.Inputs()
	out := make([]plan.Node, len(in))
	for i, x := range in {
		out[i] = p.into(x, nil)
	}
	return above(plan.WithInputs(n, out), conds)
}

func above(n plan.Node, conds []plan.Expr) plan.Node {
	if len(conds) == 0 {
		return n
	}
	return &plan.Filter{Input: n, Conds: unique(conds)}
}

// throughProject keeps the conditions above that would repeat a subquery.
func throughProject(n *plan.Project, conds []plan.Expr) (down, stay []plan.Expr) {
	nested := map[int]bool{}
	for _, it := range n.Items {
		if plan.HasSubquery(it.Expr) {
			nested[it.Col.ID] = true
		}
	}
	for _, c := range conds {
		used := map[int]bool{}
		plan.ColumnsOf(c, used)
		if len(common(used, nested)) > 0 {
			stay = append(stay, c)
		} else {
			down = append(down, c)
		}
	}
	return down, stay
}

// belowGroups passes conditions on group keys, of grouping sets on those that are in all of them. Without keys a condition decides about the one row that an
// empty input gives, too, and stays.
func (p *filterPusher) belowGroups(n *plan.Aggregate, conds []plan.Expr) plan.Node {
	keys := sharedKeys(n)
	var down, stay []plan.Expr
	for _, c := range conds {
		if p.readsOnly(c, keys) && len(keys) > 0 {
			down = append(down, c)
		} else {
			stay = append(stay, c)
		}
	}
	in := p.into(n.Input, plan.SubstituteItems(down, n.Groups))
	return above(plan.WithInputs(n, []plan.Node{in}), stay)
}

// sharedKeys are the group keys that are in every grouping set.
func sharedKeys(n *plan.Aggregate) map[int]bool {
	keys := map[int]bool{}
	for i, g := range n.Groups {
		shared := true
		for _, set := range n.Sets {
			shared = shared && slices.Contains(set, i)
		}
		if shared {
			keys[g.Col.ID] = true
		}
	}
	return keys
}

func (p *filterPusher) readsOnly(e plan.Expr, set map[int]bool) bool {
	used := map[int]bool{}
	plan.ColumnsOf(e, used)
	for id := range used {
		if p.offered[id] && !set[id] {
			return false
		}
	}
	return true
}

// intoJoin sends conditions to the sides they speak of; one with a subquery over both sides of an inner join is a filter above it. Conditions above a join reach a side unless the
// join may add NULLs for it; conditions of the join itself reach a side unless the join preserves it.
func (p *filterPusher) intoJoin(n *plan.Join, conds []plan.Expr) plan.Node {
	if n.Lateral {
		return p.intoLateral(n, conds)
	}
	lset, rset := columnSet(n.Left), columnSet(n.Right)
	leftIn := n.Kind == plan.Inner || n.Kind == plan.Left
	rightIn := n.Kind == plan.Inner || n.Kind == plan.Right
	var left, right, on, stay []plan.Expr
	for _, c := range conds {
		switch {
		case leftIn && p.readsOnly(c, lset):
			left = append(left, c)
		case rightIn && p.readsOnly(c, rset):
			right = append(right, c)
		case n.Kind == plan.Inner && !plan.HasSubquery(c):
			on = append(on, c)
		default:
			stay = append(stay, c)
		}
	}
	for _, c := range n.On {
		switch {
		case n.Kind != plan.Left && n.Kind != plan.Full && p.readsOnly(c, lset):
			left = append(left, c)
		case n.Kind != plan.Right && n.Kind != plan.Full && p.readsOnly(c, rset):
			right = append(right, c)
		case n.Kind == plan.Inner && plan.HasSubquery(c):
			stay = append(stay, c)
		default:
			on = append(on, c)
		}
	}
	j := &plan.Join{Kind: n.Kind, Left: p.into(n.Left, left), Right: p.into(n.Right, right), On: on}
	return above(j, stay)
}

// intoLateral sends conditions to the left, and of an inner join all others to the right, which may read both sides.
func (p *filterPusher) intoLateral(n *plan.Join, conds []plan.Expr) plan.Node {
	lset := columnSet(n.Left)
	var left, right, stay []plan.Expr
	for _, c := range conds {
		switch {
		case p.readsOnly(c, lset):
			left = append(left, c)
		case n.Kind == plan.Inner:
			right = append(right, c)
		default:
			stay = append(stay, c)
		}
	}
	within := &filterPusher{offered: offeredBelow(n.Right)} // the left's columns are from around the right
	return above(plan.WithInputs(n, []plan.Node{p.into(n.Left, left), within.into(n.Right, right)}), stay)
}

// intoSetOp filters each input: rows that the condition refuses count on neither side of any set operation.
func (p *filterPusher) intoSetOp(n *plan.SetOp, conds []plan.Expr) plan.Node {
	in := make([]plan.Node, len(n.In))
	for i, x := range n.In {
		in[i] = p.into(x, plan.SubstituteItems(conds, n.Renamed(i)))
	}
	return plan.WithInputs(n, in)
}

// belowWindow passes conditions that keep or drop whole partitions of every window.
func (p *filterPusher) belowWindow(n *plan.Window, conds []plan.Expr) plan.Node {
	whole := map[int]bool{}
	for i, f := range n.Fns {
		keys := map[int]bool{}
		for _, x := range f.Partition {
			if c, ok := x.(*plan.Col); ok {
				keys[c.Column.ID] = true
			}
		}
		if i == 0 {
			whole = keys
		} else {
			whole = common(whole, keys)
		}
	}
	var down, stay []plan.Expr
	for _, c := range conds {
		if len(whole) > 0 && p.readsOnly(c, whole) {
			down = append(down, c)
		} else {
			stay = append(stay, c)
		}
	}
	return above(plan.WithInputs(n, []plan.Node{p.into(n.Input, down)}), stay)
}
