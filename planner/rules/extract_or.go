package rules

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// extractOr takes apart conditions joined by OR over several relations. What all arms have in common stands beside the OR,
// where it may join two relations; and for each relation that every arm says something of, that is a condition, too:
// (a.x = 1 AND b.y = 2) OR (a.x = 2 AND b.y = 1) implies a.x IN (1, 2). The original is kept.
func extractOr(root plan.Node) plan.Node {
	return plan.Transform(root, func(n plan.Node) plan.Node {
		switch n := n.(type) {
		case *plan.Filter:
			if conds := widened(n.Conds, reached(n.Input)); conds != nil {
				return &plan.Filter{Input: n.Input, Conds: conds}
			}
		case *plan.Join:
			var sides []columnIDs
			if n.Kind == plan.Inner || n.Kind == plan.Right {
				sides = reached(n.Left)
			}
			if n.Kind == plan.Inner || n.Kind == plan.Left {
				sides = append(sides, reached(n.Right)...)
			}
			if on := widened(n.On, sides); on != nil {
				return &plan.Join{Kind: n.Kind, Left: n.Left, Right: n.Right, On: on, Lateral: n.Lateral}
			}
		}
		return n
	})
}

// reached lists the columns of each relation below n that a condition above n may be passed on to.
func reached(n plan.Node) []columnIDs {
	switch n := n.(type) {
	case *plan.Filter:
		return reached(n.Input)
	case *plan.Join:
		switch n.Kind {
		case plan.Inner:
			if !n.Lateral {
				return append(reached(n.Left), reached(n.Right)...)
			}
			return reached(n.Left)
		case plan.Left:
			return reached(n.Left)
		case plan.Right:
			return reached(n.Right)
		}
		return nil
	}
	return []columnIDs{columnSet(n)}
}

// widened returns conds with what their ORs imply; nil if there is nothing to add.
func widened(conds []plan.Expr, relations []columnIDs) []plan.Expr {
	var out []plan.Expr
	changed := false
	for _, c := range conds {
		or, ok := c.(*plan.Or)
		if !ok {
			out = append(out, c)
			continue
		}
		parts := factored(or)
		changed = changed || len(parts) > 1 || parts[0] != c
		for _, p := range parts {
			out = append(out, p)
			if or, ok := p.(*plan.Or); ok {
				implied := impliedBy(or, relations)
				changed = changed || len(implied) > 0
				out = append(out, implied...)
			}
		}
	}
	if !changed {
		return nil
	}
	return unique(out)
}

// unique drops repetitions.
func unique(conds []plan.Expr) []plan.Expr {
	seen := map[string]bool{}
	var out []plan.Expr
	for _, c := range conds {
		if text := plan.Format(c); !seen[text] {
			seen[text] = true
			out = append(out, c)
		}
	}
	return out
}

// factored takes out of an OR what every arm asks for: (a AND b) OR (a AND c) is a AND (b OR c).
func factored(or *plan.Or) []plan.Expr {
	arms := make([][]plan.Expr, len(or.Args))
	for i, a := range or.Args {
		arms[i] = plan.Conjuncts(a)
	}
	var shared []plan.Expr
	for _, c := range arms[0] {
		if every(arms[1:], func(arm []plan.Expr) bool { return hasSame(arm, c) }) && !hasSame(shared, c) {
			shared = append(shared, c)
		}
	}
	if len(shared) == 0 {
		return []plan.Expr{or}
	}
	var rest []plan.Expr
	for _, arm := range arms {
		left := slices.DeleteFunc(slices.Clone(arm), func(c plan.Expr) bool { return hasSame(shared, c) })
		if len(left) == 0 {
			return shared // this arm asks for nothing else
		}
		rest = append(rest, plan.Conjunction(left))
	}
	return append(shared, plan.Expr(&plan.Or{Args: rest}))
}

func every[T any](list []T, f func(T) bool) bool {
	return !slices.ContainsFunc(list, func(x T) bool { return !f(x) })
}

func hasSame(list []plan.Expr, e plan.Expr) bool {
	text := ""
	for _, x := range list {
		if x == e {
			return true
		}
		if text == "" {
			text = plan.Format(e)
		}
		if plan.Format(x) == text {
			return true
		}
	}
	return false
}

// impliedBy returns for each of several relations what the arms say of it alone, if each arm says something.
func impliedBy(or *plan.Or, relations []columnIDs) []plan.Expr {
	var out []plan.Expr
	for _, columns := range relations {
		arms := make([]plan.Expr, 0, len(or.Args))
		whole := true
		for _, a := range or.Args {
			of, all := saidOf(a, columns)
			whole = whole && all
			if of == nil {
				break
			}
			arms = append(arms, of)
		}
		if len(arms) == len(or.Args) && !whole { // a condition on one relation goes down as it is
			out = append(out, oneOf(arms))
		}
	}
	return out
}

// saidOf keeps the conditions of an arm that read the columns and nothing else, and cannot fail.
func saidOf(arm plan.Expr, columns columnIDs) (of plan.Expr, all bool) {
	var list []plan.Expr
	conds := plan.Conjuncts(arm)
	for _, c := range conds {
		used := columnIDs{}
		plan.ColumnsOf(c, used)
		if len(used) > 0 && len(common(used, columns)) == len(used) && total(c) {
			list = append(list, c)
		}
	}
	return plan.Conjunction(list), len(list) == len(conds)
}

// oneOf joins conditions by OR: a column's equality with several constants is a list.
func oneOf(arms []plan.Expr) plan.Expr {
	arms = unique(arms)
	if len(arms) == 1 {
		return arms[0]
	}
	in := &plan.In{}
	for _, a := range arms {
		c, ok := a.(*plan.Call)
		if !ok || c.Fn != "=" {
			return &plan.Or{Args: arms}
		}
		x, isCol := c.Args[0].(*plan.Col)
		k, isConst := c.Args[1].(*plan.Const)
		if !isCol || !isConst || in.X != nil && plan.Format(in.X) != plan.Format(x) || len(in.List) > 0 && in.List[0].Type() != k.T {
			return &plan.Or{Args: arms}
		}
		in.X, in.List = x, append(in.List, k)
	}
	return in
}
