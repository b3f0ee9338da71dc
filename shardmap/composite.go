package shardmap

import (
	"fmt"
	"slices"
)

// composite places a key in two steps: a first strategy picks a branch by some columns, and the branch's strategy picks
// the shard by others. Rows in which a column of the first step is NULL may be on any of the table's shards; those in which
// only columns of the branch are, on any of the branch's.
type composite struct {
	first    step
	branches []step
	names    []string // of the branches
	total    bool     // first knows every key's branch
	// firstAt and branchesAt are where the steps stand in the configuration of this one.
	firstAt, branchesAt string
}

// step is a strategy and the part of the key it looks at.
type step struct {
	strategy
	from, to int
	shards   []int // of a branch, ascending
}

// maxDepth bounds branches within branches.
const maxDepth = 8

func buildComposite(b *builder, s *Sharding) strategy {
	switch {
	case s.First == nil:
		b.fail(ErrEmpty, "", "strategy composite needs first, the strategy that picks a branch (first: {strategy: list, lists: {…}})")
	case len(s.Branches) == 0:
		b.fail(ErrEmpty, "branches", "strategy composite needs branches: by name, each with the strategy of its keys")
	case len(s.Key) < 2:
		b.fail(ErrSetting, "key", "strategy composite takes a key of several columns, not %d", len(s.Key))
	case b.depth == maxDepth:
		b.fail(ErrUnsupported, "", "more than %d branches within branches are not supported", maxDepth)
	}
	if len(b.faults) > b.before {
		return nil
	}
	c, branches := &composite{firstAt: "first", branchesAt: "branches"}, space{what: "branch", plural: "branches", index: map[string]int{}}
	for i, br := range s.Branches {
		if _, dup := branches.index[br.Name]; dup {
			b.fail(ErrDuplicateName, "branches."+br.Name, "branch %s is defined twice", quote(br.Name))
		}
		branches.index[br.Name] = i
		branches.names = append(branches.names, br.Name)
		st := b.step(s, &br.Sharding, "branches."+br.Name, false, b.space)
		c.branches = append(c.branches, st)
		for _, shard := range st.shards {
			b.used[shard] = true
		}
	}
	c.names, c.first = branches.names, b.step(s, s.First, "first", true, branches)
	if len(b.faults) > b.before {
		return nil
	}
	for i, name := range c.names {
		if !slices.Contains(c.first.shards, i) {
			b.fail(ErrSetting, "branches."+name, "no key leads to branch %s: name it in first, or remove it", quote(name))
		}
	}
	_, c.total = c.first.describe()
	return c
}

// step builds a strategy of the composite s, in a scope of its own; its shards are what it names out of names.
func (b *builder) step(s, inner *Sharding, at string, first bool, names space) step {
	outer := b.scope
	defer func() { b.scope = outer }()
	b.scope = scope{path: join(outer.path, at), space: names, used: map[int]bool{}, depth: outer.depth + 1, before: len(b.faults)}
	n := *inner
	from, to, ok := s.columns(inner, first)
	switch {
	case !ok:
		b.fail(ErrSetting, "key", "the columns %s do not follow one another in the composite's key (%s)", someNames(inner.Key), someNames(s.Key))
	case n.KeyType != nil:
		b.fail(ErrSetting, "key_type", "the types of the key stand with the composite: remove key_type here")
	case n.Strategy == KindReference:
		b.fail(ErrSetting, "strategy", "strategy reference is for whole tables: rows of a branch live on one shard")
	case first && !slices.Contains(pickers, n.Strategy) && n.Strategy != "":
		b.fail(ErrSetting, "strategy", "strategy %s cannot pick branches: use %s", n.Strategy, words(pickers))
	default:
		if n.keyed() {
			n.Key = s.Key[from:to]
		}
		b.keyTypes = outer.keyTypes[from:to]
		if build := b.strategyOf(&n); build != nil && b.checkKey(&n) {
			built := build(b, &n)
			return step{built, from, to, b.usedShards()}
		}
	}
	return step{}
}

// pickers are the strategies that may be a composite's first.
var pickers = []Kind{KindLookup, KindHash, KindJump, KindRing, KindVirtual, KindRange, KindList}

// columns returns which columns of a composite's key a strategy in it looks at: those its key names, which must follow one
// another; without one the first column, or in a branch all others.
func (s *Sharding) columns(inner *Sharding, first bool) (from, to int, ok bool) {
	switch {
	case !inner.keyed():
		return 0, 0, true
	case inner.Key == nil && first:
		return 0, 1, true
	case inner.Key == nil:
		return 1, len(s.Key), true
	case len(inner.Key) == 0:
		return 0, 0, true // reported as an empty key
	}
	from = slices.Index(s.Key, inner.Key[0])
	to = from + len(inner.Key)
	return from, to, from >= 0 && to <= len(s.Key) && slices.Equal(s.Key[from:to], inner.Key)
}

func (c *composite) route(key []Value) (int, bool) {
	i, ok := c.first.route(key[c.first.from:c.first.to])
	if !ok {
		return 0, false
	}
	br := &c.branches[i]
	return br.route(key[br.from:br.to])
}

func (c *composite) prune(key []Constraint, into *shardSet) {
	first := key[c.first.from:c.first.to]
	if slices.ContainsFunc(first, Constraint.IsAll) || !c.total && !c.settled(key) {
		into.addAll() // the columns that pick a branch may be NULL, or are not listed: such rows may be anywhere
		return
	}
	picked := newShardSet(len(c.branches), c.first.shards)
	c.first.prune(first, picked)
	for i := range c.branches {
		if br := &c.branches[i]; picked.marked[i] {
			br.prune(key[br.from:br.to], into.within(br.shards))
		}
	}
	into.recount()
}

// settled reports whether first, which does not know every key's branch, knows those of all keys that meet the
// constraints. The rows of others may be on any of the table's shards.
func (c *composite) settled(key []Constraint) bool {
	points, ok := key[c.first.from].points()
	for i := 0; ok && i < len(points); i++ {
		_, ok = c.first.route(points[i : i+1])
	}
	return ok
}

func (c *composite) explain(key []Value) string {
	first := c.first.explain(key[c.first.from:c.first.to])
	i, ok := c.first.route(key[c.first.from:c.first.to])
	if !ok {
		return first
	}
	br := &c.branches[i]
	if s, ok := br.strategy.(*single); ok {
		return first + "; single: every key of it lives on " + s.names[s.shard]
	}
	return first + "; " + br.explain(key[br.from:br.to])
}

func (c *composite) describe() (string, bool) {
	first, total := c.first.describe()
	text := fmt.Sprintf("composite (%d %d %s)", c.first.from, c.first.to, first)
	for i := range c.branches {
		br := &c.branches[i]
		inner, all := br.describe()
		text += fmt.Sprintf(" (%d %d %s)", br.from, br.to, inner)
		total = total && all
	}
	return text, total
}

func (c *composite) cover(cov *Coverage, at string) {
	cov.nested(&c.first, join(at, c.firstAt), len(c.branches))
	for i := range c.branches {
		cov.nested(&c.branches[i], join(at, c.branchesAt+"."+c.names[i]), 0)
	}
}
