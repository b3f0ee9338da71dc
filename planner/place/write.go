package place

import (
	"fmt"

	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
	"github.com/atoll-sql/atoll/shardmap"
)

// Touched is where the rows of one table are for which conditions can be true.
type Touched struct {
	Shards []int // ascending, by index in the map: every row is on one of them
	Never  bool  // the conditions contradict each other: there are no rows
	// Key is what the conditions say about the columns of the sharding key, in their order.
	Key []shardmap.Constraint
}

// Touches finds the shards whose rows conditions over a scan can be true for. Nothing that [Env.Off] names is switched off.
func (e Env) Touches(n *plan.Scan, conds []plan.Expr) (Touched, error) {
	e.Off = nil
	p := newPlacer(e, n)
	r, err := p.scan(n)
	if err != nil {
		return Touched{}, err
	}
	p.learn(r, conds)
	t, _ := e.Map.Table(n.Table)
	out := Touched{Shards: r.shards}
	for _, w := range r.ways {
		if w.table != n.Table {
			continue
		}
		by := r.keyConstraints(w, t)
		for _, k := range t.Key() {
			out.Key = append(out.Key, by[k])
			out.Never = out.Never || by[k].IsNone()
		}
	}
	return out, nil
}

// Site is where statements for a shard run, for statements that are written apart from a plan. The error is the shard's own where it did not answer, or a
// *[MissingTable].
func (e Env) Site(shard, table string) (sqlgen.Site, error) {
	info := e.Catalog.Shard(shard)
	switch {
	case info == nil:
		return sqlgen.Site{}, fmt.Errorf("internal error: shard %q is not in the catalog", shard)
	case info.Err != nil:
		return sqlgen.Site{}, info.Err
	case !info.HasTable(table):
		return sqlgen.Site{}, &MissingTable{Table: table, Shard: shard}
	}
	return site(info), nil
}

// Counting is a scan with the conditions of a statement that writes, and the site where it runs, such that it touches none of the rows that do not count on
// the shard while keys move.
func (e Env) Counting(n *plan.Scan, conds []plan.Expr, shard string) (*plan.Scan, []plan.Expr, sqlgen.Site, error) {
	site, err := e.Site(shard, n.Table)
	if err != nil {
		return nil, nil, site, err
	}
	i, ok := e.Map.ShardIndex(shard)
	if !ok {
		return nil, nil, site, fmt.Errorf("internal error: shard %q is not in the map", shard)
	}
	root, _, err := e.hiding(n, i, &site)
	if err != nil {
		return nil, nil, site, err
	}
	if p, ok := root.(*plan.Project); ok {
		if f, ok := p.Input.(*plan.Filter); ok {
			if wide, ok := f.Input.(*plan.Scan); ok {
				return wide, append(conds[:len(conds):len(conds)], f.Conds...), site, nil
			}
		}
	}
	if root != plan.Node(n) {
		return nil, nil, site, fmt.Errorf("internal error: what hides moving keys has another form")
	}
	return n, conds, site, nil
}
