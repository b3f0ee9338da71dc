package place

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/shardmap"
)

// Lookups says what directory and index tables hold, as far as that is known. What is asked of it and not known may be looked up, and the query
// planned again. Of one it gives the same answers for as long as it knows no more.
type Lookups interface {
	// Directory returns what is known of keys in the directory of a table.
	Directory(t *shardmap.Table, keys []shardmap.Value) []shardmap.DirectoryEntry

	// Index returns what the sharding key of every row of a table is that has one of the values in an indexed column, a constraint for each
	// column of the key; false where that is not known.
	Index(table string, x shardmap.Index, values []shardmap.Value) (key []shardmap.Constraint, ok bool)
}

// MaxLookups is how many values one condition may have looked up.
const MaxLookups = 1000

// directed is a table with what is known of its directory for rows that meet the constraints.
func (p *placer) directed(t *shardmap.Table, constraints map[string]shardmap.Constraint) *shardmap.Table {
	if p.env.Lookups == nil {
		return t
	}
	keys := t.DirectoryKeys(constraints, MaxLookups)
	if len(keys) == 0 {
		return t
	}
	return t.WithEntries(p.env.Lookups.Directory(t, keys))
}

// lookUp prunes the shards of r, rows of one table, by what the table's indexes say under conditions that all hold.
func (p *placer) lookUp(r *placed, conds []plan.Expr) {
	scan := scanBelow(r.node)
	if p.env.Lookups == nil || scan == nil || r.spread != sharded || len(r.shards) < 2 {
		return
	}
	t, ok := p.env.Map.Table(scan.Table)
	if !ok {
		return
	}
	for _, x := range t.Indexes() {
		at := slices.IndexFunc(scan.Cols, func(c plan.ScanCol) bool { return c.Source == x.Column && !c.Pseudo })
		if at < 0 {
			continue
		}
		ix := &indexed{placer: p, table: t, index: x, column: scan.Cols[at].Column.ID, keys: keysOf(scan, t)}
		key := ix.and(conds)
		constraints := map[string]shardmap.Constraint{}
		for i, name := range t.Key() {
			constraints[name] = key[i]
		}
		if left := intersect(r.shards, p.directed(t, constraints).Prune(constraints)); len(left) > 0 {
			r.shards = left
		} else {
			r.shards = r.shards[:1]
		}
	}
}

// scanBelow is the scan of which a tree has some rows, whole.
func scanBelow(n plan.Node) *plan.Scan {
	for {
		switch x := n.(type) {
		case *plan.Scan:
			return x
		case *plan.Filter:
			n = x.Input
		default:
			return nil
		}
	}
}

// keysOf are the columns of a scan that hold its sharding key, -1 for one that it does not read.
func keysOf(scan *plan.Scan, t *shardmap.Table) []int {
	out := make([]int, len(t.Key()))
	for i, name := range t.Key() {
		out[i] = -1
		for _, c := range scan.Cols {
			if c.Source == name && !c.Pseudo {
				out[i] = c.Column.ID
			}
		}
	}
	return out
}

// indexed turns conditions into what they and one index say of the sharding key.
type indexed struct {
	*placer
	table  *shardmap.Table
	index  shardmap.Index
	column int // the indexed one
	keys   []int
}

func (x *indexed) all() []shardmap.Constraint { return make([]shardmap.Constraint, len(x.keys)) }

// key bounds the sharding key of rows for which a condition is true.
func (x *indexed) key(cond plan.Expr) []shardmap.Constraint {
	switch e := cond.(type) {
	case *plan.And:
		return x.and(e.Args)
	case *plan.Or:
		return x.or(e.Args)
	}
	out := x.all()
	for i, id := range x.keys {
		if id >= 0 {
			out[i] = x.constraint(cond, id)
		}
	}
	values, ok := x.values(cond)
	if !ok {
		return out
	}
	if found, ok := x.env.Lookups.Index(x.table.Name(), x.index, values); ok {
		for i := range out {
			out[i] = out[i].Intersect(found[i])
		}
	}
	return out
}

func (x *indexed) and(conds []plan.Expr) []shardmap.Constraint {
	out := x.all()
	for _, c := range conds {
		for i, k := range x.key(c) {
			out[i] = out[i].Intersect(k)
		}
	}
	return out
}

func (x *indexed) or(conds []plan.Expr) []shardmap.Constraint {
	var out []shardmap.Constraint
	for n, c := range conds {
		key := x.key(c)
		if n == 0 {
			out = key
			continue
		}
		for i, k := range key {
			out[i] = out[i].Union(k)
		}
	}
	return out
}

// values are those of which the indexed column has one where the condition is true. A condition that is true for no value has none, and needs
// no index.
func (x *indexed) values(cond plan.Expr) ([]shardmap.Value, bool) {
	c := x.constraint(cond, x.column)
	if c.IsAll() || c.IsNone() {
		return nil, false
	}
	points, ok := c.Points()
	return points, ok && len(points) <= MaxLookups
}
