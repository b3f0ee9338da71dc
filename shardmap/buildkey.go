package shardmap

import (
	"fmt"
	"maps"
	"slices"
)

// checkKey checks the key's columns.
func (b *builder) checkKey(s *Sharding) bool {
	before := len(b.faults)
	unkeyed := !s.keyed()
	switch {
	case unkeyed && s.Key != nil:
		b.fail(ErrSetting, "key", "strategy %s has no key: remove it", s.Strategy)
	case unkeyed && s.KeyType != nil:
		b.fail(ErrSetting, "key_type", "strategy %s has no key: remove key_type", s.Strategy)
	case unkeyed:
		return true
	case len(s.Key) == 0:
		b.fail(ErrEmpty, "key", "strategy %s needs key, the column that decides (key: [id])", s.Strategy)
	case len(s.Key) > 1 && (s.Strategy == KindLookup || s.Strategy == KindRange || s.Strategy == KindList || s.Strategy == KindTenant):
		b.fail(ErrSetting, "key", "strategy %s takes a key of one column, not %d", s.Strategy, len(s.Key))
	}
	for i, column := range s.Key {
		at := fmt.Sprintf("key[%d]", i)
		if column == "" {
			b.fail(ErrEmpty, at, "a key column needs a name")
		}
		if slices.Contains(s.Key[:i], column) {
			b.fail(ErrDuplicateName, at, "column %s is in the key twice", quote(column))
		}
	}
	return len(b.faults) == before
}

// settleTypes takes the declared types of the key's columns, or infers them.
func (b *builder) settleTypes(s *Sharding) bool {
	if s.KeyType == nil {
		for i := range s.Key {
			texts := s.keyTexts(i)
			if s.Strategy == KindTenant {
				texts = b.tenantKeys()
			}
			b.keyTypes = append(b.keyTypes, inferType(texts))
		}
		return true
	}
	before := len(b.faults)
	if len(s.KeyType) != len(s.Key) {
		b.fail(ErrKeyType, "key_type", "key_type names %d types for %d key columns", len(s.KeyType), len(s.Key))
	}
	for i, t := range s.KeyType {
		if _, ok := KindOf(t); !ok {
			b.fail(ErrKeyType, fmt.Sprintf("key_type[%d]", i),
				"type %s cannot be a key: use bigint, text, uuid, date, boolean, or a timestamp type", quote(t))
		}
	}
	b.keyTypes = slices.Clone(s.KeyType)
	return len(b.faults) == before
}

// kindOf is the kind of a column of the key.
func (b *builder) kindOf(column int) ValueKind {
	kind, _ := KindOf(b.keyTypes[column])
	return kind
}

// inferType returns the first type that reads every text; bigint where there is none.
func inferType(texts []string) string {
	for _, t := range []string{"bigint", "date", "uuid"} {
		if !slices.ContainsFunc(texts, func(s string) bool { _, err := ParseValue(t, s); return err != nil }) {
			return t
		}
	}
	return "text"
}

// keyValue reads a value of a key of one column.
func (b *builder) keyValue(text, setting string) (Value, bool) {
	v, err := ParseValue(b.keyTypes[0], text)
	if err != nil {
		b.fail(ErrKeyType, setting, "%s is not a value of the key's type %s", quote(text), b.keyTypes[0])
	}
	return v, err == nil
}

// bound reads one end of a range; nil is open and gives no value.
func (b *builder) bound(text *string, setting string) (Value, bool) {
	if text == nil {
		return Value{}, true
	}
	return b.keyValue(*text, setting)
}

// shard resolves a name and counts the shard among the table's.
func (b *builder) shard(name, setting string) int {
	i, ok := b.space.index[name]
	if !ok {
		b.fail(ErrUnknownShard, setting, "unknown %s %s: the %s are %s", b.space.what, quote(name), b.space.plural, someNames(b.space.names))
		return 0
	}
	if b.retired(name) {
		b.fail(ErrSetting, setting, "shard %s is retired: nothing can live on it", quote(name))
	}
	b.used[i] = true
	return i
}

// apart reports whether a name is that of a shard which is meant only where it is named: a retired one, or a tenant's own.
func (b *builder) apart(name string) bool {
	i, ok := b.m.byName[name]
	return ok && (b.m.shards[i].State == StateRetired || b.m.shards[i].Tenants != nil)
}

// retired reports whether a name, of the space that settings name, is a retired shard's.
func (b *builder) retired(name string) bool {
	i, ok := b.m.byName[name]
	return ok && b.space.what == b.shards.what && b.m.shards[i].State == StateRetired
}

