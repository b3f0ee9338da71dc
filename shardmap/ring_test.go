package shardmap

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
)

// TestRingBalance measures the arcs of rings, not keys: what every shard's share of all keys is. The bounds are those of
// docs/sharding.md.
func TestRingBalance(t *testing.T) {
	for _, c := range []struct {
		shards, points int
		low, high      float64
	}{
		{2, 128, 0.75, 1.3}, {10, 128, 0.75, 1.3}, {100, 128, 0.7, 1.35}, {1000, 128, 0.65, 1.45}, {10_000, 128, 0.6, 1.5},
		{10, 1024, 0.9, 1.1}, {100, 1024, 0.88, 1.13},
	} {
		for _, hash := range []Hash{HashXX64, HashMurmur128, HashMurmur32, HashPostgreSQL, HashMD5} {
			if c.shards > 1000 && hash != HashXX64 {
				continue
			}
			cov := spread(t, Sharding{Strategy: KindRing, Points: c.points, Hash: hash}, shardNames(c.shards)).Coverage()
			least, most, sum := math.Inf(1), 0.0, 0.0
			for _, s := range cov.Shares {
				least, most, sum = min(least, s.Of*float64(c.shards)), max(most, s.Of*float64(c.shards)), sum+s.Of
			}
			if least < c.low || most > c.high || math.Abs(sum-1) > 1e-9 || !cov.Complete() || len(cov.Shares) != c.shards {
				t.Errorf("%d shards, %d points, %s: from %.3f to %.3f of the mean, %.12f in all", c.shards, c.points, hash, least, most, sum)
			}
			t.Logf("%d shards, %d points, %s: from %.3f to %.3f of the mean", c.shards, c.points, hash, least, most)
		}
	}
}

// TestRingSearch compares the search by prefixes with a walk over all points.
func TestRingSearch(t *testing.T) {
	for _, hash := range []Hash{HashXX64, HashMurmur32} {
		for _, n := range []int{1, 2, 7, 64} {
			r := spread(t, Sharding{Strategy: KindRing, Points: n, Hash: hash}, shardNames(n)).strategy.(*ring)
			rnd := rand.New(rand.NewPCG(1, uint64(n)))
			positions := []uint64{0, 1, 1<<r.circle() - 1}
			for _, p := range r.points {
				positions = append(positions, p.at-1, p.at, p.at+1)
			}
			for range 1000 {
				positions = append(positions, rnd.Uint64())
			}
			for _, at := range positions {
				at &= 1<<r.circle() - 1
				want := max(slices.IndexFunc(r.points, func(p ringPoint) bool { return p.at >= at }), 0)
				if got := r.after(at); got != want {
					t.Fatalf("%s, %d shards: after %x comes point %d, want %d", hash, n, at, got, want)
				}
				if s := r.slots[at>>r.shift]; at <= s.at && s.shard != r.points[want].shard {
					t.Fatalf("%s, %d shards: %x is on %d by its slot, on %d by the points", hash, n, at, s.shard, r.points[want].shard)
				}
			}
		}
	}
}

// TestRingIgnoresOrder holds that the order of the list says nothing, nor the shards' indexes.
func TestRingIgnoresOrder(t *testing.T) {
	names := shardNames(20)
	a := spread(t, Sharding{Strategy: KindRing}, names)
	turned := slices.Clone(names)
	slices.Reverse(turned)
	b := spread(t, Sharding{Strategy: KindRing}, turned)
	for i := range 10_000 {
		x, _ := a.Route([]Value{Int(int64(i))})
		y, _ := b.Route([]Value{Int(int64(i))})
		if names[x] != turned[y] {
			t.Fatalf("key %d: %s and %s", i, names[x], turned[y])
		}
	}
}

// A removed shard's keys go to others, and nobody else's move.
func TestRingRemoval(t *testing.T) {
	names := shardNames(10)
	a, b := spread(t, Sharding{Strategy: KindRing}, names), spread(t, Sharding{Strategy: KindRing}, names[:9])
	for i := range 20_000 {
		x, _ := a.Route([]Value{Int(int64(i))})
		if y, _ := b.Route([]Value{Int(int64(i))}); x != 9 && x != y {
			t.Fatalf("key %d moved from %d to %d", i, x, y)
		}
	}
}
