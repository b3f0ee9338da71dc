package shardmap

import "fmt"

// jumped places a key by jump consistent hashing: John Lamping and Eric Veach, A Fast, Minimal Memory, Consistent Hash
// Algorithm, 2014 (arXiv:1406.2294). A shard added at the end of the list takes one key in N from each of the others and
// moves no other key; only the last can be taken away as cheaply.
type jumped struct {
	hasher
	shards []int
	names  []string
}

func buildJump(b *builder, s *Sharding) strategy {
	h := b.mixingHasherOf(s)
	if s.Shards == nil {
		b.fail(ErrEmpty, "", "strategy jump needs shards, in the order in which they were added")
		return nil
	}
	return &jumped{hasher: h, shards: b.shardList(s.Shards, "shards", false), names: b.space.names}
}

// Jump is the paper's function: the bucket, from 0 to below buckets, of a key's hash.
func Jump(key uint64, buckets int) int {
	b, j := int64(-1), int64(0)
	for j < int64(buckets) {
		b = j
		key = key*2862933555777941757 + 1
		j = int64(float64(b+1) * (float64(1<<31) / float64(key>>33+1)))
	}
	return int(b)
}

func (j *jumped) route(key []Value) (int, bool) {
	return j.shards[Jump(j.sum(key), len(j.shards))], true
}

func (j *jumped) prune(key []Constraint, into *shardSet) { prunePoints(j, key, into) }

func (j *jumped) explain(key []Value) string {
	at := Jump(j.sum(key), len(j.shards))
	return fmt.Sprintf("jump: %s, which jumps to number %d of %d shards, %s", j.why(key), at, len(j.shards), j.names[j.shards[at]])
}

func (j *jumped) describe() (string, bool) {
	return fmt.Sprintf("jump %s %v", j.hasher.describe(), j.shards), true
}

func (j *jumped) cover(c *Coverage, at string) {
	shares := map[int]float64{}
	for _, shard := range j.shards {
		c.part(shard, at)
		shares[shard] = 1 / float64(len(j.shards))
	}
	c.hashed(shares)
}
