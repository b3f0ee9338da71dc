package tsql

import "strings"

// createTable reads what follows CREATE TABLE. Keys are read and forgotten, but for NOT NULL, which they imply.
func (p *parser) createTable() Statement {
	t := &CreateTable{Table: p.tableName()}
	var keys []string
	p.expect("(")
	for more := true; more; more = p.accept(",") {
		switch {
		case p.at("CONSTRAINT"), p.at("PRIMARY"), p.at("UNIQUE"):
			keys = append(keys, p.tableConstraint()...)
		case p.accept("PERIOD", "FOR"):
			p.expect("SYSTEM_TIME")
			p.nameList()
		default:
			t.Columns = append(t.Columns, p.columnDef())
		}
	}
	if len(t.Columns) == 0 {
		p.unexpected()
	}
	p.expect(")")
	for _, k := range keys {
		for i := range t.Columns {
			if strings.EqualFold(t.Columns[i].Name, k) {
				t.Columns[i].NotNull = true
			}
		}
	}
	return t
}

// tableConstraint reads [CONSTRAINT name] PRIMARY KEY | UNIQUE (columns) and returns a primary key's columns.
func (p *parser) tableConstraint() []string {
	if p.accept("CONSTRAINT") {
		p.name()
	}
	primary := p.accept("PRIMARY", "KEY")
	if !primary {
		p.expect("UNIQUE")
	}
	p.clustering()
	columns := p.nameList()
	if !primary {
		return nil
	}
	return columns
}

func (p *parser) clustering() {
	if !p.accept("CLUSTERED") {
		p.accept("NONCLUSTERED")
	}
}

func (p *parser) columnDef() ColumnDef {
	c := ColumnDef{Name: p.name()}
	if p.accept("AS") {
		c.Computed = p.expr()
		if p.accept("PERSISTED") {
			c.NotNull = p.accept("NOT", "NULL")
		}
		return c
	}
	c.Type = p.typeName()
	for p.columnOption(&c) {
	}
	return c
}

// columnOption reads one of the things that may follow a column's type, and tells whether there was one.
func (p *parser) columnOption(c *ColumnDef) bool {
	switch {
	case p.accept("COLLATE"):
		c.Collation = p.name()
	case p.accept("NOT", "NULL"):
		c.NotNull = true
	case p.accept("NULL"):
	case p.accept("PRIMARY", "KEY"):
		c.NotNull = true
		p.clustering()
	case p.accept("UNIQUE"):
		p.clustering()
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
