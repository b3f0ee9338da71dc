package mysql

import (
	"strings"

	"github.com/xwb1989/sqlparser"

	"github.com/atoll-sql/atoll/planner/ast"
)

// exprs converts a list of expressions; nil stays nil.
func (c *converter) exprs(list sqlparser.Exprs) []ast.Expr {
	var out []ast.Expr
	for _, e := range list {
		out = append(out, c.expr(e))
	}
	return out
}

// expr converts an expression.
func (c *converter) expr(e sqlparser.Expr) ast.Expr {
	switch e := e.(type) {
	case *sqlparser.ColName:
		return c.columnRef(e)
	case *sqlparser.SQLVal:
		return c.value(e)
	case *sqlparser.NullVal:
		return &ast.Literal{Pos: c.find("null"), Kind: ast.LitNull}
	case sqlparser.BoolVal:
		pos := c.find("true", "false")
		if e {
			return &ast.Literal{Pos: pos, Kind: ast.LitBool, Text: "true"}
		}
		return &ast.Literal{Pos: pos, Kind: ast.LitBool, Text: "false"}
	case *sqlparser.ParenExpr:
		return c.expr(e.Expr)
	case *sqlparser.AndExpr, *sqlparser.OrExpr:
		return c.junction(e)
	case *sqlparser.NotExpr:
		return c.not(e.Expr, "not")
	case *sqlparser.ComparisonExpr:
		return c.comparison(e)
	case *sqlparser.BinaryExpr:
		return c.binary(e)
	case *sqlparser.UnaryExpr:
		return c.unary(e)
	}
	return c.compound(e)
}

// compound converts what has a form of its own.
func (c *converter) compound(e sqlparser.Expr) ast.Expr {
	switch e := e.(type) {
	case *sqlparser.RangeCond:
		out := &ast.Between{X: c.expr(e.Left), Not: e.Operator == sqlparser.NotBetweenStr}
		out.Pos = c.negatable(out.Not, "between")
		out.Lo, out.Hi = c.expr(e.From), c.expr(e.To)
		return out
	case *sqlparser.IsExpr:
		return c.is(e)
	case *sqlparser.ExistsExpr:
		return &ast.Exists{Pos: c.find("exists"), Query: c.query(e.Subquery.Select)}
	case *sqlparser.Subquery:
		return &ast.ScalarSubquery{Pos: c.find("("), Query: c.query(e.Select)}
	case sqlparser.ValTuple:
		return &ast.Row{Pos: c.find("("), Items: c.exprs(sqlparser.Exprs(e))}
	case *sqlparser.CaseExpr:
		return c.caseExpr(e)
	case *sqlparser.FuncExpr:
		return c.call(e)
	case *sqlparser.GroupConcatExpr:
		return c.groupConcat(e)
	case *sqlparser.ConvertExpr:
		return c.convert(e)
	case *sqlparser.IntervalExpr:
		x, unit := c.intervalParts(e)
		c.fail(ast.Errorf("42601", int(posOf(x)), "INTERVAL … %s stands beside + or -, and in DATE_ADD and DATE_SUB, only", strings.ToUpper(unit.text)))
		return nil
	}
	c.fail(unsupported(int(c.next()), "this expression"))
	return nil
}

func (c *converter) columnRef(e *sqlparser.ColName) ast.Expr {
	parts := c.qualifiers(e.Qualifier)
	name := c.column(e.Name)
	first := c.at - 2*len(parts) // names and points alternate
	if first < 0 {
		return nil
	}
	if len(parts) == 0 && c.aliases != nil {
		if x := c.aliased(name, ast.Pos(c.toks[first].pos)); x != nil {
			return x
		}
	}
	return &ast.ColumnRef{Pos: ast.Pos(c.toks[first].pos), Parts: append(parts, name)}
}

