package tsql

import (
	"slices"
	"strings"
)

// createTable reads what follows CREATE TABLE. A primary key's columns are NOT NULL.
func (p *parser) createTable() Statement {
	t := &CreateTable{Table: p.tableName()}
	p.expect("(")
	for more := true; more; more = p.accept(",") {
		switch {
		case p.at("CONSTRAINT"), p.at("PRIMARY"), p.at("UNIQUE"):
			t.Keys = append(t.Keys, p.tableConstraint())
		case p.accept("PERIOD", "FOR"):
			p.expect("SYSTEM_TIME")
			p.nameList()
		default:
			t.Columns = append(t.Columns, p.columnDef(t))
		}
	}
	if len(t.Columns) == 0 {
		p.unexpected()
	}
	p.expect(")")
	t.forbidNulls()
	return t
}

// forbidNulls marks the columns of primary keys.
func (t *CreateTable) forbidNulls() {
	for _, k := range t.Keys {
		for i := range t.Columns {
			named := func(name string) bool { return strings.EqualFold(name, t.Columns[i].Name) }
			if k.Primary && slices.ContainsFunc(k.Columns, named) {
				t.Columns[i].NotNull = true
			}
		}
	}
}

// tableConstraint reads [CONSTRAINT name] PRIMARY KEY | UNIQUE (columns).
func (p *parser) tableConstraint() Key {
	var k Key
	if p.accept("CONSTRAINT") {
		k.Name = p.name()
	}
	k.Primary = p.accept("PRIMARY", "KEY")
	if !k.Primary {
		p.expect("UNIQUE")
	}
	p.clustering()
	p.expect("(")
	for more := true; more; more = p.accept(",") {
		k.Columns = append(k.Columns, p.name())
		if !p.accept("ASC") {
			p.accept("DESC")
		}
	}
	p.expect(")")
	return k
}

func (p *parser) clustering() {
	if !p.accept("CLUSTERED") {
		p.accept("NONCLUSTERED")
	}
}

// columnDef reads a column of t, whose keys may stand with it.
func (p *parser) columnDef(t *CreateTable) ColumnDef {
	c := ColumnDef{Name: p.name()}
	if p.accept("AS") {
		c.Computed = p.expr()
		if p.accept("PERSISTED") {
			c.NotNull = p.accept("NOT", "NULL")
		}
		return c
	}
	c.Type = p.typeName()
	for p.columnOption(t, &c) {
	}
	return c
}

// columnOption reads one of the things that may follow a column's type, and tells whether there was one.
func (p *parser) columnOption(t *CreateTable, c *ColumnDef) bool {
	key := Key{Columns: []string{c.Name}}
	if p.accept("CONSTRAINT") {
		if key.Name = p.name(); !p.at("PRIMARY") && !p.at("UNIQUE") {
			p.unexpected()
		}
	}
	switch {
	case p.accept("COLLATE"):
		c.Collation = p.name()
	case p.accept("NOT", "NULL"):
		c.NotNull = true
	case p.accept("NULL"):
	case p.accept("PRIMARY", "KEY"):
		key.Primary, c.NotNull = true, true
		p.clustering()
		t.Keys = append(t.Keys, key)
	case p.accept("UNIQUE"):
		p.clustering()
		t.Keys = append(t.Keys, key)
	case p.accept("GENERATED", "ALWAYS", "AS"):
		p.expect("ROW")
		if !p.accept("START") {
			p.expect("END")
		}
		c.Hidden = p.accept("HIDDEN")
		c.NotNull = true
	default:
		return false
	}
	return p.err == nil
}
