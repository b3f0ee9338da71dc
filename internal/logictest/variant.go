package logictest

import (
	"slices"
	"strings"
)

// For returns the data set that the shards of a layout can hold. Rows with a value that SQL Server has not are left out
// where the layout places them on such a shard; so are columns that no shard of the layout has. Where all shards run SQL Server,
// which does not mind the letter case of names, columns have theirs in lower case. The result is d itself if every shard
// holds everything.
func (d *Dataset) For(l Layout) (*Dataset, error) {
	if !l.has(sqlServer) {
		return d, nil
	}
	out := &Dataset{Tables: slices.Clone(d.Tables)}
	for i := range out.Tables {
		t := &out.Tables[i]
		rows, err := l.holdable(*t)
		if err != nil {
			return nil, err
		}
		t.Rows = rows
		if l.only(sqlServer) {
			t.keepNative()
		}
	}
	return out, nil
}

func (l Layout) has(driver string) bool {
	return slices.ContainsFunc(l.Shards, func(s Shard) bool { return s.Driver == driver })
}

func (l Layout) only(driver string) bool {
	return !slices.ContainsFunc(l.Shards, func(s Shard) bool { return s.Driver != driver })
}

func (l Layout) driverOf(shard string) string {
	return l.Shards[slices.IndexFunc(l.Shards, func(s Shard) bool { return s.Name == shard })].Driver
}

// holdable returns the rows of a table that the shards they are placed on can hold.
func (l Layout) holdable(t Table) ([][]Cell, error) {
	var out [][]Cell
	for _, row := range t.Rows {
		names, err := l.Place(t, row)
		if err != nil {
			return nil, err
		}
		if t.mssqlHolds(row) || !slices.ContainsFunc(names, func(n string) bool { return l.driverOf(n) == sqlServer }) {
			out = append(out, row)
		}
	}
	return out, nil
}

// mssqlHolds looks at the columns that a SQL Server shard has.
func (t Table) mssqlHolds(row []Cell) bool {
	for i, c := range t.Columns {
		if _, mapped := mssqlType(t, c); mapped && !holds(c, row[i]) {
			return false
		}
	}
	return true
}

// keepNative removes the columns that a SQL Server shard has under no type at all, and folds the names of the others.
func (t *Table) keepNative() {
	var keep []int
	for i, c := range t.Columns {
		if native, _ := mssqlType(*t, c); native != "" {
			keep = append(keep, i)
		}
	}
	cols, rows := t.Columns, t.Rows
	t.Columns, t.Rows = nil, nil
	for _, i := range keep {
		c := cols[i]
		c.Name = strings.ToLower(c.Name)
		t.Columns = append(t.Columns, c)
	}
	for _, row := range rows {
		var kept []Cell
		for _, i := range keep {
			kept = append(kept, row[i])
		}
		t.Rows = append(t.Rows, kept)
	}
}

// Unreadable is a column that some shard of a layout lacks, or has under a type without a mapping. Statements that touch
// it are refused by name.
type Unreadable struct {
	Table, Column string
	Shards        []string
	State         string // the SQLSTATE of the refusal
}

// Unreadable lists such columns of a layout, in the order of the tables.
func (d *Dataset) Unreadable(l Layout) []Unreadable {
	var shards []string
	for _, s := range l.Shards {
		if s.Driver == sqlServer {
			shards = append(shards, s.Name)
		}
	}
	if shards == nil {
		return nil
	}
	var out []Unreadable
	for _, t := range d.tablesFor(l) {
		for _, c := range t.Columns {
			native, mapped := mssqlType(t, c)
			switch {
			case mapped:
			case native != "":
				out = append(out, Unreadable{t.Name, c.Name, shards, "0A000"})
			case !l.only(sqlServer):
				out = append(out, Unreadable{t.Name, c.Name, shards, "42703"})
			}
		}
	}
	return out
}

// touches reports whether a statement reads the column: by name, or by a star over its table.
func (u Unreadable) touches(sql string) bool {
	words := strings.FieldsFunc(sql, func(r rune) bool {
		return !('a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' || '0' <= r && r <= '9' || r == '_')
	})
	if !slices.Contains(words, u.Table) {
		return false
	}
	bare := strings.Join(strings.Fields(sql), " ")
	star := strings.Contains(bare, "select * ") || strings.Contains(bare, ".*") || strings.Contains(bare, ", * ")
	return star || slices.Contains(words, u.Column)
}

// refuses reports whether an error refuses a statement for the sake of this column.
func (u Unreadable) refuses(state, text string) bool {
	named := slices.ContainsFunc(u.Shards, func(s string) bool { return strings.Contains(text, "shard "+s) })
	return state == u.State && named && strings.Contains(text, `column "`+u.Column+`"`)
}
