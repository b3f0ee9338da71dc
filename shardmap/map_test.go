package shardmap

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
)

func ptr(s string) *string { return &s }

// world is a map with every strategy over three shards.
func world() Spec {
	return Spec{
		Version: 3,
		Regions: []Region{{"eu-central-1", "EU"}, {"brazilsouth", "BR"}, {"us-east-1", "US"}},
		Shards:  []Shard{{Name: "eu-1", Region: "eu-central-1"}, {Name: "br-1", Region: "brazilsouth"}, {Name: "us-1", Region: "us-east-1"}},
		Tables: []TableSpec{
			{Name: "payments", Sharding: Sharding{Key: []string{"cooperative_id"}}, ColocatedWith: "cooperatives"},
			{Name: "cooperatives", Sharding: Sharding{Strategy: KindLookup, Key: []string{"id"},
				Map: []Entry{{"eu-1", []string{"1", "2"}}, {"br-1", []string{"3"}}}}},
			{Name: "tenants", Sharding: Sharding{Strategy: KindLookup, Key: []string{"id"}, Default: "us-1",
				Map: []Entry{{"eu-1", []string{"1", "2"}}}}},
			{Name: "events", Sharding: Sharding{Strategy: KindHash, Key: []string{"id"}, Shards: []string{"eu-1", "br-1", "us-1"}}},
			{Name: "clicks", Sharding: Sharding{Strategy: KindHash, Key: []string{"event"}, Shards: []string{"eu-1", "br-1", "us-1"}}},
			{Name: "pairs", Sharding: Sharding{Strategy: KindHash, Key: []string{"a", "b"}, KeyType: []string{"bigint", "text"},
				Buckets: []string{"eu-1", "br-1", "eu-1"}}},
			{Name: "ledger", Sharding: Sharding{Strategy: KindRange, Key: []string{"booked_on"}, Ranges: []Bounds{
				{"eu-1", nil, ptr("2020-01-01")}, {"br-1", ptr("2020-01-01"), ptr("2021-01-01")}, {"eu-1", ptr("2021-01-01"), nil}}}},
			{Name: "holes", Sharding: Sharding{Strategy: KindRange, Key: []string{"n"}, Default: "us-1", Ranges: []Bounds{
				{"eu-1", ptr("10"), ptr("20")}, {"br-1", ptr("30"), ptr("40")}}}},
			{Name: "names", Sharding: Sharding{Strategy: KindRange, Key: []string{"name"}, Ranges: []Bounds{
				{"eu-1", nil, ptr("m")}, {"br-1", ptr("m"), nil}}}},
			{Name: "members", Sharding: Sharding{Strategy: KindList, Key: []string{"country"}, Default: "us-1",
				Lists: []Entry{{"eu-1", []string{"DE", "FR"}}, {"br-1", []string{"BR"}}}}},
			{Name: "currencies", Sharding: Sharding{Strategy: KindReference}},
			{Name: "rates", Sharding: Sharding{Strategy: KindReference, Shards: []string{"us-1", "eu-1"}}},
			{Name: "settings", Sharding: Sharding{Strategy: KindSingle, Shard: "br-1"}},
			{Name: "jumps", Sharding: Sharding{Strategy: KindJump, Key: []string{"id"}, Shards: []string{"eu-1", "br-1", "us-1"}}},
			{Name: "rings", Sharding: Sharding{Strategy: KindRing, Key: []string{"a", "b"}, KeyType: []string{"text", "bigint"}, Shards: []string{"eu-1", "br-1", "us-1"}}},
			{Name: "slots", Sharding: Sharding{Strategy: KindVirtual, Key: []string{"id"}, Virtual: 16,
				Assign: []Entry{{"eu-1", []string{"0-7"}}, {"br-1", []string{"8", "10-15"}}, {"us-1", []string{"9"}}}}},
			{Name: "people", Sharding: Sharding{Strategy: KindGeography, Key: []string{"country"},
				Places: []Entry{{"EU", []string{"DE", "FR"}}, {"brazilsouth", []string{"BR"}}, {"us-1", []string{"US"}}}}},
			{Name: "visits", Sharding: Sharding{Strategy: KindComposite, Key: []string{"country", "id"},
				First: &Sharding{Strategy: KindList, Lists: []Entry{{"west", []string{"BR", "US"}}, {"east", []string{"DE"}}}},
				Branches: []Branch{
					{"west", Sharding{Strategy: KindHash, Shards: []string{"br-1", "us-1"}}},
					{"east", Sharding{Strategy: KindSingle, Shard: "eu-1"}}}}},
			{Name: "history", Sharding: Sharding{Strategy: KindComposite, Key: []string{"id", "day"},
				First: &Sharding{Strategy: KindHash, Shards: []string{"a", "b"}},
				Branches: []Branch{
					{"a", Sharding{Strategy: KindRange, Ranges: []Bounds{{"eu-1", nil, ptr("2020-01-01")}, {"us-1", ptr("2020-01-01"), nil}}}},
					{"b", Sharding{Strategy: KindRange, Default: "br-1", Ranges: []Bounds{{"us-1", ptr("2019-06-01"), ptr("2020-06-01")}}}}}}},
		},
	}
}

