package tsql

// joinKinds are the ways to write a join, longest first.
var joinKinds = []struct {
	words []string
	kind  string
	on    bool
}{
	{[]string{"INNER", "JOIN"}, "INNER", true},
	{[]string{"JOIN"}, "INNER", true},
	{[]string{"LEFT", "OUTER", "JOIN"}, "LEFT", true},
	{[]string{"LEFT", "JOIN"}, "LEFT", true},
	{[]string{"RIGHT", "OUTER", "JOIN"}, "RIGHT", true},
	{[]string{"RIGHT", "JOIN"}, "RIGHT", true},
	{[]string{"FULL", "OUTER", "JOIN"}, "FULL", true},
	{[]string{"FULL", "JOIN"}, "FULL", true},
	{[]string{"CROSS", "JOIN"}, "CROSS", false},
	{[]string{"CROSS", "APPLY"}, "CROSS APPLY", false},
	{[]string{"OUTER", "APPLY"}, "OUTER APPLY", false},
}

// joined reads a table source with the joins behind it.
func (p *parser) joined() Source {
	return p.joins(p.primarySource())
}

// joins reads the joins behind left, as long as there are any.
func (p *parser) joins(left Source) Source {
	defer p.leave()
	if !p.enter() {
		return left
	}
	for {
		join := p.join(left)
		if join == nil {
			return left
		}
		left = join
	}
}

// join reads one join behind left, or nothing and returns nil. What stands between JOIN and ON may be a joined table itself.
func (p *parser) join(left Source) Source {
	for _, k := range joinKinds {
		if !p.accept(k.words...) {
			continue
		}
		j := &Join{Kind: k.kind, Left: left, Right: p.primarySource()}
		if k.on {
			j.Right = p.joins(j.Right)
			p.expect("ON")
			j.On = p.condition()
		}
		return j
	}
	return nil
}

// primarySource reads a table, a derived table, VALUES, OPENJSON or a join in parentheses.
func (p *parser) primarySource() Source {
	switch {
	case p.at("(", "VALUES"):
		p.accept("(", "VALUES")
		v := &Values{Rows: p.rows()}
		p.expect(")")
		v.Alias = p.requiredAlias()
		v.Columns = p.derivedColumns()
		return v
	case p.at("(") && p.isQuery(p.i+1):
		p.advance()
		d := &Derived{Query: p.query()}
		p.expect(")")
		d.Alias = p.requiredAlias()
		d.Columns = p.derivedColumns()
		return d
	case p.accept("("):
		defer p.leave()
		if !p.enter() {
			return nil
		}
		s := p.joined()
		if _, ok := s.(*Join); !ok {
			p.unexpected()
		}
		p.expect(")")
		return s
	case p.at("OPENJSON", "("):
		return p.openJSON()
	}
	t := p.tableName()
	return &Table{Parts: t.Parts, Alias: p.alias(), Hints: p.hints(), Pos: t.Pos}
}

// isQuery tells whether a query starts at token i, rather than a join or an expression in parentheses: SELECT, or a
// query in parentheses behind which something follows that may follow a query.
func (p *parser) isQuery(i int) bool {
	for start := i; p.tokens[i].is("("); i++ {
		if i-start > maxDepth {
			return false
		}
		after := p.tokens[p.closing[i]]
		if !after.is(")") && !after.is("UNION") && !after.is("EXCEPT") && !after.is("INTERSECT") && !after.is("ORDER") {
			return false
		}
	}
	return p.tokens[i].is("SELECT")
}

func (p *parser) requiredAlias() string {
	p.accept("AS")
	return p.name()
}

func (p *parser) alias() string {
	if p.accept("AS") || p.atName() {
		return p.name()
	}
	return ""
}

func (p *parser) derivedColumns() []string {
	if p.at("(") {
		return p.nameList()
	}
	return nil
}

func (p *parser) openJSON() Source {
	p.accept("OPENJSON", "(")
	o := &OpenJSON{Arg: p.expr()}
	p.expect(")", "WITH", "(")
	for more := true; more; more = p.accept(",") {
		c := JSONColumn{Name: p.name(), Type: p.typeName()}
		if p.peek().kind == varchar {
			c.Path = p.advance().text
		}
		o.With = append(o.With, c)
	}
	p.expect(")")
	o.Alias = p.alias()
	return o
}