// usedShards returns the indexes of the shards that were named, ascending.
func (b *builder) usedShards() []int { return slices.Sorted(maps.Keys(b.used)) }

// entryShard resolves the shard of an entry and reports one that is listed twice or lists nothing.
func (b *builder) entryShard(e Entry, at string, seen map[string]bool) int {
	if seen[e.Shard] {
		b.fail(ErrDuplicateName, at, "%s %s is listed twice", b.space.what, quote(e.Shard))
	}
	seen[e.Shard] = true
	shard := b.shard(e.Shard, at)
	if len(e.Keys) == 0 {
		b.fail(ErrEmpty, at, "%s %s lists no key: leave it out, or list its keys", b.space.what, quote(e.Shard))
	}
	return shard
}

// defaultShard resolves the default shard; -1 if there is none.
func (b *builder) defaultShard(s *Sharding) int {
	if s.Default == "" {
		return -1
	}
	return b.shard(s.Default, "default")
}

// shardList resolves a list of names.
func (b *builder) shardList(names []string, setting string, repeats bool) []int {
	if len(names) == 0 {
		b.fail(ErrEmpty, setting, "the list of %s is empty", b.space.plural)
	}
	out, seen := make([]int, len(names)), map[string]bool{}
	for i, name := range names {
		at := fmt.Sprintf("%s[%d]", setting, i)
		out[i] = b.shard(name, at)
		if seen[name] && !repeats {
			b.fail(ErrDuplicateName, at, "%s %s is listed twice", b.space.what, quote(name))
		}
		seen[name] = true
	}
	return out
}

// colocate gives a table the strategy of another.
func (b *builder) colocate(spec *TableSpec) {
	at := "tables." + spec.Name
	b.scope = scope{path: at + ".sharding", space: b.shards, before: len(b.faults)}
	root, ok := b.rootOf(spec)
	if !ok {
		return
	}
	t := b.m.tables[root]
	if t == nil {
		return // its own faults are reported
	}
	before := len(b.faults)
	s := &spec.Sharding
	for _, setting := range s.settings() {
		b.fail(ErrColocation, setting, "%s is inherited from table %s: remove it here", setting, root)
	}
	switch {
	case len(t.key) == 0:
		b.failAt(ErrColocation, at+".colocated_with", "table %s has strategy %s: only tables with a key can be colocated with", root, t.kind)
	case s.Strategy != "" && s.Strategy != t.kind:
		b.fail(ErrColocation, "strategy", "strategy %s differs from %s of table %s: leave it out to inherit", s.Strategy, t.kind, root)
	case len(s.Key) != len(t.key):
		b.fail(ErrColocation, "key", "the key needs %d columns, like that of table %s (%s), not %d", len(t.key), root, someNames(t.key), len(s.Key))
	}
	if len(b.faults) > before || !b.checkKey(&Sharding{Strategy: t.kind, Key: s.Key, KeyType: t.keyTypes}) {
		return
	}
	if !b.sameTypes(s.KeyType, t) {
		return
	}
	inherited := *t
	inherited.name, inherited.key = spec.Name, slices.Clone(s.Key)
	b.m.tables[spec.Name] = &inherited
}

// sameTypes checks declared key types, if any, against those of the table inherited from.
func (b *builder) sameTypes(declared []string, t *Table) bool {
	if declared == nil {
		return true
	}
	same := len(declared) == len(t.kinds)
	for i := 0; same && i < len(declared); i++ {
		kind, ok := KindOf(declared[i])
		same = ok && kind == t.kinds[i]
	}
	if !same {
		b.fail(ErrColocation, "key_type", "the key's types (%s) differ from those of table %s (%s)",
			someNames(declared), t.name, someNames(t.keyTypes))
	}
	return same
}

// rootOf follows colocated_with to the table that has a strategy of its own.
func (b *builder) rootOf(spec *TableSpec) (string, bool) {
	at := "tables." + spec.Name + ".colocated_with"
	visited := map[string]bool{spec.Name: true}
	next := spec.ColocatedWith
	for {
		target := b.specs[next]
		switch {
		case target == nil:
			b.failAt(ErrUnknownTable, at, "unknown table %s: the tables are %s", quote(next), someNames(b.m.names))
			return "", false
		case target.ColocatedWith == "":
			return next, true
		case visited[next]:
			b.failAt(ErrColocation, at, "colocated_with leads in a circle through %s: one of the tables needs a strategy of its own", quote(next))
			return "", false
		}
		visited[next] = true
		next = target.ColocatedWith
	}
}
