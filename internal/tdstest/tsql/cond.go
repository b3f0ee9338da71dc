package tsql

// condExpr is a condition in parentheses met where an expression may stand, too: (a = b) AND …, (a + b) = …
// It never leaves the parser.
type condExpr struct{ c Cond }

func (condExpr) expr() {}

// condition reads a search condition.
func (p *parser) condition() Cond {
	p.leaves = 0
	return p.innerCondition()
}

func (p *parser) innerCondition() Cond {
	defer p.leave()
	if !p.enter() {
		return nil
	}
	return p.mustCond(p.or())
}

// mustCond takes what one of the readers below found; that it is an expression is error 4145.
func (p *parser) mustCond(c Cond, _ Expr) Cond {
	if c == nil && p.err == nil {
		p.notBoolean()
	}
	return c
}

// or reads conditions joined by OR, or an expression: one result is nil.
func (p *parser) or() (Cond, Expr) {
	c, e := p.and()
	for p.at("OR") {
		l := p.mustCond(c, e)
		p.advance()
		c, e = &Or{L: l, R: p.mustCond(p.and())}, nil
	}
	return c, e
}

func (p *parser) and() (Cond, Expr) {
	c, e := p.not()
	for p.at("AND") {
		l := p.mustCond(c, e)
		p.advance()
		c, e = &And{L: l, R: p.mustCond(p.not())}, nil
	}
	return c, e
}

func (p *parser) not() (Cond, Expr) {
	if !p.accept("NOT") {
		return p.predicate()
	}
	defer p.leave()
	if !p.enter() {
		return nil, nil
	}
	return &Not{X: p.mustCond(p.not())}, nil
}

// predicate reads one predicate, or the expression that stands in its place.
func (p *parser) predicate() (Cond, Expr) {
	if p.accept("EXISTS") {
		p.expect("(")
		e := &Exists{Query: p.query()}
		p.expect(")")
		return e, nil
	}
	x := p.additive(true)
	if c, ok := x.(condExpr); ok {
		return c.c, nil
	}
	if c := p.comparison(x); c != nil {
		return c, nil
	}
	if p.accept("IS") {
		return p.is(x), nil
	}
	start := p.i
	not := p.accept("NOT")
	pos := p.peek().pos
	switch {
	case p.accept("IN"):
		return p.in(&In{X: x, Not: not, Pos: pos}), nil
	case p.accept("LIKE"):
		l := &Like{X: x, Not: not, Pos: pos, Pattern: p.inner()}
		if p.accept("ESCAPE") {
			l.Escape = p.inner()
		}
		return l, nil
	case p.accept("BETWEEN"):
		b := &Between{X: x, Not: not, Low: p.inner()}
		p.expect("AND")
		b.High = p.inner()
		return b, nil
	}
	if not && p.err == nil {
		p.i = start
		p.notBoolean()
	}
	return nil, x
}

// comparisons maps each comparison operator to its standard form.
var comparisons = map[string]string{
	"=": "=", "<>": "<>", "!=": "<>", "<": "<", "!>": "<=", "<=": "<=", ">": ">", "!<": ">=", ">=": ">=",
}

// comparison reads an operator and its right side behind x, or nothing and returns nil.
func (p *parser) comparison(x Expr) Cond {
	t := p.peek()
	op, ok := comparisons[t.text]
	if t.kind != symbol || !ok {
		return nil
	}
	p.advance()
	return &Compare{Op: op, L: x, R: p.inner(), Pos: t.pos}
}

// is reads what follows x IS.
func (p *parser) is(x Expr) Cond {
	not := p.accept("NOT")
	pos := p.peek().pos
	if p.accept("DISTINCT", "FROM") {
		return &IsDistinct{L: x, R: p.inner(), Not: not, Pos: pos}
	}
	p.expect("NULL")
	return &IsNull{X: x, Not: not}
}

func (p *parser) in(in *In) Cond {
	if p.at("(") && p.isQuery(p.i+1) {
		p.advance()
		in.Query = p.query()
	} else {
		p.expect("(")
		in.List = p.inners()
	}
	p.expect(")")
	return in
}
