package shardmap

import (
	"fmt"
	"slices"
)

// classes checks the colocation classes and makes them known to their tables.
func (b *builder) classes(classes []ClassSpec) {
	seen := map[string]bool{}
	for _, c := range classes {
		at := "colocation." + c.Name
		switch {
		case c.Name == "":
			b.failAt(ErrEmpty, "colocation", "a colocation class needs a name")
			continue
		case seen[c.Name]:
			b.failAt(ErrDuplicateName, at, "colocation class %s is defined twice", quote(c.Name))
			continue
		case len(c.Members) == 0:
			b.failAt(ErrEmpty, at, "a colocation class needs members: write a table's name and its column")
			continue
		}
		seen[c.Name] = true
		for i, m := range c.Members {
			b.member(c, i, at+"."+m.Table)
		}
	}
}

func (b *builder) member(c ClassSpec, i int, at string) {
	m := c.Members[i]
	t := b.m.tables[m.Table]
	switch {
	case b.specs[m.Table] == nil:
		b.failAt(ErrUnknownTable, at, "unknown table %s: the tables are %s", quote(m.Table), someNames(b.m.names))
		return
	case t == nil:
		return // its own faults are reported
	case t.Replicated():
		b.failAt(ErrColocation, at, "table %s is replicated: every shard has all its rows, so that it needs no class", m.Table)
		return
	case slices.ContainsFunc(c.Members[:i], func(o ClassMember) bool { return o.Table == m.Table }):
		b.failAt(ErrDuplicateName, at, "table %s is in the class twice", m.Table)
		return
	case len(m.Columns) == 0:
		b.failAt(ErrEmpty, at, "name the column of table %s", m.Table)
		return
	case len(m.Columns) != len(c.Members[0].Columns):
		b.failAt(ErrColocation, at, "%d columns for the %d of table %s: every member needs as many", len(m.Columns), len(c.Members[0].Columns), c.Members[0].Table)
		return
	}
	for j, column := range m.Columns {
		if column == "" || slices.Contains(m.Columns[:j], column) {
			b.failAt(ErrColocation, fmt.Sprintf("%s[%d]", at, j), "%s names no further column", quote(column))
			return
		}
	}
	t.classes = append(t.classes, Class{Name: c.Name, Columns: slices.Clone(m.Columns)})
}
