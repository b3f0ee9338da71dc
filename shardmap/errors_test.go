package shardmap

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// table makes the world with one table of the given sharding.
func table(s Sharding) Spec {
	spec := world()
	spec.Tables = []TableSpec{{Name: "t", Sharding: s}}
	return spec
}

func ranges(bounds ...Bounds) Sharding {
	return Sharding{Strategy: KindRange, Key: []string{"n"}, Ranges: bounds}
}

func lookup(entries ...Entry) Sharding {
	return Sharding{Strategy: KindLookup, Key: []string{"id"}, Map: entries}
}

func slots(n int, assign ...Entry) Sharding {
	return Sharding{Strategy: KindVirtual, Key: []string{"id"}, Virtual: n, Assign: assign}
}

func places(fallback string, list ...Entry) Sharding {
	return Sharding{Strategy: KindGeography, Key: []string{"id"}, Places: list, Default: fallback}
}

// composed is a hash over the branches x, itself a hash, and y, a single shard, of which a test changes something. Each
// letter of key is a column.
func composed(key string, change func(*Sharding)) Sharding {
	s := Sharding{Strategy: KindComposite, Key: strings.Split(key, ""),
		First: &Sharding{Strategy: KindHash, Shards: []string{"x", "y"}},
		Branches: []Branch{
			{"x", Sharding{Strategy: KindHash, Shards: []string{"eu-1", "br-1"}}},
			{"y", Sharding{Strategy: KindSingle, Shard: "us-1"}}}}
	if key == "" {
		s.Key = []string{"id"}
	}
	if change != nil {
		change(&s)
	}
	return s
}

