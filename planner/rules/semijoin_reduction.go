package rules

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// semijoinReduction lets the groups on one side of a join be computed only for keys that the other side can ask for: it
// puts a condition key IN (SELECT …) at the table below the groups. The keys are those that a filtered table on the other
// side has left, or those that an IN condition there allows. It does so only where the shards check the condition
// from rows of their own, as they do for a table that each of them has a copy of.
func semijoinReduction(root plan.Node, env *Env) plan.Node {
	return plan.Transform(root, func(n plan.Node) plan.Node {
		j, ok := n.(*plan.Join)
		if !ok || j.Lateral {
			return n
		}
		l, r := j.Left, j.Right
		if j.Kind == plan.Inner || j.Kind == plan.Left {
			r = reduceGroups(r, j.Left, j.On, env)
		}
		if j.Kind == plan.Inner || j.Kind == plan.Right {
			l = reduceGroups(l, j.Right, j.On, env)
		}
		return plan.WithInputs(j, []plan.Node{l, r})
	})
}

// reduceGroups returns side with the conditions that other allows.
func reduceGroups(side, other plan.Node, on []plan.Expr, env *Env) plan.Node {
	var asked *askedKeys
	for _, e := range on {
		a, b, ok := equalColumns(e)
		if !ok {
			continue
		}
		if !groupedBy(side, a.ID) {
			a, b = b, a
		}
		if !groupedBy(side, a.ID) || !plan.Offers(other, b.ID) { // in this order: the columns of many joins take long to list
			continue
		}
		if asked == nil {
			asked = &askedKeys{env: env, same: map[int]int{}}
			asked.visit(other)
		}
		for _, list := range asked.lists(b) {
			if n, ok := restrict(side, a.ID, list, env); ok {
				side = n
			}
		}
	}
	return side
}

// equalColumns reports a condition that equates two columns of one type.
func equalColumns(e plan.Expr) (a, b plan.Column, ok bool) {
	c, is := e.(*plan.Call)
	if !is || c.Fn != "=" {
		return a, b, false
	}
	l, okLeft := c.Args[0].(*plan.Col)
	r, okRight := c.Args[1].(*plan.Col)
	if !okLeft || !okRight || l.Type() != r.Type() {
		return a, b, false
	}
	return l.Column, r.Column, true
}

// groupedBy reports that a column of n is a group key further down.
func groupedBy(n plan.Node, id int) bool {
	switch n := n.(type) {
	case *plan.Aggregate:
		return n.Sets == nil && slices.ContainsFunc(n.Groups, func(g plan.Assign) bool { return g.Col.ID == id })
	case *plan.Filter, *plan.Sort:
		return groupedBy(n.Inputs()[0], id)
	case *plan.Project:
		from, ok := passedOn(n.Items, id)
		return ok && groupedBy(n.Input, from)
	}
	return false
}

// passedOn returns the column that an item hands on as id.
func passedOn(items []plan.Assign, id int) (int, bool) {
	for _, it := range items {
		if c, ok := it.Expr.(*plan.Col); ok && it.Col.ID == id {
			return c.Column.ID, true
		}
	}
	return 0, false
}

// restrict puts the condition at the table that column id of n comes from; false if the shards could not check it there,
// or if it would change more than the rows of that key.
func restrict(n plan.Node, id int, list *plan.Subquery, env *Env) (plan.Node, bool) {
	below := func(in plan.Node, id int) (plan.Node, bool) {
		x, ok := restrict(in, id, list, env)
		if !ok {
			return n, false
		}
		return plan.WithInputs(n, []plan.Node{x}), true
	}
	switch x := n.(type) {
	case *plan.Scan:
		return restrictScan(x, id, list, env)
	case *plan.Filter:
		return below(x.Input, id)
	case *plan.Sort:
		return below(x.Input, id)
	case *plan.Project:
		if from, ok := passedOn(x.Items, id); ok {
			return below(x.Input, from)
		}
	case *plan.Aggregate:
		if from, ok := passedOn(x.Groups, id); ok && x.Sets == nil {
			return below(x.Input, from)
		}
	case *plan.Join:
		return restrictJoin(x, id, list, env)
	}
	return n, false
}

func restrictScan(n *plan.Scan, id int, list *plan.Subquery, env *Env) (plan.Node, bool) {
	for _, c := range n.Cols {
		if c.Column.ID != id || c.Column.Type != list.Output[0].Type {
			continue
		}
		in := *list
		in.X = []plan.Expr{&plan.Col{Column: c.Column}}
		f := &plan.Filter{Input: n, Conds: []plan.Expr{&in}}
		return f, env.stays(f)
	}
	return n, false
}

func restrictJoin(n *plan.Join, id int, list *plan.Subquery, env *Env) (plan.Node, bool) {
	if n.Lateral {
		return n, false
	}
	if (n.Kind == plan.Inner || n.Kind == plan.Left) && plan.Offers(n.Left, id) {
		l, ok := restrict(n.Left, id, list, env)
		return plan.WithInputs(n, []plan.Node{l, n.Right}), ok
	}
	if (n.Kind == plan.Inner || n.Kind == plan.Right) && plan.Offers(n.Right, id) {
		r, ok := restrict(n.Right, id, list, env)
		return plan.WithInputs(n, []plan.Node{n.Left, r}), ok
	}
	return n, false
}
