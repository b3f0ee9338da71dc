package shardmap

import (
	"fmt"
	"slices"
	"strings"
)

// IndexSpec names a table that tells for the values of a column the sharding keys of the rows that have them.
type IndexSpec struct {
	Column string   // of the table that is indexed
	Table  string   // the index, itself one of the map's tables
	As     string   // its column of values; "" means that it is called as Column
	Key    []string // its columns of keys, in the order of the indexed table's sharding key
	Cache  Cache
}

// Index is a checked [IndexSpec]. Every pair of a value and a sharding key that the table has must be in the index: what is not there does not exist.
type Index = IndexSpec

// Indexes returns the indexes on the table's columns.
func (t *Table) Indexes() []Index {
	out := slices.Clone(t.indexes)
	for i := range out {
		out[i].Key = slices.Clone(out[i].Key)
	}
	return out
}

// indexes reads the indexes of all tables, once these are built.
func (b *builder) indexes() {
	for _, name := range b.m.names {
		seen := map[string]bool{}
		for _, x := range b.specs[name].Indexes {
			t := b.m.tables[name]
			before := len(b.faults)
			b.index(t, name, &x, seen)
			seen[x.Column] = true
			if t != nil && len(b.faults) == before {
				x.Key = slices.Clone(x.Key)
				t.indexes = append(t.indexes, x)
			}
		}
	}
}

func (b *builder) index(t *Table, name string, x *IndexSpec, seen map[string]bool) {
	at := fmt.Sprintf("tables.%s.indexes.%s", name, x.Column)
	if x.As == "" {
		x.As = x.Column
	}
	switch {
	case x.Column == "":
		b.failAt(ErrEmpty, "tables."+name+".indexes", "an index needs the name of a column")
	case seen[x.Column]:
		b.failAt(ErrDuplicateName, at, "column %s has an index already", quote(x.Column))
	case x.Table == name:
		b.failAt(ErrSetting, at+".table", "table %s cannot be its own index", quote(name))
	case b.specs[x.Table] == nil:
		b.failAt(ErrUnknownTable, at+".table", "unknown table %s: an index is itself one of the tables, which are %s", quote(x.Table), someNames(b.m.names))
	case t == nil:
		// its own faults are reported
	case len(t.key) == 0:
		b.failAt(ErrSetting, at, "table %s has strategy %s: an index tells sharding keys, and it has none", name, t.kind)
	case slices.Contains(t.key, x.Column):
		b.failAt(ErrSetting, at, "column %s is in the sharding key of table %s and needs no index", quote(x.Column), name)
	case len(x.Key) != len(t.key):
		b.failAt(ErrSetting, at+".key", "the sharding key of table %s has %d columns (%s): name as many of table %s, in that order, not %d", name, len(t.key), someNames(t.key), x.Table, len(x.Key))
	default:
		b.indexKey(x, at)
	}
}

func (b *builder) indexKey(x *IndexSpec, at string) {
	for i, c := range x.Key {
		if c == "" || c == x.As || slices.Contains(x.Key[:i], c) {
			b.failAt(ErrSetting, fmt.Sprintf("%s.key[%d]", at, i), "%s names no further column of table %s", quote(c), x.Table)
		}
	}
}

// Clone returns a value that keeps nothing else in memory.
func (v Value) Clone() Value {
	v.text = strings.Clone(v.text)
	return v
}

// Points returns the values that meet the constraint, if it leaves single ones and short intervals only.
func (c Constraint) Points() ([]Value, bool) { return c.points() }
