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

// keyIndex holds the keys of one version of a table's rows, one set for each of its constraints. It serves the version that owns it and
// moves on with it; only who holds the write lock looks at it.
type keyIndex struct {
	owner *table
	sets  []map[string]struct{}
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

// admit checks that rows, which t is about to get, repeat no key, and gives the index to next, the version of t that has them.
func (r *run) admit(t, next *table, rows [][]Value) error {
	if len(t.keys) == 0 {
		return nil
	}
	index := t.index
	if index == nil || index.owner != t {
		index = &keyIndex{sets: make([]map[string]struct{}, len(t.keys))}
		for i := range index.sets {
			index.sets[i] = make(map[string]struct{}, len(t.rows)+len(rows))
			for _, row := range t.rows {
				index.sets[i][t.keyOf(i, row)] = struct{}{}
			}
		}
	}
	index.owner = nil // until all is well
	for _, row := range rows {
		for i, set := range index.sets {
			k := t.keyOf(i, row)
			if _, there := set[k]; there {
				return r.duplicate(t, i, row)
			}
			set[k] = struct{}{}
		}
		if err := r.tick(); err != nil {
			return err
		}
	}
	index.owner, next.index = next, index
	return nil
}

func (t *table) keyOf(i int, row []Value) string {
	var b []byte
	for _, c := range t.keys[i].columns {
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
