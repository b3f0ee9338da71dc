package rules

import "github.com/atoll-sql/atoll/planner/plan"

// outerToInner turns an outer join into one that keeps fewer rows where a condition refuses the rows it would add: those
// whose columns from one side are all NULL. An inner join may then be reordered, pruned and left to the shards.
func outerToInner(root plan.Node) plan.Node { return refusing(root, nil) }

// refusing rewrites n, of whose rows those do not count in which any of the columns refused is NULL.
func refusing(n plan.Node, refused columnIDs) plan.Node {
	var below []columnIDs
	switch n := n.(type) {
	case *plan.Filter:
		below = []columnIDs{with(refused, inAny(n.Conds, notTrueIf))}
	case *plan.Join:
		return refusingJoin(n, refused)
	case *plan.Project:
		below = []columnIDs{through(n.Items, refused)}
	case *plan.Aggregate:
		if n.Sets == nil {
			below = []columnIDs{through(n.Groups, refused)}
		}
	case *plan.Sort:
		below = []columnIDs{refused}
	case *plan.SetOp:
		for i := range n.In {
			below = append(below, through(n.Renamed(i), refused))
		}
	}
	in := n.Inputs()
	out := make([]plan.Node, len(in))
	for i, x := range in {
		var r columnIDs
		if i < len(below) {
			r = below[i]
		}
		out[i] = refusing(x, r)
	}
	return plan.WithInputs(n, out)
}

// through returns the columns whose being NULL makes a refused item NULL.
func through(items []plan.Assign, refused columnIDs) columnIDs {
	out := columnIDs{}
	for _, it := range items {
		if refused[it.Col.ID] {
			out = with(out, nullIf(it.Expr))
		}
	}
	return out
}

// refusingJoin chooses the kind of a join, and passes on to its sides what they need not bring.
func refusingJoin(n *plan.Join, refused columnIDs) plan.Node {
	kind := n.Kind
	if kind != plan.Inner && len(refused) > 0 {
		noLeft, noRight := len(common(refused, columnSet(n.Left))) > 0, len(common(refused, columnSet(n.Right))) > 0
		if noLeft { // no row without a row of the left
			kind = map[plan.JoinKind]plan.JoinKind{plan.Left: plan.Left, plan.Right: plan.Inner, plan.Full: plan.Left}[kind]
		}
		if noRight {
			kind = map[plan.JoinKind]plan.JoinKind{plan.Inner: plan.Inner, plan.Left: plan.Inner, plan.Right: plan.Right, plan.Full: plan.Right}[kind]
		}
	}
	matched := inAny(n.On, notTrueIf)
	var left, right columnIDs
	switch kind {
	case plan.Inner:
		left = with(refused, matched)
		right = left
	case plan.Left:
		left, right = refused, matched
	case plan.Right:
		left, right = matched, refused
	}
	l, r := refusing(n.Left, left), refusing(n.Right, right)
	if kind == n.Kind && l == n.Left && r == n.Right {
		return n
	}
	return &plan.Join{Kind: kind, Left: l, Right: r, On: n.On, Lateral: n.Lateral}
}
