package shardmap

import (
	"errors"
	"slices"
	"testing"
)

// directed is a map with a table whose keys a directory lists, and a second one that is colocated with it.
func directed(t *testing.T, as *Directory, fallback string) *Map {
	t.Helper()
	m, err := New(Spec{Regions: []Region{{Name: "r"}}, Shards: []Shard{{Name: "a", Region: "r"}, {Name: "b", Region: "r"}, {Name: "c", Region: "r"}, {Name: "d", Region: "r"}},
		Tables: []TableSpec{
			{Name: "t", Sharding: Sharding{Strategy: KindLookup, Key: []string{"id"}, Directory: "dir", DirectoryAs: as, Shards: []string{"c", "a", "b"}, Default: fallback}},
			{Name: "u", Sharding: Sharding{Key: []string{"t_id"}}, ColocatedWith: "t", Indexes: []IndexSpec{{Column: "mail", Table: "ix", Key: []string{"owner"}}}},
			{Name: "dir", Sharding: Sharding{Strategy: KindSingle, Shard: "d"}},
			{Name: "ix", Sharding: Sharding{Strategy: KindReference}},
		}})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestDirectoryTables(t *testing.T) {
	in := func(n ...int64) map[string]Constraint {
		values := make([]Value, len(n))
		for i := range n {
			values[i] = Int(n[i])
		}
		return map[string]Constraint{"t_id": In(values...)}
	}
	entries := []DirectoryEntry{{Int(1), []int{0}}, {Int(2), []int{1, 2}}, {Int(3), nil}, {Int(5), []int{2}}}
	for _, c := range []struct {
		name     string
		as       *Directory
		fallback string
		keys     map[string]Constraint
		want     []int
		closed   []int // if the entries are the whole directory
	}{
		{"listed", nil, "", in(1), []int{0}, nil},
		{"listed and unknown", nil, "", in(1, 4), []int{0, 1, 2}, nil},
		{"several", nil, "", in(1, 5), []int{0, 2}, nil},
		{"twice", nil, "", in(2), []int{1, 2}, nil},
		{"not listed", nil, "", in(3), []int{0, 1, 2}, nil},
		{"not listed, with a default", nil, "b", in(3, 1), []int{0, 1}, nil},
		{"not known, with a default", nil, "b", in(4), []int{0, 1, 2}, []int{1}},
		{"not listed, complete", &Directory{Complete: true}, "", in(3, 1), []int{0}, nil},
		{"nothing listed, complete", &Directory{Complete: true}, "", in(3), []int{0}, nil},
		{"not known, complete", &Directory{Complete: true}, "", in(4, 5), []int{0, 1, 2}, []int{2}},
		{"any", nil, "b", nil, []int{0, 1, 2}, nil},
		{"open", &Directory{Complete: true}, "", map[string]Constraint{"t_id": Range(Int(1), true, Value{}, false)}, []int{0, 1, 2}, nil},
		{"of another kind", &Directory{Complete: true}, "", map[string]Constraint{"t_id": In(Text("1"))}, []int{0, 1, 2}, nil},
		{"none", nil, "", map[string]Constraint{"t_id": None()}, []int{0}, nil},
	} {
		m := directed(t, c.as, c.fallback)
		u, _ := m.Table("u")
		known := u.WithEntries(entries)
		if got := known.Prune(c.keys); !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, want %v", c.name, got, c.want)
		}
		if c.closed == nil {
			c.closed = c.want
		}
		if got := u.WithDirectory(entries).Prune(c.keys); !slices.Equal(got, c.closed) && c.name != "listed and unknown" {
			t.Errorf("%s, with the whole directory: %v, want %v", c.name, got, c.closed)
		}
		if got := u.Prune(c.keys); c.name != "none" && !slices.Equal(got, []int{0, 1, 2}) {
			t.Errorf("%s: an immutable table knows of entries: %v", c.name, got)
		}
		if !known.Scheme().Colocated(u.Scheme()) {
			t.Error("entries change the scheme")
		}
	}
}

