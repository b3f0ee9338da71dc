package atoll

import "github.com/atoll-sql/atoll/shardmap"

// Coverage says whether a table's sharding gives every key exactly one shard: what the map alone tells, without asking any shard.
type Coverage struct {
	Table    string
	Strategy string
	Parts    int      // intervals, buckets, points of a ring, listed keys: what was looked at
	Shares   []Share  // of hash, jump, ring and virtual: the part of all keys that each shard gets, in the order of the shards
	Open     []string // what no shard is known for, each with its place in the configuration: queries for such keys ask all shards
}

// Share is a shard's part of all keys, from 0 to 1.
type Share struct {
	Shard string
	Of    float64
}

// Coverage walks the key space of every table, in the order of the configuration. Gaps and overlaps that are not meant are errors of the
// configuration; what may stay open are keys that a list without a default does not list.
func (e *Engine) Coverage() []Coverage {
	t := e.hold()
	defer t.unpin()
	var out []Coverage
	for _, c := range t.Map.Coverage() {
		out = append(out, t.coverage(c))
	}
	return out
}

func (t *topology) coverage(c shardmap.Coverage) Coverage {
	out := Coverage{Table: c.Table, Strategy: string(c.Strategy), Parts: c.Parts}
	for _, s := range c.Shares {
		out.Shares = append(out.Shares, Share{t.Map.Shard(s.Shard).Name, s.Of})
	}
	for _, o := range c.Open {
		out.Open = append(out.Open, o.Error())
	}
	return out
}
