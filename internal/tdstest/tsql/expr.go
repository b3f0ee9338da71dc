package tsql

import "strings"

// maxLeaves is how many constants, columns and variables one expression may hold.
const maxLeaves = 65535

// maxCases is how deep CASE expressions may nest, by the vendor's documentation.
const maxCases = 10

// expr reads an expression that is no part of another one.
func (p *parser) expr() Expr {
	p.leaves = 0
	return p.inner()
}

func (p *parser) exprList() []Expr {
	var out []Expr
	for more := true; more; more = p.accept(",") {
		out = append(out, p.expr())
	}
	return out
}

// inner reads an expression within another one.
func (p *parser) inner() Expr { return p.additive(false) }

func (p *parser) inners() []Expr {
	var out []Expr
	for more := true; more; more = p.accept(",") {
		out = append(out, p.inner())
	}
	return out
}

// binary consumes one of the operators, given as the bytes of ops.
func (p *parser) binary(ops string) (op byte, pos int, ok bool) {
	t := p.peek()
	if t.kind != symbol || len(t.text) != 1 || strings.IndexByte(ops, t.text[0]) < 0 {
		return 0, 0, false
	}
	p.advance()
	return t.text[0], t.pos, true
}

// additive reads + - & ^ |, which are of one rank. With cond the result may be a condExpr.
func (p *parser) additive(cond bool) Expr {
	defer p.leave()
	if !p.enter() {
		return nil
	}
	left := p.multiplicative(cond)
	if _, ok := left.(condExpr); ok {
		return left
	}
	for {
		op, pos, ok := p.binary("+-&^|")
		if !ok {
			return left
		}
		left = &BinaryOp{Op: op, L: left, R: p.multiplicative(false), Pos: pos}
	}
}

func (p *parser) multiplicative(cond bool) Expr {
	left := p.unary(cond)
	if _, ok := left.(condExpr); ok {
		return left
	}
	for {
		op, pos, ok := p.binary("*/%")
		if !ok {
			return left
		}
		left = &BinaryOp{Op: op, L: left, R: p.unary(false), Pos: pos}
	}
}

// unary reads a sign, which at SQL Server binds less tightly than * / %: -a * b is -(a * b), and a / -b * c is a / -(b * c).
func (p *parser) unary(cond bool) Expr {
	op, _, ok := p.binary("+-~")
	if !ok {
		return p.postfix(cond)
	}
	defer p.leave()
	if !p.enter() {
		return nil
	}
	if op == '~' {
		return &Unary{Op: op, X: p.unary(false)}
	}
	return &Unary{Op: op, X: p.multiplicative(false)}
}

// postfix reads a primary with COLLATE and AT TIME ZONE behind it.
func (p *parser) postfix(cond bool) Expr {
	x := p.primary(cond)
	if _, ok := x.(condExpr); ok {
		return x
	}
	for {
		pos := p.peek().pos
		switch {
		case p.accept("COLLATE"):
			x = &Collate{X: x, Collation: p.name(), Pos: pos}
		case p.accept("AT", "TIME", "ZONE"):
			x = &AtTimeZone{X: x, Zone: p.primary(false)}
		default:
			return x
		}
	}
}

var literalKinds = map[kind]LiteralKind{
	integer: Integer, decimal: Decimal, float: Float, varchar: Varchar, nvarchar: Nvarchar, binary: Binary,
}

func (p *parser) literal(k LiteralKind) Expr {
	t := p.advance()
	return &Literal{Kind: k, Text: t.text, Pos: t.pos}
}

// primary reads a constant, a variable, a column, a call, CASE, a subquery or what stands in parentheses.
func (p *parser) primary(cond bool) Expr {
	p.leaf()
	t := p.peek()
	if k, ok := literalKinds[t.kind]; ok {
		return p.literal(k)
	}
	switch {
	case t.kind == variable:
		p.advance()
		return &Variable{Name: t.text, Pos: t.pos}
	case p.at("(") && p.isQuery(p.i+1):
		p.advance()
		s := &Subquery{Query: p.query(), Pos: t.pos}
		p.expect(")")
		return s
	case p.accept("("):
		return p.parenthesised(cond)
	case t.kind == word:
		if x := p.special(t); x != nil {
			return x
		}
	}
	return p.column()
}

