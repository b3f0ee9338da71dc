package engine

import (
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// key is a PRIMARY KEY or UNIQUE constraint of a table. Its index has number 1 or above.
type key struct {
	name    string
	primary bool
	columns []int // places of its columns, in its order
}

// keyIndex holds the keys of one version of a table's rows, for each of its constraints which row has which key. It serves the version that
// owns it and moves on with it; only who publishes a version, or has the database for itself, looks at it.
type keyIndex struct {
	owner *table
	rows  []map[string]*Value
}

// indexed is the index of a table's rows.
func (t *table) indexed() *keyIndex {
	if t.index == nil || t.index.owner != t {
		t.index = &keyIndex{owner: t, rows: make([]map[string]*Value, len(t.keys))}
		for i := range t.keys {
			t.index.rows[i] = make(map[string]*Value, len(t.rows))
			for _, row := range t.rows {
				t.index.rows[i][t.keyOf(i, row)] = identity(row)
			}
		}
	}
	return t.index
}

// follow moves the index on to the version of its table in which d is done.
func (x *keyIndex) follow(next *table, d *delta) {
	for i, rows := range x.rows {
		for _, c := range d.replaced {
			delete(rows, next.keyOf(i, c.was))
		}
		d.live(func(row []Value) { rows[next.keyOf(i, row)] = identity(row) })
	}
	x.owner = next
}

// keysOf binds the constraints of a new table.
func (r *run) keysOf(tableName string, id int, columns []*column, defs []tsql.Key) ([]key, error) {
	var keys []key
	for _, def := range defs {
		k := key{name: def.Name, primary: def.Primary}
		prefix := "UQ"
		if def.Primary {
			prefix = "PK"
			if slices.ContainsFunc(keys, func(k key) bool { return k.primary }) {
				return nil, newError(8110, "Cannot add multiple PRIMARY KEY constraints to table '%s'.", tableName)
			}
		}
		if k.name == "" {
			k.name = fmt.Sprintf("%s__%s__%08X", prefix, tableName[:min(len(tableName), 8)], id+len(keys))
		}
		for _, name := range def.Columns {
			i := slices.IndexFunc(columns, func(c *column) bool { return r.db.sameName(c.name, name) })
			if i < 0 {
				return nil, newError(1911, "Column name '%s' does not exist in the target table or view.", name)
			}
			if t := columns[i].typ; t.Length == -1 || t.Kind == Unreadable {
				return nil, newError(1919, "Column '%s' in table '%s' is of a type that is invalid for use as a key column in an index.", name, tableName)
			}
			k.columns = append(k.columns, i)
		}
		keys = append(keys, k)
	}
	slices.SortStableFunc(keys, func(a, b key) int { return int(bitOf(b.primary) - bitOf(a.primary)) })
	return keys, nil
}

// unique checks that no key is there twice once a statement has done e to a table, whose version t is committed, in a transaction that did d
// to it before.
func (r *run) unique(t *table, d *delta, e edit) error {
	if len(t.keys) == 0 {
		return nil
	}
	gone := map[*Value]bool{} // rows that are none of the table's any more
	for origin := range d.replaced {
		gone[origin] = true
	}
	var made [][]Value
	for _, c := range e.changed {
		gone[identity(c.was)] = true
		if c.now != nil {
			made = append(made, c.now)
		}
	}
	index := t.indexed()
	for i := range t.keys {
		own := map[string]bool{}
		d.live(func(row []Value) {
			if !gone[identity(row)] {
				own[t.keyOf(i, row)] = true
			}
		})
		for _, row := range append(made[:len(made):len(made)], e.added...) {
			k := t.keyOf(i, row)
			if holder := index.rows[i][k]; own[k] || holder != nil && !gone[holder] {
				return r.duplicate(t, i, row)
			}
			own[k] = true
		}
	}
	return nil
}

func (t *table) keyOf(i int, row []Value) string { return t.columnsKey(t.keys[i].columns, row) }

// columnsKey is the same for rows that are equal in the columns.
func (t *table) columnsKey(columns []int, row []Value) string {
	var b []byte
	for _, c := range columns {
		b = GroupKey(b, row[c], t.columns[c].typ)
	}
	return string(b)
}

// duplicate is error 2627, which shows the key's values, as the real server's does.
func (r *run) duplicate(t *table, i int, row []Value) error {
	k := t.keys[i]
	kind := "UNIQUE KEY"
	if k.primary {
		kind = "PRIMARY KEY"
	}
	values := make([]string, len(k.columns))
	for j, c := range k.columns {
		values[j] = "<NULL>"
		if row[c] != nil {
			text, err := Convert(row[c], t.columns[c].typ, Type{Kind: NVarchar, Length: -1, Collation: DefaultCollation}, -1)
			if s, ok := text.(String16); ok && err == nil {
				values[j] = s.String()
			}
		}
	}
	return newError(2627, "Violation of %s constraint '%s'. Cannot insert duplicate key in object '%s.%s'. The duplicate key value is (%s).",
		kind, k.name, t.schema.name, t.name, strings.Join(values, ", "))
}
