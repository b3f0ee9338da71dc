package aggregate

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// TestIntSumOfExtremes holds sums that leave int64 and come back, NULLs among their parts, to big integers, also when they are written down and read again.
func TestIntSumOfExtremes(t *testing.T) {
	for seed := range uint64(200) {
		rng := rand.New(rand.NewPCG(seed, 1))
		groups := 1 + rng.IntN(150)
		want := make([]*big.Int, groups)
		s := &intSum{}
		known := 0
		for range 12 {
			ids, col := intPartials(rng, groups, &known, want)
			s.grow(known)
			if err := s.add(ids, []arrow.Array{col}); err != nil {
				t.Fatal(err)
			}
			col.Release()
			if rng.IntN(4) == 0 {
				s = again(t, s, known)
			}
		}
		for g := range known {
			checkIntSum(t, s, g, want[g])
		}
	}
}

// intPartials are parts of sums of groups, which are numbered as they are first seen.
func intPartials(rng *rand.Rand, groups int, known *int, want []*big.Int) ([]uint32, arrow.Array) {
	extremes := []int64{math.MaxInt64, math.MinInt64, math.MaxInt64 - 1, 1, -1, 0}
	b := array.NewInt64Builder(memory.DefaultAllocator)
	defer b.Release()
	var ids []uint32
	nulls := rng.IntN(3) == 0
	for range 1 + rng.IntN(40) {
		id := rng.IntN(min(*known+1, groups))
		*known = max(*known, id+1)
		ids = append(ids, uint32(id))
		if nulls && rng.IntN(2) == 0 {
			b.AppendNull()
			continue
		}
		v := extremes[rng.IntN(len(extremes))]
		b.Append(v)
		if want[id] == nil {
			want[id] = new(big.Int)
		}
		want[id].Add(want[id], big.NewInt(v))
	}
	return ids, b.NewArray()
}

// again is s, written down and read.
func again(t *testing.T, s *intSum, groups int) *intSum {
	out := &intSum{}
	out.grow(groups)
	err := s.save(7, func(table int, ids []uint32, cols ...arrow.Array) error {
		defer releaseAll(cols)
		return out.load(table, ids, cols)
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func checkIntSum(t *testing.T, s *intSum, group int, want *big.Int) {
	t.Helper()
	col, err := s.result(memory.DefaultAllocator, group, group+1)
	if want != nil && !want.IsInt64() {
		if err == nil {
			t.Fatalf("%v is a bigint: %v", want, col)
		}
		return
	}
	if err != nil {
		t.Fatalf("group %d of %v: %v", group, want, err)
	}
	defer col.Release()
	if col.IsNull(0) != (want == nil) || want != nil && col.(*array.Int64).Value(0) != want.Int64() {
		t.Fatalf("group %d: %v, want %v", group, col, want)
	}
}
