package aggregate

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/axiomhq/hyperloglog"

	"github.com/atoll-sql/atoll/aggregate/hll"
	"github.com/atoll-sql/atoll/scalar"
)

func sketchOf(t testing.TB, name string, dt arrow.DataType, o SketchOptions) *Function {
	t.Helper()
	f, err := LookupSketch(name, []arrow.DataType{dt}, o)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// leastHashes is what a shard sends of a group: of each register the smallest hash, in any order; nil for no hashes.
func leastHashes(precision int, hashes []uint64) (out []byte) {
	least := map[uint64]uint64{}
	for _, h := range hashes {
		k := h >> (64 - precision)
		if v, ok := least[k]; !ok || h < v {
			least[k] = h
		}
	}
	for _, h := range least {
		out = binary.BigEndian.AppendUint64(out, h)
	}
	return out
}

// binaries makes a column; nil is NULL.
func binaries(alloc memory.Allocator, rows ...[]byte) arrow.Array {
	b := array.NewBinaryBuilder(alloc, arrow.BinaryTypes.Binary)
	defer b.Release()
	for _, v := range rows {
		if v == nil {
			b.AppendNull()
		} else {
			b.Append(v)
		}
	}
	return b.NewArray()
}

func int64s(alloc memory.Allocator, v ...int64) arrow.Array {
	b := array.NewInt64Builder(alloc)
	defer b.Release()
	b.AppendValues(v, nil)
	return b.NewArray()
}

// TestMergedRegisters merges what shards with overlapping values send for groups of very different sizes, and holds registers, stored
// bytes and estimates against the library, fed with all hashes.
func TestMergedRegisters(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	sizes := []int{0, 1, 5, 90, 400, 3000, 40_000}
	for _, c := range []struct{ precision, shards, overlap int }{{4, 3, 50}, {10, 64, 10}, {12, 1, 0}, {14, 8, 100}, {18, 2, 50}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			r := rand.New(rand.NewPCG(uint64(c.precision), uint64(c.shards)))
			o := SketchOptions{Precision: c.precision, Hash: uint8(hll.Portable)}
			spec := plainSpec([]arrow.Field{key("g", types["int64"])}, sketchOf(t, "approx_count_distinct", Wide, o), sketchOf(t, "hll_sketch", Wide, o))
			want := make([]*hyperloglog.Sketch, len(sizes))
			parts := make([][][]uint64, c.shards) // by shard, by group
			for i := range parts {
				parts[i] = make([][]uint64, len(sizes))
			}
			for g, n := range sizes {
				sk, err := hyperloglog.NewSketch(uint8(c.precision), false)
				if err != nil {
					t.Fatal(err)
				}
				want[g] = sk
				for range n {
					h, home := r.Uint64(), r.IntN(c.shards)
					sk.InsertHash(h)
					for s := range parts {
						if s == home || r.IntN(100) < c.overlap {
							parts[s][g] = append(parts[s][g], h)
						}
					}
				}
			}
			var batches []arrow.Record
			for _, part := range parts {
				rows, groups := [][]byte(nil), []int64(nil)
				for g, hashes := range part {
					rows, groups = append(rows, leastHashes(c.precision, hashes)), append(groups, int64(g))
				}
				first := binaries(alloc, rows...)
				batches = append(batches, record(t, spec.Input, int64s(alloc, groups...), first, binaries(alloc, rows...)))
			}
			checkSketches(t, alloc, spec, batches, want)
		})
	}
}

