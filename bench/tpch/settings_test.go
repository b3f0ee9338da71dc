package tpch

import "testing"

// TestShare: buffers hold all rows where the machine has room for them, and leave two thirds of it in any case.
func TestShare(t *testing.T) {
	const gb = 1024
	for _, tc := range []struct {
		scale         float64
		shards, total int
		want          memory
	}{
		{1, 4, 24 * gb, memory{single: 2048, shard: 672, fdw: 160, peer: 4 * gb}},
		{0.01, 4, 24 * gb, memory{single: 64, shard: 64, fdw: 64, peer: 4 * gb}},
		{1, 4, 0, memory{single: 2048, shard: 672, fdw: 160}},
		{10, 4, 24 * gb, memory{single: 3426, shard: 1124, fdw: 267, peer: 4 * gb, short: true}},
	} {
		got := share(tc.scale, tc.shards, tc.total)
		if got != tc.want {
			t.Errorf("scale %v, %d shards, %d MiB: %+v, want %+v", tc.scale, tc.shards, tc.total, got, tc.want)
		}
		if sum := got.single + tc.shards*got.shard + got.fdw; tc.total > 0 && sum > tc.total/3 {
			t.Errorf("scale %v: %d MiB of buffers on a machine of %d", tc.scale, sum, tc.total)
		}
	}
}
