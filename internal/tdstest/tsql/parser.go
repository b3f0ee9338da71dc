package tsql

import "strings"

// maxDepth bounds how deep expressions, conditions, queries and joins nest. Chains of operators are no nesting.
const maxDepth = 500

// parser reads statements from tokens. The first error is kept, and from then on the parser sees the end of the batch:
// the methods below need not look at errors, and what they return after one is thrown away.
type parser struct {
	batch  string
	tokens []token
	i      int
	last   int // the token most recently consumed
	depth  int
	cases  int // CASE expressions around the current place
	leaves int // constants, columns and variables of the current expression

	closing map[int]int // of each opening parenthesis the token behind the one that closes it
	err     *Error
	// unbound is an error that the server finds after it has parsed the batch.
	unbound *Error
}

// Parse parses a batch of statements, which may be separated by semicolons. The error is nil or an *Error. Positions in
// the tree are byte offsets in the batch; Line turns them into line numbers.
func Parse(batch string) ([]Statement, error) {
	p, err := newParser(batch)
	if err != nil {
		return nil, err
	}
	var out []Statement
	for p.skipSemicolons(); !p.atEnd(); p.skipSemicolons() {
		if p.at("(") && p.i > 0 && !p.tokens[p.i-1].is(";") {
			p.unexpected() // a parenthesis behind a complete statement is a mistake in it rather than the next one
		}
		out = append(out, p.statement(len(out) == 0))
	}
	if p.err != nil {
		return nil, p.err
	}
	if p.unbound != nil {
		return nil, p.unbound
	}
	return out, nil
}

// Declaration is one parameter of sp_executesql: its name with the sign, and its type.
type Declaration struct {
	Name string
	Type TypeName
}

// ParseDeclarations parses the parameter list of sp_executesql: "@p1 bigint, @p2 nvarchar(max)". Output parameters and
// defaults are outside the subset. The error is nil or an *Error.
func ParseDeclarations(s string) ([]Declaration, error) {
	p, err := newParser(s)
	if err != nil {
		return nil, err
	}
	if p.atEnd() {
		return nil, nil
	}
	var out []Declaration
	for more := true; more; more = p.accept(",") {
		d := Declaration{Name: p.peek().text}
		if p.peek().kind != variable {
			p.unexpected()
		}
		p.advance()
		p.accept("AS")
		d.Type = p.typeName()
		out = append(out, d)
	}
	if !p.atEnd() {
		p.unexpected()
	}
	if p.err != nil {
		return nil, p.err
	}
	return out, nil
}

func newParser(batch string) (*parser, error) {
	tokens, err := lex(batch)
	if err != nil {
		return nil, err
	}
	return &parser{batch: batch, tokens: tokens, closing: parentheses(tokens)}, nil
}

// parentheses pairs opening parentheses with the tokens behind their closing ones, or the end where one is missing.
func parentheses(tokens []token) map[int]int {
	out := make(map[int]int)
	var open []int
	for i, t := range tokens {
		switch {
		case t.is("("):
			open = append(open, i)
			out[i] = len(tokens) - 1
		case t.is(")") && len(open) > 0:
			out[open[len(open)-1]] = i + 1
			open = open[:len(open)-1]
		}
	}
	return out
}

func (p *parser) peek() token { return p.tokens[p.i] }

// ahead returns the token n places behind the next one.
func (p *parser) ahead(n int) token { return p.tokens[min(p.i+n, len(p.tokens)-1)] }

func (p *parser) atEnd() bool { return p.peek().kind == end }

func (p *parser) advance() token {
	t := p.peek()
	if t.kind != end {
		p.last = p.i
		p.i++
	}
	return t
}

// at tells whether the next tokens are these keywords or symbols.
func (p *parser) at(words ...string) bool {
	for n, w := range words {
		if !p.ahead(n).is(w) {
			return false
		}
	}
	return true
}

// accept consumes these keywords or symbols if they are next.
func (p *parser) accept(words ...string) bool {
	if !p.at(words...) {
		return false
	}
	for range words {
		p.advance()
	}
	return true
}

