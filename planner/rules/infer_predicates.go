package rules

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// inferPredicates draws conclusions from columns that are equal: what a condition says of one holds for all, so that
// a.k = b.k AND a.k = 5 filters b, too, and may leave it to one shard; and two relations that a third brings together are
// joined with each other. From the side that an outer join preserves it draws them for the other side, never back.
func inferPredicates(root plan.Node, env *Env) plan.Node {
	return newInference(root, env).node(root, nil)
}

// inference works on one tree. offered are the columns of its operators; any other comes from around the subquery that it is, and
// is as good as a constant.
type inference struct {
	env     *Env
	offered map[int]bool
	true    map[plan.Node][]plan.Expr // facts, of the nodes that were asked about
}

func newInference(root plan.Node, env *Env) *inference {
	return &inference{env: env, offered: offeredBelow(root), true: map[plan.Node][]plan.Expr{}}
}

// node rewrites n. Rows of n for which known is not true do not count.
func (in *inference) node(n plan.Node, known []plan.Expr) plan.Node {
	switch n := n.(type) {
	case *plan.Filter:
		return in.cluster(n, known)
	case *plan.Join:
		if n.Kind == plan.Inner && !n.Lateral {
			return in.cluster(n, known)
		}
		return in.outer(n, known)
	case *plan.Project:
		return plan.WithInputs(n, []plan.Node{in.node(n.Input, readingOnly(defined(known, n.Items), columnSet(n.Input)))})
	case *plan.Aggregate:
		if n.Sets == nil {
			return plan.WithInputs(n, []plan.Node{in.node(n.Input, readingOnly(defined(known, n.Groups), columnSet(n.Input)))})
		}
	case *plan.Sort:
		return plan.WithInputs(n, []plan.Node{in.node(n.Input, known)})
	}
	inputs := n.Inputs()
	out := make([]plan.Node, len(inputs))
	for i, x := range inputs {
		out[i] = in.node(x, nil)
	}
	return plan.WithInputs(n, out)
}

// cluster works on relations that inner joins and filters alone bring together.
func (in *inference) cluster(n plan.Node, known []plan.Expr) plan.Node {
	c := &cluster{}
	c.collect(n)
	if f, ok := n.(*plan.Filter); ok && len(c.leaves) == 1 && c.leaves[0] == n { // a filter over a single relation
		c.leaves, c.conds = []plan.Node{f.Input}, f.Conds
	}
	k := in.knowledge(slices.Concat(c.conds, known), c.leaves)
	added := append(k.joins(), k.conclusions(k.columns)...)
	all := slices.Concat(c.conds, known, added)
	leaf := func(x plan.Node) plan.Node { return in.node(x, readingOnly(all, columnSet(x))) }
	return above(withLeaves(n, c.leaves, leaf), added)
}

// withLeaves rebuilds a cluster over what f makes of its leaves.
func withLeaves(n plan.Node, leaves []plan.Node, f func(plan.Node) plan.Node) plan.Node {
	if slices.Contains(leaves, n) {
		return f(n)
	}
	inputs := n.Inputs()
	out := make([]plan.Node, len(inputs))
	for i, x := range inputs {
		out[i] = withLeaves(x, leaves, f)
	}
	return plan.WithInputs(n, out)
}

// outer works on outer and lateral joins.
func (in *inference) outer(n *plan.Join, known []plan.Expr) plan.Node {
	lset, rset := columnSet(n.Left), columnSet(n.Right)
	left, right := readingOnly(known, lset), readingOnly(known, rset)
	if n.Lateral { // the right is a query over columns from around it
		within := newInference(n.Right, in.env)
		return plan.WithInputs(n, []plan.Node{in.node(n.Left, left), within.node(n.Right, nil)})
	}
	on := n.On
	switch n.Kind {
	case plan.Left:
		k := in.knowledge(slices.Concat(n.On, left), []plan.Node{n.Left, n.Right})
		on = append(slices.Clone(n.On), k.conclusions(rset)...)
		right = readingOnly(on, rset)
	case plan.Right:
		k := in.knowledge(slices.Concat(n.On, right), []plan.Node{n.Left, n.Right})
		on = append(slices.Clone(n.On), k.conclusions(lset)...)
		left = readingOnly(on, lset)
	case plan.Full:
		left, right = nil, nil
	}
	l, r := in.node(n.Left, left), in.node(n.Right, right)
	if l == n.Left && r == n.Right && len(on) == len(n.On) {
		return n
	}
	return &plan.Join{Kind: n.Kind, Left: l, Right: r, On: on}
}

// readingOnly keeps conditions that read some of the columns and nothing else.
func readingOnly(conds []plan.Expr, columns columnIDs) []plan.Expr {
	var out []plan.Expr
	for _, c := range conds {
		used := columnIDs{}
		plan.ColumnsOf(c, used)
		if len(used) > 0 && len(common(used, columns)) == len(used) {
			out = append(out, c)
		}
	}
	return out
}

// defined puts conditions on items into terms of their definitions, where those are plain columns; others stay.
func defined(conds []plan.Expr, items []plan.Assign) []plan.Expr {
	var plain []plan.Assign
	for _, it := range items {
		if _, ok := it.Expr.(*plan.Col); ok {
			plain = append(plain, it)
		}
	}
	return plan.SubstituteItems(conds, plain)
}

// maxFacts bounds what is remembered of one operator: nested queries would hand on ever more.
const maxFacts = 100

// facts returns conditions that are true for every row of n.
func (in *inference) facts(n plan.Node) []plan.Expr {
	if list, ok := in.true[n]; ok {
		return list
	}
	list := in.findFacts(n)
	if len(list) > maxFacts {
		list = list[:maxFacts]
	}
	in.true[n] = list
	return list
}

func (in *inference) findFacts(n plan.Node) []plan.Expr {
	switch n := n.(type) {
	case *plan.Filter:
		return slices.Concat(n.Conds, in.facts(n.Input))
	case *plan.Join:
		switch {
		case n.Kind == plan.Inner && !n.Lateral:
			return slices.Concat(n.On, in.facts(n.Left), in.facts(n.Right))
		case n.Kind == plan.Left || n.Lateral:
			return in.facts(n.Left)
		case n.Kind == plan.Right:
			return in.facts(n.Right)
		}
	case *plan.Project:
		return outward(in.facts(n.Input), n.Items)
	case *plan.Aggregate:
		if n.Sets == nil {
			return outward(in.facts(n.Input), n.Groups)
		}
	case *plan.Sort, *plan.Limit, *plan.Window:
		return in.facts(n.Inputs()[0])
	}
	return nil
}

// outward puts what is true of the input into terms of the items: it keeps the conditions on columns that they hand on. An
// item that is a constant is one.
func outward(conds []plan.Expr, items []plan.Assign) []plan.Expr {
	var out []plan.Expr
	names, passed := map[int]plan.Expr{}, columnIDs{}
	for _, it := range items {
		switch x := it.Expr.(type) {
		case *plan.Col:
			if !passed[x.Column.ID] {
				names[x.Column.ID] = &plan.Col{Column: it.Col}
				passed[x.Column.ID] = true
			}
		case *plan.Const:
			if !x.Null && x.T == it.Col.Type && comparable(x.T) {
				out = append(out, equal(&plan.Col{Column: it.Col}, x))
			}
		}
	}
	for _, c := range readingOnly(conds, passed) {
		out = append(out, plan.Substitute(c, names))
	}
	return out
}

func equal(l, r plan.Expr) plan.Expr {
	return &plan.Call{Fn: "=", Args: []plan.Expr{l, r}, T: plan.T(plan.Bool)}
}
