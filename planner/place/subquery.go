package place

import (
	"maps"
	"slices"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
)

// withSubqueries places an operator whose expressions hold subqueries. It stays at the shards where each shard's own
// rows answer every subquery for each of its rows; otherwise its inputs and the subqueries' rows meet at the coordinator.
func (p *placer) withSubqueries(n plan.Node, in []*placed) (*placed, error) {
	if f, ok := n.(*plan.Filter); ok {
		return p.filterWithSubqueries(f, in[0])
	}
	if f, ok := n.(*plan.Project); ok && in[0].spread != coordinator && in[0].order == nil {
		if here, out := p.atShards(f, in[0]); out != nil {
			return p.project(here.(*plan.Project), out)
		}
	}
	return p.atCoordinator(n, in)
}

// filterWithSubqueries applies the conditions without subqueries first, where they can be.
func (p *placer) filterWithSubqueries(n *plan.Filter, in *placed) (*placed, error) {
	var simple, nested []plan.Expr
	for _, c := range n.Conds {
		if plan.HasSubquery(c) {
			nested = append(nested, c)
		} else {
			simple = append(simple, c)
		}
	}
	r := in
	if len(simple) > 0 {
		var err error
		if r, err = p.filter(&plan.Filter{Input: in.node, Conds: simple}, in); err != nil {
			return nil, err
		}
	}
	var later []plan.Expr
	for _, c := range nested {
		if r.spread != coordinator && r.order == nil {
			if here, out := p.atShards(&plan.Filter{Conds: []plan.Expr{c}}, r); out != nil {
				out.node = &plan.Filter{Input: out.node, Conds: here.(*plan.Filter).Conds}
				r = out
				continue
			}
		}
		later = append(later, c)
	}
	if len(later) == 0 {
		return r, nil
	}
	return p.atCoordinator(&plan.Filter{Input: r.node, Conds: later}, []*placed{r})
}

// atCoordinator gathers the inputs of n and what its subqueries read.
func (p *placer) atCoordinator(n plan.Node, in []*placed) (*placed, error) {
	nodes, rows := make([]plan.Node, len(in)), 0.0
	offered := map[int]bool{}
	for i, x := range in {
		top, err := p.toCoordinator(x, "a subquery over other shards' rows")
		if err != nil {
			return nil, err
		}
		nodes[i], rows = top.node, max(rows, top.rows)
		for _, c := range top.node.Columns() {
			offered[c.ID] = true
		}
	}
	outer := p.outer
	p.outer = maps.Clone(outer)
	if p.outer == nil {
		p.outer = map[int]bool{}
	}
	maps.Copy(p.outer, offered)
	placedSub := func(root plan.Node) (plan.Node, error) {
		sub, err := p.place(root)
		if err != nil {
			return nil, err
		}
		top, err := p.toCoordinator(sub, "a subquery")
		if err != nil {
			return nil, err
		}
		return plan.Exactly(top.node, root.Columns()), nil
	}
	own, err := plan.MapOwnSubqueries(n, placedSub)
	p.outer = outer
	if err != nil {
		return nil, err
	}
	return &placed{node: plan.WithInputs(own, nodes), rows: rows}, nil
}

// atShards tries to leave the subqueries of n to the shards of r. It returns n with its subqueries placed, and r with
// their tables; nil if it cannot be done.
func (p *placer) atShards(n plan.Node, r *placed) (plan.Node, *placed) {
	fragments, next, around := len(p.fragments), p.next, p.around
	out := *r
	out.tables, out.pseudo, out.nullable, out.facts = slices.Clone(r.tables), cloned(r.pseudo), cloned(r.nullable), cloned(r.facts)
	local := true
	own, err := plan.MapOwnSubqueries(n, func(root plan.Node) (plan.Node, error) {
		p.around = r
		sub, err := p.place(root)
		p.around = around
		if err != nil || !p.answersLocally(sub, r) {
			local = false
			return root, err
		}
		out.tables = append(out.tables, sub.tables...)
		for id, source := range sub.pseudo {
			out.pseudo[id], out.nullable[id] = source, true
		}
		return plan.Exactly(sub.node, root.Columns()), nil
	})
	if err != nil || !local || len(p.fragments) > fragments || !p.held(&out) || !p.fits(&out, own) {
		p.fragments, p.next = p.fragments[:fragments], next
		return nil, nil
	}
	return own, &out
}

