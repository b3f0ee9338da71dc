package config

import (
	"cmp"
	"time"

	"github.com/atoll-sql/atoll/internal/yamldoc"
	"github.com/atoll-sql/atoll/shardmap"
)

// directory reads what names the table that lists a lookup's keys: its name, or a mapping that says more.
func (l *loader) directory(n *yamldoc.Node, s *shardmap.Sharding) {
	if n == nil {
		return
	}
	if n.Kind != yamldoc.Mapping {
		s.Directory = l.Text(n)
		return
	}
	f := l.Fields(n, "table", "key", "shard", "complete", "cache")
	if f == nil {
		return
	}
	d := &shardmap.Directory{Cache: l.cache(f.Get("cache"))}
	if n := f.Need("table", "table: tenant_directory"); n != nil {
		s.Directory = l.Text(n)
	}
	if n := f.Get("key"); n != nil {
		d.Key = l.Text(n)
	}
	if n := f.Get("shard"); n != nil {
		d.Shard = l.Text(n)
	}
	if n := f.Get("complete"); n != nil {
		d.Complete = l.Bool(n)
	}
	s.DirectoryAs = d
}

// indexes reads the indexes of a table, by the column that each is on.
func (l *loader) indexes(n *yamldoc.Node) []shardmap.IndexSpec {
	if n == nil {
		return nil
	}
	var out []shardmap.IndexSpec
	for _, e := range l.Entries(n) {
		f := l.Fields(e, "table", "column", "key", "cache")
		if f == nil {
			continue
		}
		x := shardmap.IndexSpec{Column: e.Key, Cache: l.cache(f.Get("cache"))}
		if n := f.Need("table", "table: email_index"); n != nil {
			x.Table = l.Text(n)
		}
		if n := f.Get("column"); n != nil {
			x.As = l.Text(n)
		}
		if n := f.Need("key", "key: [tenant]"); n != nil {
			x.Key = l.Texts(n)
		}
		out = append(out, x)
	}
	return out
}

// maxCacheEntries bounds what one directory or index may have remembered.
const maxCacheEntries = 10_000_000

// cache reads what is remembered of a directory or an index: none, or a mapping.
func (l *loader) cache(n *yamldoc.Node) shardmap.Cache {
	var c shardmap.Cache
	if n == nil {
		return c
	}
	if n.Kind != yamldoc.Mapping {
		l.OneOf(n, "cache", "none")
		c.Off = true
		return c
	}
	f := l.Fields(n, "ttl", "negative_ttl", "max_stale", "size")
	if f == nil {
		return c
	}
	for key, target := range map[string]*time.Duration{"ttl": &c.TTL, "negative_ttl": &c.NegativeTTL, "max_stale": &c.MaxStale} {
		if n := f.Get(key); n != nil {
			*target = l.duration(n)
		}
	}
	if c.NegativeTTL > c.TTL && c.TTL > 0 {
		l.Fail(f.Get("negative_ttl").At, "what was not found cannot be remembered longer than what was: negative_ttl is %s, and ttl %s", c.NegativeTTL, c.TTL)
	}
	if n := f.Get("max_stale"); n != nil && c.MaxStale > 0 && c.MaxStale < cmp.Or(c.TTL, shardmap.DefaultCacheTTL) {
		l.Fail(n.At, "an answer is given for ttl at least: max_stale is %s, and ttl %s", c.MaxStale, cmp.Or(c.TTL, shardmap.DefaultCacheTTL))
	}
	if n := f.Get("size"); n != nil {
		v, _ := l.Integer(n, 1, maxCacheEntries)
		c.Size = int(v)
	}
	return c
}
