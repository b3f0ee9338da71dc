package place

import (
	"maps"
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/shardmap"
)

// filter keeps a filter where its input is, if the shards can evaluate it. Of conditions that only some
// dialects can write, the others still run at the shards, and so does what those conditions imply.
func (p *placer) filter(n *plan.Filter, in *placed) (*placed, error) {
	if in.spread == coordinator {
		in, err := p.rankedFirst(n, in)
		if err != nil {
			return nil, err
		}
		return onTop(&plan.Filter{Input: in.node, Conds: n.Conds}, in), nil
	}
	out := *in
	p.bind(&out, n.Conds)
	p.learn(&out, n.Conds) // first: only the shards that are left must understand the conditions
	var here, later []plan.Expr
	for _, c := range n.Conds {
		if p.fits(&out, &plan.Filter{Conds: []plan.Expr{c}}) {
			here = append(here, c)
		} else {
			later = append(later, c)
		}
	}
	implied := p.superset(&out, here, later)
	if conds := slices.Concat(here, implied); len(conds) > 0 {
		out.node = &plan.Filter{Input: in.node, Conds: conds}
		out.rows = p.filteredRows(in, conds)
	}
	if len(later) == 0 {
		return &out, nil
	}
	why := "a filter that not every shard can evaluate exactly"
	if len(implied) > 0 {
		why += "; they send a superset, which the coordinator checks again"
	}
	top, err := p.toCoordinator(&out, why)
	if err != nil {
		return nil, err
	}
	return onTop(&plan.Filter{Input: top.node, Conds: later}, top), nil
}

// superset returns conditions that later imply, that every shard of r can evaluate, and that are not among here.
func (p *placer) superset(r *placed, here, later []plan.Expr) []plan.Expr {
	if len(later) == 0 || p.off("superset_filter") {
		return nil
	}
	declared := p.declaredNotNull(r.node)
	w := weakener{
		fits:     func(e plan.Expr) bool { return p.fits(r, &plan.Filter{Conds: []plan.Expr{e}}) },
		nullable: func(id int) bool { return !declared[id] },
	}
	same := func(a plan.Expr) func(plan.Expr) bool {
		return func(b plan.Expr) bool { return plan.Format(a) == plan.Format(b) }
	}
	return slices.DeleteFunc(w.each(later), func(e plan.Expr) bool { return slices.ContainsFunc(here, same(e)) })
}

// declaredNotNull returns the columns of the scans below n that no shard lets hold NULLs.
func (p *placer) declaredNotNull(n plan.Node) map[int]bool {
	out := map[int]bool{}
	plan.Visit(n, func(n plan.Node) {
		if s, ok := n.(*plan.Scan); ok {
			for _, c := range s.Cols {
				out[c.Column.ID] = c.Pseudo || p.env.Catalog.Table(s.Table).Column(c.Source).NotNull
			}
		}
	})
	return out
}

// onTop puts a node above a subtree that is at the coordinator.
func onTop(n plan.Node, in *placed) *placed {
	return &placed{node: n, rows: in.rows, whole: in.whole}
}

func (p *placer) project(n *plan.Project, in *placed) (*placed, error) {
	if in.spread == coordinator {
		return onTop(&plan.Project{Input: in.node, Items: n.Items}, in), nil
	}
	if in.order != nil || !p.fits(in, n) {
		why := "an expression that not every shard can evaluate exactly"
		if in.order != nil {
			why = "the order is merged first"
		}
		top, err := p.toCoordinator(in, why)
		if err != nil {
			return nil, err
		}
		return onTop(&plan.Project{Input: top.node, Items: n.Items}, top), nil
	}
	out := *in
	out.node = &plan.Project{Input: in.node, Items: n.Items}
	out.rename(n.Items)
	return &out, nil
}

// rename makes the new names of passed-on columns known as keys, and their facts with them.
func (r *placed) rename(items []plan.Assign) {
	from := map[int][]int{}
	facts, pseudo, nullable := cloned(r.facts), cloned(r.pseudo), cloned(r.nullable)
	for _, it := range items {
		c, ok := it.Expr.(*plan.Col)
		if !ok || c.Column.ID == it.Col.ID {
			continue
		}
		from[c.Column.ID] = append(from[c.Column.ID], it.Col.ID)
		if f, ok := facts[c.Column.ID]; ok {
			facts[it.Col.ID] = f
		}
		if s, ok := pseudo[c.Column.ID]; ok {
			pseudo[it.Col.ID] = s
		}
		if r.nullable[c.Column.ID] {
			nullable[it.Col.ID] = true
		}
	}
	r.ways, r.facts, r.pseudo, r.nullable = renamed(r.ways, from), facts, pseudo, nullable
}

// cloned copies a map; of nil it makes an empty one, to be written to.
func cloned[V any](m map[int]V) map[int]V {
	out := make(map[int]V, len(m))
	maps.Copy(out, m)
	return out
}

// join stays at the shards if each shard's join of its own rows, put together, is the join of all rows.
func (p *placer) join(n *plan.Join, l, r *placed) (*placed, error) {
	if out := p.joinAtShards(n, l, r); out != nil && p.held(out) && p.fits(out, &plan.Join{On: n.On}) {
		return out, nil
	}
	if out, err := p.shippedJoin(n, l, r); out != nil || err != nil {
		return out, err
	}
	why := "its join partner lives on other shards"
	lt, err := p.toCoordinator(l, why)
	if err != nil {
		return nil, err
	}
	rt, err := p.toCoordinator(r, why)
	if err != nil {
		return nil, err
	}
	return &placed{node: &plan.Join{Kind: n.Kind, Left: lt.node, Right: rt.node, On: n.On}, rows: max(lt.rows, rt.rows)}, nil
}