// expect consumes these keywords or symbols; another token is an error.
func (p *parser) expect(words ...string) {
	for _, w := range words {
		if !p.accept(w) {
			p.unexpected()
			return
		}
	}
}

func (p *parser) skipSemicolons() {
	for p.accept(";") {
	}
}

// fail keeps the first error and ends the parsing.
func (p *parser) fail(number int32, pos int, text string) {
	if p.err == nil {
		p.err = &Error{Number: number, Text: text, Line: Line(p.batch, pos)}
	}
	p.i = len(p.tokens) - 1
}

// near is the token that an error names: the next one, or the last of the batch.
func (p *parser) near() token {
	if p.atEnd() && p.i > 0 {
		return p.tokens[p.i-1]
	}
	return p.peek()
}

// unexpected reports the next token as a syntax error.
func (p *parser) unexpected() {
	t := p.near()
	switch {
	case p.atEnd() || t.kind != word || !reserved[t.upper]:
		p.fail(102, t.pos, "Incorrect syntax near '"+clip(t.text)+"'.")
	case t.upper == "WITH":
		p.fail(319, t.pos, "Incorrect syntax near the keyword '"+t.text+"'. If this statement is a common table expression, an xmlnamespaces clause "+
			"or a change tracking context clause, the previous statement must be terminated with a semicolon.")
	default:
		p.fail(156, t.pos, "Incorrect syntax near the keyword '"+t.text+"'.")
	}
}

// notBoolean reports an expression where a condition is expected, as the server does near the token behind it.
func (p *parser) notBoolean() {
	t := p.near()
	p.fail(4145, t.pos, "An expression of non-boolean type specified in a context where a condition is expected, near '"+clip(t.text)+"'.")
}

// enter counts a level of nesting, and tells whether there may be one more. The caller calls leave in either case.
func (p *parser) enter() bool {
	p.depth++
	if p.depth > maxDepth {
		p.fail(191, p.peek().pos, "Some part of your SQL statement is nested too deeply. Rewrite the query or break it up into smaller queries.")
	}
	return p.err == nil
}

func (p *parser) leave() { p.depth-- }

// atName tells whether an identifier is next.
func (p *parser) atName() bool {
	t := p.peek()
	return t.kind == quoted || t.kind == word && !reserved[t.upper]
}

// name consumes an identifier.
func (p *parser) name() string {
	if !p.atName() {
		p.unexpected()
		return ""
	}
	return p.advance().text
}

// nameList consumes names in parentheses.
func (p *parser) nameList() []string {
	var out []string
	p.expect("(")
	for more := true; more; more = p.accept(",") {
		out = append(out, p.name())
	}
	p.expect(")")
	return out
}

// parts consumes a name of up to four parts; a part between two dots may be missing.
func (p *parser) parts() []string {
	out := []string{p.name()}
	for p.at(".") && !p.ahead(1).is("*") {
		p.advance()
		if p.at(".") {
			out = append(out, "")
			continue
		}
		out = append(out, p.name())
	}
	if len(out) > 4 {
		p.fail(117, p.near().pos, "The object name '"+clip(strings.Join(out, "."))+"' contains more than the maximum number of prefixes. The maximum is 3.")
	}
	return out
}

// typeName consumes a data type.
func (p *parser) typeName() TypeName {
	pos := p.peek().pos
	t := TypeName{Name: strings.ToLower(p.name()), Pos: pos}
	if !p.accept("(") {
		return t
	}
	if p.accept("MAX") {
		t.Args = []int{-1}
	} else {
		for more := true; more && len(t.Args) < 2; more = p.accept(",") {
			t.Args = append(t.Args, p.smallInteger())
		}
	}
	p.expect(")")
	return t
}

// smallInteger consumes a length, precision or scale.
func (p *parser) smallInteger() int {
	t := p.peek()
	if t.kind != integer || len(t.text) > 6 {
		p.unexpected()
		return 0
	}
	p.advance()
	n := 0
	for _, c := range []byte(t.text) {
		n = n*10 + int(c-'0')
	}
	return n
}
