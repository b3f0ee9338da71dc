package config

import (
	"strings"

	"github.com/atoll-sql/atoll/shardmap"
)

func (l *loader) tables(n *node) []shardmap.TableSpec {
	var out []shardmap.TableSpec
	for _, e := range l.entries(n) {
		if len(e.key) > 63 || strings.ContainsFunc(e.key, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			l.fail(e.keyAt, "%s is not a name for a table: use up to 63 bytes of text", quote(e.key))
		}
		f := l.fields(e, "sharding", "colocated_with")
		if f == nil {
			continue
		}
		t := shardmap.TableSpec{Name: e.key}
		if n := f.get("colocated_with"); n != nil {
			t.ColocatedWith = l.text(n)
		}
		if n := f.need("sharding", "sharding: {strategy: lookup, key: [id], …}"); n != nil {
			t.Sharding = l.sharding(n)
		}
		out = append(out, t)
	}
	return out
}

// classes reads the colocation classes: by name, for each table a column or a list of columns.
func (l *loader) classes(n *node) []shardmap.ClassSpec {
	var out []shardmap.ClassSpec
	for _, e := range l.entries(n) {
		l.checkName(e, "colocation class")
		c := shardmap.ClassSpec{Name: e.key}
		for _, m := range l.entries(e) {
			member := shardmap.ClassMember{Table: m.key}
			if m.kind == listNode {
				member.Columns = l.texts(m)
			} else if text := l.text(m); text != "" {
				member.Columns = []string{text}
			}
			c.Members = append(c.Members, member)
		}
		out = append(out, c)
	}
	return out
}

// sharding reads the settings of any strategy; which of them go together is for shardmap to say.
func (l *loader) sharding(n *node) shardmap.Sharding {
	var s shardmap.Sharding
	f := l.fields(n, "strategy", "key", "key_type", "map", "directory", "lists", "ranges", "shards", "buckets", "shard", "default")
	if f == nil {
		return s
	}
	var strategy string
	for key, target := range map[string]*string{
		"strategy": &strategy, "directory": &s.Directory, "shard": &s.Shard, "default": &s.Default,
	} {
		if n := f.get(key); n != nil {
			*target = l.text(n)
		}
	}
	s.Strategy = shardmap.Kind(strategy)
	for key, target := range map[string]*[]string{
		"key": &s.Key, "key_type": &s.KeyType, "shards": &s.Shards, "buckets": &s.Buckets,
	} {
		if n := f.get(key); n != nil {
			*target = l.texts(n)
		}
	}
	for key, target := range map[string]*[]shardmap.Entry{"map": &s.Map, "lists": &s.Lists} {
		if n := f.get(key); n != nil {
			*target = l.keysByShard(n)
		}
	}
	if n := f.get("ranges"); n != nil {
		s.Ranges = l.ranges(n)
	}
	return s
}

// keysByShard reads a mapping from shards to lists of key values; never nil.
func (l *loader) keysByShard(n *node) []shardmap.Entry {
	out := []shardmap.Entry{}
	if !l.is(n, mapNode) {
		return out
	}
	for _, c := range n.children {
		e := shardmap.Entry{Shard: c.key}
		if l.is(c, listNode) {
			for _, item := range c.children {
				if text, ok := l.scalar(item); ok {
					e.Keys = append(e.Keys, text)
				}
			}
		}
		out = append(out, e)
	}
	return out
}

// ranges reads the list of ranges; never nil.
func (l *loader) ranges(n *node) []shardmap.Bounds {
	out := []shardmap.Bounds{}
	if !l.is(n, listNode) {
		return out
	}
	for _, c := range n.children {
		var b shardmap.Bounds
		f := l.fields(c, "shard", "from", "to")
		if f == nil {
			continue
		}
		if n := f.need("shard", "shard: eu-1"); n != nil {
			b.Shard = l.text(n)
		}
		b.From, b.To = l.bound(f.get("from")), l.bound(f.get("to"))
		out = append(out, b)
	}
	return out
}

// bound reads one end of a range; nil if it is not given.
func (l *loader) bound(n *node) *string {
	if n == nil {
		return nil
	}
	if text, ok := l.scalar(n); ok {
		return &text
	}
	return nil
}
