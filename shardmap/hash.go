package shardmap

import (
	"encoding/binary"
	"fmt"
)

// hashed places a key in bucket xxHash64(canonical bytes) mod the number of buckets. The bytes of a key of
// one column are its value's; those of several columns are the columns' in order, text preceded by its
// length as four bytes, big-endian.
type hashed struct {
	buckets []int // shard of each bucket
	names   []string
}

// maxCombinations bounds the tuples tried for a key of several columns.
const maxCombinations = 4096

func buildHash(b *builder, s *Sharding) strategy {
	names, setting := s.Shards, "shards"
	if s.Buckets != nil {
		names, setting = s.Buckets, "buckets"
	}
	if s.Shards != nil && s.Buckets != nil {
		b.fail(ErrSetting, "buckets", "give either shards (one bucket each) or buckets, not both")
	}
	if s.Shards == nil && s.Buckets == nil {
		b.fail(ErrEmpty, "", "strategy hash needs shards, in the order of their buckets (or buckets, a shard for each bucket)")
		return nil
	}
	return &hashed{buckets: b.shardList(names, setting, setting == "buckets"), names: b.shardNames}
}

func (h *hashed) sum(key []Value) uint64 {
	var space [128]byte
	return XXHash64(canonicalKey(space[:0], key))
}

// canonicalKey appends the bytes that are hashed for a whole key.
func canonicalKey(b []byte, key []Value) []byte {
	for _, v := range key {
		if len(key) > 1 && v.kind == TextValue {
			b = binary.BigEndian.AppendUint32(b, uint32(len(v.text)))
		}
		b = v.appendCanonical(b)
	}
	return b
}

func (h *hashed) route(key []Value) (int, bool) {
	return h.buckets[h.sum(key)%uint64(len(h.buckets))], true
}

func (h *hashed) prune(key []Constraint, into *shardSet) {
	columns := make([][]Value, len(key))
	combinations := 1
	for i, c := range key {
		points, ok := c.points()
		if !ok || len(key) > 1 && combinations*len(points) > maxCombinations {
			into.addAll()
			return
		}
		columns[i], combinations = points, combinations*len(points)
	}
	tuple := make([]Value, len(key))
	for n := 0; n < combinations && !into.full(); n++ {
		rest := n
		for i, points := range columns {
			tuple[i], rest = points[rest%len(points)], rest/len(points)
		}
		shard, _ := h.route(tuple)
		into.add(shard)
	}
}

func (h *hashed) explain(key []Value) string {
	sum := h.sum(key)
	bucket := sum % uint64(len(h.buckets))
	return fmt.Sprintf("hash: xxHash64 of 0x%x is %016x, modulo %d buckets is bucket %d, on %s",
		canonicalKey(nil, key), sum, len(h.buckets), bucket, h.names[h.buckets[bucket]])
}

func (h *hashed) describe() (string, bool) { return fmt.Sprintf("hash %v", h.buckets), true }
