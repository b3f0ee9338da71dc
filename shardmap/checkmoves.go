package shardmap

import (
	"fmt"
	"slices"
	"strings"
)

// moves reads the moves, once the tables are built.
func (b *builder) moves(specs []MoveSpec) {
	seen := map[string]bool{}
	for i, s := range specs {
		at := fmt.Sprintf("moves[%d]", i)
		before := len(b.faults)
		if s.ID == "" || len(s.ID) > 40 || strings.ContainsFunc(s.ID, func(r rune) bool { return !isIDRune(r) }) {
			b.failAt(ErrSetting, at+".id", "%s is no name for a move: use up to 40 small letters, digits and hyphens", quote(s.ID))
		}
		if seen[s.ID] {
			b.failAt(ErrDuplicateName, at+".id", "move %s stands here twice", quote(s.ID))
		}
		seen[s.ID] = true
		if !slices.Contains(Phases(), s.Phase) {
			b.failAt(ErrSetting, at+".phase", "unknown phase %s: the phases are %s", quote(string(s.Phase)), words(Phases()))
		}
		m := Move{MoveSpec: s, FromShard: b.moveShard(at+".from", s.From), ToShard: b.moveShard(at+".to", s.To)}
		if len(b.faults) == before && m.FromShard == m.ToShard {
			b.failAt(ErrSetting, at+".to", "the keys are to move from shard %s to itself", quote(s.To))
		}
		t := b.m.tables[s.Table]
		switch {
		case t == nil:
			b.failAt(ErrUnknownTable, at+".table", "unknown table %s: the tables are %s", quote(s.Table), someNames(b.m.names))
		case t.root != t.name:
			b.failAt(ErrSetting, at+".table", "table %s is placed as table %s is: move keys of that one", quote(s.Table), quote(t.root))
		case len(b.faults) == before:
			b.moveKeys(&m, t, at)
		}
		b.m.moves = append(b.m.moves, m)
	}
	b.disjoint()
}

func isIDRune(r rune) bool { return r >= 'a' && r <= 'z' || r >= '0' && r <= '9' || r == '-' }

func (b *builder) moveShard(at, name string) int {
	i, ok := b.m.byName[name]
	if !ok {
		b.failAt(ErrUnknownShard, at, "unknown shard %s: the shards are %s", quote(name), someNames(b.shards.names))
	}
	return i
}

// moveKeys reads the keys of a move and holds them against the table's settings: the shard that has them, by its phase, must be the one on
// which these place them.
func (b *builder) moveKeys(m *Move, t *Table, at string) {
	owner := b.m.shards[m.Owner()].Name
	k := m.Keys
	directory, directed := t.strategy.(*tableDirectory)
	ways := boolInt(len(k.Values) > 0) + boolInt(k.From != nil || k.To != nil) + boolInt(len(k.Buckets) > 0)
	switch {
	case ways != 1:
		b.failAt(ErrSetting, at, "a move names its keys in one way: by keys, by range or by buckets")
	case len(k.Values) > 0 && (t.kind == KindLookup || t.kind == KindList):
		for i, text := range k.Values {
			v, err := ParseValue(t.keyTypes[0], text)
			if err != nil {
				b.failAt(ErrKeyType, fmt.Sprintf("%s.keys[%d]", at, i), "%v", err)
				return
			}
			m.values = append(m.values, v)
			if directed { // what the directory says the map cannot know
				continue
			}
			if on, ok := t.Route([]Value{v}); !ok || on != m.Owner() {
				b.failAt(ErrSetting, fmt.Sprintf("%s.keys[%d]", at, i), "table %s does not list this key for shard %s, which has it in phase %s", quote(t.name), owner, m.Phase)
			}
		}
		if directed && b.moveWithin(m, t, at) {
			directory.settle(m)
		}
	case len(k.Buckets) > 0 && (t.kind == KindHash || t.kind == KindVirtual):
		h := t.strategy.(*hashed)
		for i, n := range k.Buckets {
			if n < 0 || n >= len(h.buckets) {
				b.failAt(ErrSetting, fmt.Sprintf("%s.buckets[%d]", at, i), "table %s has %ss 0 to %d", quote(t.name), h.bucket, len(h.buckets)-1)
			} else if h.buckets[n] != m.Owner() {
				b.failAt(ErrSetting, fmt.Sprintf("%s.buckets[%d]", at, i), "%s %d of table %s is not shard %s's, which has it in phase %s", h.bucket, n, quote(t.name), owner, m.Phase)
			}
		}
	case ways == 1 && (k.From != nil || k.To != nil) && t.kind == KindRange:
		b.moveRange(m, t, at, owner)
	default:
		b.failAt(ErrSetting, at, "table %s has strategy %s: keys move by name with lookup and list, by range with range, by bucket with hash and virtual", quote(t.name), t.kind)
	}
}