// leaf counts one of the things an expression is made of.
func (p *parser) leaf() {
	p.leaves++
	if p.leaves > maxLeaves {
		p.fail(8632, p.peek().pos, "Internal error: An expression services limit has been reached. Please look for potentially complex expressions "+
			"in your query, and try to simplify them.")
	}
}

// parenthesised reads an expression, or with cond perhaps a condition, and the parenthesis behind it.
func (p *parser) parenthesised(cond bool) Expr {
	if !cond {
		x := p.inner()
		p.expect(")")
		return x
	}
	c, x := p.or()
	p.expect(")")
	if c != nil {
		return condExpr{c}
	}
	return x
}

// special reads what starts with a keyword or is a call; nil if the word t is neither.
func (p *parser) special(t token) Expr {
	call := p.ahead(1).is("(")
	switch t.upper {
	case "NULL":
		return p.null()
	case "CASE":
		return p.caseExpr()
	case "CAST", "TRY_CAST":
		if call {
			return p.cast(t)
		}
	case "CONVERT", "TRY_CONVERT":
		if call {
			return p.convert(t)
		}
	case "IIF":
		if call {
			return p.iif(t)
		}
	case "LEFT", "RIGHT", "COALESCE", "NULLIF":
		if call {
			return p.call(t)
		}
	}
	if call && !reserved[t.upper] {
		return p.call(t)
	}
	return nil
}

func (p *parser) null() Expr {
	return &Literal{Kind: Null, Pos: p.advance().pos}
}

// column reads a column reference. The words TRUE and FALSE are columns that never exist.
func (p *parser) column() Expr {
	t := p.peek()
	c := &Column{Parts: p.parts(), Pos: t.pos}
	if len(c.Parts) == 1 && (t.is("TRUE") || t.is("FALSE")) && p.unbound == nil {
		p.unbound = &Error{Number: 207, Text: "Invalid column name '" + t.text + "'.", Line: Line(p.batch, t.pos)}
	}
	if p.at("(") {
		p.notFunction(c)
	}
	return c
}

func (p *parser) notFunction(c *Column) {
	name := strings.Join(c.Parts, ".")
	if len(c.Parts) == 1 {
		p.fail(195, c.Pos, "'"+clip(name)+"' is not a recognized built-in function name.")
		return
	}
	p.fail(4121, c.Pos, "Cannot find either column \""+clip(c.Parts[0])+"\" or the user-defined function or aggregate \""+clip(name)+
		"\", or the name is ambiguous.")
}

func (p *parser) cast(t token) Expr {
	p.advance()
	p.expect("(")
	c := &Cast{X: p.inner(), Try: t.upper == "TRY_CAST", Pos: t.pos}
	p.expect("AS")
	c.To = p.typeName()
	p.expect(")")
	return c
}

func (p *parser) convert(t token) Expr {
	p.advance()
	p.expect("(")
	c := &Cast{To: p.typeName(), Try: t.upper == "TRY_CONVERT", Pos: t.pos}
	p.expect(",")
	c.X = p.inner()
	if p.accept(",") {
		c.Style = p.inner()
	}
	p.expect(")")
	return c
}

// inCase counts a CASE around what read reads.
func (p *parser) inCase(read func()) {
	p.cases++
	if p.cases > maxCases {
		p.fail(125, p.peek().pos, "Case expressions may only be nested to level 10.")
	}
	read()
	p.cases--
}

func (p *parser) iif(t token) Expr {
	c := &Case{Pos: t.pos}
	p.advance()
	p.inCase(func() {
		p.expect("(")
		w := When{Cond: p.innerCondition()}
		p.expect(",")
		w.Then = p.inner()
		p.expect(",")
		c.Whens, c.Else = []When{w}, p.inner()
		p.expect(")")
	})
	return c
}

func (p *parser) caseExpr() Expr {
	c := &Case{Pos: p.advance().pos}
	p.inCase(func() {
		if !p.at("WHEN") {
			c.Operand = p.inner()
		}
		for more := true; more; more = p.at("WHEN") {
			c.Whens = append(c.Whens, p.when(c.Operand != nil))
		}
		if p.accept("ELSE") {
			c.Else = p.inner()
		}
		p.expect("END")
	})
	return c
}

func (p *parser) when(simple bool) When {
	var w When
	p.expect("WHEN")
	if simple {
		w.Value = p.inner()
	} else {
		w.Cond = p.innerCondition()
	}
	p.expect("THEN")
	w.Then = p.inner()
	return w
}
