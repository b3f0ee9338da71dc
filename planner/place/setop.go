package place

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/shardmap"
)

// setOp stays at the shards where each shard's operation over its own rows, put together, is the operation over all
// rows: any of them on one shard, UNION ALL on several.
func (p *placer) setOp(n *plan.SetOp, in []*placed) (*placed, error) {
	if out := p.setOpAtShards(n, in); out != nil {
		return out, nil
	}
	node := &plan.SetOp{Kind: n.Kind, Cols: n.Cols, In: make([]plan.Node, len(in))}
	rows := 0.0
	for i, x := range in {
		x, err := p.distinctFirst(n, x)
		if err != nil {
			return nil, err
		}
		top, err := p.toCoordinator(x, "a set operation over rows of several shards")
		if err != nil {
			return nil, err
		}
		node.In[i] = plan.Exactly(top.node, n.In[i].Columns())
		if rows += top.rows; top.rows < 0 {
			rows = -1
		}
	}
	return &placed{node: node, rows: rows}, nil
}

// distinctFirst lets INTERSECT and EXCEPT, which ask only whether a row is there, read each row once.
func (p *placer) distinctFirst(n *plan.SetOp, x *placed) (*placed, error) {
	if n.Kind != plan.Intersect && n.Kind != plan.Except || x.spread == coordinator {
		return x, nil
	}
	return p.aggregate(&plan.Aggregate{Input: x.node, Groups: plan.PassOn(x.node.Columns())}, x)
}

func (p *placer) setOpAtShards(n *plan.SetOp, in []*placed) *placed {
	out := &placed{spread: sharded, facts: map[int]shardmap.Constraint{}, pseudo: map[int]string{}, nullable: map[int]bool{}, notNull: map[int]bool{}}
	node := &plan.SetOp{Kind: n.Kind, Cols: n.Cols}
	for i, x := range in {
		if x.spread != sharded || x.order != nil && len(x.shards) > 1 {
			return nil
		}
		node.In = append(node.In, plan.Exactly(x.node, n.In[i].Columns()))
		out.shards, out.all = union(out.shards, x.shards), union(out.all, x.all)
		out.tables = append(out.tables, x.tables...)
		out.rows += x.rows
		for id, source := range x.pseudo { // to write the pseudo-columns; the result's are none
			out.pseudo[id], out.nullable[id] = source, true
			out.facts[id] = shardmap.All()
		}
	}
	if n.Kind == plan.UnionAll {
		columns := inputColumns(n)
		out.ways = commonWays(n.Cols, in, columns)
		for at, c := range n.Cols {
			out.notNull[c.ID] = true
			for k, x := range in {
				out.notNull[c.ID] = out.notNull[c.ID] && x.notNull[columns[k][at].ID]
			}
		}
	}
	out.node = node
	for i, x := range in {
		if len(x.shards) < len(out.shards) && !(onlyRows(node.In[i]) && p.fitsWhole(out, node.In[i])) {
			return nil
		}
	}
	if n.Kind != plan.UnionAll && len(out.shards) > 1 || !p.held(out) || !p.fits(out, node) {
		return nil
	}
	return out
}

// fitsWhole reports whether every shard of r can run all operators of a tree exactly, which was placed on some of them.
func (p *placer) fitsWhole(r *placed, root plan.Node) bool {
	fits := true
	plan.Visit(root, func(n plan.Node) { fits = fits && p.fits(r, n) })
	return fits
}

func inputColumns(n *plan.SetOp) [][]plan.Column {
	out := make([][]plan.Column, len(n.In))
	for i, x := range n.In {
		out[i] = x.Columns()
	}
	return out
}

// onlyRows reports that a tree gives no row where its tables have none, so that it may also run on shards that pruning
// left out: a count there would add its zero.
func onlyRows(n plan.Node) bool {
	switch x := n.(type) {
	case *plan.Scan, *plan.Filter, *plan.Project, *plan.SetOp:
	case *plan.Join:
		if x.Kind != plan.Inner {
			return false
		}
	default:
		return false
	}
	return !slices.ContainsFunc(n.Inputs(), func(in plan.Node) bool { return !onlyRows(in) })
}
