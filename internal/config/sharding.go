package config

import (
	"github.com/atoll-sql/atoll/internal/yamldoc"
	"github.com/atoll-sql/atoll/shardmap"
)

// settingNames are the settings of all strategies.
var settingNames = []string{"strategy", "key", "key_type", "map", "directory", "lists", "ranges", "shards", "buckets", "shard", "default",
	"hash", "key_bytes", "partitions", "points", "virtual", "assign", "places", "within", "first", "branches"}

// maxNesting bounds strategies within strategies; shardmap allows fewer.
const maxNesting = 16

// sharding reads the settings of any strategy; which of them go together is for shardmap to say.
func (l *loader) sharding(n *yamldoc.Node, depth int) shardmap.Sharding {
	var s shardmap.Sharding
	f := l.Fields(n, settingNames...)
	if f == nil {
		return s
	}
	if depth > maxNesting {
		l.Fail(n.Place(), "%s: strategies are nested too deeply", n.Path)
		return s
	}
	l.shardingTexts(f, &s)
	l.directory(f.Get("directory"), &s)
	l.shardingLists(f, &s)
	for key, target := range map[string]*int{"points": &s.Points, "virtual": &s.Virtual} {
		if n := f.Get(key); n != nil {
			v, _ := l.Integer(n, 1, 1<<30)
			*target = int(v)
		}
	}
	if n := f.Get("first"); n != nil {
		first := l.sharding(n, depth+1)
		s.First = &first
	}
	if n := f.Get("branches"); n != nil {
		s.Branches = l.branches(n, depth+1)
	}
	return s
}

func (l *loader) shardingTexts(f *yamldoc.Fields, s *shardmap.Sharding) {
	var strategy, hash, keyBytes, within string
	for key, target := range map[string]*string{
		"strategy": &strategy, "shard": &s.Shard, "default": &s.Default,
		"hash": &hash, "key_bytes": &keyBytes, "within": &within,
	} {
		if n := f.Get(key); n != nil {
			*target = l.Text(n)
		}
	}
	s.Strategy, s.Hash, s.KeyBytes, s.Within = shardmap.Kind(strategy), shardmap.Hash(hash), shardmap.KeyBytes(keyBytes), shardmap.Kind(within)
}

func (l *loader) shardingLists(f *yamldoc.Fields, s *shardmap.Sharding) {
	for key, target := range map[string]*[]string{
		"key": &s.Key, "key_type": &s.KeyType, "shards": &s.Shards, "buckets": &s.Buckets,
	} {
		if n := f.Get(key); n != nil {
			*target = l.Texts(n)
		}
	}
	for key, target := range map[string]*[]shardmap.Entry{"map": &s.Map, "lists": &s.Lists, "assign": &s.Assign, "places": &s.Places} {
		if n := f.Get(key); n != nil {
			*target = l.keysByShard(n)
		}
	}
	if n := f.Get("ranges"); n != nil {
		s.Ranges = l.ranges(n)
	}
	if n := f.Get("partitions"); n != nil {
		s.Partitions = l.partitions(n)
	}
}

// partitions reads the list of hash partitions; never nil.
func (l *loader) partitions(n *yamldoc.Node) []shardmap.Partition {
	out := []shardmap.Partition{}
	if !l.Is(n, yamldoc.List) {
		return out
	}
	for _, c := range n.Children {
		f := l.Fields(c, "shard", "modulus", "remainder")
		if f == nil {
			continue
		}
		var p shardmap.Partition
		if n := f.Need("shard", "shard: eu-1"); n != nil {
			p.Shard = l.Text(n)
		}
		if n := f.Need("modulus", "modulus: 4"); n != nil {
			v, _ := l.Integer(n, 1, 1<<30)
			p.Modulus = int(v)
		}
		if n := f.Need("remainder", "remainder: 0"); n != nil {
			v, _ := l.Integer(n, 0, 1<<30)
			p.Remainder = int(v)
		}
		out = append(out, p)
	}
	return out
}

// branches reads a mapping from names to strategies; never nil.
func (l *loader) branches(n *yamldoc.Node, depth int) []shardmap.Branch {
	out := []shardmap.Branch{}
	for _, e := range l.Entries(n) {
		l.CheckName(e.Key, e.KeyAt, "branch")
		out = append(out, shardmap.Branch{Name: e.Key, Sharding: l.sharding(e, depth)})
	}
	return out
}
