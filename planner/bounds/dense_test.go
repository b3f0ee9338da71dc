package bounds_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/plantest"
	"github.com/atoll-sql/atoll/planner/bounds"
	"github.com/atoll-sql/atoll/planner/catalog"
	"github.com/atoll-sql/atoll/shardmap"
)

// The dense world: tables of few rows and fewer values, so that whatever may go wrong without some rows soon does. Rows of a and b
// with equal k lie together, those of n where x says; n holds NULLs in x, which lie anywhere. r is on every shard.
var denseTables = []string{"a", "b", "n", "r"}

var denseShards = []string{"eu-1", "br-1", "us-1"}

func denseWorld(t *testing.T) *plantest.World {
	t.Helper()
	var spec shardmap.Spec
	for _, name := range denseShards {
		spec.Regions = append(spec.Regions, shardmap.Region{Name: name, Jurisdiction: "EU"})
		spec.Shards = append(spec.Shards, shardmap.Shard{Name: name, Region: name})
	}
	entries := []shardmap.Entry{{Shard: "eu-1", Keys: []string{"0"}}, {Shard: "br-1", Keys: []string{"1"}}, {Shard: "us-1", Keys: []string{"2"}}}
	spec.Version = 1
	spec.Tables = []shardmap.TableSpec{
		{Name: "a", Sharding: shardmap.Sharding{Strategy: shardmap.KindLookup, Key: []string{"k"}, KeyType: []string{"integer"}, Map: entries}},
		{Name: "b", Sharding: shardmap.Sharding{Key: []string{"k"}}, ColocatedWith: "a"},
		{Name: "n", Sharding: shardmap.Sharding{Strategy: shardmap.KindList, Key: []string{"x"}, KeyType: []string{"integer"}, Lists: entries[:2], Default: "us-1"}},
		{Name: "r", Sharding: shardmap.Sharding{Strategy: shardmap.KindReference}},
	}
	m, err := shardmap.New(spec)
	if err != nil {
		t.Fatal(err)
	}
	var shards []catalog.Shard
	for _, name := range denseShards {
		c := catalog.Shard{Name: name, Region: name, Schema: "public", Caps: connectors.Capabilities{Dialect: "postgres", BinaryCollation: true}}
		for _, table := range denseTables {
			c.Tables = append(c.Tables, connectors.Table{Name: table, Rows: 5, Bytes: -1, Columns: []connectors.Column{
				{Name: "k", Type: "integer", Native: "integer", NotNull: true}, {Name: "x", Type: "integer", Native: "integer"},
				{Name: "y", Type: "integer", Native: "integer"}}})
		}
		shards = append(shards, c)
	}
	return &plantest.World{Map: m, Catalog: catalog.Build(shards, plantest.Placements(m))}
}

// denseSets are the sets of shards that are left out.
var denseSets = [][]string{{"eu-1"}, {"br-1"}, {"us-1"}, {"eu-1", "us-1"}}

// fills is how often the tables exist, each time with other rows: all of them in schema whole1, …, and those that are left
// without the shards of a set in part1_0, ….
const fills = 6

// fill makes the schemas of one set of rows.
func (s *sea) fill(t *testing.T, g *rand.Rand, n int) {
	t.Helper()
	var b strings.Builder
	create := func(schema string) {
		fmt.Fprintf(&b, "create schema %s;\n", schema)
		for _, table := range denseTables {
			fmt.Fprintf(&b, "create table %s.%s (k integer not null, x integer, y integer, atoll_shard text);\n", schema, table)
		}
	}
	create(fmt.Sprint("whole", n))
	for i := range denseSets {
		create(fmt.Sprintf("part%d_%d", n, i))
	}
	for _, table := range denseTables {
		for range 2 + g.IntN(5) {
			k, x, y := g.IntN(3), pickOne(g, "null", "null", "0", "0", "1", "1", "2"), pickOne(g, "null", "-1", "0", "1", "2")
			shard := denseShards[k]
			if table == "n" {
				shard = map[string]string{"0": "eu-1", "1": "br-1", "2": "us-1", "null": pickOne(g, denseShards...)}[x]
			}
			row := fmt.Sprintf("%s values (%d, %s, %s, '%s');\n", table, k, x, y, shard)
			fmt.Fprintf(&b, "insert into whole%d.%s", n, row)
			for i, gone := range denseSets {
				if table == "r" || !slices.Contains(gone, shard) {
					fmt.Fprintf(&b, "insert into part%d_%d.%s", n, i, row)
				}
			}
		}
	}
	s.exec(t, b.String())
}

func pickOne[T any](g *rand.Rand, list ...T) T { return list[g.IntN(len(list))] }

// chosen is what a statement chooses rows by.
var chosen = regexp.MustCompile(`/\*choose\*/.*?/\*chosen\*/`)

// TestDense is TestRandom over the dense world, every statement over several sets of rows.
func TestDense(t *testing.T) {
	count, seed := envNumber(t, "ATOLL_RANDOM", 2*randomQueries), envNumber(t, "ATOLL_RANDOM_SEED", randomSeed)
	s := connect(t, denseWorld(t))
	for n := range fills {
		s.fill(t, rand.New(rand.NewPCG(uint64(n), 9)), n)
	}
	tally := map[string]int{}
	failed := 0
	for i := range count {
		g := rand.New(rand.NewPCG(uint64(seed+i), 8))
		set, d := g.IntN(len(denseSets)), dense{Rand: g}
		sql, homes := d.query(pickOne(g, 0, 1, 1, 2), 0, nil), d.IntN(4) > 0
		m, err := s.meaning(sql, nil, denseSets[set], homes)
		var unsound *bounds.Unsound
		switch {
		case errors.As(err, &unsound):
			tally["refused"]++
			tally["refused for "+unsound.Construct]++
			continue
		case errors.Is(err, errNotBound):
			tally["not bound"]++
			continue
		case err != nil:
			t.Fatalf("%s: %v", sql, err)
		}
		whole := sql
		if m.Rows == bounds.RowsOfAnswered {
			if len(chosen.FindAllString(sql, -1)) != 1 {
				continue // one of them may choose among rows that are all there, and stays
			}
			whole = chosen.ReplaceAllString(sql, "")
		}
		how := ""
		for n := range fills {
			if how, err = s.compare(t.Context(), m, statement{sql: sql}, statement{sql: whole}, fmt.Sprint("whole", n), fmt.Sprintf("part%d_%d", n, set), tally); err != nil {
				break
			}
		}
		tally[how]++
		if err != nil {
			t.Errorf("ATOLL_RANDOM=1 ATOLL_RANDOM_SEED=%d, without %v, homes %v: %s\n%v", seed+i, denseSets[set], homes, sql, err)
			if failed++; failed >= 20 {
				t.Fatalf("enough: %d failures after %d statements", failed, i+1)
			}
		}
	}
	t.Logf("%d statements from seed %d: %v", count, seed, tally)
}
