package postgres

import (
	"strings"

	"github.com/pganalyze/pg_query_go/v6"

	"github.com/atoll-sql/atoll/planner/ast"
)

// operator converts everything that the grammar calls an A_Expr.
func (c *converter) operator(n *pg_query.A_Expr) ast.Expr {
	pos := at(n.GetLocation())
	op := c.operatorName(n.GetName(), pos)
	switch n.GetKind() {
	case pg_query.A_Expr_Kind_AEXPR_OP:
		return c.plainOperator(n, op, pos)
	case pg_query.A_Expr_Kind_AEXPR_OP_ANY, pg_query.A_Expr_Kind_AEXPR_OP_ALL:
		all := n.GetKind() == pg_query.A_Expr_Kind_AEXPR_OP_ALL
		return &ast.Quantified{Pos: pos, X: c.expr(n.GetLexpr()), Op: op, All: all, Array: c.expr(n.GetRexpr())}
	case pg_query.A_Expr_Kind_AEXPR_DISTINCT, pg_query.A_Expr_Kind_AEXPR_NOT_DISTINCT:
		not := n.GetKind() == pg_query.A_Expr_Kind_AEXPR_NOT_DISTINCT
		return &ast.IsDistinct{Pos: pos, L: c.expr(n.GetLexpr()), R: c.expr(n.GetRexpr()), Not: not}
	case pg_query.A_Expr_Kind_AEXPR_NULLIF:
		return &ast.FuncCall{Pos: pos, Name: "nullif", SQLSyntax: true,
			Args: []ast.Expr{c.expr(n.GetLexpr()), c.expr(n.GetRexpr())}}
	case pg_query.A_Expr_Kind_AEXPR_IN:
		return &ast.In{Pos: pos, X: c.expr(n.GetLexpr()), List: c.exprs(n.GetRexpr().GetList().GetItems()), Not: op == "<>"}
	case pg_query.A_Expr_Kind_AEXPR_LIKE, pg_query.A_Expr_Kind_AEXPR_ILIKE:
		pattern, escape := c.pattern(n.GetRexpr(), "like_escape")
		return c.like(op, pos, c.expr(n.GetLexpr()), pattern, escape)
	case pg_query.A_Expr_Kind_AEXPR_SIMILAR:
		pattern, escape := c.pattern(n.GetRexpr(), "similar_to_escape")
		return &ast.SimilarTo{Pos: pos, X: c.expr(n.GetLexpr()), Pattern: pattern, Escape: escape, Not: strings.HasPrefix(op, "!")}
	}
	return c.between(n, pos)
}

// operatorName returns an operator's name. OPERATOR(pg_catalog.+) is just +; other schemas are refused.
func (c *converter) operatorName(list []*pg_query.Node, pos ast.Pos) string {
	names := c.names(list)
	if len(names) == 0 {
		return ""
	}
	if len(names) > 2 || len(names) == 2 && names[0] != "pg_catalog" {
		c.unsupported(pos, "an operator of a schema other than pg_catalog")
	}
	return names[len(names)-1]
}

func (c *converter) plainOperator(n *pg_query.A_Expr, op string, pos ast.Pos) ast.Expr {
	r := c.expr(n.GetRexpr())
	if n.GetLexpr() == nil {
		return &ast.Unary{Pos: pos, Op: op, X: r}
	}
	l := c.expr(n.GetLexpr())
	if _, ok := likeOperators[op]; ok {
		return c.like(op, pos, l, r, nil)
	}
	return &ast.Binary{Pos: pos, Op: op, L: l, R: r}
}

// likeOperators are the spellings of LIKE as an operator.
var likeOperators = map[string]struct{ not, caseInsensitive bool }{
	"~~":   {},
	"!~~":  {not: true},
	"~~*":  {caseInsensitive: true},
	"!~~*": {not: true, caseInsensitive: true},
}

func (c *converter) like(op string, pos ast.Pos, x, pattern, escape ast.Expr) ast.Expr {
	form := likeOperators[op]
	return &ast.Like{Pos: pos, X: x, Pattern: pattern, Escape: escape, Not: form.not, CaseInsensitive: form.caseInsensitive}
}

// pattern takes apart the right side of LIKE and SIMILAR TO: the grammar hides an ESCAPE in a call of the named
// function.
func (c *converter) pattern(n *pg_query.Node, escapeFunc string) (pattern, escape ast.Expr) {
	call := n.GetFuncCall()
	if call == nil || len(call.GetFuncname()) != 2 || call.GetFuncname()[1].GetString_().GetSval() != escapeFunc {
		return c.expr(n), nil
	}
	switch args := call.GetArgs(); len(args) {
	case 1:
		return c.expr(args[0]), nil
	case 2:
		return c.expr(args[0]), c.expr(args[1])
	}
	return c.expr(n), nil
}

func (c *converter) between(n *pg_query.A_Expr, pos ast.Pos) ast.Expr {
	out := &ast.Between{Pos: pos, X: c.expr(n.GetLexpr())}
	switch n.GetKind() {
	case pg_query.A_Expr_Kind_AEXPR_BETWEEN:
	case pg_query.A_Expr_Kind_AEXPR_NOT_BETWEEN:
		out.Not = true
	case pg_query.A_Expr_Kind_AEXPR_BETWEEN_SYM:
		out.Symmetric = true
	case pg_query.A_Expr_Kind_AEXPR_NOT_BETWEEN_SYM:
		out.Not, out.Symmetric = true, true
	default:
		c.unsupported(pos, n.GetKind().String())
		return nil
	}
	if bounds := n.GetRexpr().GetList().GetItems(); len(bounds) == 2 {
		out.Lo, out.Hi = c.expr(bounds[0]), c.expr(bounds[1])
	}
	return out
}
