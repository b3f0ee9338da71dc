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
		if here, out := p.atShards(f, n, in[0]); out != nil {
			return p.project(here.(*plan.Project), out)
		}
	}
	if len(in) == 1 {
		first, err := p.valuesFirst(n, n, in[0])
		if err != nil {
			return nil, err
		}
		if first != nil {
			return p.operator(first, in)
		}
	}
	if a, ok := n.(*plan.Aggregate); ok {
		return p.aggregateOfSubqueries(a, in[0])
	}
	return p.atCoordinator(n, in)
}

// aggregateOfSubqueries computes what an aggregate reads of subqueries below it, so that it is an aggregate like any other.
func (p *placer) aggregateOfSubqueries(n *plan.Aggregate, in *placed) (*placed, error) {
	items := plan.PassOn(in.node.Columns())
	column := func(x plan.Expr) plan.Expr {
		if !plan.HasSubquery(x) {
			return x
		}
		c := p.newColumn("computed", x.Type())
		items = append(items, plan.Assign{Col: c, Expr: x})
		return &plan.Col{Column: c}
	}
	aggs := make([]plan.AggAssign, len(n.Aggs))
	for i, a := range n.Aggs {
		if f := a.Agg.Filter; f != nil { // its arguments are nobody's concern where it does not hold
			for k, x := range a.Agg.Args {
				if plan.HasSubquery(x) {
					a.Agg.Args = slices.Clone(a.Agg.Args)
					a.Agg.Args[k] = &plan.Case{T: x.Type(), Whens: []plan.When{{Cond: f, Then: x}}}
				}
			}
		}
		aggs[i] = a
	}
	above := plan.MapOwn(&plan.Aggregate{Input: in.node, Groups: n.Groups, Aggs: aggs, Sets: n.Sets, SetID: n.SetID}, column).(*plan.Aggregate)
	below, err := p.withSubqueries(&plan.Project{Input: in.node, Items: items}, []*placed{in})
	if err != nil {
		return nil, err
	}
	return p.aggregate(&plan.Aggregate{Input: below.node, Groups: above.Groups, Aggs: above.Aggs, Sets: above.Sets, SetID: above.SetID}, below)
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
			if here, out := p.atShards(&plan.Filter{Conds: []plan.Expr{c}}, c, r); out != nil {
				out.node = &plan.Filter{Input: out.node, Conds: here.(*plan.Filter).Conds}
				r = out
				continue
			}
		}
		first, err := p.valuesFirst(&plan.Filter{Conds: []plan.Expr{c}}, c, r)
		if err != nil {
			return nil, err
		}
		if first != nil {
			if r, err = p.filter(&plan.Filter{Input: r.node, Conds: first.(*plan.Filter).Conds}, r); err != nil {
				return nil, err
			}
			continue
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
		sub, err := p.inner(root)
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

// attempt is one that need not be made again: subqueries nested in each other would have it made twice as often at each level.
type attempt struct {
	of     any  // the operator or the condition
	values bool // to compute the subqueries first
	outer  bool // while columns around are at the coordinator
}

// atShards tries to leave the subqueries of n to the shards of r. It returns n with its subqueries placed, and r with
// their tables; nil if it cannot be done. of is what the attempt is remembered by.
func (p *placer) atShards(n plan.Node, of any, r *placed) (plan.Node, *placed) {
	try := attempt{of: of, outer: len(p.outer) > 0}
	if p.refused[try] {
		return nil, nil
	}
	mark, around := p.mark(), p.around
	out := *r
	out.tables, out.pseudo, out.nullable, out.facts = slices.Clone(r.tables), cloned(r.pseudo), cloned(r.nullable), cloned(r.facts)
	local, members := true, memberships(n)
	own, err := plan.MapOwnSubqueries(n, func(root plan.Node) (plan.Node, error) {
		p.around = r
		sub, err := p.inner(root)
		p.around = around
		if err != nil || !p.answersLocally(sub, r) && !sub.among(r, members[root]) {
			local = false
			return root, err
		}
		out.tables = append(out.tables, sub.tables...)
		for id, source := range sub.pseudo {
			out.pseudo[id], out.nullable[id] = source, true
		}
		return plan.Exactly(sub.node, root.Columns()), nil
	})
	if err != nil || !local || !p.held(&out) || !p.fits(&out, own) {
		p.refused[try] = true
		p.reset(mark)
		return nil, nil
	}
	return own, &out
}

// inner places a subquery; once only if it reads nothing around it, so that what is nested is not placed again and again.
func (p *placer) inner(root plan.Node) (*placed, error) {
	if len(plan.Free(root)) > 0 || plan.ReadsWork(root) {
		return p.place(root)
	}
	if r, ok := p.alone[root]; ok {
		return r, nil
	}
	outer, around := p.outer, p.around
	p.outer, p.around = nil, nil
	r, err := p.place(root)
	p.outer, p.around = outer, around
	if err == nil {
		p.alone[root] = r
	}
	return r, err
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

// boundTo reports that conditions equate what tells where a subquery's rows are with that of the row around it.
func (sub *placed) boundTo(r *placed) bool {
	if r == nil || r.spread != sharded {
		return false
	}
	return slices.ContainsFunc(sub.ways, func(w way) bool {
		return slices.ContainsFunc(r.ways, func(around way) bool {
			return w.id == around.id && w.complete(func(i int, _ []int) bool {
				return slices.ContainsFunc(w.bound[i], func(id int) bool { return slices.Contains(around.keys[i], id) })
			})
		})
	})
}

// membership is a condition that a row is, or is not, in a subquery: x IN (…) or x NOT IN (…), by itself.
type membership struct {
	*plan.Subquery
	not bool
}

// memberships returns those of a filter by the roots of their subqueries.
func memberships(n plan.Node) map[plan.Node]membership {
	out := map[plan.Node]membership{}
	f, ok := n.(*plan.Filter)
	if !ok {
		return out
	}
	for _, c := range f.Conds {
		not, negated := c.(*plan.Not)
		if negated {
			c = not.X
		}
		s, ok := c.(*plan.Subquery)
		switch {
		case ok && s.Kind == plan.AnySubquery && s.Op == "=":
			out[s.Root] = membership{s, negated}
		case ok && s.Kind == plan.AllSubquery && s.Op == "<>" && !negated:
			out[s.Root] = membership{s, true}
		}
	}
	return out
}

// among reports that the rows of a subquery that can equal a row of r, the only ones that matter to m, are on that row's
// shard. For a row not to be in a subquery, neither side may hold a NULL: one would count on every shard.
func (sub *placed) among(r *placed, m membership) bool {
	if m.Subquery == nil || sub.spread != sharded || r.spread != sharded {
		return false
	}
	return together(sub.ways, r.ways, func(inner, outer []int) bool {
		for i, c := range m.Output {
			if slices.Contains(inner, c.ID) && slices.ContainsFunc(outer, func(id int) bool { return isColumn(m.X[i], id) }) {
				return !m.not || len(m.X) == 1 && sub.neverNull(inner) && r.neverNull(outer)
			}
		}
		return false
	})
}

// bind notes which columns from around a subquery the keys of its ways are equated with.
func (p *placer) bind(r *placed, conds []plan.Expr) {
	if p.around == nil || r.spread != sharded {
		return
	}
	ways := renamed(r.ways, nil)
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
			for k := range ways {
				ways[k].bindKey(key.Column.ID, other.Column.ID)
			}
		}
	}
	r.ways = ways
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
