package bounds

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// home says of an operator that every row of it over D belongs to one shard, and that over D' it has just those of the shards that
// answered. Where none of the key's columns is NULL they determine the shard, in the same way for all of one scheme. An
// operator may have several, which are of the same shards.
type home struct {
	scheme string
	key    []int // IDs of its columns
}

// byShard is the scheme of the pseudo-column that names a row's shard.
const byShard = "\x00shard"

// anywhere reports a scan of a table of which more than one shard may hold the same rows.
func (a *analysis) anywhere(n *plan.Scan) bool {
	return a.missing.Home == nil || len(a.missing.Home(n).Key) == 0
}

// homeOf is how the rows of a table lie, as far as the scan reads the key.
func (a *analysis) homeOf(n *plan.Scan) []home {
	var out []home
	for _, c := range n.Cols {
		if c.Pseudo && c.Source == plan.PseudoShard {
			out = append(out, home{byShard, []int{c.Column.ID}})
		}
	}
	if a.missing.Home == nil {
		return out
	}
	h := a.missing.Home(n)
	key := make([]int, 0, len(h.Key))
	for _, name := range h.Key {
		for _, c := range n.Cols {
			if !c.Pseudo && c.Source == name {
				key = append(key, c.Column.ID)
				if h.NotNull {
					k := a.cols[c.Column.ID]
					k.claim |= filled
					a.cols[c.Column.ID] = k
				}
			}
		}
	}
	if len(key) > 0 && len(key) == len(h.Key) {
		out = append(out, home{h.Scheme, key})
	}
	return out
}

// renamed are the homes whose keys the items pass on, under the names that they give them.
func renamed(homes []home, items []plan.Assign) []home {
	to := map[int]int{}
	for _, it := range items {
		if c, ok := it.Expr.(*plan.Col); ok {
			if _, seen := to[c.Column.ID]; !seen {
				to[c.Column.ID] = it.Col.ID
			}
		}
	}
	return mapped(homes, to)
}

func mapped(homes []home, to map[int]int) []home {
	var out []home
	for _, h := range homes {
		key := make([]int, 0, len(h.key))
		for _, id := range h.key {
			if n, ok := to[id]; ok {
				key = append(key, n)
			}
		}
		if len(key) == len(h.key) {
			out = append(out, home{h.scheme, key})
		}
	}
	return out
}

// positioned are the homes of an input of a set operation in the names of its columns.
func positioned(homes []home, in, out []plan.Column) []home {
	to := map[int]int{}
	for i, c := range in {
		to[c.ID] = out[i].ID
	}
	return mapped(homes, to)
}

// commonHomes are those that all of the lists hold.
func commonHomes(lists [][]home) []home {
	var out []home
	for _, h := range lists[0] {
		everywhere := true
		for _, l := range lists[1:] {
			everywhere = everywhere && slices.ContainsFunc(l, h.equal)
		}
		if everywhere {
			out = append(out, h)
		}
	}
	return out
}

func (h home) equal(other home) bool {
	return h.scheme == other.scheme && slices.Equal(h.key, other.key)
}

// filledKeys are the homes whose keys hold no NULL.
func (a *analysis) filledKeys(homes []home) []home {
	var out []home
	for _, h := range homes {
		if !slices.ContainsFunc(h.key, func(id int) bool { return !a.cols[id].has(filled) }) {
			out = append(out, h)
		}
	}
	return out
}

// together reports that the conditions equate the keys of two homes: what they join lies on one shard.
func together(left, right []home, conds []plan.Expr) bool {
	equal := map[[2]int]bool{}
	for _, c := range conds {
		for _, x := range plan.Conjuncts(c) {
			if l, r, ok := equated(x); ok {
				equal[[2]int{l, r}], equal[[2]int{r, l}] = true, true
			}
		}
	}
	for _, l := range left {
		for _, r := range right {
			if l.scheme == r.scheme && len(l.key) == len(r.key) && pairs(l.key, r.key, equal) {
				return true
			}
		}
	}
	return false
}

func pairs(l, r []int, equal map[[2]int]bool) bool {
	for i := range l {
		if !equal[[2]int{l[i], r[i]}] {
			return false
		}
	}
	return true
}

// equated are the columns of a = b.
func equated(e plan.Expr) (l, r int, ok bool) {
	c, is := e.(*plan.Call)
	if !is || c.Fn != "=" || len(c.Args) != 2 {
		return 0, 0, false
	}
	a, okA := c.Args[0].(*plan.Col)
	b, okB := c.Args[1].(*plan.Col)
	if !okA || !okB || a.Column.Type != b.Column.Type {
		return 0, 0, false
	}
	return a.Column.ID, b.Column.ID, true
}

// around has f run with the homes of rows that expressions within it may refer to.
func (a *analysis) around(homes []home, f func() error) error {
	outer := a.outer
	a.outer = append(outer[:len(outer):len(outer)], homes...)
	defer func() { a.outer = outer }()
	return f()
}