// checkSketches releases the batches. The spec's aggregates are approx_count_distinct and hll_sketch.
func checkSketches(t *testing.T, alloc memory.Allocator, spec HashSpec, batches []arrow.Record, want []*hyperloglog.Sketch) {
	t.Helper()
	h, err := NewHash(alloc, spec)
	if err != nil {
		t.Fatal(err)
	}
	defer h.Release()
	for _, b := range batches {
		if err := h.Consume(context.Background(), b); err != nil {
			t.Fatal(err)
		}
		b.Release()
	}
	res := h.Results(3)
	defer res.Close()
	for {
		rec, err := res.Next()
		if errors.Is(err, io.EOF) {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		groups, estimates, stored := rec.Column(0).(*array.Int64), rec.Column(1).(*array.Int64), rec.Column(2).(*array.Binary)
		for i := range int(rec.NumRows()) {
			sk := want[groups.Value(i)]
			if got := estimates.Value(i); got != int64(sk.Estimate()) {
				t.Errorf("group %d: %d, the library says %d", groups.Value(i), got, sk.Estimate())
			}
			if sk.Estimate() == 0 {
				if !stored.IsNull(i) || estimates.IsNull(i) {
					t.Error("no values: the sketch is not NULL, or the estimate is")
				}
				continue
			}
			sameRegisters(t, stored.Value(i), sk)
		}
	}
}

func sameRegisters(t *testing.T, stored []byte, sk *hyperloglog.Sketch) {
	t.Helper()
	s, err := hll.Parse(stored)
	if err != nil {
		t.Fatal(err)
	}
	data, err := sk.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	if string(s.Registers(nil)) != string(data[8:]) || s.Origin().Hash != hll.Portable {
		t.Error("the stored registers are not the library's")
	}
}

// TestNoValues: without groups there is one row, of 0 and NULL; rows of NULL change nothing.
func TestNoValues(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	o := SketchOptions{Precision: 14}
	spec := plainSpec(nil, sketchOf(t, "approx_count_distinct", types["text"], o), sketchOf(t, "hll_sketch", types["text"], o), sketchOf(t, "hll_merge", arrow.BinaryTypes.Binary, SketchOptions{}))
	nothing := record(t, spec.Input, binaries(alloc, nil), binaries(alloc, nil), binaries(alloc, nil))
	defer nothing.Release()
	for _, batches := range [][]arrow.Record{nil, {nothing}, {nothing, nothing}} {
		got, err := merge(t, alloc, spec, batches...)
		if err != nil || strings.Join(got, " ") != "0|NULL|NULL" {
			t.Errorf("%v, %v", got, err)
		}
	}
}

// TestByValue hashes here what arrives as values, as often as they come.
func TestByValue(t *testing.T) {
	alloc := memory.NewCheckedAllocator(memory.NewGoAllocator())
	defer alloc.AssertSize(t, 0)
	hasher, err := scalar.NewHasher(scalar.HashPortable, key("x", types["int64"]), nil)
	if err != nil {
		t.Fatal(err)
	}
	mix := func(v int64) uint64 {
		a := int64s(alloc, v)
		defer a.Release()
		h, err := hasher.Hash(nil, a)
		if err != nil {
			t.Fatal(err)
		}
		return h[0]
	}
	o := SketchOptions{Precision: 12, Hash: uint8(hll.Portable), ByValue: true}
	spec := plainSpec([]arrow.Field{key("g", types["int64"])}, sketchOf(t, "approx_count_distinct", types["int64"], o), sketchOf(t, "hll_sketch", types["int64"], o))
	if op := spec.Aggs[0].Function.Partials[0].Op; op != OpValue {
		t.Fatal(op)
	}
	var batches []arrow.Record
	var want []*hyperloglog.Sketch
	for range 3 {
		sk, err := hyperloglog.NewSketch(12, false)
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, sk)
	}
	r := rand.New(rand.NewPCG(1, 1))
	for range 5 {
		groups, values := array.NewInt64Builder(alloc), array.NewInt64Builder(alloc)
		for range 3000 {
			g, v := r.IntN(3), r.Int64N(2000)
			groups.Append(int64(g))
			if g == 2 || v == 7 {
				values.AppendNull()
				continue
			}
			values.Append(v)
			want[g].InsertHash(mix(v))
		}
		first := values.NewArray()
		first.Retain()
		batches = append(batches, record(t, spec.Input, groups.NewArray(), first, first))
		groups.Release()
		values.Release()
	}
	checkSketches(t, alloc, spec, batches, want)
}
