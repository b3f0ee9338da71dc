package shardmap

import (
	"fmt"
	"slices"
	"strings"
)

// directory places each listed key on the shard that lists it; an unlisted key lives on the default shard
// or, where there is none, on one of the table's shards that is not known.
type directory struct {
	kind     Kind // lookup or list, for messages
	shards   map[Value]int
	fallback int // shard index, -1 for none
	names    []string
}

func buildLookup(b *builder, s *Sharding) strategy {
	if s.Directory != "" {
		b.fail(ErrUnsupported, "directory", "directory tables are not supported by this version: list the keys under map")
		return nil
	}
	return buildDirectory(b, s, KindLookup, "map", s.Map)
}

// buildDirectory reads the entries of either strategy that lists keys.
func buildDirectory(b *builder, s *Sharding, kind Kind, setting string, entries []Entry) strategy {
	d := &directory{kind: kind, shards: map[Value]int{}, fallback: b.defaultShard(s), names: b.shardNames}
	if len(entries) == 0 {
		b.fail(ErrEmpty, setting, "strategy %s needs %s: shards, each with the keys that live there", kind, setting)
		return nil
	}
	first := map[Value]string{}
	seen := map[string]bool{}
	for _, e := range entries {
		at := setting + "." + e.Shard
		if seen[e.Shard] {
			b.fail(ErrDuplicateName, at, "shard %s is listed twice", quote(e.Shard))
		}
		seen[e.Shard] = true
		shard := b.shard(e.Shard, at)
		if len(e.Keys) == 0 {
			b.fail(ErrEmpty, at, "shard %s lists no key: leave it out, or list its keys", quote(e.Shard))
		}
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
			d.shards[v] = shard
		}
	}
	return d
}

func (d *directory) route(key []Value) (int, bool) {
	if shard, ok := d.shards[key[0]]; ok {
		return shard, true
	}
	return max(d.fallback, 0), d.fallback >= 0
}

func (d *directory) prune(key []Constraint, into *shardSet) {
	points, ok := key[0].points()
	if !ok {
		into.addAll()
		return
	}
	for i := 0; i < len(points) && !into.full(); i++ {
		if shard, ok := d.route(points[i : i+1]); ok {
			into.add(shard)
		} else {
			into.addAll()
		}
	}
}

func (d *directory) explain(key []Value) string {
	shard, listed := d.shards[key[0]]
	switch {
	case listed:
		return fmt.Sprintf("%s: key %s is listed for %s", d.kind, quote(key[0].String()), d.names[shard])
	case d.fallback >= 0:
		return fmt.Sprintf("%s: key %s is not listed, so it lives on the default shard %s",
			d.kind, quote(key[0].String()), d.names[d.fallback])
	}
	return fmt.Sprintf("%s: key %s is not listed and there is no default shard: any of the table's shards may hold it",
		d.kind, quote(key[0].String()))
}

func (d *directory) describe() (string, bool) {
	keys := make([]Value, 0, len(d.shards))
	for v := range d.shards {
		keys = append(keys, v)
	}
	slices.SortFunc(keys, Compare)
	var text strings.Builder
	fmt.Fprintf(&text, "directory default %d", d.fallback)
	for _, v := range keys {
		fmt.Fprintf(&text, " %q:%d", v.String(), d.shards[v])
	}
	return text.String(), d.fallback >= 0
}
