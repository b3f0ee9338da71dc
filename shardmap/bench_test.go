package shardmap

import (
	"fmt"
	"testing"
)

// wide is a map of many shards with one table per strategy, each with n entries.
func wide(t testing.TB, n int) *Map {
	t.Helper()
	spec := Spec{Regions: []Region{{"r", "R"}}}
	var names []string
	var entries []Entry
	var bounds []Bounds
	for i := range n {
		name := fmt.Sprintf("s%05d", i)
		names = append(names, name)
		spec.Shards = append(spec.Shards, Shard{name, "r"})
		entries = append(entries, Entry{name, []string{fmt.Sprint(10 * i), fmt.Sprint(10*i + 1)}})
		b := Bounds{Shard: name}
		if i > 0 {
			b.From = ptr(fmt.Sprint(10 * i))
		}
		if i < n-1 {
			b.To = ptr(fmt.Sprint(10 * (i + 1)))
		}
		bounds = append(bounds, b)
	}
	key := []string{"id"}
	spec.Tables = []TableSpec{
		{Name: "hash", Sharding: Sharding{Strategy: KindHash, Key: key, Shards: names}},
		{Name: "uuid", Sharding: Sharding{Strategy: KindHash, Key: key, KeyType: []string{"uuid"}, Shards: names}},
		{Name: "text", Sharding: Sharding{Strategy: KindHash, Key: key, KeyType: []string{"text"}, Shards: names}},
		{Name: "range", Sharding: Sharding{Strategy: KindRange, Key: key, Ranges: bounds}},
		{Name: "lookup", Sharding: Sharding{Strategy: KindLookup, Key: key, Map: entries}},
	}
	m, err := New(spec)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func routeKeys() map[string]Value {
	return map[string]Value{
		"hash": Int(1234567), "uuid": UUID([16]byte{1, 2, 3}), "text": Text("a tenant of some length"),
		"range": Int(54321), "lookup": Int(54321),
	}
}

func TestRouteDoesNotAllocate(t *testing.T) {
	m := wide(t, 100)
	for table, v := range routeKeys() {
		key := []Value{v}
		if n := testing.AllocsPerRun(100, func() { m.Route(table, key) }); n != 0 {
			t.Errorf("%s: %v allocations", table, n)
		}
	}
}

func BenchmarkRoute(b *testing.B) {
	m := wide(b, 10_000)
	for _, table := range m.Tables() {
		key := []Value{routeKeys()[table]}
		b.Run(table, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Route(table, key)
			}
		})
	}
}

// BenchmarkPrune prunes 10,000 shards by an IN list of 1,000 keys.
func BenchmarkPrune(b *testing.B) {
	m := wide(b, 10_000)
	values := make([]Value, 1000)
	for i := range values {
		values[i] = Int(int64(i * 97 % 10_000 * 10))
	}
	for _, table := range []string{"hash", "range", "lookup"} {
		b.Run(table, func(b *testing.B) {
			for b.Loop() {
				if got := m.Prune(table, map[string]Constraint{"id": In(values...)}); len(got) == 0 {
					b.Fatal("nothing left")
				}
			}
		})
	}
}
