package place

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// valuesFirst makes what an operator's subqueries give, where they read nothing around them, parameters of its statements:
// they run first, as steps. It returns n as the shards of r can evaluate it, nil if they cannot, or need not. of is what
// the attempt is remembered by.
func (p *placer) valuesFirst(n plan.Node, of any, r *placed) (plan.Node, error) {
	try := attempt{of: of, values: true, outer: len(p.outer) > 0}
	if p.off("ship_values") || r.spread != sharded || r.order != nil || !p.off("estimates") && r.rows >= 0 && r.total() < fewRows || p.refused[try] {
		return nil, nil
	}
	mark := p.mark()
	var failed error
	var inside func(plan.Expr) plan.Expr
	inside = func(e plan.Expr) plan.Expr {
		s, ok := e.(*plan.Subquery)
		if !ok || failed != nil {
			return plan.MapChildren(e, inside)
		}
		out, err := p.valueOf(s, r)
		if err != nil {
			failed = err
		}
		if out == nil {
			return e
		}
		return out
	}
	out := plan.MapOwn(n, inside)
	_, split := n.(*plan.Aggregate) // of which the shards may do a part
	if failed != nil || !answered(out) || !split && !p.fits(r, out) {
		p.refused[try] = true
		p.reset(mark)
		return nil, failed
	}
	return out, nil
}

// answered reports that the subqueries of an operator read nothing but what the shards get as parameters.
func answered(n plan.Node) bool {
	ok := true
	for _, e := range plan.Expressions(n) {
		plan.Walk(e, func(x plan.Expr) bool {
			if s, is := x.(*plan.Subquery); is {
				_, shipped := s.Root.(*plan.Shipped)
				ok = ok && shipped
			}
			return ok
		})
	}
	return ok
}

// fewRows is a number of rows that is not worth a further round trip.
const fewRows = 500

// valueOf returns what stands for a subquery once a step has run; nil where it cannot be made one.
func (p *placer) valueOf(s *plan.Subquery, r *placed) (plan.Expr, error) {
	if len(plan.Free(s.Root)) > 0 || plan.ReadsWork(s.Root) {
		return nil, nil
	}
	mark := p.mark()
	out, err := p.stepFor(s, r)
	if out == nil {
		p.reset(mark)
	}
	return out, err
}

func (p *placer) stepFor(s *plan.Subquery, r *placed) (plan.Expr, error) {
	switch {
	case s.Kind == plan.ScalarSubquery && shippable(s.Output) && p.fits(r, &plan.Shipped{Cols: s.Output, Params: []int{0}}):
		top, err := p.broughtHere(p.inner(s.Root))
		if err != nil {
			return nil, err
		}
		return p.stepValue(top.node, s.Output[0])
	case s.Kind == plan.ExistsSubquery:
		return p.stepExists(s)
	case (s.Kind == plan.AnySubquery || s.Kind == plan.AllSubquery) && shippable(s.Output) && !slices.ContainsFunc(s.X, plan.HasSubquery):
		return p.stepKeys(s, r)
	}
	return nil, nil
}

func (p *placer) broughtHere(sub *placed, err error) (*placed, error) {
	if err != nil {
		return nil, err
	}
	return p.toCoordinator(sub, "a subquery that is computed first")
}

// stepExists asks for a row: there is a value, or none.
func (p *placer) stepExists(s *plan.Subquery) (plan.Expr, error) {
	sub, err := p.inner(s.Root)
	if err != nil {
		return nil, err
	}
	if sub.order != nil {
		c := *sub
		c.order, sub = nil, &c
	}
	one := p.newColumn("found", plan.T(plan.Bool))
	if sub, err = p.project(&plan.Project{Input: sub.node, Items: []plan.Assign{{Col: one, Expr: &plan.Const{Text: "true", T: one.Type}}}}, sub); err != nil {
		return nil, err
	}
	top, err := p.broughtHere(p.limit(&plan.Limit{Input: sub.node, Count: 1}, sub))
	if err != nil {
		return nil, err
	}
	v, err := p.stepValue(top.node, one)
	if err != nil {
		return nil, err
	}
	return &plan.IsNull{X: v, Not: true}, nil
}

// stepKeys sends the distinct rows of a subquery that others are compared with, where they are few.
func (p *placer) stepKeys(s *plan.Subquery, r *placed) (plan.Expr, error) {
	sub, err := p.inner(s.Root)
	if err != nil {
		return nil, err
	}
	if !p.paysToShip(sub, r) {
		return nil, nil
	}
	keys, err := p.aggregate(&plan.Aggregate{Input: sub.node, Groups: plan.PassOn(s.Output)}, sub)
	if err != nil {
		return nil, err
	}
	top, err := p.toCoordinator(keys, "its rows are sent on to the shards that compare with them")
	if err != nil {
		return nil, err
	}
	leaf, err := p.ship(plan.Exactly(top.node, s.Output), keys.total(), keys.total(), r, "the rows of a subquery for the shards that compare with them")
	if leaf == nil || err != nil {
		return nil, err
	}
	out := *s
	out.Root = leaf.node
	return &out, nil
}
