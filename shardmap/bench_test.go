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
		spec.Shards = append(spec.Shards, Shard{Name: name, Region: "r"})
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
	half := (n + 1) / 2
	assign := make([]Entry, n)
	for i, name := range names {
		assign[i] = Entry{name, []string{fmt.Sprint(i)}}
	}
	spec.Tables = []TableSpec{
		{Name: "hash", Sharding: Sharding{Strategy: KindHash, Key: key, Shards: names}},
		{Name: "uuid", Sharding: Sharding{Strategy: KindHash, Key: key, KeyType: []string{"uuid"}, Shards: names}},
		{Name: "text", Sharding: Sharding{Strategy: KindHash, Key: key, KeyType: []string{"text"}, Shards: names}},
		{Name: "range", Sharding: Sharding{Strategy: KindRange, Key: key, Ranges: bounds}},
		{Name: "lookup", Sharding: Sharding{Strategy: KindLookup, Key: key, Map: entries}},
		{Name: "jump", Sharding: Sharding{Strategy: KindJump, Key: key, Shards: names}},
		{Name: "ring", Sharding: Sharding{Strategy: KindRing, Key: key, Shards: names}},
		{Name: "virtual", Sharding: Sharding{Strategy: KindVirtual, Key: key, Virtual: n, Assign: assign}},
		{Name: "murmur3", Sharding: Sharding{Strategy: KindHash, Hash: HashMurmur128, Key: key, Shards: names}},
		{Name: "postgres", Sharding: Sharding{Strategy: KindHash, Hash: HashPostgreSQL, Key: key, Shards: names}},
		{Name: "md5", Sharding: Sharding{Strategy: KindHash, Hash: HashMD5, KeyBytes: BytesText, Key: key, Shards: names}},
		{Name: "composite", Sharding: Sharding{Strategy: KindComposite, Key: []string{"country", "id"},
			First:    &Sharding{Strategy: KindList, Lists: []Entry{{"a", []string{"DE", "FR"}}, {"b", []string{"BR"}}}},
			Branches: []Branch{{"a", Sharding{Strategy: KindHash, Shards: names[:half]}}, {"b", Sharding{Strategy: KindRing, Shards: names[half:]}}}}},
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
	}
}

// routeKey is a key of a table of wide.
func routeKey(table string) []Value {
	if table == "composite" {
		return []Value{Text("DE"), Int(54321)}
	}
	if v, ok := routeKeys()[table]; ok {
		return []Value{v}
	}
	return []Value{Int(54321)}
}

func TestRouteDoesNotAllocate(t *testing.T) {
	m := wide(t, 100)
	for _, table := range m.Tables() {
		key := routeKey(table)
		if n := testing.AllocsPerRun(100, func() { m.Route(table, key) }); n != 0 {
			t.Errorf("%s: %v allocations", table, n)
		}
	}
}

func BenchmarkRoute(b *testing.B) {
	m := wide(b, 10_000)
	for _, table := range m.Tables() {
		key := routeKey(table)
		b.Run(table, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				m.Route(table, key)
			}
		})
	}
}

// BenchmarkRouteMany routes keys at random, which the processor's caches do not hold.
func BenchmarkRouteMany(b *testing.B) {
	m := wide(b, 10_000)
	for _, table := range []string{"hash", "range", "lookup", "jump", "ring", "virtual"} {
		key := []Value{Int(0)}
		b.Run(table, func(b *testing.B) {
			b.ReportAllocs()
			for i := int64(0); b.Loop(); i++ {
				key[0] = Int(i * 7919 % 100_000)
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
	for _, table := range []string{"hash", "range", "lookup", "jump", "ring", "virtual", "murmur3", "postgres", "md5", "composite"} {
		b.Run(table, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				constraints := map[string]Constraint{"id": In(values...)}
				if table == "composite" {
					constraints["country"] = In(Text("DE"))
				}
				if got := m.Prune(table, constraints); len(got) == 0 || len(got) > len(values) {
					b.Fatal("nothing left")
				}
			}
		})
	}
}