// moveWithin refuses a move from or to a shard that a directory may not name.
func (b *builder) moveWithin(m *Move, t *Table, at string) bool {
	before := len(b.faults)
	for _, end := range []struct {
		name  string
		shard int
	}{{"from", m.FromShard}, {"to", m.ToShard}} {
		if !slices.Contains(t.shards, end.shard) {
			b.failAt(ErrSetting, at+"."+end.name, "shard %s is not among the shards that the directory of table %s may name: add it to the table's shards",
				quote(b.m.shards[end.shard].Name), quote(t.name))
		}
	}
	return len(b.faults) == before
}

func (b *builder) moveRange(m *Move, t *Table, at, owner string) {
	for _, end := range []struct {
		text *string
		into *Value
		name string
	}{{m.Keys.From, &m.low, "range.from"}, {m.Keys.To, &m.high, "range.to"}} {
		if end.text == nil {
			continue
		}
		v, err := ParseValue(t.keyTypes[0], *end.text)
		if err != nil {
			b.failAt(ErrKeyType, at+"."+end.name, "%v", err)
			return
		}
		*end.into = v
	}
	if m.low.kind != NoValue && m.high.kind != NoValue && Compare(m.low, m.high) >= 0 {
		b.failAt(ErrSetting, at+".range", "the range is empty")
		return
	}
	set := newShardSet(len(b.m.shards), t.shards)
	in := NotNull(t.kinds[0])
	if m.low.kind != NoValue || m.high.kind != NoValue {
		in = Range(m.low, true, m.high, false)
	}
	t.strategy.prune([]Constraint{in}, set)
	if on := set.sorted(); len(on) != 1 || on[0] != m.Owner() {
		b.failAt(ErrSetting, at+".range", "not all keys of this range of table %s are shard %s's, which has them in phase %s", quote(t.name), owner, m.Phase)
	}
}

// disjoint refuses two moves that share a key: which of the shards has it would not be known.
func (b *builder) disjoint() {
	for i := range b.m.moves {
		for j := range i {
			x, y := &b.m.moves[j], &b.m.moves[i]
			if x.Table == y.Table && len(b.faults) == 0 && x.meets(y) {
				b.failAt(ErrOverlap, fmt.Sprintf("moves[%d]", i), "it shares keys with move %s", quote(x.ID))
			}
		}
	}
}

func (m *Move) meets(o *Move) bool {
	for _, v := range m.values {
		if slices.Contains(o.values, v) {
			return true
		}
	}
	for _, n := range m.Keys.Buckets {
		if slices.Contains(o.Keys.Buckets, n) {
			return true
		}
	}
	low, high, interval := m.Interval()
	if !interval {
		return false
	}
	before := high.kind != NoValue && o.low.kind != NoValue && Compare(high, o.low) <= 0
	after := o.high.kind != NoValue && low.kind != NoValue && Compare(o.high, low) <= 0
	return !before && !after
}
