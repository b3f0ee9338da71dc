package rules

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// localJoins puts a list of inner joins that the shards cannot answer as a whole in groups that they can: tables whose rows are together,
// and those that each shard has a copy of. The groups then meet one by one, the largest first, instead of one table that lives elsewhere
// taking all that the list names after it to the coordinator. A list that is short, or as it should be, is left alone, and so is one
// so long that looking at its pairs would take longer than it is worth.
func localJoins(root plan.Node, env *Env) plan.Node {
	if env.standing == nil {
		return root
	}
	return (&localizer{env}).visit(root)
}

// leastLocal and mostLocal bound the relations of the lists that are looked at.
const leastLocal, mostLocal = 3, 24

// smallGroup is the most rows of a group that takes a copied table with it rather than leave that to a larger one: so few rows may be sent
// to the shards of others, the fewer the better.
const smallGroup = 20_000

// localizer works on one tree.
type localizer struct{ env *Env }

func (l *localizer) visit(n plan.Node) plan.Node {
	n = oneFilter(n)
	if f, ok := n.(*plan.Filter); !isInner(n) && !(ok && isInner(f.Input)) {
		in := n.Inputs()
		out := make([]plan.Node, len(in))
		for i, x := range in {
			out[i] = l.visit(x)
		}
		return plan.WithInputs(n, out)
	}
	c := &cluster{}
	c.collect(n)
	if len(c.leaves) >= leastLocal && len(c.leaves) <= mostLocal && !l.env.stays(pushFilters(n)) {
		if groups := l.groups(c); groups != nil {
			for i, leaf := range c.leaves {
				c.leaves[i] = l.visit(leaf)
			}
			return c.grouped(groups)
		}
	}
	return l.within(n)
}

// oneFilter makes one of filters above each other.
func oneFilter(n plan.Node) plan.Node {
	f, ok := n.(*plan.Filter)
	if !ok {
		return n
	}
	below, ok := f.Input.(*plan.Filter)
	if !ok {
		return n
	}
	return oneFilter(&plan.Filter{Input: below.Input, Conds: slices.Concat(below.Conds, f.Conds)})
}

// within visits the relations of a cluster that stays as it is.
func (l *localizer) within(n plan.Node) plan.Node {
	f, ok := n.(*plan.Filter)
	switch {
	case isInner(n):
		j := n.(*plan.Join)
		return plan.WithInputs(j, []plan.Node{l.within(j.Left), l.within(j.Right)})
	case ok && isInner(f.Input):
		return plan.WithInputs(f, []plan.Node{l.within(f.Input)})
	}
	return l.visit(n)
}

// group is some relations of a cluster, by their places in it, ascending.
type group struct {
	leaves []int
	copied bool
	rows   float64 // over all shards; negative if unknown
}

// groups returns the relations in groups, the order of the groups being that in which they meet; nil if that changes nothing.
func (l *localizer) groups(c *cluster) []group {
	var groups, copied []group
	for i := range c.leaves {
		g := group{leaves: []int{i}}
		if g.copied, g.rows = l.env.stands(c.filtered(g)); g.copied {
			copied = append(copied, g)
			continue
		}
		groups = append(groups, g)
	}
	if len(groups) < 2 {
		return nil
	}
	groups = l.attached(c, l.merged(c, groups), copied)
	if len(groups) < 2 {
		return nil
	}
	largest := 0
	for i, g := range groups {
		if !g.copied && g.rows > groups[largest].rows {
			largest = i
		}
	}
	groups[0], groups[largest] = groups[largest], groups[0]
	if inOrder(groups) {
		return nil
	}
	return groups
}

// inOrder reports that the groups meet as they do without being groups: one after the other, all but the first of one relation.
func inOrder(groups []group) bool {
	next := 0
	for i, g := range groups {
		for _, leaf := range g.leaves {
			if leaf != next || i > 0 && len(g.leaves) > 1 {
				return false
			}
			next++
		}
	}
	return true
}

