package shardmap

import (
	"fmt"
	"testing"
)

// The values are those of other implementations' tests.
func TestJump(t *testing.T) {
	for _, c := range []struct {
		key     uint64
		buckets int
		want    int
	}{
		{1, 1, 0}, {42, 57, 43}, {0xdead10cc, 1, 0}, {0xdead10cc, 666, 361}, {256, 1024, 520},
	} {
		if got := Jump(c.key, c.buckets); got != c.want {
			t.Errorf("Jump(%#x, %d) = %d, want %d", c.key, c.buckets, got, c.want)
		}
	}
}

// spread is a map of one table over the named shards.
func spread(t testing.TB, s Sharding, names []string) *Table {
	t.Helper()
	spec := Spec{Regions: []Region{{"r", "R"}}}
	for _, name := range names {
		spec.Shards = append(spec.Shards, Shard{Name: name, Region: "r"})
	}
	s.Key, s.Shards = []string{"id"}, names
	spec.Tables = []TableSpec{{Name: "t", Sharding: s}}
	m, err := New(spec)
	if err != nil {
		t.Fatal(err)
	}
	out, _ := m.Table("t")
	return out
}

func shardNames(n int) []string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("shard-%d", i)
	}
	return out
}

// moved counts the keys of which two maps say that they live elsewhere, and of those the ones that did not go to the shard
// named. Shards of one index have one name in both.
func moved(t testing.TB, from, to *Table, keys int, target int) (all, elsewhere int) {
	t.Helper()
	for i := range keys {
		key := []Value{Int(int64(i))}
		a, ok1 := from.Route(key)
		b, ok2 := to.Route(key)
		if !ok1 || !ok2 {
			t.Fatalf("key %d has no shard", i)
		}
		if a != b {
			all++
			if b != target {
				elsewhere++
			}
		}
	}
	return all, elsewhere
}

// TestAddingAShardMovesItsShare adds shard N to N: about one key in N+1 moves, and each of them to the new shard. Of the
// keys placed by a modulus nearly all move.
func TestAddingAShardMovesItsShare(t *testing.T) {
	const keys = 100_000
	for _, kind := range []Kind{KindJump, KindRing} {
		for _, hash := range []Hash{HashXX64, HashMurmur128, HashMurmur32, HashPostgreSQL, HashMD5} {
			for _, n := range []int{1, 4, 10, 50} {
				s := Sharding{Strategy: kind, Hash: hash}
				all, elsewhere := moved(t, spread(t, s, shardNames(n)), spread(t, s, shardNames(n+1)), keys, n)
				want := keys / float64(n+1)
				if elsewhere != 0 || float64(all) < 0.7*want || float64(all) > 1.35*want {
					t.Errorf("%s by %s, %d shards and one more: %d keys move, %d of them elsewhere; want about %.0f", kind, hash, n, all, elsewhere, want)
				}
				t.Logf("%s by %s, %d shards and one more: %.2f %% of the keys move; 1/N is %.2f %%", kind, hash, n, 100*float64(all)/keys, 100*want/keys)
			}
		}
	}
	s := Sharding{Strategy: KindHash}
	if all, _ := moved(t, spread(t, s, shardNames(10)), spread(t, s, shardNames(11)), keys, 10); all < keys*85/100 {
		t.Errorf("modulo: only %d keys move", all)
	}
}

// TestJumpBalance holds 100,000 keys to the spread of throws of dice: five standard deviations.
func TestJumpBalance(t *testing.T) {
	const keys, shards = 100_000, 50
	for _, hash := range []Hash{HashXX64, HashMurmur128, HashMurmur32, HashPostgreSQL, HashMD5} {
		table, counts := spread(t, Sharding{Strategy: KindJump, Hash: hash}, shardNames(shards)), make([]int, shards)
		for i := range keys {
			at, _ := table.Route([]Value{Int(int64(i))})
			counts[at]++
		}
		for i, n := range counts {
			if n < keys/shards-224 || n > keys/shards+224 {
				t.Errorf("%s: shard %d has %d keys of about %d", hash, i, n, keys/shards)
			}
		}
	}
}
