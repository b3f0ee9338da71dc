package place

import (
	"slices"
	"testing"

	"github.com/atoll-sql/atoll/shardmap"
)

// TestPruneByLaterColumns prunes a table that is sharded by (country, id): by the id alone only where the country cannot
// be NULL, since rows without one may be on any shard.
func TestPruneByLaterColumns(t *testing.T) {
	m, err := shardmap.New(shardmap.Spec{
		Regions: []shardmap.Region{{Name: "r"}},
		Shards:  []shardmap.Shard{{Name: "a", Region: "r"}, {Name: "b", Region: "r"}, {Name: "c", Region: "r"}, {Name: "d", Region: "r"}},
		Tables: []shardmap.TableSpec{{Name: "t", Sharding: shardmap.Sharding{
			Strategy: shardmap.KindComposite, Key: []string{"country", "id"},
			First: &shardmap.Sharding{Strategy: shardmap.KindList, Lists: []shardmap.Entry{{Shard: "x", Keys: []string{"DE"}}}, Default: "y"},
			Branches: []shardmap.Branch{
				{Name: "x", Sharding: shardmap.Sharding{Strategy: shardmap.KindHash, Shards: []string{"a", "b"}}},
				{Name: "y", Sharding: shardmap.Sharding{Strategy: shardmap.KindHash, Shards: []string{"c", "d"}}},
			},
		}}},
	})
	if err != nil {
		t.Fatal(err)
	}
	p := &placer{env: Env{Map: m}}
	for _, c := range []struct {
		notNull bool
		want    []int
	}{{false, []int{0, 1, 2, 3}}, {true, []int{0, 2}}} {
		r := &placed{spread: sharded, shards: []int{0, 1, 2, 3}, ways: []way{{table: "t", keys: [][]int{{1}, {2}}}},
			facts: map[int]shardmap.Constraint{2: shardmap.In(shardmap.Int(1))}, notNull: map[int]bool{1: c.notNull}}
		if p.prune(r); !slices.Equal(r.shards, c.want) {
			t.Errorf("country NOT NULL %v: id = 1 is on %v, want %v", c.notNull, r.shards, c.want)
		}
	}
}