func TestFaults(t *testing.T) {
	key := []string{"id"}
	one := Entry{"eu-1", []string{"1"}}
	colocated := func(with string, s Sharding) Spec {
		spec := table(lookup(one))
		spec.Tables = append(spec.Tables, TableSpec{Name: "u", Sharding: s, ColocatedWith: with},
			TableSpec{Name: "ref", Sharding: Sharding{Strategy: KindReference}},
			TableSpec{Name: "a", Sharding: Sharding{Key: key}, ColocatedWith: "b"},
			TableSpec{Name: "b", Sharding: Sharding{Key: key}, ColocatedWith: "t"})
		return spec
	}
	with := func(change func(*Spec)) Spec {
		spec := world()
		change(&spec)
		return spec
	}
	class := func(name string, members ...ClassMember) Spec {
		return with(func(s *Spec) { s.Classes = []ClassSpec{{name, members}} })
	}
	for _, c := range []struct {
		name  string
		spec  Spec
		cause error
		path  string
		text  string // contained in the message
	}{
		{"no regions", with(func(s *Spec) { s.Regions = nil }), ErrEmpty, "regions", "no region"},
		{"region twice", with(func(s *Spec) { s.Regions = append(s.Regions, s.Regions[0]) }), ErrDuplicateName, "regions.eu-central-1", "twice"},
		{"no shards", with(func(s *Spec) { s.Shards = nil; s.Tables = nil }), ErrEmpty, "shards", "no shard"},
		{"no tables", with(func(s *Spec) { s.Tables = nil }), ErrEmpty, "tables", "no table"},
		{"shard twice", with(func(s *Spec) { s.Shards = append(s.Shards, s.Shards[0]) }), ErrDuplicateName, "shards.eu-1", "twice"},
		{"unknown region", with(func(s *Spec) { s.Shards[0].Region = "mars" }), ErrUnknownRegion, "shards.eu-1.region", `"mars": the regions are eu-central-1`},
		{"table twice", with(func(s *Spec) { s.Tables = append(s.Tables, s.Tables[1]) }), ErrDuplicateName, "tables.cooperatives", "twice"},

		{"class without name", class("", ClassMember{"cooperatives", key}), ErrEmpty, "colocation", "needs a name"},
		{"class without members", class("c"), ErrEmpty, "colocation.c", "needs members"},
		{"class twice", with(func(s *Spec) {
			c := ClassSpec{"c", []ClassMember{{"cooperatives", key}}}
			s.Classes = []ClassSpec{c, c}
		}), ErrDuplicateName, "colocation.c", "twice"},
		{"class of an unknown table", class("c", ClassMember{"x", key}), ErrUnknownTable, "colocation.c.x", `unknown table "x"`},
		{"class of a replicated table", class("c", ClassMember{"currencies", key}), ErrColocation, "colocation.c.currencies", "replicated"},
		{"table twice in a class", class("c", ClassMember{"cooperatives", key}, ClassMember{"cooperatives", key}), ErrDuplicateName, "colocation.c.cooperatives", "twice"},
		{"class without columns", class("c", ClassMember{"cooperatives", nil}), ErrEmpty, "colocation.c.cooperatives", "name the column"},
		{"class of unlike members", class("c", ClassMember{"cooperatives", key}, ClassMember{"payments", []string{"a", "b"}}), ErrColocation,
			"colocation.c.payments", "2 columns for the 1"},
		{"class column twice", class("c", ClassMember{"cooperatives", []string{"a", "a"}}), ErrColocation, "colocation.c.cooperatives[1]", "no further column"},

		{"no strategy", table(Sharding{}), ErrEmpty, "tables.t.sharding.strategy", "no strategy"},
		{"unknown strategy", table(Sharding{Strategy: "modulo"}), ErrSetting, "tables.t.sharding.strategy", `"modulo"`},
		{"foreign setting", table(Sharding{Strategy: KindHash, Key: key, Shards: []string{"eu-1"}, Ranges: []Bounds{}}), ErrSetting,
			"tables.t.sharding.ranges", "hash does not take ranges"},
		{"no key", table(Sharding{Strategy: KindHash, Shards: []string{"eu-1"}}), ErrEmpty, "tables.t.sharding.key", "needs key"},
		{"key twice", table(Sharding{Strategy: KindHash, Key: []string{"a", "a"}, Shards: []string{"eu-1"}}), ErrDuplicateName, "tables.t.sharding.key[1]", "twice"},
		{"empty key column", table(Sharding{Strategy: KindHash, Key: []string{""}, Shards: []string{"eu-1"}}), ErrEmpty, "tables.t.sharding.key[0]", "name"},
		{"wide key", table(Sharding{Strategy: KindLookup, Key: []string{"a", "b"}, Map: []Entry{one}}), ErrSetting, "tables.t.sharding.key", "one column, not 2"},
		{"key of reference", table(Sharding{Strategy: KindReference, Key: key}), ErrSetting, "tables.t.sharding.key", "has no key"},
		{"type of single", table(Sharding{Strategy: KindSingle, Shard: "eu-1", KeyType: key}), ErrSetting, "tables.t.sharding.key_type", "has no key"},
		{"bad key type", table(Sharding{Strategy: KindHash, Key: key, KeyType: []string{"numeric"}, Shards: []string{"eu-1"}}), ErrKeyType, "tables.t.sharding.key_type[0]", `"numeric"`},
		{"key type count", table(Sharding{Strategy: KindHash, Key: key, KeyType: []string{"text", "text"}, Shards: []string{"eu-1"}}), ErrKeyType, "tables.t.sharding.key_type", "2 types for 1"},

		{"hash of nothing", table(Sharding{Strategy: KindHash, Key: key}), ErrEmpty, "tables.t.sharding", "needs shards"},
		{"hash of both", table(Sharding{Strategy: KindHash, Key: key, Shards: []string{"eu-1"}, Buckets: []string{"eu-1"}}), ErrSetting, "tables.t.sharding.buckets", "not both"},
		{"hash of an empty list", table(Sharding{Strategy: KindHash, Key: key, Shards: []string{}}), ErrEmpty, "tables.t.sharding.shards", "empty"},
		{"hash shard twice", table(Sharding{Strategy: KindHash, Key: key, Shards: []string{"eu-1", "eu-1"}}), ErrDuplicateName, "tables.t.sharding.shards[1]", "twice"},
		{"hash shard unknown", table(Sharding{Strategy: KindHash, Key: key, Shards: []string{"eu-1", "eu-2"}}), ErrUnknownShard, "tables.t.sharding.shards[1]", `"eu-2": the shards are eu-1, br-1, us-1`},

		{"lookup of nothing", table(lookup()), ErrEmpty, "tables.t.sharding.map", "needs map"},
		{"lookup shard without keys", table(lookup(Entry{"eu-1", nil})), ErrEmpty, "tables.t.sharding.map.eu-1", "no key"},
		{"lookup shard twice", table(lookup(one, Entry{"eu-1", []string{"2"}})), ErrDuplicateName, "tables.t.sharding.map.eu-1", "twice"},
		{"lookup shard unknown", table(lookup(Entry{"x", []string{"1"}})), ErrUnknownShard, "tables.t.sharding.map.x", `"x"`},
		{"lookup key twice", table(lookup(one, Entry{"br-1", []string{"2", "01"}})), ErrDuplicateKey, "tables.t.sharding.map.br-1[1]", "map.eu-1[0]"},
		{"lookup key type", table(Sharding{Strategy: KindLookup, Key: key, KeyType: []string{"bigint"}, Map: []Entry{{"eu-1", []string{"a"}}}}),
			ErrKeyType, "tables.t.sharding.map.eu-1[0]", `"a" is not a value of the key's type bigint`},
		{"directory without shards", table(Sharding{Strategy: KindLookup, Key: key, Directory: "d"}), ErrEmpty, "tables.t.sharding.shards", "needs shards"},
		{"directory and map", table(Sharding{Strategy: KindLookup, Key: key, Directory: "d", Shards: []string{"eu-1"}, Map: []Entry{one}}), ErrSetting, "tables.t.sharding.map", "remove map, or directory"},
		{"directory unknown", table(Sharding{Strategy: KindLookup, Key: key, Directory: "d", Shards: []string{"eu-1"}}), ErrUnknownTable, "tables.t.sharding.directory", `unknown table "d"`},
		{"directory of itself", table(Sharding{Strategy: KindLookup, Key: key, Directory: "t", Shards: []string{"eu-1"}}), ErrSetting, "tables.t.sharding.directory", "its own directory"},
		{"directory complete and default", table(Sharding{Strategy: KindLookup, Key: key, Directory: "d", DirectoryAs: &Directory{Complete: true}, Shards: []string{"eu-1"}, Default: "eu-1"}),
			ErrSetting, "tables.t.sharding.default", "remove default, or complete"},
		{"directory shard unknown", table(Sharding{Strategy: KindLookup, Key: key, Directory: "d", Shards: []string{"x"}}), ErrUnknownShard, "tables.t.sharding.shards[0]", `"x"`},
		{"shards without directory", table(Sharding{Strategy: KindLookup, Key: key, Shards: []string{"eu-1"}, Map: []Entry{one}}), ErrSetting, "tables.t.sharding.shards", "goes with directory"},
		{"default unknown", table(Sharding{Strategy: KindLookup, Key: key, Map: []Entry{one}, Default: "x"}), ErrUnknownShard, "tables.t.sharding.default", `"x"`},
		{"list of nothing", table(Sharding{Strategy: KindList, Key: key, Lists: []Entry{}}), ErrEmpty, "tables.t.sharding.lists", "needs lists"},

		{"range of nothing", table(ranges()), ErrEmpty, "tables.t.sharding.ranges", "needs ranges"},
		{"gap below", table(ranges(Bounds{"eu-1", ptr("1"), nil})), ErrGap, "tables.t.sharding.ranges[0]", `below "1"`},
		{"gap above", table(ranges(Bounds{"eu-1", nil, ptr("1")})), ErrGap, "tables.t.sharding.ranges[0]", `from "1" on`},
		{"gap between", table(ranges(Bounds{"eu-1", nil, ptr("1")}, Bounds{"br-1", ptr("2"), nil})), ErrGap, "tables.t.sharding.ranges[1]", `from "1" to below "2"`},
		{"overlap", table(ranges(Bounds{"eu-1", nil, ptr("3")}, Bounds{"br-1", ptr("2"), nil})), ErrOverlap, "tables.t.sharding.ranges[1]", "ascending"},
		{"overlap with default", table(Sharding{Strategy: KindRange, Key: key, Default: "us-1",
			Ranges: []Bounds{{"eu-1", nil, ptr("3")}, {"br-1", ptr("2"), nil}}}), ErrOverlap, "tables.t.sharding.ranges[1]", "ascending"},
		{"no upper bound", table(ranges(Bounds{"eu-1", nil, nil}, Bounds{"br-1", ptr("2"), nil})), ErrOverlap, "tables.t.sharding.ranges[1]", "no upper bound"},
		{"no lower bound", table(ranges(Bounds{"eu-1", nil, ptr("3")}, Bounds{"br-1", nil, nil})), ErrOverlap, "tables.t.sharding.ranges[1]", "no lower bound"},
		{"empty range", table(ranges(Bounds{"eu-1", ptr("3"), ptr("3")})), ErrEmpty, "tables.t.sharding.ranges[0]", "is empty"},
		{"range key type", table(Sharding{Strategy: KindRange, Key: key, KeyType: []string{"date"}, Ranges: []Bounds{{"eu-1", nil, ptr("soon")}}}),
			ErrKeyType, "tables.t.sharding.ranges[0].to", `"soon"`},
		{"range shard unknown", table(ranges(Bounds{"x", nil, nil})), ErrUnknownShard, "tables.t.sharding.ranges[0].shard", `"x"`},

		{"overlaps all told", table(ranges(Bounds{"eu-1", nil, ptr("5")}, Bounds{"br-1", ptr("3"), ptr("4")}, Bounds{"us-1", ptr("4"), nil})),
			ErrOverlap, "tables.t.sharding.ranges[1]", `before the end "5"`},

		{"hash unknown", table(Sharding{Strategy: KindHash, Key: key, Shards: []string{"eu-1"}, Hash: "sha3"}), ErrSetting, "tables.t.sharding.hash", `"sha3": the functions are xxhash64,`},
		{"key bytes unknown", table(Sharding{Strategy: KindHash, Key: key, Shards: []string{"eu-1"}, KeyBytes: "utf16"}), ErrSetting, "tables.t.sharding.key_bytes", `"utf16"`},
		{"key bytes of postgres", table(Sharding{Strategy: KindHash, Key: key, Shards: []string{"eu-1"}, Hash: HashPostgreSQL, KeyBytes: BytesText}), ErrSetting, "tables.t.sharding.key_bytes", "remove"},
		{"text of two columns", table(Sharding{Strategy: KindHash, Key: []string{"a", "b"}, Shards: []string{"eu-1"}, KeyBytes: BytesText}), ErrSetting, "tables.t.sharding.key_bytes", "one column"},
		{"text of a timestamp", table(Sharding{Strategy: KindHash, Key: key, KeyType: []string{"timestamptz"}, Shards: []string{"eu-1"}, KeyBytes: BytesText}), ErrSetting, "tables.t.sharding.key_bytes", "no one text form"},
		{"jump by crc32", table(Sharding{Strategy: KindJump, Key: key, Shards: []string{"eu-1"}, Hash: HashCRC32}), ErrSetting, "tables.t.sharding.hash", "does not mix"},
		{"jump over nothing", table(Sharding{Strategy: KindJump, Key: key}), ErrEmpty, "tables.t.sharding", "needs shards"},
		{"ring over nothing", table(Sharding{Strategy: KindRing, Key: key, Shards: []string{}}), ErrEmpty, "tables.t.sharding.shards", "empty"},
		{"ring of too many points", table(Sharding{Strategy: KindRing, Key: key, Shards: []string{"eu-1"}, Points: 1 << 23}), ErrSetting, "tables.t.sharding.points", "from 1 to 4194304"},
		{"points without a ring", table(Sharding{Strategy: KindJump, Key: key, Shards: []string{"eu-1"}, Points: 5}), ErrSetting, "tables.t.sharding.points", "jump does not take points"},

		{"virtual without number", table(slots(0, Entry{"eu-1", []string{"0"}})), ErrEmpty, "tables.t.sharding", "needs virtual"},
		{"virtual too many", table(slots(1<<21, Entry{"eu-1", []string{"0"}})), ErrSetting, "tables.t.sharding.virtual", "from 1 to"},
		{"virtual without assign", table(slots(4)), ErrEmpty, "tables.t.sharding.assign", "needs assign"},
		{"virtual gap", table(slots(8, Entry{"eu-1", []string{"0-2", "7"}})), ErrGap, "tables.t.sharding.assign", "virtual shards 3-6 of 8"},
		{"virtual overlap", table(slots(8, Entry{"eu-1", []string{"0-4"}}, Entry{"br-1", []string{"5", "4-7"}})), ErrOverlap, "tables.t.sharding.assign.br-1[1]", "4 is assigned already at assign.eu-1[0]"},
		{"virtual beyond", table(slots(8, Entry{"eu-1", []string{"0-8"}})), ErrSetting, "tables.t.sharding.assign.eu-1[0]", `"0-8" is neither`},

		{"geography of nothing", table(Sharding{Strategy: KindGeography, Key: key}), ErrEmpty, "tables.t.sharding.places", "needs places"},
		{"unknown place", table(places("", Entry{"MARS", []string{"X"}})), ErrUnknownShard, "tables.t.sharding.places.MARS", "no region or jurisdiction"},
		{"unknown default place", table(places("MARS", Entry{"EU", []string{"X"}})), ErrUnknownShard, "tables.t.sharding.default", "no region or jurisdiction"},
		{"country twice", table(places("", Entry{"EU", []string{"DE"}}, Entry{"BR", []string{"DE"}})), ErrDuplicateKey, "tables.t.sharding.places.BR[0]", "places.EU[0]"},
		{"place of two shards", with(func(s *Spec) {
			s.Shards = append(s.Shards, Shard{Name: "eu-2", Region: "eu-central-1"})
			s.Tables = table(places("", Entry{"EU", []string{"DE"}})).Tables
		}), ErrSetting, "tables.t.sharding.places.EU", `has 2 shards, among which one column cannot decide`},
		{"ambiguous place", with(func(s *Spec) {
			s.Regions[2].Jurisdiction = "eu-1"
			s.Tables = table(places("", Entry{"eu-1", []string{"DE"}})).Tables
		}), ErrSetting, "tables.t.sharding.places.eu-1", "more than one of shard, region and jurisdiction"},
		{"hash of one column's place", table(Sharding{Strategy: KindGeography, Key: key, Hash: HashXX64, Places: []Entry{{"EU", []string{"DE"}}}}), ErrSetting, "tables.t.sharding.hash", "for further columns"},
		{"within list", table(Sharding{Strategy: KindGeography, Key: []string{"a", "b"}, Within: KindList, Places: []Entry{{"EU", []string{"DE"}}}}), ErrSetting, "tables.t.sharding.within", "use hash, jump or ring"},

		{"composite without first", table(Sharding{Strategy: KindComposite, Key: []string{"a", "b"}}), ErrEmpty, "tables.t.sharding", "needs first"},
		{"composite of nothing", table(Sharding{Strategy: KindComposite, Key: []string{"a", "b"}, First: &Sharding{}}), ErrEmpty, "tables.t.sharding.branches", "needs branches"},
		{"composite of one column", table(composed("", nil)), ErrSetting, "tables.t.sharding.key", "several columns"},
		{"branch unknown", table(composed("ab", func(s *Sharding) { s.First.Shards = []string{"x", "z"} })), ErrUnknownShard, "tables.t.sharding.first.shards[1]", `unknown branch "z": the branches are x, y`},
		{"branch not reached", table(composed("ab", func(s *Sharding) { s.First.Shards = []string{"x"} })), ErrSetting, "tables.t.sharding.branches.y", "no key leads to branch"},
		{"branch twice", table(composed("ab", func(s *Sharding) { s.Branches[1].Name = "x" })), ErrDuplicateName, "tables.t.sharding.branches.x", "twice"},
		{"branch of replicas", table(composed("ab", func(s *Sharding) { s.Branches[1].Sharding = Sharding{Strategy: KindReference} })), ErrSetting, "tables.t.sharding.branches.y.strategy", "whole tables"},
		{"branch of unknown shard", table(composed("ab", func(s *Sharding) { s.Branches[1].Sharding.Shard = "x" })), ErrUnknownShard, "tables.t.sharding.branches.y.shard", `unknown shard "x"`},
		{"branch's key", table(composed("abc", func(s *Sharding) { s.Branches[0].Sharding.Key = []string{"c", "b"} })), ErrSetting, "tables.t.sharding.branches.x.key", "do not follow one another"},
		{"branch's types", table(composed("ab", func(s *Sharding) { s.First.KeyType = []string{"text"} })), ErrSetting, "tables.t.sharding.first.key_type", "stand with the composite"},
		{"first of places", table(composed("ab", func(s *Sharding) { s.First.Strategy = KindGeography })), ErrSetting, "tables.t.sharding.first.strategy", "cannot pick branches"},
		{"gap in a branch", table(composed("ab", func(s *Sharding) {
			s.Branches[0].Sharding = Sharding{Strategy: KindRange, Ranges: []Bounds{{"eu-1", nil, ptr("5")}, {"br-1", ptr("7"), nil}}}
		})), ErrGap, "tables.t.sharding.branches.x.ranges[1]", `from "5" to below "7"`},
		{"tenant without any", table(Sharding{Strategy: KindTenant, Key: key}), ErrEmpty, "tables.t.sharding", "needs shards with schemas or databases of tenants"},

		{"single without shard", table(Sharding{Strategy: KindSingle}), ErrEmpty, "tables.t.sharding", "needs shard"},
		{"reference on nothing", table(Sharding{Strategy: KindReference, Shards: []string{}}), ErrEmpty, "tables.t.sharding.shards", "empty"},

		{"colocated with unknown", colocated("x", Sharding{Key: key}), ErrUnknownTable, "tables.u.colocated_with", `"x"`},
		{"colocated with itself", colocated("u", Sharding{Key: key}), ErrColocation, "tables.u.colocated_with", "circle"},
		{"colocated with reference", colocated("ref", Sharding{Key: key}), ErrColocation, "tables.u.colocated_with", "reference"},
		{"colocated otherwise", colocated("t", Sharding{Key: key, Strategy: KindHash}), ErrColocation, "tables.u.sharding.strategy", "differs"},
		{"colocated settings", colocated("t", Sharding{Key: key, Map: []Entry{one}}), ErrColocation, "tables.u.sharding.map", "inherited from table t"},
		{"colocated key count", colocated("t", Sharding{Key: []string{"a", "b"}}), ErrColocation, "tables.u.sharding.key", "1 columns"},
		{"colocated key type", colocated("a", Sharding{Key: key, KeyType: []string{"text"}}), ErrColocation, "tables.u.sharding.key_type", "(bigint)"},
	} {
		m, err := New(c.spec)
		faults := Faults(err)
		if m != nil || len(faults) == 0 {
			t.Errorf("%s: accepted", c.name)
			continue
		}
		f := faults[0]
		if !errors.Is(f, c.cause) || f.Path != c.path || !strings.Contains(f.Text, c.text) {
			t.Errorf("%s: %v at %s: %s", c.name, f.Cause, f.Path, f.Text)
		}
		if !errors.Is(err, c.cause) {
			t.Errorf("%s: the joined error hides its cause", c.name)
		}
	}
}

