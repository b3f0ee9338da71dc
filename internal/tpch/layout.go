package tpch

import (
	"encoding/binary"
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/internal/logictest"
	"github.com/atoll-sql/atoll/shardmap"
)

// Layout says which shards hold the rows. It is not changed once made.
type Layout struct {
	Shards   []logictest.Shard
	byNation []int // the shard of each nation's customers
}

// NewLayout spreads the tables over shards, which bear names and regions.
func NewLayout(shards []logictest.Shard) *Layout {
	l := &Layout{Shards: shards, byNation: make([]int, len(nations))}
	seen := map[int64]int{}
	for key, n := range nations {
		l.byNation[key] = shardOf(n.region, seen[n.region], len(shards))
		seen[n.region]++
	}
	return l
}

// NewEvenLayout deals the nations to the shards in turn, so that any number of shards up to that of the nations hold about as many
// customers each.
func NewEvenLayout(shards []logictest.Shard) *Layout {
	l := &Layout{Shards: shards, byNation: make([]int, len(nations))}
	for key := range nations {
		l.byNation[key] = key % len(shards)
	}
	return l
}

// Nations returns the keys of the nations whose customers the shard at a place of the layout holds, in ascending order.
func (l *Layout) Nations(shard int) []int {
	var out []int
	for nation, s := range l.byNation {
		if s == shard {
			out = append(out, nation)
		}
	}
	return out
}

// regionOrder says which region's customers the first, second, … shard gets: EUROPE, AMERICA, ASIA, AFRICA, MIDDLE EAST.
var regionOrder = []int64{3, 1, 2, 0, 4}

// shardOf places the i-th nation of a region. Up to five shards hold whole regions; each further one shares the nations of a region
// with that region's shard, from AMERICA's on.
func shardOf(region int64, i, shards int) int {
	place := slices.Index(regionOrder, region)
	if shards <= len(regionOrder) {
		return place % shards
	}
	sharing := []int{place}
	for s := len(regionOrder); s < shards; s++ {
		if (s+1)%len(regionOrder) == place {
			sharing = append(sharing, s)
		}
	}
	return sharing[i%len(sharing)]
}

// hashed places the key of a hash-sharded table, by the hash that the configuration's documentation defines.
func (l *Layout) hashed(key int64) int {
	sum := shardmap.XXHash64(binary.BigEndian.AppendUint64(nil, uint64(key)))
	return int(sum % uint64(len(l.Shards)))
}

// Keep returns what the shard at a place of the layout holds of a table.
func (l *Layout) Keep(t *Table, shard int) Keep {
	switch t.Name {
	case "customer", "orders", "lineitem":
		return func(nation int64) bool { return l.byNation[nation] == shard }
	case "supplier", "partsupp":
		return func(supplier int64) bool { return l.hashed(supplier) == shard }
	}
	return nil
}

var jurisdictions = map[string]string{"eu-central-1": "EU", "brazilsouth": "BR", "us-east-1": "US"}

// maxConns lets a query ask a shard for every table it names at once, as it does with all rules off; query 8 names eight, query 2 nine.
const maxConns = 12

// ConfigYAML writes the configuration of the layout.
func (l *Layout) ConfigYAML() string {
	var b strings.Builder
	fmt.Fprintf(&b, "version: 1\ncoordinator: {region: %s}\ndialect: postgres\nregions:\n", l.Shards[0].Region)
	seen := map[string]bool{}
	for _, s := range l.Shards {
		if !seen[s.Region] {
			fmt.Fprintf(&b, "  %s: {jurisdiction: %s}\n", s.Region, jurisdictions[s.Region])
		}
		seen[s.Region] = true
	}
	b.WriteString("shards:\n")
	var names []string
	for _, s := range l.Shards {
		names = append(names, s.Name)
		fmt.Fprintf(&b, "  %s: {region: %s, driver: %s, dsn: %q, max_conns: %d", s.Name, s.Region, s.Driver, s.DSN, maxConns)
		if s.Schema != "" {
			fmt.Fprintf(&b, ", schema: %s", s.Schema)
		}
		b.WriteString("}\n")
	}
	fmt.Fprintf(&b, `tables:
  region:   {sharding: {strategy: reference}}
  nation:   {sharding: {strategy: reference}}
  part:     {sharding: {strategy: reference}}
  supplier: {sharding: {strategy: hash, key: [s_suppkey], shards: [%s]}}
  partsupp: {sharding: {key: [ps_suppkey]}, colocated_with: supplier}
  customer: {sharding: {strategy: list, key: [c_nationkey], lists: {%s}}}
  orders:   {sharding: {key: [o_nationkey]}, colocated_with: customer}
  lineitem: {sharding: {key: [l_nationkey]}, colocated_with: customer}
colocation:
  customer: {customer: c_custkey, orders: o_custkey}
  order:    {orders: o_orderkey, lineitem: l_orderkey}
`, strings.Join(names, ", "), l.lists())
	return b.String()
}

func (l *Layout) lists() string {
	var parts []string
	for i, s := range l.Shards {
		var keys []string
		for _, nation := range l.Nations(i) {
			keys = append(keys, fmt.Sprint(nation))
		}
		if len(keys) > 0 {
			parts = append(parts, s.Name+": ["+strings.Join(keys, ", ")+"]")
		}
	}
	return strings.Join(parts, ", ")
}
