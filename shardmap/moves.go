package shardmap

import (
	"slices"
	"strings"
)

// MoveSpec is a move of some keys of a table, and of all tables colocated with it, from one shard to another. While it stands in the map
// its rows may be on both; the map says which of them count.
type MoveSpec struct {
	ID    string // letters, digits and hyphens
	Table string // the one whose own strategy places the keys
	Keys  KeySet
	From  string
	To    string
	Phase Phase
}

// KeySet names keys. Exactly one of its ways is used.
type KeySet struct {
	Values   []string // of lookup and list: the keys
	From, To *string  // of range: the half-open interval [From, To); nil means unbounded, in both that the keys are named otherwise
	Buckets  []int    // of hash and virtual: the numbers of buckets or virtual shards
}

// Phase is how far a move is. A table's settings place the keys on From in the phases before PhaseSwitched, from then on on To. Of a table with a directory
// it is the move alone that says so.
type Phase string

// The phases of a move.
const (
	PhaseCopying  Phase = "copying"  // rows arrive at To, where nobody sees them
	PhaseFrozen   Phase = "frozen"   // the same, and the keys are not written to
	PhaseSwitched Phase = "switched" // To has the keys, those left at From are not seen, and nothing is written to them yet
	PhaseCleaning Phase = "cleaning" // the same, and the keys are written to at To
	PhaseUndoing  Phase = "undoing"  // as copying, and what arrived at To is taken away again
)

// Phases lists the phases of a move.
func Phases() []Phase {
	return []Phase{PhaseCopying, PhaseFrozen, PhaseSwitched, PhaseCleaning, PhaseUndoing}
}

// Switched reports whether the keys live at To.
func (p Phase) Switched() bool { return p == PhaseSwitched || p == PhaseCleaning }

// Frozen reports whether the keys must not be written to.
func (p Phase) Frozen() bool { return p == PhaseFrozen || p == PhaseSwitched }

// KeyTable is the name of the table that lists, on the shard where they are not seen, the keys of a move of buckets. Its columns
// are k1, k2, … for the columns of the key.
func KeyTable(move string) string { return "atoll_moving_" + strings.ReplaceAll(move, "-", "_") }

// Move is a checked [MoveSpec].
type Move struct {
	MoveSpec
	FromShard, ToShard int // indexes

	values    []Value
	low, high Value // the zero Value is no bound
}

// Owner is the shard that has the keys.
func (m *Move) Owner() int {
	if m.Phase.Switched() {
		return m.ToShard
	}
	return m.FromShard
}

// Hiding is the shard on which rows of the move's keys do not count.
func (m *Move) Hiding() int {
	if m.Phase.Switched() {
		return m.FromShard
	}
	return m.ToShard
}

// Values returns the keys of a move that lists them.
func (m *Move) Values() []Value { return slices.Clone(m.values) }

// Interval returns the half-open interval of a move of one; the zero Value is no bound.
func (m *Move) Interval() (low, high Value, ok bool) {
	return m.low, m.high, len(m.values) == 0 && len(m.Keys.Buckets) == 0
}

// Contains reports whether a key is one of the move's. The key's kinds are the table's.
func (m *Move) Contains(t *Table, key []Value) bool {
	switch {
	case len(m.values) > 0:
		return slices.Contains(m.values, key[0])
	case len(m.Keys.Buckets) > 0:
		h, ok := t.strategy.(*hashed)
		return ok && slices.Contains(m.Keys.Buckets, h.bucketOf(key))
	}
	return (m.low.kind == NoValue || Compare(key[0], m.low) >= 0) && (m.high.kind == NoValue || Compare(key[0], m.high) < 0)
}

// Moves returns the moves under way.
func (m *Map) Moves() []Move { return slices.Clone(m.moves) }

// MovesOf returns the moves of a table's keys.
func (m *Map) MovesOf(table string) []*Move {
	t := m.tables[table]
	if t == nil {
		return nil
	}
	var out []*Move
	for i := range m.moves {
		if m.moves[i].Table == t.root {
			out = append(out, &m.moves[i])
		}
	}
	return out
}

// Hidden returns the moves whose rows, in a table, do not count on a shard.
func (m *Map) Hidden(table string, shard int) []*Move {
	if len(m.moves) == 0 {
		return nil
	}
	return slices.DeleteFunc(m.MovesOf(table), func(x *Move) bool { return x.Hiding() != shard })
}

// State is a shard's state; [StateMoving] for an active one from or to which keys move.
func (m *Map) State(shard int) State {
	s := m.shards[shard].State
	if s != "" && s != StateActive {
		return s
	}
	for i := range m.moves {
		if m.moves[i].FromShard == shard || m.moves[i].ToShard == shard {
			return StateMoving
		}
	}
	return StateActive
}
