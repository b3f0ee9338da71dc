package shardmap

import (
	"fmt"
	"strings"
)

// directory places each listed key on the shard that lists it; an unlisted key lives on the default shard
// or, where there is none, on one of the table's shards that is not known.
type directory struct {
	kind     Kind // lookup, list, geography or tenant, for messages
	keyKind  ValueKind
	shards   valueMap
	fallback int // shard index, -1 for none
	names    []string
	setting  string // where the keys are listed
	what     string // what a listed key lives on
}

func buildLookup(b *builder, s *Sharding) strategy {
	if s.Directory != "" {
		return buildTableDirectory(b, s)
	}
	if s.Shards != nil {
		b.fail(ErrSetting, "shards", "shards goes with directory: the shards of a lookup are those under map")
	}
	return buildDirectory(b, s, KindLookup, "map", s.Map)
}

// buildDirectory reads the entries of a strategy that lists keys; nil if there are none.
func buildDirectory(b *builder, s *Sharding, kind Kind, setting string, entries []Entry) strategy {
	d := &directory{kind: kind, keyKind: b.kindOf(0), fallback: b.defaultShard(s), names: b.space.names, setting: setting, what: b.space.what}
	if len(entries) == 0 {
		b.fail(ErrEmpty, setting, "strategy %s needs %s: %s, each with the keys that live there", kind, setting, b.space.plural)
		return nil
	}
	first := map[Value]string{}
	seen := map[string]bool{}
	for _, e := range entries {
		at := setting + "." + e.Shard
		shard := b.entryShard(e, at, seen)
		for i, text := range e.Keys {
			where := fmt.Sprintf("%s[%d]", at, i)
			v, ok := b.keyValue(text, where)
			if !ok {
				continue
			}
			if at, dup := first[v]; dup {
				b.fail(ErrDuplicateKey, where, "key %s is listed already at %s", quote(text), at)
				continue
			}
			first[v] = where
			d.shards.put(v, shard)
		}
	}
	return d
}

func (d *directory) route(key []Value) (int, bool) {
	if shard, ok := d.shards.get(&key[0]); ok {
		return shard, true
	}
	return max(d.fallback, 0), d.fallback >= 0
}

func (d *directory) prune(key []Constraint, into *shardSet) { prunePoints(d, key, into) }

func (d *directory) explain(key []Value) string {
	shard, listed := d.shards.get(&key[0])
	switch {
	case listed:
		return fmt.Sprintf("%s: key %s is listed for %s", d.kind, quote(key[0].String()), d.names[shard])
	case d.fallback >= 0:
		return fmt.Sprintf("%s: key %s is not listed, so it lives on the default %s %s",
			d.kind, quote(key[0].String()), d.what, d.names[d.fallback])
	}
	return fmt.Sprintf("%s: key %s is not listed and there is no default %s: any of the table's shards may hold it",
		d.kind, quote(key[0].String()), d.what)
}

func (d *directory) describe() (string, bool) {
	var text strings.Builder
	fmt.Fprintf(&text, "directory default %d", d.fallback)
	for _, e := range d.shards.sorted() {
		fmt.Fprintf(&text, " %q:%d", e.key.String(), e.shard)
	}
	return text.String(), d.total()
}

// total reports whether every key has a known shard: there is a default, or both booleans are listed.
func (d *directory) total() bool {
	return d.fallback >= 0 || d.keyKind == BoolValue && d.shards.len() == 2
}

func (d *directory) cover(c *Coverage, at string) {
	for _, e := range d.shards.sorted() {
		c.part(e.shard, at)
	}
	if !d.total() {
		c.open(ErrGap, at+"."+d.setting, "keys that are not listed live on a %s that is not known: give a default %s", d.what, d.what)
	}
}