// answersLocally reports that a subquery has, for each row of r, all its rows on that row's shard.
func (p *placer) answersLocally(sub, r *placed) bool {
	switch {
	case sub.spread == coordinator || sub.order != nil && len(sub.shards) > 1 && !sub.boundTo(r):
		return false
	case sub.spread == replicated:
		return contains(sub.shards, r.shards)
	case len(r.shards) == 1 && len(sub.shards) == 1:
		return r.shards[0] == sub.shards[0]
	}
	return sub.boundTo(r)
}

// boundTo reports that conditions equate every sharding key column of a subquery with that of the row around it.
func (sub *placed) boundTo(r *placed) bool {
	if r == nil || r.spread != sharded || sub.scheme != r.scheme || len(sub.keys) == 0 || len(sub.bound) == 0 {
		return false
	}
	for i := range sub.keys {
		if !slices.ContainsFunc(sub.bound[i], func(id int) bool { return slices.Contains(r.keys[i], id) }) {
			return false
		}
	}
	return true
}

// bind notes which columns from around a subquery its sharding key is equated with.
func (p *placer) bind(r *placed, conds []plan.Expr) {
	if p.around == nil || r.spread != sharded {
		return
	}
	bound := map[int][]int{}
	for i, ids := range r.bound {
		bound[i] = slices.Clone(ids)
	}
	for _, e := range conds {
		c, ok := e.(*plan.Call)
		if !ok || c.Fn != "=" {
			continue
		}
		for side := range 2 {
			key, isKey := c.Args[side].(*plan.Col)
			other, isCol := c.Args[1-side].(*plan.Col)
			if !isKey || !isCol || plan.Offers(r.node, other.Column.ID) {
				continue
			}
			for i, ids := range r.keys {
				if slices.Contains(ids, key.Column.ID) {
					bound[i] = append(bound[i], other.Column.ID)
				}
			}
		}
	}
	r.bound = bound
}

// readsOuter reports that n reads a column that only the coordinator has.
func (p *placer) readsOuter(n plan.Node) bool {
	if len(p.outer) == 0 {
		return false
	}
	for id := range plan.Reads(n) {
		if p.outer[id] {
			return true
		}
	}
	return false
}

// correlated reports that a tree at the coordinator, or n above it, reads columns from around it, or what a round of the
// recursion around it brought. Its aggregates must be computed where those rows are: by the residual engine.
func (p *placer) correlated(n plan.Node, in plan.Node) bool {
	if plan.ReadsWork(in) {
		return true
	}
	if len(p.outer) == 0 {
		return false
	}
	return p.readsOuter(n) || len(plan.Free(in)) > 0
}

// wholeAggregate leaves an aggregate of a correlated subquery to the residual engine.
func (p *placer) wholeAggregate(n *plan.Aggregate, in *placed) (*placed, error) {
	if n.Sets != nil {
		return nil, &ast.Error{SQLState: "0A000", Pos: -1, Text: "GROUPING SETS in a correlated subquery are not supported yet"}
	}
	out := &plan.Aggregate{Input: in.node, Groups: n.Groups, Aggs: n.Aggs}
	if err := sqlgen.Check(out, residualSite); err != nil {
		return nil, &ast.Error{SQLState: "0A000", Pos: -1, Text: "an aggregate of a correlated subquery cannot be computed exactly: " + err.Error(),
			Hint: "write the subquery as a join with a grouped derived table"}
	}
	return &placed{node: out, rows: in.rows}, nil
}

func hasSubqueries(n plan.Node) bool {
	return slices.ContainsFunc(plan.Expressions(n), plan.HasSubquery)
}
