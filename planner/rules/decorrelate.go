package rules

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// decorrelate replaces a scalar subquery that aggregates the rows equal to a row around it, as in
//
//	SELECT … FROM o WHERE o.x < (SELECT avg(i.x) FROM i WHERE i.k = o.k)
//
// by a left join of o with all averages, grouped by i.k. Those can be computed in parts, where the rows are. A subquery
// that the shards answer from rows of their own stays: it reads the rows it needs and no others.
//
// A row around the subquery meets one group, or none, which has the values that aggregates have over no rows. What the
// subquery computes from its aggregates is computed above the join, for the rows that ask for it. The arguments
// of its aggregates must not raise errors, such as a division may: nobody may have asked for the group. Of what conditions and derived tables
// within it raise, docs/semantics.md says that it may show.
func decorrelate(root plan.Node, env *Env) plan.Node {
	d := &decorrelator{env: env, made: map[*plan.Subquery]*grouped{}}
	return plan.Transform(root, d.operator)
}

// decorrelator works on one tree.
type decorrelator struct {
	env   *Env
	depth int                         // of subqueries within subqueries that are being taken apart
	made  map[*plan.Subquery]*grouped // tried and not used yet; nil for those that must stay
}

// maxDepth bounds the work on subqueries within subqueries; those further in stay.
const maxDepth = 8

func (d *decorrelator) operator(n plan.Node) plan.Node {
	if !slices.ContainsFunc(plan.Expressions(n), plan.HasSubquery) {
		return n
	}
	switch n := n.(type) {
	case *plan.Filter:
		return d.filter(n)
	case *plan.Join:
		return d.join(n)
	case *plan.Project, *plan.Aggregate, *plan.Window:
		in := d.around(n.Inputs()[0])
		for _, e := range plan.Expressions(n) {
			in.add(e)
		}
		if len(in.groups) > 0 && !d.stays(n) {
			clear(d.made)
			return plan.Exactly(plan.MapOwn(plan.WithInputs(n, []plan.Node{in.joined()}), in.replaced), n.Columns())
		}
	}
	return n
}

// stays reports that n, once its conditions are where they belong, is answered by the shards.
func (d *decorrelator) stays(n plan.Node) bool {
	return d.env.stays(everywhere(everywhere(n, connectJoins), pushFilters))
}

// filter joins above the conditions that are left as they are: they choose the rows that ask.
func (d *decorrelator) filter(n *plan.Filter) plan.Node {
	var keep, open []plan.Expr
	for _, c := range n.Conds {
		probe := d.around(n.Input)
		if probe.add(c); len(probe.groups) == 0 || d.stays(above(n.Input, []plan.Expr{c})) {
			keep = append(keep, c)
		} else {
			open = append(open, c)
		}
	}
	if len(open) == 0 {
		return n
	}
	in := d.around(above(n.Input, keep))
	for i, c := range open {
		in.add(c)
		open[i] = in.replaced(c)
	}
	clear(d.made)
	return plan.Exactly(above(in.joined(), open), n.Columns())
}

// join takes the conditions of an inner join that hold subqueries above it. Those of an outer join stay, and what their
// subqueries became is joined with the side that asks.
func (d *decorrelator) join(n *plan.Join) plan.Node {
	if n.Kind != plan.Inner {
		return d.outerJoin(n)
	}
	var nested, on []plan.Expr
	for _, c := range n.On {
		if plan.HasSubquery(c) {
			nested = append(nested, c)
		} else {
			on = append(on, c)
		}
	}
	if len(nested) == 0 {
		return n
	}
	f := &plan.Filter{Input: &plan.Join{Kind: n.Kind, Left: n.Left, Right: n.Right, On: on, Lateral: n.Lateral}, Conds: nested}
	if x := d.filter(f); x != f {
		return x
	}
	return n
}

func (d *decorrelator) outerJoin(n *plan.Join) plan.Node {
	l, r := d.around(n.Left), d.around(n.Right)
	for _, c := range n.On {
		l.add(c)
		r.add(c)
	}
	if len(l.groups)+len(r.groups) == 0 || d.stays(n) {
		return n
	}
	clear(d.made)
	on := make([]plan.Expr, len(n.On))
	for i, c := range n.On {
		on[i] = r.replaced(l.replaced(c))
	}
	return plan.Exactly(&plan.Join{Kind: n.Kind, Left: l.joined(), Right: r.joined(), On: on}, n.Columns())
}

// surroundings is an operator's input, joined with what the operator's subqueries became.
type surroundings struct {
	d       *decorrelator
	offered map[int]bool
	input   plan.Node
	groups  []*grouped
	values  map[string]plan.Expr // by the text of each subquery
}

func (d *decorrelator) around(in plan.Node) *surroundings {
	return &surroundings{d: d, offered: columnSet(in), input: in, values: map[string]plan.Expr{}}
}

// add takes in the subqueries of e that can be joined.
func (s *surroundings) add(e plan.Expr) {
	plan.Walk(e, func(x plan.Expr) bool {
		q, ok := x.(*plan.Subquery)
		if !ok {
			return true
		}
		key := plan.Format(q)
		if s.values[key] != nil {
			return false
		}
		g := s.d.try(q, s.offered)
		if g == nil {
			return true
		}
		s.values[key] = s.include(g)
		return false
	})
}

// include joins g too, or makes it part of groups that are joined already, and returns its value.
func (s *surroundings) include(g *grouped) plan.Expr {
	for i, o := range s.groups {
		if both, value := merged(o, g); both != nil {
			s.groups[i] = both
			return value
		}
	}
	s.groups = append(s.groups, g)
	return g.value
}

// joined returns the input with the groups.
func (s *surroundings) joined() plan.Node {
	n := s.input
	for _, g := range s.groups {
		n = &plan.Join{Kind: plan.Left, Left: n, Right: g.node, On: g.on}
	}
	return n
}

// replaced puts the values of the subqueries that were joined in their places.
func (s *surroundings) replaced(e plan.Expr) plan.Expr {
	q, ok := e.(*plan.Subquery)
	if !ok {
		return plan.MapChildren(e, s.replaced)
	}
	if v := s.values[plan.Format(q)]; v != nil {
		return v
	}
	if !slices.ContainsFunc(q.X, plan.HasSubquery) {
		return q
	}
	out := *q
	out.X = make([]plan.Expr, len(q.X))
	for i, x := range q.X {
		out.X[i] = s.replaced(x)
	}
	return &out
}