func TestColocationChains(t *testing.T) {
	spec := table(lookup(Entry{"eu-1", []string{"1"}}))
	spec.Tables = append(spec.Tables,
		TableSpec{Name: "a", Sharding: Sharding{Key: []string{"x"}}, ColocatedWith: "b"},
		TableSpec{Name: "b", Sharding: Sharding{Key: []string{"y"}, KeyType: []string{"integer"}, Strategy: KindLookup}, ColocatedWith: "t"})
	m, err := New(spec)
	if err != nil {
		t.Fatal(err)
	}
	a, _ := m.Table("a")
	root, _ := m.Table("t")
	if a.ColocatedWith() != "t" || root.ColocatedWith() != "" || !a.Scheme().Colocated(root.Scheme()) || a.Key()[0] != "x" {
		t.Errorf("%+v", a)
	}
}

func TestFaultsAreBounded(t *testing.T) {
	keys := make([]string, 1000)
	for i := range keys {
		keys[i] = fmt.Sprintf("x%d", i)
	}
	s := lookup(Entry{"eu-1", keys})
	s.KeyType = []string{"bigint"}
	_, err := New(table(s))
	if n := len(Faults(err)); n != maxFaults {
		t.Errorf("%d faults", n)
	}
}

func TestInference(t *testing.T) {
	for _, c := range []struct {
		keys []string
		want string
	}{
		{[]string{"1", "-2"}, "bigint"},
		{[]string{"2020-01-01"}, "date"},
		{[]string{"00112233-4455-6677-8899-aabbccddeeff"}, "uuid"},
		{[]string{"1", "a"}, "text"},
		{[]string{"99999999999999999999"}, "text"},
	} {
		m, err := New(table(lookup(Entry{"eu-1", c.keys})))
		if err != nil {
			t.Fatal(err)
		}
		tab, _ := m.Table("t")
		if got := tab.KeyTypes()[0]; got != c.want {
			t.Errorf("%v: %s, want %s", c.keys, got, c.want)
		}
	}
}
