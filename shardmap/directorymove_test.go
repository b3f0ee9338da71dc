package shardmap

import (
	"slices"
	"strings"
	"testing"
)

// directedMove is the map of directed with a move of the keys 1 and 2 from a to b in a phase.
func directedMove(t *testing.T, change func(*Spec), phase Phase) (*Map, error) {
	t.Helper()
	s := Spec{Regions: []Region{{Name: "r"}}, Shards: []Shard{{Name: "a", Region: "r"}, {Name: "b", Region: "r"}, {Name: "c", Region: "r"}, {Name: "d", Region: "r"}},
		Tables: []TableSpec{
			{Name: "t", Sharding: Sharding{Strategy: KindLookup, Key: []string{"id"}, Directory: "dir", DirectoryAs: &Directory{Complete: true}, Shards: []string{"a", "b", "c"}}},
			{Name: "u", Sharding: Sharding{Key: []string{"t_id"}}, ColocatedWith: "t"},
			{Name: "dir", Sharding: Sharding{Strategy: KindSingle, Shard: "d"}},
		},
		Moves: []MoveSpec{{ID: "m", Table: "t", Keys: KeySet{Values: []string{"1", "02"}}, From: "a", To: "b", Phase: phase}}}
	if change != nil {
		change(&s)
	}
	return New(s)
}

// TestDirectoryMoves holds where keys live while they move: where the move says, whatever is known of the directory.
func TestDirectoryMoves(t *testing.T) {
	for _, phase := range Phases() {
		m, err := directedMove(t, nil, phase)
		if err != nil {
			t.Fatal(err)
		}
		owner := 0
		if phase.Switched() {
			owner = 1
		}
		for _, name := range []string{"t", "u"} {
			table, _ := m.Table(name)
			column := table.Key()[0]
			keys := map[string]Constraint{column: In(Int(1), Int(2))}
			if got := table.DirectoryKeys(map[string]Constraint{column: In(Int(1), Int(2), Int(3))}, 3); !slices.Equal(got, []Value{Int(3)}) {
				t.Errorf("%s: %v are asked for", phase, got)
			}
			old := []DirectoryEntry{{Int(1), []int{2}}, {Int(2), nil}, {Int(3), []int{2}}}
			for _, known := range []*Table{table, table.WithEntries(old), table.WithDirectory(old), table.WithDirectory(nil)} {
				if got := known.Prune(keys); !slices.Equal(got, []int{owner}) {
					t.Errorf("%s: %v", phase, got)
				}
				if got, ok := known.Route([]Value{Int(2)}); !ok || got != owner || known.Absent(Int(2)) {
					t.Error(phase, got, ok)
				}
				if !known.Moving(Int(1)) || known.Moving(Int(3)) {
					t.Error(phase, "moving")
				}
			}
			if got := table.WithEntries(old).Prune(map[string]Constraint{column: In(Int(1), Int(3))}); !slices.Equal(got, []int{owner, 2}) {
				t.Errorf("%s: %v", phase, got)
			}
			p, err := m.ExplainIn(table.WithEntries(old), []string{"1"})
			want := "is of move m, and the map says that " + m.Shard(owner).Name + " has it"
			if err != nil || len(p.Shards) != 1 || p.Shards[0].Name != m.Shard(owner).Name || !strings.Contains(p.Why, want) {
				t.Error(p, err)
			}
		}
	}
}

// TestDirectoryMovesRefused names what cannot stand in the map.
func TestDirectoryMovesRefused(t *testing.T) {
	for want, change := range map[string]func(*Spec){
		`moves[0].to: shard "d" is not among`:        func(s *Spec) { s.Moves[0].To = "d" },
		`moves[0].from: shard "d" is not among`:      func(s *Spec) { s.Moves[0].From = "d" },
		"keys move by name with lookup":              func(s *Spec) { s.Moves[0].Keys = KeySet{Buckets: []int{1}} },
		"it shares keys with move":                   func(s *Spec) { s.Moves = append(s.Moves, s.Moves[0]); s.Moves[1].ID = "n" },
		"moves[0].keys[0]":                           func(s *Spec) { s.Moves[0].Keys.Values[0] = "x" },
		`move keys of that one`:                      func(s *Spec) { s.Moves[0].Table = "u" },
		"moves[0].to: the keys are to move from sha": func(s *Spec) { s.Moves[0].To = "a" },
	} {
		if _, err := directedMove(t, change, PhaseCopying); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %q", err, want)
		}
	}
}