// held reports that every table of r is on every shard of r. An outer join may widen a side that was pruned to
// one shard and joined there with a table that only this shard has.
func (p *placer) held(r *placed) bool {
	for _, name := range r.tables {
		if t, ok := p.env.Map.Table(name); !ok || !contains(t.Shards(), r.shards) {
			return false
		}
	}
	return true
}

func (p *placer) joinAtShards(n *plan.Join, l, r *placed) *placed {
	if l.spread == coordinator || r.spread == coordinator || l.order != nil || r.order != nil {
		return nil
	}
	node := &plan.Join{Kind: n.Kind, Left: l.node, Right: r.node, On: n.On}
	switch {
	case l.spread == replicated && r.spread == replicated:
		if both := intersect(l.shards, r.shards); len(both) > 0 && !p.off("reference_join") {
			return p.joined(node, l, r, l, both)
		}
	case r.spread == replicated:
		// The replicated side must not be preserved: each shard would add its unmatched rows once more.
		if (n.Kind == plan.Inner || n.Kind == plan.Left || len(l.shards) == 1) && contains(r.shards, l.shards) && !p.off("reference_join") {
			return p.joined(node, l, r, l, l.shards)
		}
	case l.spread == replicated:
		if (n.Kind == plan.Inner || n.Kind == plan.Right || len(r.shards) == 1) && contains(l.shards, r.shards) && !p.off("reference_join") {
			return p.joined(node, l, r, r, r.shards)
		}
	case len(l.shards) == 1 && len(r.shards) == 1 && l.shards[0] == r.shards[0]:
		return p.joined(node, l, r, preserved(n.Kind, l, r), l.shards)
	case colocated(n, l, r) && !p.off("colocated_join"):
		return p.colocatedJoin(node, l, r)
	}
	return nil
}

// preserved is the side whose keys and facts hold for every row of an outer join.
func preserved(k plan.JoinKind, l, r *placed) *placed {
	if k == plan.Right {
		return r
	}
	return l
}

// colocated reports that the join equates columns by which rows of both sides live together.
func colocated(n *plan.Join, l, r *placed) bool {
	return together(l.ways, r.ways, func(a, b []int) bool { return equates(n.On, a, b) })
}

func equates(on []plan.Expr, l, r []int) bool {
	for _, e := range on {
		c, ok := e.(*plan.Call)
		if !ok || c.Fn != "=" {
			continue
		}
		for _, a := range l {
			for _, b := range r {
				if isColumn(c.Args[0], a) && isColumn(c.Args[1], b) || isColumn(c.Args[0], b) && isColumn(c.Args[1], a) {
					return true
				}
			}
		}
	}
	return false
}

func (p *placer) colocatedJoin(n *plan.Join, l, r *placed) *placed {
	shards := intersect(l.shards, r.shards)
	switch n.Kind {
	case plan.Left:
		shards = l.shards
	case plan.Right:
		shards = r.shards
	case plan.Full:
		shards = union(l.shards, r.shards)
	}
	if len(shards) == 0 { // contradictory keys: one shard answers that there is nothing
		shards = l.shards[:1]
	}
	return p.joined(n, l, r, preserved(n.Kind, l, r), shards)
}

// joined builds the result; which is the side whose distribution it has. Of rows that an outer join may have filled with NULLs nothing
// is known but where they are.
func (p *placer) joined(n *plan.Join, l, r, which *placed, shards []int) *placed {
	out := &placed{node: n, spread: which.spread, shards: shards, all: union(l.all, r.all),
		tables: append(append([]string(nil), which.tables...), other(which, l, r).tables...),
		facts:  map[int]shardmap.Constraint{}, pseudo: map[int]string{}, notNull: map[int]bool{}, nullable: map[int]bool{}}
	out.rows, out.whole = joinedRows(n.Kind, which, other(which, l, r))
	if which.spread == sharded {
		out.all = which.all
	}
	inner := n.Kind == plan.Inner
	kept := inner || n.Kind == plan.Left && which == l || n.Kind == plan.Right && which == r // every row has one of which
	switch {
	case !kept:
	case inner && l.spread == sharded && r.spread == sharded:
		out.ways = mergedWays(l.ways, r.ways, func(a, b []int) bool { return equates(n.On, a, b) })
		out.notNull = notNullAfter(n.On, l, r)
	default:
		out.ways, out.notNull = which.ways, which.notNull
	}
	for _, side := range []*placed{l, r} {
		if !inner && (side != which || !kept) {
			// Only to write the pseudo-columns; a NULL row of the outer side has none.
			for id, s := range side.pseudo {
				out.pseudo[id], out.nullable[id] = s, true
				out.facts[id] = shardmap.All()
			}
			continue
		}
		for id, c := range side.facts {
			out.facts[id] = c
		}
		for id, s := range side.pseudo {
			out.pseudo[id] = s
		}
		for id := range side.nullable {
			out.nullable[id] = true
		}
	}
	return out
}

func other(which, l, r *placed) *placed {
	if which == l {
		return r
	}
	return l
}

// notNullAfter are the columns without NULLs once rows of l and r have met: what had to be equal to something is not NULL.
func notNullAfter(on []plan.Expr, l, r *placed) map[int]bool {
	out := cloned(l.notNull)
	maps.Copy(out, r.notNull)
	for _, e := range on {
		c, ok := e.(*plan.Call)
		if !ok || c.Fn != "=" {
			continue
		}
		for _, x := range c.Args {
			if col, ok := uncast(x).(*plan.Col); ok {
				out[col.Column.ID] = true
			}
		}
	}
	return out
}
