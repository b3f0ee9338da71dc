package merge

import (
	"cmp"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

// input is what shards send: batches in the sizes in which connectors make them.
type input struct {
	shards [][]arrow.Record
	rows   int
}

// release gives the batches' memory back.
func (in *input) release() {
	for _, recs := range in.shards {
		for _, rec := range recs {
			rec.Release()
		}
	}
}

// inTurn are the batches of all shards, one of each in turn, as they arrive.
func (in *input) inTurn() (out []arrow.Record) {
	for i := 0; ; i++ {
		before := len(out)
		for _, recs := range in.shards {
			if i < len(recs) {
				out = append(out, recs[i])
			}
		}
		if len(out) == before {
			return out
		}
	}
}

// makeInput makes rows of a state: each belongs to any of the groups by chance. Of sorted streams a group is a value of the first key; where only the first
// rows are wanted, each shard sends no more than them.
func makeInput(s *state, o Options, groups int) *input {
	rng := rand.New(rand.NewPCG(o.Seed, uint64(groups)))
	in := &input{}
	for shard := range o.Shards {
		n := (o.Rows + shard) / o.Shards
		var recs []arrow.Record
		if s.sorted() {
			recs = sortedBatches(s, rng, groups, n, shard)
		} else {
			recs = partialBatches(s, rng, groups, n)
		}
		in.shards = append(in.shards, recs)
		for _, rec := range recs {
			in.rows += int(rec.NumRows())
		}
	}
	return in
}

func partialBatches(s *state, rng *rand.Rand, groups, rows int) []arrow.Record {
	return batches(s.input, rows, func(b *array.RecordBuilder, _ int) {
		key := rng.IntN(groups)
		switch k := b.Field(0).(type) {
		case *array.Int64Builder:
			k.Append(int64(key) * 1_000_003)
		case *array.StringBuilder:
			k.Append(fmt.Sprintf("customer-%09d", key))
		}
		for i, f := range b.Fields()[1:] {
			switch v := f.(type) {
			case *array.Int64Builder: // sums, then counts: averages are above 1, as most are
				v.Append(1 + rng.Int64N([]int64{1_000_000, 100}[i]))
			case *array.BinaryBuilder:
				var packed []byte
				for range hashes {
					packed = binary.BigEndian.AppendUint64(packed, rng.Uint64())
				}
				v.Append(packed)
			}
		}
	})
}

// sortedBatches are the rows of one shard in their order.
func sortedBatches(s *state, rng *rand.Rand, groups, rows, shard int) []arrow.Record {
	type row struct{ k, v int64 }
	all := make([]row, rows)
	for i := range all {
		all[i] = row{int64(rng.IntN(groups)), int64(i)<<10 | int64(shard)} // fewer than 1,024 shards
	}
	slices.SortFunc(all, func(a, b row) int { return cmp.Or(cmp.Compare(a.k, b.k), cmp.Compare(a.v, b.v)) })
	if s.limit > 0 && s.limit < len(all) {
		all = all[:s.limit]
	}
	return batches(s.input, len(all), func(b *array.RecordBuilder, i int) {
		b.Field(0).(*array.Int64Builder).Append(all[i].k)
		b.Field(1).(*array.Int64Builder).Append(all[i].v)
	})
}

// batches makes so many rows, each by add.
func batches(schema *arrow.Schema, rows int, add func(b *array.RecordBuilder, i int)) (out []arrow.Record) {
	b := array.NewRecordBuilder(memory.DefaultAllocator, schema)
	defer b.Release()
	for i := range rows {
		add(b, i)
		if (i+1)%connectors.DefaultBatchRows == 0 || i+1 == rows {
			out = append(out, b.NewRecord())
		}
	}
	return out
}
