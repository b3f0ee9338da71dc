package postgres

import (
	"strconv"
	"strings"

	"github.com/pganalyze/pg_query_go/v6"

	"github.com/atoll-sql/atoll/planner/ast"
)

func (c *converter) call(n *pg_query.FuncCall) ast.Expr {
	out := &ast.FuncCall{
		Star:        n.GetAggStar(),
		Distinct:    n.GetAggDistinct(),
		OrderBy:     c.sortItems(n.GetAggOrder()),
		WithinGroup: n.GetAggWithinGroup(),
		Filter:      c.expr(n.GetAggFilter()),
		Over:        c.window(n.GetOver()),
		SQLSyntax:   n.GetFuncformat() == pg_query.CoercionForm_COERCE_SQL_SYNTAX,
	}
	out.Args, out.Names = c.arguments(n.GetArgs())
	out.Variadic = n.GetFuncVariadic()
	out.Pos = at(n.GetLocation())
	if out.Pos < 0 && len(out.Args) > 0 { // AT LOCAL
		out.Pos = posOf(out.Args[0])
	}
	switch names := c.names(n.GetFuncname()); len(names) {
	case 1:
		out.Name = names[0]
	case 2:
		out.Schema, out.Name = names[0], names[1]
	default:
		c.unsupported(out.Pos, "naming a database before a function")
	}
	if out.SQLSyntax {
		return c.sqlSyntax(out)
	}
	return out
}

// arguments converts the arguments of a call, and their names where there are any.
func (c *converter) arguments(list []*pg_query.Node) (args []ast.Expr, names []string) {
	args = make([]ast.Expr, len(list))
	for i, n := range list {
		named := n.GetNamedArgExpr()
		if named == nil {
			args[i] = c.expr(n)
			continue
		}
		if names == nil {
			names = make([]string, len(list))
		}
		args[i], names[i] = c.expr(named.GetArg()), named.GetName()
	}
	return args, names
}

// sqlSyntax finishes a call that was not written as one: EXTRACT, AT TIME ZONE, POSITION, TRIM and so on.
func (c *converter) sqlSyntax(call *ast.FuncCall) ast.Expr {
	call.Schema = ""
	switch call.Name {
	case "extract":
		if field, ok := call.Args[0].(*ast.Literal); ok && len(call.Args) == 2 {
			return &ast.Extract{Pos: call.Pos, Field: strings.ToLower(field.Text), X: call.Args[1]}
		}
	case "xmlexists":
		c.unsupported(call.Pos, "XMLEXISTS")
	case "pg_collation_for":
		c.unsupported(call.Pos, "COLLATION FOR")
	}
	return call
}

// syntaxCall makes a call of a function that has a node of its own in the grammar.
func (c *converter) syntaxCall(location int32, name string, args []*pg_query.Node) *ast.FuncCall {
	return &ast.FuncCall{Pos: at(location), Name: name, Args: c.exprs(args), SQLSyntax: true}
}

func (c *converter) minMax(n *pg_query.MinMaxExpr) ast.Expr {
	name := "greatest"
	if n.GetOp() == pg_query.MinMaxOp_IS_LEAST {
		name = "least"
	}
	return c.syntaxCall(n.GetLocation(), name, n.GetArgs())
}

// valueFunction converts current_date and its kin: SVFOP_CURRENT_TIME_N is current_time with a precision.
func (c *converter) valueFunction(n *pg_query.SQLValueFunction) ast.Expr {
	name := strings.ToLower(strings.TrimPrefix(n.GetOp().String(), "SVFOP_"))
	name, withPrecision := strings.CutSuffix(name, "_n")
	out := c.syntaxCall(n.GetLocation(), name, nil)
	if withPrecision {
		text := strconv.Itoa(int(n.GetTypmod()))
		out.Args = []ast.Expr{&ast.Literal{Pos: out.Pos, Kind: ast.LitInt, Text: text}}
	}
	return out
}
