package scalar

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// TestSmallAvg holds the quick way to the answers of the general one.
func TestSmallAvg(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 1))
	edges := []int64{0, 1, -1, 9, 10, 9999, 10_000, 10_001, 99_995_000, math.MaxInt64, math.MinInt64, math.MinInt64 + 1, 1e18}
	quick := 0
	const times = 200_000
	for i := range times {
		sum, n := rng.Int64()>>rng.IntN(64), 1+rng.Int64()>>rng.IntN(63)
		if i%3 == 0 {
			sum = -sum
		}
		if i%5 == 0 {
			sum = edges[rng.IntN(len(edges))]
		}
		if i%7 == 0 {
			n = max(1, edges[rng.IntN(len(edges))])
		}
		if n < 1 {
			n = 1
		}
		scale := rng.IntN(19)
		if i%11 == 0 {
			scale = rng.IntN(39)
		}
		got, ok := SmallAvg(n, sum, scale)
		if !ok {
			continue
		}
		quick++
		d, _, err := Avg(n, NewDecimal(big.NewInt(sum), scale))
		if err != nil {
			t.Fatal(err)
		}
		want, err := d.Wide()
		if err != nil || got != want {
			t.Fatalf("%d / 10^%d / %d: %v, want %v (%v)", sum, scale, n, got.BigInt(), want.BigInt(), err)
		}
	}
	if quick < times/2 {
		t.Errorf("only %d of %d were quick", quick, times)
	}
}
