package rules

import "github.com/atoll-sql/atoll/planner/plan"

// connectJoins reorders inner joins so that a table joins what a condition connects it with, rather than everything:
// FROM part, supplier, partsupp names two tables first that only the third brings together. Tables keep their order
// as far as the conditions allow, and a list that is connected already is left alone.
func connectJoins(root plan.Node) plan.Node {
	c := &cluster{}
	c.collect(root)
	if len(c.leaves) < 2 { // no inner join
		in := root.Inputs()
		out := make([]plan.Node, len(in))
		for i, x := range in {
			out[i] = connectJoins(x)
		}
		return plan.WithInputs(root, out)
	}
	order := c.connected()
	if order == nil {
		return withLeaves(root, c.leaves, connectJoins)
	}
	for i, l := range c.leaves {
		c.leaves[i] = connectJoins(l)
	}
	return c.rebuilt(order)
}

func isInner(n plan.Node) bool {
	j, ok := n.(*plan.Join)
	return ok && j.Kind == plan.Inner && !j.Lateral
}

// cluster is a set of relations joined by inner joins alone, with all their conditions.
type cluster struct {
	leaves []plan.Node
	conds  []plan.Expr
}

func (c *cluster) collect(n plan.Node) {
	switch x := n.(type) {
	case *plan.Join:
		if x.Kind == plan.Inner && !x.Lateral {
			c.collect(x.Left)
			c.collect(x.Right)
			c.conds = append(c.conds, x.On...)
			return
		}
	case *plan.Filter:
		if isInner(x.Input) {
			c.conds = append(c.conds, x.Conds...)
			c.collect(x.Input)
			return
		}
	}
	c.leaves = append(c.leaves, n)
}

// connected returns an order in which each leaf shares a condition with those before it wherever one does, nil if
// that is the order they have.
func (c *cluster) connected() []int {
	sets := make([]map[int]bool, len(c.leaves))
	for i, l := range c.leaves {
		sets[i] = columnSet(l)
	}
	order, joined := []int{0}, with(sets[0], nil)
	used := map[int]bool{0: true}
	changed := false
	for len(order) < len(c.leaves) {
		next, first := -1, -1
		for i := range c.leaves {
			if used[i] {
				continue
			}
			if first < 0 {
				first = i
			}
			if next < 0 && c.meets(joined, sets[i]) {
				next = i
			}
		}
		if next < 0 {
			next = first
		}
		changed = changed || next != first
		order, used[next] = append(order, next), true
		joined = with(joined, sets[next])
	}
	if !changed {
		return nil
	}
	return order
}

// meets reports a condition over columns of both sides and of nothing else.
func (c *cluster) meets(left, right map[int]bool) bool {
	for _, e := range c.conds {
		used := map[int]bool{}
		plan.ColumnsOf(e, used)
		l, r := common(used, left), common(used, right)
		if len(l) > 0 && len(r) > 0 && len(l)+len(r) == len(used) {
			return true
		}
	}
	return false
}

func (c *cluster) rebuilt(order []int) plan.Node {
	n := c.leaves[order[0]]
	for _, i := range order[1:] {
		n = &plan.Join{Kind: plan.Inner, Left: n, Right: c.leaves[i]}
	}
	return above(n, c.conds)
}
