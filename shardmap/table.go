package shardmap

import (
	"fmt"
	"slices"
)

// Table is one table's place in a [Map]. It is immutable and safe for concurrent use.
type Table struct {
	name     string
	kind     Kind
	key      []string
	keyTypes []string
	kinds    []ValueKind
	shards   []int // ascending
	strategy strategy
	scheme   string
	root     string // the table whose strategy this is; its own name unless colocated
	total    int    // shards in the map
	classes  []Class
	indexes  []Index
}

// Name returns the table's name.
func (t *Table) Name() string { return t.name }

// Kind returns the table's strategy.
func (t *Table) Kind() Kind { return t.kind }

// Replicated reports whether every one of the table's shards holds all its rows.
func (t *Table) Replicated() bool { return t.kind == KindReference }

// Key returns the key's columns, none for reference and single.
func (t *Table) Key() []string { return slices.Clone(t.key) }

// KeyTypes returns the PostgreSQL type of each key column as declared or inferred. A column of another kind
// in the database is not pruned by, which `check` should report.
func (t *Table) KeyTypes() []string { return slices.Clone(t.keyTypes) }

// Shards returns the indexes of the shards that hold the table, ascending.
func (t *Table) Shards() []int { return slices.Clone(t.shards) }

// Classes returns the colocation classes that the table is a member of, in the order of the specification.
func (t *Table) Classes() []Class { return slices.Clone(t.classes) }

// Class is a table's part in a colocation class: its rows that agree in Columns with each other, or with the columns of
// another member of the class, live on one shard.
type Class struct {
	Name    string
	Columns []string
}

// ColocatedWith returns the table whose strategy this one inherits, "" if it has its own.
func (t *Table) ColocatedWith() string {
	if t.root == t.name {
		return ""
	}
	return t.root
}

// ParseKey reads a key from text, one element per key column, as the key's types.
func (t *Table) ParseKey(texts []string) ([]Value, error) {
	if len(texts) != len(t.key) {
		return nil, fmt.Errorf("table %s: the key has %d columns (%s), not %d", t.name, len(t.key), someNames(t.key), len(texts))
	}
	key := make([]Value, len(texts))
	for i, text := range texts {
		v, err := ParseValue(t.keyTypes[i], text)
		if err != nil {
			return nil, fmt.Errorf("table %s, key column %s: %w", t.name, t.key[i], err)
		}
		key[i] = v
	}
	return key, nil
}

// Route returns the shard on which a key lives; false if the map does not tell: the key is not listed and
// there is no default, or it is not a key of this table's kinds. For a reference table it is the first
// replica. Route does not allocate and does not keep key.
func (t *Table) Route(key []Value) (shard int, ok bool) {
	if len(key) != len(t.kinds) {
		return 0, false
	}
	for i := range key {
		if key[i].kind != t.kinds[i] {
			return 0, false
		}
	}
	return t.strategy.route(key)
}

// candidates returns the shards that may hold a key, ascending.
func (t *Table) candidates(key []Value) []int {
	constraints := make([]Constraint, len(key))
	for i, v := range key {
		constraints[i] = In(v)
	}
	set := newShardSet(t.total, t.shards)
	t.strategy.prune(constraints, set)
	return set.sorted()
}

// Prune returns the shards, ascending, that may hold rows which meet all the constraints, given by column
// name; columns that are not in the key matter only if theirs is None. A contradiction leaves exactly one
// shard, since some shard must still say that there are no rows. For a reference table the answer is
// all its shards, any one of which will do.
func (t *Table) Prune(constraints map[string]Constraint) []int {
	if t.Replicated() {
		return t.Shards()
	}
	for _, c := range constraints {
		if c.IsNone() {
			return []int{t.shards[0]}
		}
	}
	key := make([]Constraint, len(t.key))
	for i, column := range t.key {
		if c := constraints[column]; c.Kind() == t.kinds[i] {
			key[i] = c
		}
	}
	set := newShardSet(t.total, t.shards)
	t.strategy.prune(key, set)
	if set.left == len(set.all) {
		return []int{t.shards[0]} // no row exists
	}
	return set.sorted()
}

// Scheme tells how the table is spread.
func (t *Table) Scheme() Scheme {
	return Scheme{ID: t.scheme, Kind: t.kind, Key: t.Key(), KeyKinds: slices.Clone(t.kinds), Shards: t.Shards()}
}

// Scheme identifies how a table is spread. Two tables whose schemes have one ID keep rows with equal keys,
// compared column by column in the order of Key, on the same shard.
type Scheme struct {
	ID       string // opaque; stable for equal definitions within one map version
	Kind     Kind
	Key      []string
	KeyKinds []ValueKind
	Shards   []int // ascending
}

// Colocated reports whether rows with equal keys live on the same shard under both schemes.
func (s Scheme) Colocated(o Scheme) bool { return s.ID == o.ID }
