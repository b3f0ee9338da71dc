package place

import (
	"github.com/atoll-sql/atoll/planner/plan"
)

// lateral stays at the shards where each of them answers the right side for its own rows of the left; otherwise what both
// sides read meets at the coordinator. It is to a join what withSubqueries is to an expression.
func (p *placer) lateral(n *plan.Join) (*placed, error) {
	l, err := p.place(n.Left)
	if err != nil {
		return nil, err
	}
	if out := p.lateralAtShards(n, l); out != nil {
		return out, nil
	}
	why := "a lateral join with other shards' rows"
	lt, err := p.toCoordinator(l, why)
	if err != nil {
		return nil, err
	}
	outer := p.outer
	p.outer = cloned(outer)
	for _, c := range lt.node.Columns() {
		p.outer[c.ID] = true
	}
	r, err := p.place(n.Right)
	if err == nil {
		r, err = p.toCoordinator(r, why)
	}
	p.outer = outer
	if err != nil {
		return nil, err
	}
	return &placed{node: plan.WithInputs(n, []plan.Node{lt.node, r.node}), rows: max(lt.rows, r.rows)}, nil
}

// lateralAtShards returns nil if the shards of the left cannot answer the right.
func (p *placer) lateralAtShards(n *plan.Join, l *placed) *placed {
	if l.spread == coordinator || l.order != nil {
		return nil
	}
	mark, around := p.mark(), p.around
	p.around = l
	r, err := p.place(n.Right)
	p.around = around
	var out *placed
	if err == nil && p.answersLocally(r, l) {
		node := &plan.Join{Kind: n.Kind, Left: l.node, Right: r.node, Lateral: true}
		out = p.joined(node, l, r, l, l.shards)
		out.ways = l.ways
	}
	if out == nil || !p.held(out) || !p.fits(out, &plan.Join{Lateral: true}) {
		p.reset(mark)
		return nil
	}
	return out
}

// series is computed at the coordinator, but beside a table around it wherever that is.
func (p *placer) series(n *plan.Series) (*placed, error) {
	if a := p.around; a != nil && a.spread != coordinator {
		r := &placed{node: n, spread: replicated, shards: a.shards, all: a.shards, facts: cloned(a.facts), pseudo: map[int]string{}, rows: -1}
		if p.fits(r, n) {
			return r, nil
		}
	}
	return &placed{node: n, rows: -1}, nil
}

// recursion runs at the coordinator, over all that its rounds read.
func (p *placer) recursion(n *plan.Recursion, in []*placed) (*placed, error) {
	nodes := make([]plan.Node, len(in))
	for i, x := range in {
		top, err := p.toCoordinator(x, "a recursion reads it")
		if err != nil {
			return nil, err
		}
		nodes[i] = plan.Exactly(top.node, n.Inputs()[i].Columns())
	}
	return &placed{node: plan.WithInputs(n, nodes), rows: -1}, nil
}