// value converts a literal or a parameter. The grammar folds the minus before a number into it.
func (c *converter) value(v *sqlparser.SQLVal) ast.Expr {
	text := strings.TrimPrefix(string(v.Val), ":v")
	text, negative := strings.CutPrefix(text, "-")
	minus := ast.NoPos
	if negative {
		minus = c.find("-")
	}
	t := c.leaf(text)
	pos := ast.Pos(t.pos)
	switch t.kind {
	case kindString, kindWord: // a word is the BOTH, LEADING or TRAILING of TRIM
		return &ast.Literal{Pos: pos, Kind: ast.LitString, Text: t.text}
	case kindTemporal:
		lit := &ast.Literal{Pos: pos, Kind: ast.LitString, Text: t.text}
		return cast(lit, t.word)
	case kindParam:
		return &ast.Param{Pos: pos, N: t.n}
	case kindNumber:
		if negative {
			pos = minus
		}
		return number(t.text, negative, pos)
	}
	c.fail(syntaxError(t))
	return nil
}

// junction converts AND and OR. Chains lean to the left and can be long: they are walked, not descended.
func (c *converter) junction(e sqlparser.Expr) ast.Expr {
	_, isAnd := e.(*sqlparser.AndExpr)
	var operands []sqlparser.Expr
	for {
		if and, ok := e.(*sqlparser.AndExpr); ok && isAnd {
			operands, e = append(operands, and.Right), and.Left
		} else if or, ok := e.(*sqlparser.OrExpr); ok && !isAnd {
			operands, e = append(operands, or.Right), or.Left
		} else {
			break
		}
	}
	first := c.expr(e)
	words := []string{"or", "||"}
	if isAnd {
		words = []string{"and", "&&"}
	}
	pos := c.find(words...)
	args := flatten(nil, first, isAnd)
	for i := len(operands) - 1; i >= 0; i-- {
		args = flatten(args, c.expr(operands[i]), isAnd)
	}
	if isAnd {
		return &ast.And{Pos: pos, Args: args}
	}
	return &ast.Or{Pos: pos, Args: args}
}

// flatten appends an operand, or its operands if it is a junction of the same kind.
func flatten(args []ast.Expr, x ast.Expr, isAnd bool) []ast.Expr {
	switch x := x.(type) {
	case *ast.And:
		if isAnd {
			return append(args, x.Args...)
		}
	case *ast.Or:
		if !isAnd {
			return append(args, x.Args...)
		}
	}
	return append(args, x)
}

func (c *converter) not(e sqlparser.Expr, word string) ast.Expr {
	pos := c.find(word)
	x := c.expr(e)
	if in, ok := x.(*ast.InSubquery); ok && !in.Not {
		in.Not = true
		return in
	}
	return &ast.Not{Pos: pos, X: x}
}

// negatable is the position of an operator, or of the NOT before it.
func (c *converter) negatable(not bool, word string) ast.Pos {
	if !not {
		return c.find(word)
	}
	pos := c.find("not")
	c.find(word)
	return pos
}

func (c *converter) is(e *sqlparser.IsExpr) ast.Expr {
	x := c.expr(e.Expr)
	pos := c.find("is")
	c.find("null", "true", "false")
	switch e.Operator {
	case sqlparser.IsNullStr, sqlparser.IsNotNullStr:
		return &ast.IsNull{Pos: pos, X: x, Not: e.Operator == sqlparser.IsNotNullStr}
	case sqlparser.IsTrueStr, sqlparser.IsNotTrueStr:
		return &ast.IsBool{Pos: pos, X: x, Test: ast.TestTrue, Not: e.Operator == sqlparser.IsNotTrueStr}
	case sqlparser.IsFalseStr, sqlparser.IsNotFalseStr:
		return &ast.IsBool{Pos: pos, X: x, Test: ast.TestFalse, Not: e.Operator == sqlparser.IsNotFalseStr}
	}
	c.fail(unsupported(int(pos), strings.ToUpper(e.Operator)))
	return nil
}

func (c *converter) caseExpr(e *sqlparser.CaseExpr) ast.Expr {
	out := &ast.Case{Pos: c.find("case")}
	if e.Expr != nil {
		out.Operand = c.expr(e.Expr)
	}
	for _, w := range e.Whens {
		when := &ast.When{Pos: c.find("when")}
		when.Cond = c.expr(w.Cond)
		when.Result = c.expr(w.Val)
		out.Whens = append(out.Whens, when)
	}
	if e.Else != nil {
		out.Else = c.expr(e.Else)
	}
	c.find("end")
	return out
}
