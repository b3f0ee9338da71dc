package executor

import (
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
)

// counter answers rounds as shards do, of the keys that it has by group.
type counter [][]int64

func (c counter) first(shift int) []tally {
	counts := map[[2]int64]int64{}
	for g, keys := range c {
		for _, k := range keys {
			counts[[2]int64{int64(g), k & (-1 << shift)}]++
		}
	}
	return tallies(counts)
}

func (c counter) next(open []interval, shift int) []tally {
	counts := map[[2]int64]int64{}
	for i, in := range open {
		for _, k := range c[in.group] {
			if k&(-1<<shift) == in.bound {
				counts[[2]int64{int64(i), k & in.mask}]++
			}
		}
	}
	return tallies(counts)
}

func tallies(counts map[[2]int64]int64) []tally {
	var out []tally
	for at, n := range counts {
		out = append(out, tally{int(at[0]), at[1], n})
	}
	return out
}

// TestNarrowing holds that rounds find the keys at the places wanted, for groups of all sizes, spreads and domains.
func TestNarrowing(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for _, shifts := range [][]int{{51, 38, 25, 12, 0}, {19, 6, 0}, {3, 0}, {0}} {
		for _, few := range []int64{0, 3, 50, 1 << 13} {
			t.Run(fmt.Sprint(shifts, few), func(t *testing.T) {
				for range 20 {
					checkNarrowing(t, rng, shifts, few)
				}
			})
		}
	}
}

func checkNarrowing(t *testing.T, rng *rand.Rand, shifts []int, few int64) {
	c := make(counter, rng.IntN(4)+1)
	ends := []int64{0, -1, 1, math.MaxInt64, math.MinInt64, math.MaxInt32, math.MinInt32, math.MaxInt64 - 1}
	for g := range c {
		low := rng.IntN(64)
		for range rng.IntN(400) {
			k := rng.Int64() >> low
			if rng.IntN(3) == 0 {
				k = ends[rng.IntN(len(ends))]
			}
			c[g] = append(c[g], k)
		}
		slices.Sort(c[g])
	}
	every := func(total int64) []int64 {
		out := []int64{1, total, (total + 1) / 2, min(2, total), max(total-1, 1), rng.Int64N(total) + 1}
		slices.Sort(out)
		return slices.Compact(out)
	}
	n := &narrowing{shifts: shifts, few: few}
	if err := n.begin(len(c), c.first(shifts[0]), every); err != nil {
		t.Fatal(err)
	}
	for round := 2; round <= len(shifts); round++ {
		for _, in := range n.open {
			if exact := in.mask == -1; exact != (in.rows <= few || shifts[round-1] == 0) {
				t.Errorf("round %d: an interval of %d rows is counted by mask %x", round, in.rows, in.mask)
			}
		}
		if err := n.learn(round, c.next(n.open, shifts[round-2])); err != nil {
			t.Fatal(err)
		}
	}
	if len(n.open) > 0 {
		t.Fatalf("%d intervals are open at the end", len(n.open))
	}
	for _, target := range n.targets {
		if want := c[target.group][target.place-1]; n.key(target.group, target.place) != want {
			t.Errorf("group %d of %d values, place %d: %d instead of %d", target.group, len(c[target.group]), target.place, target.key, want)
		}
	}
}

// TestNarrowingMoved holds that rows which are not there any more, or newly there, are an error and no answer.
func TestNarrowingMoved(t *testing.T) {
	for name, change := range map[string]func([]tally) []tally{
		"more":   func(c []tally) []tally { c[0].rows++; return c },
		"fewer":  func(c []tally) []tally { return c[1:] },
		"none":   func([]tally) []tally { return nil },
		"others": func(c []tally) []tally { return append(c, tally{7, 0, 1}) },
	} {
		c := counter{{1, 2, 3, 1000}}
		n := &narrowing{shifts: []int{51, 0}}
		if err := n.begin(1, c.first(51), func(total int64) []int64 { return []int64{total} }); err != nil {
			t.Fatal(err)
		}
		err := n.learn(2, change(c.next(n.open, 51)))
		var ce *connectors.Error
		if !errors.As(err, &ce) || ce.SQLState != "40001" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestFractionPlaces(t *testing.T) {
	for _, c := range []struct {
		fraction      float64
		between, desc bool
		total         int64
		low, high     int64
		part          float64
	}{
		{0, false, false, 10, 1, 1, 0}, {1, false, false, 10, 10, 10, 0}, {0.5, false, false, 10, 5, 5, 0}, {0.51, false, false, 10, 6, 6, 0},
		{0.5, false, true, 10, 6, 6, 0}, {0, false, true, 10, 10, 10, 0}, {0.5, true, false, 4, 2, 3, 0.5}, {0.5, true, true, 4, 3, 2, 0.5},
		{0.25, true, false, 4, 1, 2, 0.75}, {0.25, true, true, 4, 4, 3, 0.75}, {1, true, false, 4, 4, 4, 0}, {0.5, true, false, 1, 1, 1, 0},
	} {
		low, high, part := fractionPlaces(c.fraction, c.between, c.desc, c.total)
		if low != c.low || high != c.high || part != c.part {
			t.Errorf("%+v: %d %d %g", c, low, high, part)
		}
	}
}
