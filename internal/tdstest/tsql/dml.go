package tsql

// insert reads what follows INSERT: VALUES, or a query.
func (p *parser) insert() Statement {
	p.accept("INTO")
	ins := &Insert{Table: p.hintedTable()}
	if p.at("(") && !p.isQuery(p.i) {
		ins.Columns = p.nameList()
	}
	if p.at("SELECT") || p.at("(") {
		ins.Query = p.query()
		return ins
	}
	pos := p.peek().pos
	p.expect("VALUES")
	ins.Rows = p.rows()
	if len(ins.Rows) > maxInsertRows {
		p.fail(10738, pos, "The number of row value expressions in the INSERT statement exceeds the maximum allowed number of 1000 row values.")
	}
	return ins
}

// update reads what follows UPDATE: one table, without FROM.
func (p *parser) update() Statement {
	u := &Update{Top: p.writeTop(), Table: p.hintedTable()}
	p.expect("SET")
	for more := true; more; more = p.accept(",") {
		a := Assignment{Column: p.name()}
		p.expect("=")
		a.Value = p.expr()
		u.Set = append(u.Set, a)
	}
	u.Where = p.where()
	return u
}

// deletion reads what follows DELETE: one table, without a second FROM.
func (p *parser) deletion() Statement {
	d := &Delete{Top: p.writeTop()}
	p.accept("FROM")
	d.Table = p.hintedTable()
	d.Where = p.where()
	return d
}

// writeTop reads TOP (n), whose parentheses only SELECT may leave out.
func (p *parser) writeTop() Expr {
	if !p.accept("TOP") {
		return nil
	}
	p.expect("(")
	n := p.expr()
	p.expect(")")
	return n
}

func (p *parser) where() Cond {
	if !p.accept("WHERE") {
		return nil
	}
	return p.condition()
}

// lockHints are the table hints that say what is locked. Those that change what is read are none of the subset.
var lockHints = setOf("HOLDLOCK SERIALIZABLE TABLOCK TABLOCKX UPDLOCK XLOCK ROWLOCK PAGLOCK")

// hintedTable reads a table's name without an alias, and its hints.
func (p *parser) hintedTable() Table {
	t := p.tableName()
	t.Hints = p.hints()
	return t
}

// hints reads WITH (hint, …).
func (p *parser) hints() []string {
	if !p.at("WITH", "(") || !lockHints[p.ahead(2).upper] {
		return nil
	}
	p.accept("WITH", "(")
	var out []string
	for more := true; more; more = p.accept(",") {
		if !lockHints[p.peek().upper] {
			p.unexpected()
			return out
		}
		out = append(out, p.advance().upper)
	}
	p.expect(")")
	return out
}
