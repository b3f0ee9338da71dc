package aggregate

import (
	"fmt"
	"hash/maphash"
	"math/bits"
	"math/rand/v2"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/aggregate/column"
)

// Partitioner tells groups apart by a hash of their keys: rows of one group fall into the same part. Each has a random seed of its own, so that
// what one puts together another spreads, and no data can be made to fall into one part. One goroutine uses it.
type Partitioner struct {
	enc     *column.Encoder // nil for one key that is a word
	seed    maphash.Seed
	mix     uint64
	words   []uint64
	encoded column.Encoded
	parts   []uint8
}

// NewPartitioner makes a Partitioner of the keys of a [Hash]; there must be one at least.
func NewPartitioner(keys []arrow.Field) (*Partitioner, error) {
	p := &Partitioner{seed: maphash.MakeSeed(), mix: rand.Uint64()}
	if len(keys) == 1 && column.IsWord(keys[0].Type) {
		return p, nil
	}
	cols := make([]column.Key, len(keys))
	for i, f := range keys {
		cols[i] = column.Key{Field: f}
	}
	var err error
	if p.enc, err = column.NewEncoder(cols); err != nil {
		return nil, fmt.Errorf("partition: %w", err)
	}
	return p, nil
}

// Parts returns the part of each of rows rows, from 0 on and below n, which is at most 256; valid until the next call.
func (p *Partitioner) Parts(keys []arrow.Array, rows, n int) []uint8 {
	p.parts = extend(p.parts, rows)[:rows]
	if p.enc != nil {
		p.enc.Encode(keys, rows, &p.encoded)
		for i := range p.parts {
			p.parts[i] = part(maphash.Bytes(p.seed, p.encoded.Row(i)), n)
		}
		return p.parts
	}
	col := keys[0]
	p.words = column.Words(col, p.words)
	nulls := col.NullN() > 0
	for i, w := range p.words {
		if nulls && col.IsNull(i) {
			w = 0
		}
		hi, lo := bits.Mul64(w^p.mix, 0x9e3779b97f4a7c15)
		p.parts[i] = part((hi^lo)*0xd6e8feb86659fd93, n)
	}
	return p.parts
}

// part maps a hash to a part by its high bits.
func part(hash uint64, n int) uint8 {
	hi, _ := bits.Mul64(hash, uint64(n))
	return uint8(hi)
}
