package engine

import (
	"strings"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// scope is what names can mean in one query: the columns of its FROM clause, in the order of its row, then whatever the
// query around it knows.
type scope struct {
	outer   *scope
	columns []scopeColumn
	tables  []scopeTable
	clause  clause
	groups  *grouping // while the clauses behind GROUP BY are bound
	windows *windowing
	reaches bool   // something in it named a column of an outer scope
	owner   *scope // the query's own scope, of one that only a part of its FROM clause sees
}

// reach notes that a column of an outer scope was named.
func (s *scope) reach() {
	s.reaches = true
	if s.owner != nil {
		s.owner.reaches = true
	}
}

type scopeColumn struct {
	table     string // its source's exposed name
	name      string
	typ       Type
	strength  Strength
	nullable  bool
	hidden    bool
	forbidden *Error // why it may not be read
}

// scopeTable is a source of a FROM clause.
type scopeTable struct {
	name    string // the exposed name: the alias, or the table's own name
	schema  string // of a table without an alias
	aliased bool
}

// columnRef binds a column to its place in this scope's row, or in an outer one's.
func (b *binder) columnRef(s *scope, c *tsql.Column) (bound, error) {
	index, depth, at, err := b.resolve(s, c)
	if err != nil {
		return bound{}, placed(err, b.run.batch, c.Pos)
	}
	for inner := s; inner != at; inner = inner.outer {
		inner.reach()
	}
	found := at.columns[index]
	if found.forbidden != nil {
		return bound{}, found.forbidden
	}
	if at.groups != nil {
		slot, ok := at.groups.slots[columnKey(index, 0)]
		if !ok {
			return bound{}, placed(ungrouped(at, found), b.run.batch, c.Pos)
		}
		index, found = slot, at.groups.columns[slot]
	}
	return columnAt(found, index, depth), nil
}

// columnAt reads column index of the row depth queries out.
func columnAt(c scopeColumn, index, depth int) bound {
	x := bound{typ: c.typ, strength: c.strength, nullable: c.nullable, low: index, high: index, column: index}
	if depth == 0 {
		x.eval = func(e *env) (Value, error) { return e.row[index], nil }
		return x
	}
	x.low, x.high, x.column, x.outward = 0, -1, -1, true
	x.eval = func(e *env) (Value, error) {
		for range depth {
			e = e.outer
		}
		return e.row[index], nil
	}
	return x
}

// ungrouped is the error for a column that is neither grouped by nor aggregated.
func ungrouped(s *scope, c scopeColumn) *Error {
	name := c.name
	if c.table != "" {
		name = c.table + "." + name
	}
	switch s.clause {
	case inHaving:
		return newError(8121, "Column '%s' is invalid in the HAVING clause because it is not contained in either an aggregate function or the GROUP BY clause.", name)
	case inOrderBy:
		return newError(8127, "Column %q is invalid in the ORDER BY clause because it is not contained in either an aggregate function or the GROUP BY clause.", name)
	}
	return newError(8120, "Column '%s' is invalid in the select list because it is not contained in either an aggregate function or the GROUP BY clause.", name)
}

// resolve finds a column by name: the innermost scope that knows it wins.
func (b *binder) resolve(s *scope, c *tsql.Column) (index, depth int, at *scope, err *Error) {
	name := c.Parts[len(c.Parts)-1]
	for at = s; at != nil; at, depth = at.outer, depth+1 {
		if len(c.Parts) > 1 {
			if !at.has(b, c.Parts[:len(c.Parts)-1]) {
				continue
			}
			if index = at.find(b, c.Parts[len(c.Parts)-2], name); index < 0 {
				return 0, 0, nil, newError(207, "Invalid column name '%s'.", name)
			}
			return index, depth, at, nil
		}
		index = -1
		for i, candidate := range at.columns {
			if !b.run.db.sameName(candidate.name, name) {
				continue
			}
			if index >= 0 {
				return 0, 0, nil, newError(209, "Ambiguous column name '%s'.", name)
			}
			index = i
		}
		if index >= 0 {
			return index, depth, at, nil
		}
	}
	if len(c.Parts) > 1 {
		return 0, 0, nil, newError(4104, "The multi-part identifier %q could not be bound.", joinName(c.Parts))
	}
	return 0, 0, nil, newError(207, "Invalid column name '%s'.", name)
}

// has reports whether the scope has a source that the qualifier names.
func (s *scope) has(b *binder, qualifier []string) bool {
	for _, t := range s.tables {
		if b.names(t, qualifier) {
			return true
		}
	}
	return false
}

// names reports whether a qualifier, perhaps with schema and database, means the source.
func (b *binder) names(t scopeTable, qualifier []string) bool {
	n := len(qualifier)
	if !b.run.db.sameName(t.name, qualifier[n-1]) {
		return false
	}
	return n == 1 || !t.aliased && b.run.db.sameName(t.schema, qualifier[n-2]) && (n == 2 || strings.EqualFold(qualifier[n-3], b.run.db.options.Name))
}

func (s *scope) find(b *binder, table, name string) int {
	for i, c := range s.columns {
		if b.run.db.sameName(c.table, table) && b.run.db.sameName(c.name, name) {
			return i
		}
	}
	return -1
}

func joinName(parts []string) string { return strings.Join(parts, ".") }
