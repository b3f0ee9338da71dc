package aggregate

import (
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// BenchmarkMergeHLL merges what 64 shards send of 100 groups whose registers all are touched, 16,384 a group, and estimates: 840 MB, of
// which eight shards' batches differ. It must take less than 500 ms.
func BenchmarkMergeHLL(b *testing.B) {
	const shards, different, groups, precision = 64, 8, 100, 14
	r := rand.New(rand.NewPCG(1, 1))
	f, err := LookupSketch("approx_count_distinct", []arrow.DataType{types["int64"]}, SketchOptions{Precision: precision})
	if err != nil {
		b.Fatal(err)
	}
	spec := plainSpec([]arrow.Field{key("g", types["int64"])}, f)
	batches := make([]arrow.Record, different)
	for i := range batches {
		keys, rows := make([]int64, groups), make([][]byte, groups)
		for g := range rows {
			keys[g] = int64(g)
			for _, register := range r.Perm(1 << precision) { // in the order of a hash table
				rows[g] = binary.BigEndian.AppendUint64(rows[g], uint64(register)<<(64-precision)|r.Uint64()>>(precision+r.IntN(8)))
			}
		}
		batches[i] = record(b, spec.Input, int64s(memory.DefaultAllocator, keys...), binaries(memory.DefaultAllocator, rows...))
		defer batches[i].Release()
	}
	b.ReportAllocs()
	for b.Loop() {
		h, err := NewHash(memory.DefaultAllocator, spec)
		if err != nil {
			b.Fatal(err)
		}
		for shard := range shards {
			if err := h.Consume(b.Context(), batches[shard%different]); err != nil {
				b.Fatal(err)
			}
		}
		res := h.Results(1024)
		if rec, err := res.Next(); err != nil || rec.NumRows() != groups {
			b.Fatal(err)
		}
		res.Close()
		h.Release()
	}
	if took := b.Elapsed() / time.Duration(b.N); took > 500*time.Millisecond {
		b.Logf("%v, which is more than 500 ms", took)
	}
}

// BenchmarkManyGroups merges groups of few values, as 8 shards send them.
func BenchmarkManyGroups(b *testing.B) {
	for _, values := range []int{1, 20, 1000} {
		b.Run(fmt.Sprint(values), func(b *testing.B) {
			groups := 200_000 / values
			f, err := LookupSketch("approx_count_distinct", []arrow.DataType{types["int64"]}, SketchOptions{Precision: 14})
			if err != nil {
				b.Fatal(err)
			}
			spec := plainSpec([]arrow.Field{key("g", types["int64"])}, f)
			r := rand.New(rand.NewPCG(1, 1))
			keys, rows := make([]int64, groups), make([][]byte, groups)
			for g := range rows {
				keys[g] = int64(g)
				for range values {
					rows[g] = binary.BigEndian.AppendUint64(rows[g], r.Uint64())
				}
			}
			batch := record(b, spec.Input, int64s(memory.DefaultAllocator, keys...), binaries(memory.DefaultAllocator, rows...))
			defer batch.Release()
			b.ReportAllocs()
			for b.Loop() {
				h, err := NewHash(memory.DefaultAllocator, spec)
				if err != nil {
					b.Fatal(err)
				}
				for range 8 {
					if err := h.Consume(b.Context(), batch); err != nil {
						b.Fatal(err)
					}
				}
				res := h.Results(groups)
				if _, err := res.Next(); err != nil {
					b.Fatal(err)
				}
				res.Close()
				b.ReportMetric(float64(h.Bytes())/float64(groups), "held-B/group")
				h.Release()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N*groups), "ns/group")
		})
	}
}
