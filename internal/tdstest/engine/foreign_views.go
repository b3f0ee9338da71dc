package engine

import "slices"

// foreignKeyID is the object of a table's foreign key. Objects are sixteen apart.
func foreignKeyID(t *table, i int) int { return t.id + 1 + i }

// foreignKeyRows are sys.foreign_keys: none has an action, for the engine knows none.
func foreignKeyRows(r *run) [][]Value {
	var rows [][]Value
	for _, t := range r.state.sorted() {
		for i, f := range t.foreign {
			to := r.state.tables[f.to]
			if to == nil {
				continue
			}
			index := slices.IndexFunc(to.keys, func(k key) bool { return slices.Equal(k.columns, f.refers) })
			number := index + 2
			if to.keys[index].primary {
				number = 1
			}
			rows = append(rows, cells(f.name, foreignKeyID(t, i), nil, t.schema.id, t.id, "F ", "FOREIGN_KEY_CONSTRAINT",
				to.id, number, false, false, 0, "NO_ACTION", 0, "NO_ACTION"))
		}
	}
	return rows
}

func foreignKeyColumnRows(r *run) [][]Value {
	var rows [][]Value
	for _, t := range r.state.sorted() {
		for i, f := range t.foreign {
			to := r.state.tables[f.to]
			if to == nil {
				continue
			}
			for j, c := range f.columns {
				rows = append(rows, cells(foreignKeyID(t, i), j+1, t.id, c+1, to.id, f.refers[j]+1))
			}
		}
	}
	return rows
}
