package mysql

import (
	"strings"

	"github.com/xwb1989/sqlparser"

	"github.com/atoll-sql/atoll/planner/ast"
)

// comparison converts a comparison, IN and LIKE.
func (c *converter) comparison(e *sqlparser.ComparisonExpr) ast.Expr {
	left := c.expr(e.Left)
	switch e.Operator {
	case sqlparser.InStr, sqlparser.NotInStr:
		return c.in(e, left)
	case sqlparser.LikeStr, sqlparser.NotLikeStr:
		not := e.Operator == sqlparser.NotLikeStr
		out := &ast.Like{Pos: c.negatable(not, "like"), X: left, Not: not, Pattern: c.expr(e.Right)}
		if e.Escape != nil {
			out.Escape = c.expr(e.Escape)
		}
		return out
	case sqlparser.NullSafeEqualStr:
		pos := c.find("<=>")
		return &ast.IsDistinct{Pos: pos, L: left, R: c.expr(e.Right), Not: true}
	case sqlparser.NotEqualStr:
		pos := c.find("<>", "!=")
		return &ast.Binary{Pos: pos, Op: "<>", L: left, R: c.expr(e.Right)}
	case sqlparser.EqualStr, sqlparser.LessThanStr, sqlparser.LessEqualStr, sqlparser.GreaterThanStr, sqlparser.GreaterEqualStr:
		pos := c.find(e.Operator)
		return &ast.Binary{Pos: pos, Op: e.Operator, L: left, R: c.expr(e.Right)}
	}
	c.fail(unsupported(int(c.next()), "the operator "+e.Operator))
	return nil
}

func (c *converter) in(e *sqlparser.ComparisonExpr, left ast.Expr) ast.Expr {
	not := e.Operator == sqlparser.NotInStr
	pos := c.negatable(not, "in")
	switch right := e.Right.(type) {
	case *sqlparser.Subquery:
		return &ast.InSubquery{Pos: pos, X: left, Query: c.query(right.Select), Not: not}
	case sqlparser.ValTuple:
		return &ast.In{Pos: pos, X: left, List: c.exprs(sqlparser.Exprs(right)), Not: not}
	}
	c.fail(unsupported(int(pos), "IN without a list or a query"))
	return nil
}

// binary converts arithmetic.
func (c *converter) binary(e *sqlparser.BinaryExpr) ast.Expr {
	switch e.Operator {
	case sqlparser.PlusStr, sqlparser.MinusStr:
		if i, ok := e.Right.(*sqlparser.IntervalExpr); ok {
			left := c.expr(e.Left)
			pos := c.find(e.Operator)
			return c.shift(pos, e.Operator, left, c.interval(i))
		}
		if i, ok := e.Left.(*sqlparser.IntervalExpr); ok && e.Operator == sqlparser.PlusStr {
			by := c.interval(i)
			pos := c.find("+")
			return c.shift(pos, "+", c.expr(e.Right), by)
		}
		return c.arithmetic(e, e.Operator)
	case sqlparser.MultStr:
		return c.arithmetic(e, "*")
	case sqlparser.DivStr:
		left := c.expr(e.Left)
		pos := c.find("/")
		return divide(pos, left, c.expr(e.Right))
	case sqlparser.IntDivStr:
		left := c.expr(e.Left)
		pos := c.find("div")
		return integerDivide(pos, left, c.expr(e.Right))
	case sqlparser.ModStr:
		left := c.expr(e.Left)
		pos := c.find("%", "mod")
		return modulo(pos, left, c.expr(e.Right))
	}
	c.fail(unsupported(int(c.next()), "the operator "+e.Operator))
	return nil
}

func (c *converter) arithmetic(e *sqlparser.BinaryExpr, op string) ast.Expr {
	left := c.expr(e.Left)
	pos := c.find(op)
	return &ast.Binary{Pos: pos, Op: op, L: left, R: c.expr(e.Right)}
}

func (c *converter) unary(e *sqlparser.UnaryExpr) ast.Expr {
	op := strings.TrimSpace(e.Operator)
	switch op {
	case "!":
		return c.not(e.Expr, "!")
	case "-", "+":
		pos := c.find(op)
		return &ast.Unary{Pos: pos, Op: op, X: c.expr(e.Expr)}
	}
	c.fail(unsupported(int(c.next()), "the operator "+op))
	return nil
}

// divide makes MySQL's a / b: never integer division, and NULL where b is zero. The dividend is multiplied by the decimal 1
// where both sides could be integers; that makes an integer decimal and leaves decimals and floats as they are.
func divide(pos ast.Pos, l, r ast.Expr) ast.Expr {
	if !fractional(l) && !fractional(r) {
		l = &ast.Binary{Pos: pos, Op: "*", L: l, R: &ast.Literal{Pos: pos, Kind: ast.LitNumeric, Text: "1."}}
	}
	return &ast.Binary{Pos: pos, Op: "/", L: l, R: nonZero(r)}
}

// integerDivide makes a DIV b: the quotient of decimals, cut to an integer.
func integerDivide(pos ast.Pos, l, r ast.Expr) ast.Expr {
	q := &ast.FuncCall{Pos: pos, Name: "div", Args: []ast.Expr{l, nonZero(r)}}
	return cast(q, "bigint")
}

func modulo(pos ast.Pos, l, r ast.Expr) ast.Expr {
	return &ast.Binary{Pos: pos, Op: "%", L: l, R: nonZero(r)}
}

// nonZero makes a divisor NULL where it is zero: dividing by zero is no error in MySQL's queries.
func nonZero(x ast.Expr) ast.Expr {
	if lit, ok := x.(*ast.Literal); ok && (lit.Kind == ast.LitInt || lit.Kind == ast.LitNumeric) && strings.Trim(lit.Text, "-0.") != "" {
		return x
	}
	pos := posOf(x)
	return &ast.FuncCall{Pos: pos, Name: "nullif", SQLSyntax: true, Args: []ast.Expr{x, intLiteral(pos, "0")}}
}

// fractional says whether an expression is by its form no integer.
func fractional(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Literal:
		return x.Kind == ast.LitNumeric
	case *ast.Cast:
		return x.Type.Name == "numeric" || x.Type.Name == "double precision" || x.Type.Name == "real"
	case *ast.Unary:
		return fractional(x.X)
	case *ast.FuncCall:
		return x.Name == "avg"
	case *ast.Binary:
		return x.Op == "/" || fractional(x.L) || fractional(x.R)
	}
	return false
}