// merged joins groups whose rows are together, until there are none any more.
func (l *localizer) merged(c *cluster, groups []group) []group {
	for i := 0; i < len(groups); i++ {
		for k := i + 1; k < len(groups); k++ {
			if both, ok := l.together(c, groups[i], groups[k]); ok {
				groups[i] = both
				groups = slices.Delete(groups, k, k+1)
				i, k = -1, len(groups)
			}
		}
	}
	return groups
}

// attached gives each copied table to a group that a condition connects it with, those that no condition connects to a group of their own.
func (l *localizer) attached(c *cluster, groups, copied []group) []group {
	for again := true; again; {
		again = false
		for i := 0; i < len(copied); i++ {
			if at, both := l.host(c, groups, copied[i]); at >= 0 {
				groups[at] = both
				copied = slices.Delete(copied, i, i+1)
				again, i = true, i-1
			}
		}
	}
	return append(groups, copied...)
}

// host chooses the group that a copied table goes with: the smallest if that is small, otherwise the largest.
func (l *localizer) host(c *cluster, groups []group, copied group) (at int, both group) {
	at = -1
	for i, g := range groups {
		joined, ok := l.together(c, g, copied)
		if !ok {
			continue
		}
		if at < 0 || better(g.rows, groups[at].rows) {
			at, both = i, joined
		}
	}
	return at, both
}

func better(rows, than float64) bool {
	small, smaller := rows >= 0 && rows <= smallGroup, than >= 0 && than <= smallGroup
	switch {
	case small && smaller:
		return rows < than
	case small || smaller:
		return small
	}
	return rows > than
}

// together returns the join of two groups if a condition connects them and the shards answer it.
func (l *localizer) together(c *cluster, a, b group) (group, bool) {
	if !c.meets(c.columns(a), c.columns(b)) {
		return group{}, false
	}
	both := group{leaves: slices.Sorted(slices.Values(slices.Concat(a.leaves, b.leaves))), copied: a.copied && b.copied}
	n := c.filtered(both)
	if !l.env.stays(n) {
		return group{}, false
	}
	_, both.rows = l.env.stands(n)
	return both, true
}

func (c *cluster) columns(g group) map[int]bool {
	out := map[int]bool{}
	for _, i := range g.leaves {
		out = with(out, columnSet(c.leaves[i]))
	}
	return out
}

// own are the conditions that read columns of a group and of nothing else in the cluster.
func (c *cluster) own(g group) []plan.Expr {
	within, all := c.columns(g), map[int]bool{}
	for _, leaf := range c.leaves {
		all = with(all, columnSet(leaf))
	}
	var out []plan.Expr
	for _, e := range c.conds {
		used := map[int]bool{}
		plan.ColumnsOf(e, used)
		if read := common(used, all); len(read) > 0 && len(common(read, within)) == len(read) {
			out = append(out, e)
		}
	}
	return out
}

// joined joins a group's relations, each with what a condition connects it with, without those conditions.
func (c *cluster) joined(g group) plan.Node {
	sub := &cluster{conds: c.own(g)}
	for _, i := range g.leaves {
		sub.leaves = append(sub.leaves, c.leaves[i])
	}
	return sub.chain()
}

// filtered is the join of a group with its conditions where they belong.
func (c *cluster) filtered(g group) plan.Node { return pushFilters(above(c.joined(g), c.own(g))) }

// chain joins a cluster's relations one after the other, connected wherever its conditions allow, without those conditions.
func (c *cluster) chain() plan.Node {
	order := c.connected()
	if order == nil {
		for i := range c.leaves {
			order = append(order, i)
		}
	}
	return (&cluster{leaves: c.leaves}).rebuilt(order)
}

// grouped joins the groups, each joined in itself, one after the other, under the conditions that this takes.
func (c *cluster) grouped(groups []group) plan.Node {
	top := &cluster{conds: c.conds}
	for _, g := range groups {
		top.leaves = append(top.leaves, c.joined(g))
	}
	return above(top.chain(), c.needed(groups))
}
