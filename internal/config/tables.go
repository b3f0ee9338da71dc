package config

import (
	"strings"

	"github.com/atoll-sql/atoll/internal/yamldoc"
	"github.com/atoll-sql/atoll/shardmap"
)

func (l *loader) tables(n *yamldoc.Node) []shardmap.TableSpec {
	var out []shardmap.TableSpec
	for _, e := range l.Entries(n) {
		if len(e.Key) > 63 || strings.ContainsFunc(e.Key, func(r rune) bool { return r < ' ' || r == 0x7f }) {
			l.Fail(e.KeyAt, "%s is not a name for a table: use up to 63 bytes of text", yamldoc.Quote(e.Key))
		}
		f := l.Fields(e, "sharding", "colocated_with", "indexes")
		if f == nil {
			continue
		}
		t := shardmap.TableSpec{Name: e.Key, Indexes: l.indexes(f.Get("indexes"))}
		if n := f.Get("colocated_with"); n != nil {
			t.ColocatedWith = l.Text(n)
		}
		if n := f.Need("sharding", "sharding: {strategy: lookup, key: [id], …}"); n != nil {
			t.Sharding = l.sharding(n, 0)
		}
		out = append(out, t)
	}
	return out
}

// classes reads the colocation classes: by name, for each table a column or a list of columns.
func (l *loader) classes(n *yamldoc.Node) []shardmap.ClassSpec {
	var out []shardmap.ClassSpec
	for _, e := range l.Entries(n) {
		l.CheckName(e.Key, e.KeyAt, "colocation class")
		c := shardmap.ClassSpec{Name: e.Key}
		for _, m := range l.Entries(e) {
			member := shardmap.ClassMember{Table: m.Key}
			if m.Kind == yamldoc.List {
				member.Columns = l.Texts(m)
			} else if text := l.Text(m); text != "" {
				member.Columns = []string{text}
			}
			c.Members = append(c.Members, member)
		}
		out = append(out, c)
	}
	return out
}

// keysByShard reads a mapping from shards to lists of key values; never nil.
func (l *loader) keysByShard(n *yamldoc.Node) []shardmap.Entry {
	out := []shardmap.Entry{}
	if !l.Is(n, yamldoc.Mapping) {
		return out
	}
	for _, c := range n.Children {
		e := shardmap.Entry{Shard: c.Key}
		if l.Is(c, yamldoc.List) {
			for _, item := range c.Children {
				if text, ok := l.Scalar(item); ok {
					e.Keys = append(e.Keys, text)
				}
			}
		}
		out = append(out, e)
	}
	return out
}

// ranges reads the list of ranges; never nil.
func (l *loader) ranges(n *yamldoc.Node) []shardmap.Bounds {
	out := []shardmap.Bounds{}
	if !l.Is(n, yamldoc.List) {
		return out
	}
	for _, c := range n.Children {
		var b shardmap.Bounds
		f := l.Fields(c, "shard", "from", "to")
		if f == nil {
			continue
		}
		if n := f.Need("shard", "shard: eu-1"); n != nil {
			b.Shard = l.Text(n)
		}
		b.From, b.To = l.bound(f.Get("from")), l.bound(f.Get("to"))
		out = append(out, b)
	}
	return out
}

// bound reads one end of a range; nil if it is not given.
func (l *loader) bound(n *yamldoc.Node) *string {
	if n == nil {
		return nil
	}
	if text, ok := l.Scalar(n); ok {
		return &text
	}
	return nil
}
