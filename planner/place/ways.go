package place

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/shardmap"
)

// way is one of the things that fix where a row is: rows that agree in the key of a way with the same id, whatever
// tables they are of, are on one shard. A table has one by its sharding key and one by each of its colocation classes;
// a join of rows that are together has those of both sides.
type way struct {
	id    string
	table string  // whose sharding key it is, "" for a class
	keys  [][]int // by key column, the columns that equal it
	// bound are, by key column, the columns from around a subquery that conditions equate it with.
	bound map[int][]int
}

// waysOf returns the ways of a scan's rows. notNull gets those of their columns that no shard lets hold NULLs.
func (p *placer) waysOf(n *plan.Scan, t *shardmap.Table, notNull map[int]bool) []way {
	s := t.Scheme()
	ways := []way{p.wayOf(n, s.ID, s.Key, notNull)}
	ways[0].table = n.Table
	if s.Kind == shardmap.KindReference || p.off("colocation_classes") {
		return ways
	}
	for _, c := range t.Classes() {
		ways = append(ways, p.wayOf(n, "class "+c.Name, c.Columns, notNull))
	}
	return ways
}

func (p *placer) wayOf(n *plan.Scan, id string, key []string, notNull map[int]bool) way {
	w := way{id: id, keys: make([][]int, len(key))}
	for _, c := range n.Cols {
		if i := slices.Index(key, c.Source); i >= 0 && !c.Pseudo {
			w.keys[i] = append(w.keys[i], c.Column.ID)
			if p.env.Catalog.Table(n.Table).Column(c.Source).NotNull {
				notNull[c.Column.ID] = true
			}
		}
	}
	return w
}

// complete reports that f holds for each key column of w, of which there is one.
func (w way) complete(f func(i int, ids []int) bool) bool {
	for i, ids := range w.keys {
		if !f(i, ids) {
			return false
		}
	}
	return len(w.keys) > 0
}

// together reports that rows of l and r for which eq holds between columns are on the same shard.
func together(l, r []way, eq func(a, b []int) bool) bool {
	return slices.ContainsFunc(l, func(a way) bool {
		return slices.ContainsFunc(r, func(b way) bool {
			return a.id == b.id && a.complete(func(i int, ids []int) bool { return eq(ids, b.keys[i]) })
		})
	})
}

// mergedWays are the ways of rows of l and r that are on the same shard; of two that eq finds equal it makes one.
func mergedWays(l, r []way, eq func(a, b []int) bool) []way {
	out := make([]way, 0, len(l)+len(r))
	for _, a := range l {
		out = append(out, a.clone())
	}
	for _, b := range r {
		at := slices.IndexFunc(out[:len(l)], func(a way) bool {
			return a.id == b.id && a.complete(func(i int, ids []int) bool { return eq(ids, b.keys[i]) })
		})
		if at < 0 {
			out = append(out, b.clone())
			continue
		}
		for i := range b.keys {
			out[at].keys[i] = append(out[at].keys[i], b.keys[i]...)
			out[at].bind(i, b.bound[i]...)
		}
	}
	return out
}

func (w way) clone() way {
	out := way{id: w.id, table: w.table, keys: make([][]int, len(w.keys))}
	for i := range w.keys {
		out.keys[i] = slices.Clone(w.keys[i])
		out.bind(i, w.bound[i]...)
	}
	return out
}

func (w *way) bind(i int, ids ...int) {
	if len(ids) == 0 {
		return
	}
	if w.bound == nil {
		w.bound = map[int][]int{}
	}
	w.bound[i] = append(slices.Clone(w.bound[i]), ids...)
}

// bindKey notes that the key columns which equal column key equal one from around as well.
func (w *way) bindKey(key, around int) {
	for i, ids := range w.keys {
		if slices.Contains(ids, key) {
			w.bind(i, around)
		}
	}
}

// renamed are the ways once passed-on columns have got new names as well.
func renamed(ways []way, from map[int][]int) []way {
	out := make([]way, len(ways))
	for k, w := range ways {
		out[k] = w.clone()
		for i, ids := range w.keys {
			for _, id := range ids {
				out[k].keys[i] = append(out[k].keys[i], from[id]...)
			}
		}
	}
	return out
}

// commonWays are the ways of a set operation's rows: those that each input has by the same columns of the result.
func commonWays(cols []plan.Column, in []*placed, columns [][]plan.Column) []way {
	var out []way
	for _, w := range in[0].ways {
		if c, ok := commonWay(w, cols, in, columns); ok {
			out = append(out, c)
		}
	}
	return out
}

func commonWay(w way, cols []plan.Column, in []*placed, columns [][]plan.Column) (way, bool) {
	out := way{id: w.id, keys: make([][]int, len(w.keys))}
	ok := w.complete(func(i int, _ []int) bool {
		for at, c := range cols {
			everywhere := true
			for k, x := range in {
				everywhere = everywhere && slices.ContainsFunc(x.ways, func(o way) bool {
					return o.id == w.id && slices.Contains(o.keys[i], columns[k][at].ID)
				})
			}
			if everywhere {
				out.keys[i] = append(out.keys[i], c.ID)
			}
		}
		return len(out.keys[i]) > 0
	})
	return out, ok
}