func TestDirectoryRoutes(t *testing.T) {
	m := directed(t, &Directory{Key: "k", Shard: "at", Complete: true}, "")
	u, _ := m.Table("u")
	if d, ok := u.Directory(); !ok || d.Table != "dir" || d.Key != "k" || d.Shard != "at" || u.Root() != "t" {
		t.Error(d, ok)
	}
	known := u.WithEntries([]DirectoryEntry{{Int(1), []int{1}}, {Int(2), []int{0, 1}}, {Int(3), nil}})
	for key, want := range map[int64]int{1: 1, 2: -1, 3: -1, 4: -1} {
		if got, ok := known.Route([]Value{Int(key)}); ok != (want >= 0) || ok && got != want {
			t.Errorf("key %d: %d %v", key, got, ok)
		}
		if absent := known.Absent(Int(key)); absent != (key == 3) {
			t.Errorf("key %d is absent: %v", key, absent)
		}
	}
	if !known.WithDirectory(nil).Absent(Int(1)) {
		t.Error("a whole directory without entries lists a key")
	}
	if p, err := m.ExplainIn(known, []string{"1"}); err != nil || len(p.Shards) != 1 || p.Shards[0].Name != "b" || p.Why != `lookup: table dir lists key "1" for b` {
		t.Error(p, err)
	}
	if got := u.DirectoryKeys(map[string]Constraint{"t_id": In(Int(1), Int(2))}, 2); len(got) != 2 {
		t.Error(got)
	}
	if got := u.DirectoryKeys(map[string]Constraint{"t_id": In(Int(1), Int(2), Int(3))}, 2); got != nil {
		t.Error(got)
	}
	c := u.Coverage()
	if c.Complete() || len(c.Open) != 1 || !errors.Is(c.Open[0].Cause, ErrGap) || c.Parts != 3 {
		t.Error(c)
	}
	if x := u.Indexes(); len(x) != 1 || x[0].As != "mail" || x[0].Key[0] != "owner" {
		t.Error(x)
	}
	if t0, _ := m.Table("t"); len(t0.Indexes()) != 0 {
		t.Error("an index of one table is another's")
	}
}

func TestIndexFaults(t *testing.T) {
	for _, c := range []struct {
		x    IndexSpec
		at   string
		want error
	}{
		{IndexSpec{Column: "m", Table: "nothing", Key: []string{"id"}}, "tables.t.indexes.m.table", ErrUnknownTable},
		{IndexSpec{Column: "m", Table: "t", Key: []string{"id"}}, "tables.t.indexes.m.table", ErrSetting},
		{IndexSpec{Column: "m", Table: "ix"}, "tables.t.indexes.m.key", ErrSetting},
		{IndexSpec{Column: "m", Table: "ix", Key: []string{"a", "b"}}, "tables.t.indexes.m.key", ErrSetting},
		{IndexSpec{Column: "m", Table: "ix", Key: []string{"m"}}, "tables.t.indexes.m.key[0]", ErrSetting},
		{IndexSpec{Column: "id", Table: "ix", Key: []string{"a"}}, "tables.t.indexes.id", ErrSetting},
		{IndexSpec{Table: "ix", Key: []string{"a"}}, "tables.t.indexes", ErrEmpty},
	} {
		_, err := New(Spec{Regions: []Region{{Name: "r"}}, Shards: []Shard{{Name: "a", Region: "r"}}, Tables: []TableSpec{
			{Name: "t", Sharding: Sharding{Strategy: KindHash, Key: []string{"id"}, Shards: []string{"a"}}, Indexes: []IndexSpec{c.x}},
			{Name: "ix", Sharding: Sharding{Strategy: KindReference}},
		}})
		if faults := Faults(err); len(faults) != 1 || faults[0].Path != c.at || !errors.Is(faults[0].Cause, c.want) {
			t.Errorf("%+v: %v", c.x, err)
		}
	}
}
