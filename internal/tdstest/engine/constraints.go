package engine

import (
	"fmt"
	"slices"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// rule is a CHECK constraint, which holds unless its condition is false.
type rule struct {
	name string
	cond tsql.Cond
}

// foreignKey says that rows name a row of a table by one of its keys. What a transaction has not committed, others do not see and so do not
// mind: unlike the real server this one lets two transactions break the rule together.
type foreignKey struct {
	name    string
	columns []int
	to      string // the table's key in the catalog
	refers  []int  // its columns
}

// constraintsOf binds the CHECK and FOREIGN KEY constraints of a new table.
func (r *run) constraintsOf(c *catalog, t *table, create *tsql.CreateTable) error {
	for i, def := range create.Checks {
		k := rule{def.Name, def.Cond}
		if k.name == "" {
			k.name = fmt.Sprintf("CK__%s__%08X", t.name[:min(len(t.name), 8)], t.id+i)
		}
		if _, err := r.condition(t.columns, def.Cond); err != nil {
			return err
		}
		t.checks = append(t.checks, k)
	}
	for i, def := range create.Foreign {
		f, err := r.foreignKey(c, t, def)
		if err != nil {
			return err
		}
		if f.name == "" {
			f.name = fmt.Sprintf("FK__%s__%08X", t.name[:min(len(t.name), 8)], t.id+i)
		}
		t.foreign = append(t.foreign, f)
	}
	return nil
}

func (r *run) foreignKey(c *catalog, t *table, def tsql.ForeignKey) (f foreignKey, err error) {
	schemaName, name, err := r.objectName(def.Table.Parts)
	if err != nil {
		return f, err
	}
	f.name, f.to = def.Name, c.key(schemaName, name)
	to := c.tables[f.to]
	if f.to == c.key(t.schema.name, t.name) {
		to = t
	}
	if to == nil {
		return f, newError(1767, "Foreign key '%s' references invalid table '%s'.", def.Name, joinName(def.Table.Parts))
	}
	place := func(of *table, name string) int {
		return slices.IndexFunc(of.columns, func(c *column) bool { return r.db.sameName(c.name, name) })
	}
	for _, name := range def.Columns {
		f.columns = append(f.columns, place(t, name))
	}
	for _, name := range def.To {
		f.refers = append(f.refers, place(to, name))
	}
	if len(def.To) == 0 && len(to.keys) > 0 && to.keys[0].primary {
		f.refers = to.keys[0].columns
	}
	switch {
	case slices.Contains(f.columns, -1) || slices.Contains(f.refers, -1):
		return f, newError(1769, "Foreign key '%s' references an invalid column.", def.Name)
	case !slices.ContainsFunc(to.keys, func(k key) bool { return slices.Equal(k.columns, f.refers) }):
		return f, newError(1776, "There are no primary or candidate keys in the referenced table '%s' that match the referencing column list in the foreign key '%s'.",
			joinName(def.Table.Parts), def.Name)
	case len(f.columns) != len(f.refers):
		return f, newError(8139, "Number of referencing columns in foreign key differs from number of referenced columns, table '%s'.", t.name)
	}
	for i := range f.columns {
		if t.columns[f.columns[i]].typ != to.columns[f.refers[i]].typ {
			return f, newError(1778, "Column '%s' is not the same data type as the referencing column in foreign key '%s'.", to.columns[f.refers[i]].name, def.Name)
		}
	}
	return f, nil
}

// condition binds a CHECK over the columns of its table.
func (r *run) condition(columns []*column, cond tsql.Cond) (test, error) {
	s := &scope{clause: inComputed}
	for _, c := range columns {
		s.columns = append(s.columns, scopeColumn{name: c.name, typ: c.typ, strength: ImplicitCollation, nullable: c.nullable})
	}
	return (&binder{run: r}).cond(s, cond)
}

// constrain checks what a statement does to t against the constraints of t, and those that refer to it.
func (r *run) constrain(c *catalog, t *table, e edit) error {
	made := slices.Clone(e.added)
	verb := "INSERT"
	for _, change := range e.changed {
		verb = "DELETE"
		if change.now != nil {
			verb, made = "UPDATE", append(made, change.now)
		}
	}
	for _, k := range t.checks {
		if err := r.holds(t, k, made, verb); err != nil {
			return err
		}
	}
	d := newDelta()
	d.record(e)
	rowsOf := func(of *table) [][]Value {
		if of.id == t.id {
			return d.over(t.rows, false)
		}
		return of.rows
	}
	for _, f := range t.foreign {
		if to := c.tables[f.to]; !refer(t, f.columns, made, to, f.refers, rowsOf(to)) {
			return r.broken(verb, "FOREIGN KEY", f.name, to)
		}
	}
	if len(e.changed) == 0 {
		return nil
	}
	for _, of := range c.sorted() {
		for _, f := range of.foreign {
			if f.to == c.key(t.schema.name, t.name) && !refer(of, f.columns, rowsOf(of), t, f.refers, rowsOf(t)) {
				return r.broken(verb, "REFERENCE", f.name, of)
			}
		}
	}
	return nil
}

func (r *run) holds(t *table, k rule, rows [][]Value, verb string) error {
	holds, err := r.condition(t.columns, k.cond)
	if err != nil {
		return err
	}
	for _, row := range rows {
		answer, err := holds.eval(&env{run: r, row: row})
		if err != nil {
			return err
		}
		if answer == no {
			return r.broken(verb, "CHECK", k.name, t)
		}
	}
	return nil
}

func (r *run) broken(verb, kind, name string, in *table) error {
	return newError(547, "The %s statement conflicted with the %s constraint \"%s\". The conflict occurred in database \"%s\", table \"%s.%s\".",
		verb, kind, name, r.db.options.Name, in.schema.name, in.name)
}

// refer reports whether every row names one of the others; a row with a NULL names none and need not.
func refer(of *table, columns []int, rows [][]Value, to *table, refers []int, others [][]Value) bool {
	if len(rows) == 0 {
		return true
	}
	there := make(map[string]bool, len(others))
	for _, row := range others {
		there[to.columnsKey(refers, row)] = true
	}
	return !slices.ContainsFunc(rows, func(row []Value) bool {
		null := slices.ContainsFunc(columns, func(c int) bool { return row[c] == nil })
		return !null && !there[of.columnsKey(columns, row)]
	})
}
