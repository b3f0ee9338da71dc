package shardmap

import "fmt"

// hashed places a key in the bucket that is its hash modulo the number of buckets. The strategies hash and virtual differ
// in how their configuration says which shard has a bucket.
type hashed struct {
	hasher
	bucket  string // what explain calls a bucket
	buckets []int  // shard of each bucket
	names   []string

	partitioned bool // the settings give pairs of modulus and remainder
}

// maxBuckets bounds the buckets of a table.
const maxBuckets = 1 << 20

func buildHash(b *builder, s *Sharding) strategy {
	h := &hashed{hasher: b.hasherOf(s), bucket: "bucket", names: b.space.names}
	given := 0
	for _, list := range []bool{s.Shards != nil, s.Buckets != nil, s.Partitions != nil} {
		given += boolInt(list)
	}
	switch {
	case given == 0:
		b.fail(ErrEmpty, "", "strategy hash needs shards, in the order of their buckets (or buckets, a shard for each bucket, or partitions)")
		return nil
	case given > 1 && s.Buckets != nil:
		b.fail(ErrSetting, "buckets", "give shards (one bucket each), buckets or partitions, not both")
		return nil
	case given > 1:
		b.fail(ErrSetting, "partitions", "give shards (one bucket each), buckets or partitions, not both")
		return nil
	case s.Partitions != nil:
		h.buckets, h.partitioned = b.partitions(s.Partitions), true
	case s.Buckets != nil:
		h.buckets = b.shardList(s.Buckets, "buckets", true)
	default:
		h.buckets = b.shardList(s.Shards, "shards", false)
	}
	return h
}

func (h *hashed) route(key []Value) (int, bool) { return h.buckets[h.bucketOf(key)], true }

func (h *hashed) bucketOf(key []Value) int { return int(h.mod(key, uint64(len(h.buckets)))) }

func (h *hashed) prune(key []Constraint, into *shardSet) { prunePoints(h, key, into) }

func (h *hashed) explain(key []Value) string {
	bucket := h.bucketOf(key)
	return fmt.Sprintf("hash: %s, modulo %d %ss is %s %d, on %s",
		h.why(key), len(h.buckets), h.bucket, h.bucket, bucket, h.names[h.buckets[bucket]])
}

func (h *hashed) describe() (string, bool) {
	return fmt.Sprintf("hash %s %v", h.hasher.describe(), h.buckets), true
}

func (h *hashed) cover(c *Coverage, at string) {
	shares := map[int]float64{}
	for _, shard := range h.buckets {
		c.part(shard, at)
		shares[shard] += 1 / float64(len(h.buckets))
	}
	c.hashed(shares)
}
