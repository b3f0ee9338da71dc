package place

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// shipRows is the most rows of a relation that are sent to the shards of another, by estimate; ten times as many make
// the query be planned anew.
const shipRows = 20_000

// nextParam returns an unused parameter of the plan.
func (p *placer) nextParam() int {
	p.params++
	return p.params
}

// ship makes a relation at the coordinator a step whose rows the shards of to get as parameters. It returns what reads them
// there, nil if some shard cannot.
func (p *placer) ship(n plan.Node, rows, whole float64, to *placed, why string) (*placed, error) {
	cols := n.Columns()
	leaf := &plan.Shipped{Cols: cols}
	mark := p.mark()
	for range cols {
		leaf.Params = append(leaf.Params, p.nextParam())
	}
	leaf.Rows = p.nextParam()
	at := &placed{node: leaf, spread: replicated, shards: to.shards, all: to.all, rows: rows, whole: whole}
	if !p.fits(to, leaf) {
		p.reset(mark)
		return nil, nil
	}
	root, err := p.physical(n)
	if err != nil {
		return nil, err
	}
	step := &plan.Step{Root: root, Cols: cols, Why: why, Params: leaf.Params, Rows: leaf.Rows, MaxRows: 10 * shipRows, EstRows: max(rows, 0)}
	if same := p.sameStep(step); same != nil {
		p.reset(mark)
		leaf.Params, leaf.Rows = same.Params, same.Rows
		return at, nil
	}
	p.steps = append(p.steps, step)
	return at, nil
}

// stepValue makes a subquery that reads nothing around it, and is at the coordinator, a step, and returns its parameter.
func (p *placer) stepValue(n plan.Node, c plan.Column) (*plan.Param, error) {
	root, err := p.physical(plan.Exactly(n, []plan.Column{c}))
	if err != nil {
		return nil, err
	}
	step := &plan.Step{Root: root, Cols: []plan.Column{c}, Why: "the value of a subquery", Value: true}
	if same := p.sameStep(step); same != nil {
		return &plan.Param{N: same.Params[0], T: c.Type}, nil
	}
	step.Params = []int{p.nextParam()}
	p.steps = append(p.steps, step)
	return &plan.Param{N: step.Params[0], T: c.Type}, nil
}

// sameStep finds a step that brings the same rows.
func (p *placer) sameStep(s *plan.Step) *plan.Step {
	if p.off("share_sources") {
		return nil
	}
	text := signature(s.Root)
	for _, o := range p.steps {
		if o.Value == s.Value && signature(o.Root) == text {
			return o
		}
	}
	return nil
}

// mark is a state of the placer to which reset returns: what was made since is forgotten, but for subqueries that were
// placed for good.
type mark struct{ fragments, steps, columns, params, alone int }

func (p *placer) mark() mark {
	return mark{len(p.fragments), len(p.steps), p.next, p.params, len(p.alone)}
}

func (p *placer) reset(m mark) {
	if len(p.alone) == m.alone {
		p.fragments, p.steps, p.next, p.params = p.fragments[:m.fragments], p.steps[:m.steps], m.columns, m.params
	}
}

// shippable reports that rows of these columns can be sent: that each type has a text that every engine reads.
func shippable(cols []plan.Column) bool {
	return len(cols) > 0 && !slices.ContainsFunc(cols, func(c plan.Column) bool {
		switch c.Type.Kind {
		case plan.Array, plan.JSON, plan.JSONB, plan.Bpchar, plan.Unknown:
			return true
		}
		return false
	})
}

// total estimates all rows of r, negative if unknown.
func (r *placed) total() float64 {
	if r.spread == sharded && r.rows > 0 {
		return r.rows * float64(len(r.shards))
	}
	return r.rows
}

// shippedJoin sends the smaller side of a join, once filtered, to the shards of the other, whose rows then need not leave
// for it. Rows that an outer join preserves cannot be sent: every shard would add those that found no partner.
func (p *placer) shippedJoin(n *plan.Join, l, r *placed) (*placed, error) {
	if (n.Kind == plan.Inner || n.Kind == plan.Left) && p.paysToShip(r, l) {
		if out, err := p.shipped(n, l, r, false); out != nil || err != nil {
			return out, err
		}
	}
	if (n.Kind == plan.Inner || n.Kind == plan.Right) && p.paysToShip(l, r) {
		return p.shipped(n, r, l, true)
	}
	return nil, nil
}

// paysToShip weighs the rows of small, which travel to the coordinator and from there to each shard of big, against those
// of big, which then stay.
func (p *placer) paysToShip(small, big *placed) bool {
	if p.off("ship_rows") || big.spread != sharded || big.order != nil || len(plan.Free(small.node)) > 0 || !shippable(small.node.Columns()) {
		return false
	}
	if p.off("estimates") {
		return true
	}
	n := small.total()
	return n >= 0 && big.rows >= 0 && n <= shipRows && n*float64(1+len(big.shards)) <= big.total()/2
}

// shipped is the join at the shards of big; swapped tells that big is its right side.
func (p *placer) shipped(n *plan.Join, big, small *placed, swapped bool) (*placed, error) {
	mark := p.mark()
	top, err := p.toCoordinator(small, "its rows are sent on to the shards of its join partner")
	if err != nil {
		return nil, err
	}
	if plan.ReadsWork(top.node) {
		p.reset(mark)
		return nil, nil
	}
	leaf, err := p.ship(top.node, small.total(), small.total()/small.kept(), big, "rows for the shards of their join partner")
	if leaf == nil || err != nil {
		p.reset(mark)
		return nil, err
	}
	l, r := big, leaf
	if swapped {
		l, r = leaf, big
	}
	out := p.joined(&plan.Join{Kind: n.Kind, Left: l.node, Right: r.node, On: n.On}, l, r, big, big.shards)
	if !p.held(out) || !p.fits(out, &plan.Join{On: n.On}) {
		p.reset(mark)
		return nil, nil
	}
	return out, nil
}
