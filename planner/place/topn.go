package place

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// firstBelow has the shards below n send their first count rows only, by keys, nil meaning any: those of the whole are among
// them where every operator between passes each of its rows on. It returns nil where nothing is gained.
func (p *placer) firstBelow(n plan.Node, keys []plan.SortKey, count int64) (plan.Node, error) {
	switch n := n.(type) {
	case *plan.Sort:
		if keys != nil {
			return nil, nil
		}
		return p.firstWithin(n, 0, n.Keys, count)
	case *plan.Project:
		if below, ok := renamedKeys(keys, n.Items); ok {
			return p.firstWithin(n, 0, below, count)
		}
	case *plan.Join: // each row of the side that is preserved comes out once at least
		side := map[plan.JoinKind]int{plan.Left: 0, plan.Right: 1}
		if at, ok := side[n.Kind]; ok && ofColumns(keys, n.Inputs()[at]) {
			return p.firstWithin(n, at, keys, count)
		}
	case *plan.SetOp:
		return p.firstOfEach(n, keys, count)
	case *plan.Gather:
		return p.firstGathered(n, keys, count)
	}
	return nil, nil
}

// firstWithin does so for one input of n.
func (p *placer) firstWithin(n plan.Node, input int, keys []plan.SortKey, count int64) (plan.Node, error) {
	in := slices.Clone(n.Inputs())
	x, err := p.firstBelow(in[input], keys, count)
	if x == nil || err != nil {
		return nil, err
	}
	in[input] = x
	return plan.WithInputs(n, in), nil
}

// firstOfEach does so for the branches of UNION ALL.
func (p *placer) firstOfEach(n *plan.SetOp, keys []plan.SortKey, count int64) (plan.Node, error) {
	if n.Kind != plan.UnionAll {
		return nil, nil
	}
	in := slices.Clone(n.In)
	gained := false
	for i := range in {
		below, ok := renamedKeys(keys, n.Renamed(i))
		if !ok { // no keys at all would mean any rows
			return nil, nil
		}
		x, err := p.firstBelow(in[i], below, count)
		if err != nil {
			return nil, err
		}
		if x != nil {
			in[i], gained = x, true
		}
	}
	if !gained {
		return nil, nil
	}
	return plan.WithInputs(n, in), nil
}

// firstGathered gathers what each shard has first.
func (p *placer) firstGathered(g *plan.Gather, keys []plan.SortKey, count int64) (plan.Node, error) {
	r := p.sources[g.Fragment]
	if r == nil || keys != nil && len(g.Keys) > 0 {
		return nil, nil
	}
	low := *r
	if keys != nil {
		sort := &plan.Sort{Input: low.node, Keys: keys}
		if p.off("push_sort") || !p.fits(r, sort) {
			return nil, nil
		}
		low.node = sort
	}
	first := &plan.Limit{Input: low.node, Count: count}
	if !p.fits(r, first) {
		return nil, nil
	}
	low.node, low.rows = first, limitedRows(r.rows, count)
	return p.gather(&low, "the first rows of each shard are enough")
}

// renamedKeys are the keys as the columns that items pass on are called below; false if a key is no such column.
func renamedKeys(keys []plan.SortKey, items []plan.Assign) ([]plan.SortKey, bool) {
	var out []plan.SortKey
	for _, k := range keys {
		at := slices.IndexFunc(items, func(it plan.Assign) bool { return it.Col.ID == k.Col.ID })
		if at < 0 {
			return nil, false
		}
		c, ok := items[at].Expr.(*plan.Col)
		if !ok {
			return nil, false
		}
		out = append(out, plan.SortKey{Col: c.Column, Desc: k.Desc, NullsFirst: k.NullsFirst})
	}
	return out, true
}

func ofColumns(keys []plan.SortKey, n plan.Node) bool {
	return !slices.ContainsFunc(keys, func(k plan.SortKey) bool { return !plan.Offers(n, k.Col.ID) })
}

// firstRows has the shards below a limit at the coordinator send no more rows than it could pass.
func (p *placer) firstRows(n *plan.Limit, in *placed) (*placed, error) {
	count := n.Count + n.Offset
	if n.Count < 0 || count < n.Count || p.off("push_down") || p.off("top_n") || p.off("first_below") {
		return in, nil
	}
	node, err := p.firstBelow(in.node, nil, count)
	if node == nil || err != nil {
		return in, err
	}
	return onTop(node, in), nil
}