func worldMap(t testing.TB) *Map {
	t.Helper()
	m, err := New(world())
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestPrune(t *testing.T) {
	m := worldMap(t)
	open := Value{}
	date := func(s string) Value { v, _ := ParseValue("date", s); return v }
	many := make([]Value, 1000)
	for i := range many {
		many[i] = Int(int64(i))
	}
	for _, c := range []struct {
		table, column string
		c             Constraint
		want          []int
	}{
		{"cooperatives", "id", In(Int(3)), []int{1}},
		{"cooperatives", "id", In(Int(1), Int(2)), []int{0}},
		{"cooperatives", "id", In(Int(1), Int(99)), []int{0, 1}}, // an unlisted key widens
		{"cooperatives", "id", Range(Int(1), true, Int(2), true), []int{0}},
		{"cooperatives", "id", Range(Int(1), true, open, false), []int{0, 1}},
		{"cooperatives", "id", In(Text("3")), []int{0, 1}}, // another kind says nothing
		{"cooperatives", "name", In(Text("x")), []int{0, 1}},
		{"cooperatives", "id", None(), []int{0}},
		{"cooperatives", "name", None(), []int{0}},
		{"payments", "cooperative_id", In(Int(3)), []int{1}},
		{"tenants", "id", In(Int(99)), []int{2}},
		{"tenants", "id", In(Int(1), Int(99)), []int{0, 2}},
		{"events", "id", In(many...), []int{0, 1, 2}},
		{"events", "id", In(Int(1)), []int{2}}, // pinned: rows have been placed so
		{"ledger", "booked_on", In(date("2020-06-01")), []int{1}},
		{"ledger", "booked_on", Range(date("2020-01-01"), true, date("2021-01-01"), false), []int{1}},
		{"ledger", "booked_on", Range(date("2020-01-01"), true, date("2021-01-01"), true), []int{0, 1}},
		{"ledger", "booked_on", Range(open, false, date("2019-12-31"), true), []int{0}},
		{"holes", "n", Range(Int(12), true, Int(15), true), []int{0}},
		{"holes", "n", Range(Int(15), true, Int(25), true), []int{0, 2}},
		{"holes", "n", Range(Int(20), true, Int(29), true), []int{2}},
		{"holes", "n", Range(Int(40), true, open, true), []int{2}},
		{"names", "name", Range(open, false, Text("m"), false), []int{0}},
		{"names", "name", Range(open, false, Text("m"), true), []int{0, 1}},
		{"names", "name", Range(Text("m"), false, open, false), []int{1}},
		{"members", "country", In(Text("DE"), Text("BR")), []int{0, 1}},
		{"members", "country", In(Text("XX")), []int{2}},
		{"members", "country", Range(Text("A"), true, Text("C"), true), []int{0, 1, 2}},
		{"currencies", "code", In(Text("EUR")), []int{0, 1, 2}},
		{"rates", "code", None(), []int{0, 2}},
		{"settings", "id", All(), []int{1}},
		{"jumps", "id", In(Int(1)), []int{1}},
		{"slots", "id", In(Int(1)), []int{1}},
		{"people", "country", In(Text("DE"), Text("FR")), []int{0}},
		{"people", "country", In(Text("DE"), Text("BR")), []int{0, 1}},
		{"people", "country", In(Text("XX")), []int{0, 1, 2}},
		{"visits", "country", In(Text("DE")), []int{0}},
		{"visits", "country", In(Text("BR")), []int{1, 2}},
		{"visits", "country", In(Text("BR"), Text("XX")), []int{0, 1, 2}},
		{"visits", "id", In(Int(1)), []int{0, 1, 2}},               // a country that is not listed may be anywhere
		{"history", "day", In(date("2018-01-01")), []int{0, 1, 2}}, // id may be NULL
		{"history", "id", In(Int(1)), []int{0, 2}},
	} {
		if got := m.Prune(c.table, map[string]Constraint{c.column: c.c}); !slices.Equal(got, c.want) {
			t.Errorf("%s where %s in %s: %v, want %v", c.table, c.column, c.c, got, c.want)
		}
	}
	for _, c := range []struct {
		day  Constraint
		want []int
	}{
		{In(date("2018-01-01")), []int{0, 1}}, {Range(date("2020-07-01"), true, open, false), []int{1, 2}}, {All(), []int{0, 1, 2}},
	} {
		if got := m.Prune("history", map[string]Constraint{"id": NotNull(IntValue), "day": c.day}); !slices.Equal(got, c.want) {
			t.Errorf("history where id is not null and day in %s: %v, want %v", c.day, got, c.want)
		}
	}
	if got := m.Prune("nowhere", nil); got != nil {
		t.Errorf("unknown table: %v", got)
	}
}

// TestPruneCoversRoute holds the promise that matters: no row that meets the constraints is on a shard
// that was pruned.
func TestPruneCoversRoute(t *testing.T) {
	m, r := worldMap(t), rand.New(rand.NewPCG(3, 4))
	for _, name := range m.Tables() {
		table, _ := m.Table(name)
		value := func(kind ValueKind) Value {
			switch kind {
			case TextValue:
				return Text([]string{"", "BR", "DE", "a", "m", "m\x00", "z"}[r.IntN(7)])
			case DateValue:
				return Date(int32(18000 + r.IntN(1000)))
			}
			return Int(int64(r.IntN(60) - 10))
		}
		for range 2000 {
			constraints, key := map[string]Constraint{}, make([]Value, len(table.kinds))
			for i, kind := range table.kinds {
				c, _ := randomConstraint(r, func() Value { return value(kind) }, 3)
				constraints[table.key[i]] = c
				key[i] = value(kind)
			}
			pruned := table.Prune(constraints)
			if len(pruned) == 0 || !slices.IsSorted(pruned) {
				t.Fatalf("%s: %v pruned to %v", name, constraints, pruned)
			}
			for i, column := range table.key {
				if !constraints[column].Contains(key[i]) {
					pruned = nil // the row does not meet the constraints
				}
			}
			if pruned == nil {
				continue
			}
			if shard, ok := table.Route(key); ok && !slices.Contains(pruned, shard) || !ok && !contains(pruned, table.candidates(key)) {
				t.Fatalf("%s: key %v lives on %d (%v), but %v is pruned to %v", name, key, shard, ok, constraints, pruned)
			}
		}
	}
}

func contains(all, some []int) bool {
	return !slices.ContainsFunc(some, func(i int) bool { return !slices.Contains(all, i) })
}

func TestExplain(t *testing.T) {
	m := worldMap(t)
	for _, c := range []struct {
		table, key string
		shards     string
		why        string
	}{
		{"cooperatives", "3", "[br-1]", `lookup: key "3" is listed for br-1`},
		{"cooperatives", "9", "[eu-1 br-1]", `lookup: key "9" is not listed and there is no default shard: any of the table's shards may hold it`},
		{"tenants", "9", "[us-1]", `lookup: key "9" is not listed, so it lives on the default shard us-1`},
		{"events", "1", "[us-1]", "hash: xxHash64 of 0x0000000000000001 is 9f1ffc793b8a47da, modulo 3 buckets is bucket 2, on us-1"},
		{"ledger", "2020-06-01", "[br-1]", `range: key "2020-06-01" lies in [2020-01-01, 2021-01-01), on br-1`},
		{"ledger", "2030-06-01", "[eu-1]", `range: key "2030-06-01" lies in [2021-01-01, +∞), on eu-1`},
		{"members", "FR", "[eu-1]", `list: key "FR" is listed for eu-1`},
		{"settings", "", "[br-1]", "single: the whole table lives on br-1"},
		{"jumps", "1", "[br-1]", "jump: xxHash64 of 0x0000000000000001 is 9f1ffc793b8a47da, which jumps to number 1 of 3 shards, br-1"},
		{"slots", "1", "[br-1]", "hash: xxHash64 of 0x0000000000000001 is 9f1ffc793b8a47da, modulo 16 virtual shards is virtual shard 10, on br-1"},
		{"people", "FR", "[eu-1]", `geography: key "FR" is listed for EU; single: every key of it lives on eu-1`},
		{"people", "XX", "[eu-1 br-1 us-1]", `geography: key "XX" is not listed and there is no default place: any of the table's shards may hold it`},
		{"visits", "BR 1", "[br-1]", `list: key "BR" is listed for west; hash: xxHash64 of 0x0000000000000001 is 9f1ffc793b8a47da, modulo 2 buckets is bucket 0, on br-1`},
		{"history", "1 2021-01-01", "[us-1]", `hash: xxHash64 of 0x0000000000000001 is 9f1ffc793b8a47da, modulo 2 buckets is bucket 0, on a; range: key "2021-01-01" lies in [2020-01-01, +∞), on us-1`},
		{"rates", "", "[eu-1 us-1]", "reference: the table is replicated on 2 shards; each answers, the first is us-1"},
	} {
		var key []string
		if c.key != "" {
			key = strings.Fields(c.key)
		}
		p, err := m.Explain(c.table, key)
		var names []string
		for _, s := range p.Shards {
			names = append(names, s.Name)
		}
		if err != nil || fmt.Sprint(names) != c.shards || p.Why != c.why {
			t.Errorf("%s %q: %v %q %v", c.table, c.key, names, p.Why, err)
		}
	}
	for _, c := range [][]string{
		{"nowhere", "1"}, {"events", "x"}, {"events"}, {"pairs", "1"}, {"currencies", "EUR"},
	} {
		if p, err := m.Explain(c[0], c[1:]); err == nil {
			t.Errorf("%v: no error but %v", c, p)
		}
	}
}

func TestSchemes(t *testing.T) {
	m := worldMap(t)
	for _, c := range []struct {
		a, b string
		want bool
	}{
		{"cooperatives", "payments", true}, // declared
		{"events", "clicks", true},         // defined alike
		{"events", "pairs", false},
		{"cooperatives", "tenants", false},
		{"members", "tenants", false},
	} {
		a, _ := m.Scheme(c.a)
		b, _ := m.Scheme(c.b)
		if a.Colocated(b) != c.want {
			t.Errorf("%s and %s: colocated = %v", c.a, c.b, !c.want)
		}
	}
	payments, _ := m.Table("payments")
	if s := payments.Scheme(); s.Key[0] != "cooperative_id" || payments.ColocatedWith() != "cooperatives" || s.Kind != KindLookup {
		t.Errorf("payments: %+v", s)
	}
}

// Two lookup tables with equal entries and no default may keep an unlisted key on different shards.
func TestPartialSchemesAreNotColocatedByChance(t *testing.T) {
	spec := world()
	twin := spec.Tables[1]
	twin.Name = "twin"
	spec.Tables = append(spec.Tables, twin)
	m, err := New(spec)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := m.Scheme("cooperatives")
	b, _ := m.Scheme("twin")
	if a.Colocated(b) {
		t.Error("colocated without a declaration")
	}
}

func TestSnapshotsAreImmutable(t *testing.T) {
	m := worldMap(t)
	m.Shards()[0].Name, m.Regions()[0].Name, m.Tables()[0] = "x", "x", "x"
	table, _ := m.Table("events")
	table.Shards()[0], table.Key()[0] = 7, "x"
	table.Prune(nil)[0] = 7
	if m.Shard(0).Name != "eu-1" || m.Tables()[0] != "payments" || table.Shards()[0] != 0 || table.Key()[0] != "id" {
		t.Error("a returned slice reaches into the map")
	}
}
