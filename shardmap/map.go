package shardmap

import (
	"fmt"
	"slices"
)

// Map is an immutable, versioned snapshot of where every key lives. It is safe for concurrent use. Shards
// are spoken of by index into [Map.Shards].
type Map struct {
	version uint64
	regions []Region
	shards  []Shard
	byName  map[string]int
	names   []string // of the tables, in the order of the specification
	tables  map[string]*Table
	moves   []Move
}

// New checks a specification and builds the map. The error joins every fault found; [Faults] lists them.
func New(spec Spec) (*Map, error) {
	b := newBuilder(spec)
	b.regions(spec.Regions)
	b.shardsOf(spec.Shards)
	b.tables(spec.Tables)
	b.directories()
	b.indexes()
	b.classes(spec.Classes)
	if len(b.faults) == 0 {
		b.moves(spec.Moves)
	}
	if err := b.err(); err != nil {
		return nil, err
	}
	return b.m, nil
}

// Version returns the snapshot's version.
func (m *Map) Version() uint64 { return m.version }

// Regions returns the regions in the order of the specification.
func (m *Map) Regions() []Region { return slices.Clone(m.regions) }

// Region returns a region by name.
func (m *Map) Region(name string) (Region, bool) {
	i := slices.IndexFunc(m.regions, func(r Region) bool { return r.Name == name })
	if i < 0 {
		return Region{}, false
	}
	return m.regions[i], true
}

// Shards returns the shards in the order of the specification, which is that of their indexes.
func (m *Map) Shards() []Shard { return slices.Clone(m.shards) }

// Shard returns the shard of an index.
func (m *Map) Shard(index int) Shard { return m.shards[index] }

// ShardIndex returns the index of a named shard.
func (m *Map) ShardIndex(name string) (int, bool) {
	i, ok := m.byName[name]
	return i, ok
}

// Tables returns the tables' names in the order of the specification.
func (m *Map) Tables() []string { return slices.Clone(m.names) }

// Table returns a table by name.
func (m *Map) Table(name string) (*Table, bool) {
	t, ok := m.tables[name]
	return t, ok
}

// Prune is [Table.Prune] by table name; nil for a table the map does not know.
func (m *Map) Prune(table string, constraints map[string]Constraint) []int {
	t, ok := m.tables[table]
	if !ok {
		return nil
	}
	return t.Prune(constraints)
}

// Route is [Table.Route] by table name; false also for a table the map does not know.
func (m *Map) Route(table string, key []Value) (shard int, ok bool) {
	t, ok := m.tables[table]
	if !ok {
		return 0, false
	}
	return t.Route(key)
}

// Scheme is [Table.Scheme] by table name; false for a table the map does not know.
func (m *Map) Scheme(table string) (Scheme, bool) {
	t, ok := m.tables[table]
	if !ok {
		return Scheme{}, false
	}
	return t.Scheme(), true
}

// Placement says where a key lives and why.
type Placement struct {
	Table  string
	Key    []Value
	Shards []Shard // one, or all candidates where the map does not tell; for a reference table its replicas
	Why    string  // one line for people: strategy, hashed bytes and bucket, or the entry that matched
}

// Explain places a key given as text, one element per key column.
func (m *Map) Explain(table string, key []string) (Placement, error) {
	t, ok := m.tables[table]
	if !ok {
		return Placement{}, fmt.Errorf("%w %s: the map has %s", ErrUnknownTable, quote(table), someNames(m.names))
	}
	return m.ExplainIn(t, key)
}

// ExplainIn is Explain for one of the map's tables of whose directory something may be known.
func (m *Map) ExplainIn(t *Table, key []string) (Placement, error) {
	values, err := t.ParseKey(key)
	if err != nil {
		return Placement{}, err
	}
	p := Placement{Table: t.name, Key: values, Why: t.strategy.explain(values)}
	at, ok := t.Route(values)
	candidates := []int{at}
	switch {
	case t.Replicated():
		candidates = t.shards
	case !ok:
		candidates = t.candidates(values)
	}
	for _, i := range candidates {
		p.Shards = append(p.Shards, m.shards[i])
	}
	return p, nil
}
