package tsql

import (
	"slices"
	"strconv"
	"strings"
)

// createTable reads what follows CREATE TABLE. A primary key's columns are NOT NULL.
func (p *parser) createTable() Statement {
	t := &CreateTable{Table: p.tableName()}
	p.expect("(")
	for more := true; more; more = p.accept(",") {
		switch {
		case p.at("CONSTRAINT"), p.at("PRIMARY"), p.at("UNIQUE"), p.at("CHECK"), p.at("FOREIGN"):
			p.tableConstraint(t)
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

// tableConstraint reads [CONSTRAINT name] PRIMARY KEY | UNIQUE (columns), CHECK (…) or FOREIGN KEY (columns) REFERENCES ….
func (p *parser) tableConstraint(t *CreateTable) {
	name := p.constraintName()
	switch {
	case p.accept("CHECK"):
		t.Checks = append(t.Checks, p.check(name))
		return
	case p.accept("FOREIGN", "KEY"):
		columns := p.nameList()
		p.expect("REFERENCES")
		t.Foreign = append(t.Foreign, p.references(name, columns))
		return
	}
	k := Key{Name: name, Primary: p.accept("PRIMARY", "KEY")}
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
	t.Keys = append(t.Keys, k)
}

// constraintName reads CONSTRAINT name, if that stands there.
func (p *parser) constraintName() string {
	if p.accept("CONSTRAINT") {
		return p.name()
	}
	return ""
}

// check reads what follows CHECK.
func (p *parser) check(name string) Check {
	p.expect("(")
	c := Check{Name: name, Cond: p.condition()}
	p.expect(")")
	return c
}

// references reads what follows REFERENCES.
func (p *parser) references(name string, columns []string) ForeignKey {
	f := ForeignKey{Name: name, Columns: columns, Table: p.tableName()}
	if p.at("(") {
		f.To = p.nameList()
	}
	return f
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
	named := p.at("CONSTRAINT")
	name := p.constraintName()
	if named && !p.at("PRIMARY") && !p.at("UNIQUE") && !p.at("CHECK") && !p.at("REFERENCES") {
		p.unexpected()
	}
	key := Key{Name: name, Columns: []string{c.Name}}
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
	case p.accept("CHECK"):
		t.Checks = append(t.Checks, p.check(name))
	case p.accept("REFERENCES"):
		t.Foreign = append(t.Foreign, p.references(name, key.Columns))
	case c.Identity == nil && p.accept("IDENTITY"):
		c.Identity, c.NotNull = p.identity(), true
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

// identity reads what follows IDENTITY.
func (p *parser) identity() *Identity {
	out := &Identity{Seed: 1, Increment: 1}
	if p.accept("(") {
		out.Seed = p.whole()
		p.expect(",")
		out.Increment = p.whole()
		p.expect(")")
	}
	return out
}

// whole reads a whole number, perhaps negative.
func (p *parser) whole() int64 {
	sign := ""
	if p.accept("-") {
		sign = "-"
	}
	if p.peek().kind == integer {
		if n, err := strconv.ParseInt(sign+p.peek().text, 10, 64); err == nil {
			p.advance()
			return n
		}
	}
	p.unexpected()
	return 0
}
