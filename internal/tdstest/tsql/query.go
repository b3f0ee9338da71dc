package tsql

// maxSelectList is how many columns a select list may have.
const maxSelectList = 4096

// query reads a query expression with its ORDER BY.
func (p *parser) query() *Query {
	defer p.leave()
	q := &Query{}
	if !p.enter() {
		return q
	}
	cases, leaves := p.cases, p.leaves
	p.cases = 0
	q.Body = p.body()
	p.tail(q)
	p.cases, p.leaves = cases, leaves
	return q
}

// tail reads what may follow a body: ORDER BY, OFFSET and FETCH.
func (p *parser) tail(q *Query) {
	if !p.accept("ORDER") {
		return
	}
	p.expect("BY")
	q.OrderBy = p.orderItems()
	pos := p.peek()
	if p.accept("OFFSET") {
		q.Offset = p.rowCount()
	}
	if p.at("FETCH") {
		q.Fetch = p.fetch(q.Offset != nil)
	}
	if s, ok := q.Body.(*Select); ok && s.Top != nil && q.Offset != nil {
		p.fail(10741, pos.pos, "A TOP can not be used in the same query or sub-query as a OFFSET.")
	}
}

// rowCount reads n ROW or n ROWS.
func (p *parser) rowCount() Expr {
	n := p.expr()
	if !p.accept("ROW") {
		p.expect("ROWS")
	}
	return n
}

func (p *parser) fetch(offset bool) Expr {
	p.expect("FETCH")
	t := p.peek()
	if !p.accept("NEXT") {
		p.expect("FIRST")
	}
	if !offset {
		p.fail(153, t.pos, "Invalid usage of the option "+t.text+" in the FETCH statement.")
	}
	n := p.rowCount()
	p.expect("ONLY")
	return n
}

func (p *parser) orderItems() []OrderItem {
	var out []OrderItem
	for more := true; more; more = p.accept(",") {
		item := OrderItem{Expr: p.expr()}
		if p.accept("DESC") {
			item.Desc = true
		} else {
			p.accept("ASC")
		}
		out = append(out, item)
	}
	return out
}

// body reads query specifications joined by UNION and EXCEPT, which are of one rank, left to right.
func (p *parser) body() Body {
	return p.unions(p.intersections(p.bodyOperand()))
}

func (p *parser) unions(left Body) Body {
	for {
		op := ""
		switch {
		case p.accept("UNION", "ALL"):
			op = "UNION ALL"
		case p.accept("UNION"):
			op = "UNION"
		case p.accept("EXCEPT"):
			op = "EXCEPT"
		default:
			return left
		}
		left = &SetOp{Op: op, Left: left, Right: p.intersections(p.bodyOperand())}
	}
}

// intersections reads the INTERSECTs behind left, which bind more tightly.
func (p *parser) intersections(left Body) Body {
	for p.accept("INTERSECT") {
		left = &SetOp{Op: "INTERSECT", Left: left, Right: p.bodyOperand()}
	}
	return left
}

func (p *parser) bodyOperand() Body {
	if !p.accept("(") {
		return p.selectSpec()
	}
	defer p.leave()
	if !p.enter() {
		return nil
	}
	b := p.body()
	p.expect(")")
	return b
}

// selectSpec reads one query specification.
func (p *parser) selectSpec() Body {
	p.expect("SELECT")
	s := &Select{Distinct: p.accept("DISTINCT")}
	if !s.Distinct {
		p.accept("ALL")
	}
	s.Top = p.top()
	p.selectList(s)
	if p.accept("FROM") {
		for more := true; more; more = p.accept(",") {
			s.From = append(s.From, p.joined())
		}
	}
	if p.accept("WHERE") {
		s.Where = p.condition()
	}
	if p.accept("GROUP") {
		p.expect("BY")
		s.GroupBy = p.exprList()
	}
	if p.accept("HAVING") {
		s.Having = p.condition()
	}
	return s
}

// top reads TOP (n) or TOP n; a variable needs parentheses.
func (p *parser) top() Expr {
	if !p.accept("TOP") {
		return nil
	}
	if p.accept("(") {
		n := p.expr()
		p.expect(")")
		return n
	}
	if p.peek().kind != integer {
		p.unexpected()
		return nil
	}
	return p.literal(Integer)
}

func (p *parser) selectList(s *Select) {
	pos := p.peek().pos
	for more := true; more; more = p.accept(",") {
		s.Items = append(s.Items, p.item())
	}
	if len(s.Items) > maxSelectList {
		p.fail(1056, pos, "The number of elements in the select list exceeds the maximum allowed number of 4096 elements.")
	}
}

// item reads one column of a select list. Neither alias = x nor an alias that is a string belongs to the subset.
func (p *parser) item() Item {
	if p.accept("*") {
		return Item{Star: true}
	}
	if p.atName() && p.ahead(1).is(".") && p.ahead(2).is("*") {
		table := p.name()
		p.accept(".", "*")
		return Item{Star: true, Table: table}
	}
	it := Item{Expr: p.expr()}
	if p.accept("AS") || p.atName() {
		it.Alias = p.name()
	}
	return it
}
