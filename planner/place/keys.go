package place

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/shardmap"
)

// maxKeys bounds the keys of a table that a fragment is noted to be for: with more it is for nobody in particular.
const maxKeys = 16

// keysOf tells for which keys of its tables a fragment is sent, as far as conditions within it fix them. It is for counting, not for answers:
// a table whose rows no condition bounds has none, and one that is read twice is noted with the keys of both.
func (p *placer) keysOf(root plan.Node) []plan.KeyUse {
	scans, conds := bounded(root)
	var out []plan.KeyUse
	for _, s := range scans {
		t, ok := p.env.Map.Table(s.Table)
		if !ok || len(t.Key()) == 0 {
			continue
		}
		of := s.Table
		if root := t.ColocatedWith(); root != "" {
			of = root
		}
		for _, x := range t.Touched(p.bounds(s, t.Key(), conds), maxKeys) {
			use := plan.KeyUse{Shard: p.env.Map.Shard(x.Shard).Name, Table: of, Part: x.Part, Key: x.Key}
			if !slices.Contains(out, use) {
				out = append(out, use)
			}
		}
	}
	return out
}

// bounded lists the scans of a tree, and the conditions of its filters and inner joins.
func bounded(root plan.Node) (scans []*plan.Scan, conds []plan.Expr) {
	plan.VisitAll(root, func(n plan.Node) {
		switch n := n.(type) {
		case *plan.Scan:
			scans = append(scans, n)
		case *plan.Filter:
			conds = append(conds, n.Conds...)
		case *plan.Join:
			if n.Kind == plan.Inner {
				conds = append(conds, n.On...)
			}
		}
	})
	return scans, conds
}

// bounds is what conditions say of the columns of a scan's key.
func (p *placer) bounds(s *plan.Scan, key []string, conds []plan.Expr) map[string]shardmap.Constraint {
	out := map[string]shardmap.Constraint{}
	for _, c := range s.Cols {
		if c.Pseudo || !slices.Contains(key, c.Source) {
			continue
		}
		in := shardmap.All()
		for _, cond := range conds {
			in = in.Intersect(p.constraint(cond, c.Column.ID))
		}
		out[c.Source] = in
	}
	return out
}
