package shardmap

import (
	"fmt"
	"maps"
	"slices"
)

// Coverage is the proof that a table's scheme gives every key exactly one shard, or what it lacks. [New] refuses overlaps,
// and gaps that were not meant; what may remain open are keys that a list without a default does not list.
type Coverage struct {
	Table    string
	Strategy Kind
	Parts    int     // intervals, buckets, points of a ring, listed keys: what was looked at
	Shares   []Share // of hash, jump, ring and virtual: the part of all keys that each shard gets, ascending by shard
	Open     []*Error

	shards []int
	depth  int
}

// Share is a shard's part of the keys, from 0 to 1.
type Share struct {
	Shard int
	Of    float64
}

// Complete reports whether every key has exactly one shard, and the map knows which.
func (c Coverage) Complete() bool { return len(c.Open) == 0 }

// Coverage walks the table's scheme from one end of the key space to the other.
func (t *Table) Coverage() Coverage {
	c := Coverage{Table: t.name, Strategy: t.kind, shards: t.shards}
	t.strategy.cover(&c, "tables."+t.root+".sharding")
	return c
}

// Coverage returns that of every table, in the order of [Map.Tables].
func (m *Map) Coverage() []Coverage {
	out := make([]Coverage, len(m.names))
	for i, name := range m.names {
		out[i] = m.tables[name].Coverage()
	}
	return out
}

func (c *Coverage) open(cause error, at, format string, args ...any) {
	if len(c.Open) < maxFaults {
		c.Open = append(c.Open, &Error{Path: at, Cause: cause, Text: fmt.Sprintf(format, args...)})
	}
}

// part counts a part, and sees that its shard is one of the table's.
func (c *Coverage) part(shard int, at string) {
	c.Parts++
	if _, ok := slices.BinarySearch(c.shards, shard); !ok {
		c.open(ErrUnknownShard, at, "part %d is on a shard that is not among the table's", c.Parts)
	}
}

// hashed notes who gets how much of a hash; of one within a composite that says nothing of all keys.
func (c *Coverage) hashed(shares map[int]float64) {
	if c.depth > 0 {
		return
	}
	for _, shard := range slices.Sorted(maps.Keys(shares)) {
		c.Shares = append(c.Shares, Share{shard, shares[shard]})
	}
}

// nested covers a step of a composite. The shards of first are branches, from 0 to below their number.
func (c *Coverage) nested(s *step, at string, branches int) {
	outer := c.shards
	if c.shards = s.shards; branches > 0 {
		c.shards = make([]int, branches)
		for i := range c.shards {
			c.shards[i] = i
		}
	}
	c.depth++
	s.cover(c, at)
	c.depth--
	c.shards = outer
}
