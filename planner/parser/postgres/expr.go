package postgres

import (
	"github.com/pganalyze/pg_query_go/v6"

	"github.com/atoll-sql/atoll/planner/ast"
)

// expr converts an expression; nil, the grammar's way to say that there is none, stays nil.
func (c *converter) expr(n *pg_query.Node) ast.Expr {
	if n == nil || n.Node == nil {
		return nil
	}
	switch x := n.Node.(type) {
	case *pg_query.Node_ColumnRef:
		return c.columnRef(x.ColumnRef)
	case *pg_query.Node_AConst:
		return c.constant(x.AConst)
	case *pg_query.Node_ParamRef:
		return c.param(x.ParamRef)
	case *pg_query.Node_AExpr:
		return c.operator(x.AExpr)
	case *pg_query.Node_BoolExpr:
		return c.boolExpr(x.BoolExpr)
	case *pg_query.Node_NullTest:
		return c.nullTest(x.NullTest)
	case *pg_query.Node_BooleanTest:
		return c.boolTest(x.BooleanTest)
	case *pg_query.Node_SubLink:
		return c.subLink(x.SubLink)
	case *pg_query.Node_CaseExpr:
		return c.caseExpr(x.CaseExpr)
	case *pg_query.Node_TypeCast:
		return c.cast(x.TypeCast)
	case *pg_query.Node_CollateClause:
		return c.collate(x.CollateClause)
	}
	return c.compound(n)
}

// compound converts calls and what builds or takes apart rows and arrays.
func (c *converter) compound(n *pg_query.Node) ast.Expr {
	switch x := n.Node.(type) {
	case *pg_query.Node_FuncCall:
		return c.call(x.FuncCall)
	case *pg_query.Node_SqlvalueFunction:
		return c.valueFunction(x.SqlvalueFunction)
	case *pg_query.Node_CoalesceExpr:
		return c.syntaxCall(x.CoalesceExpr.GetLocation(), "coalesce", x.CoalesceExpr.GetArgs())
	case *pg_query.Node_MinMaxExpr:
		return c.minMax(x.MinMaxExpr)
	case *pg_query.Node_GroupingFunc:
		return c.syntaxCall(x.GroupingFunc.GetLocation(), "grouping", x.GroupingFunc.GetArgs())
	case *pg_query.Node_RowExpr:
		return &ast.Row{
			Pos:      at(x.RowExpr.GetLocation()),
			Items:    c.exprs(x.RowExpr.GetArgs()),
			Explicit: x.RowExpr.GetRowFormat() == pg_query.CoercionForm_COERCE_EXPLICIT_CALL,
		}
	case *pg_query.Node_AArrayExpr:
		return &ast.Array{Pos: at(x.AArrayExpr.GetLocation()), Items: c.exprs(x.AArrayExpr.GetElements())}
	case *pg_query.Node_AIndirection:
		return c.indirection(x.AIndirection)
	case *pg_query.Node_SetToDefault:
		c.fail(ast.Errorf("42601", int(at(x.SetToDefault.GetLocation())), "DEFAULT is not allowed here"))
		return nil
	}
	c.unknownNode(n, ast.NoPos)
	return nil
}

func (c *converter) boolExpr(n *pg_query.BoolExpr) ast.Expr {
	pos := at(n.GetLocation())
	args := c.exprs(n.GetArgs())
	switch n.GetBoolop() {
	case pg_query.BoolExprType_AND_EXPR:
		return &ast.And{Pos: pos, Args: flatten(args, func(e ast.Expr) []ast.Expr {
			if and, ok := e.(*ast.And); ok {
				return and.Args
			}
			return nil
		})}
	case pg_query.BoolExprType_OR_EXPR:
		return &ast.Or{Pos: pos, Args: flatten(args, func(e ast.Expr) []ast.Expr {
			if or, ok := e.(*ast.Or); ok {
				return or.Args
			}
			return nil
		})}
	case pg_query.BoolExprType_NOT_EXPR:
		if in, ok := args[0].(*ast.InSubquery); ok && !in.Not {
			in.Not = true // the grammar's way to write NOT IN
			return in
		}
		return &ast.Not{Pos: pos, X: args[0]}
	}
	c.unsupported(pos, n.GetBoolop().String())
	return nil
}

// flatten replaces the elements that are themselves lists of the same kind by their elements.
func flatten(args []ast.Expr, inner func(ast.Expr) []ast.Expr) []ast.Expr {
	out := make([]ast.Expr, 0, len(args))
	for _, a := range args {
		if list := inner(a); list != nil {
			out = append(out, list...)
		} else {
			out = append(out, a)
		}
	}
	return out
}

func (c *converter) nullTest(n *pg_query.NullTest) ast.Expr {
	return &ast.IsNull{
		Pos: at(n.GetLocation()),
		X:   c.expr(n.GetArg()),
		Not: n.GetNulltesttype() == pg_query.NullTestType_IS_NOT_NULL,
	}
}

func (c *converter) boolTest(n *pg_query.BooleanTest) ast.Expr {
	out := &ast.IsBool{Pos: at(n.GetLocation()), X: c.expr(n.GetArg())}
	switch n.GetBooltesttype() {
	case pg_query.BoolTestType_IS_TRUE:
		out.Test = ast.TestTrue
	case pg_query.BoolTestType_IS_NOT_TRUE:
		out.Test, out.Not = ast.TestTrue, true
	case pg_query.BoolTestType_IS_FALSE:
		out.Test = ast.TestFalse
	case pg_query.BoolTestType_IS_NOT_FALSE:
		out.Test, out.Not = ast.TestFalse, true
	case pg_query.BoolTestType_IS_UNKNOWN:
		out.Test = ast.TestUnknown
	case pg_query.BoolTestType_IS_NOT_UNKNOWN:
		out.Test, out.Not = ast.TestUnknown, true
	default:
		c.unsupported(out.Pos, n.GetBooltesttype().String())
	}
	return out
}

func (c *converter) caseExpr(n *pg_query.CaseExpr) ast.Expr {
	out := &ast.Case{Pos: at(n.GetLocation()), Operand: c.expr(n.GetArg())}
	for _, w := range n.GetArgs() {
		when := w.GetCaseWhen()
		out.Whens = append(out.Whens, &ast.When{
			Pos:    at(when.GetLocation()),
			Cond:   c.expr(when.GetExpr()),
			Result: c.expr(when.GetResult()),
		})
	}
	out.Else = c.expr(n.GetDefresult())
	return out
}

// cast converts CAST(x AS t), x::t and t 'x'; the last has its type's position.
func (c *converter) cast(n *pg_query.TypeCast) ast.Expr {
	x := c.expr(n.GetArg())
	pos := firstKnown(at(n.GetLocation()), at(n.GetTypeName().GetLocation()), posOf(x))
	return &ast.Cast{Pos: pos, X: x, Type: c.typeName(n.GetTypeName(), pos)}
}

func (c *converter) collate(n *pg_query.CollateClause) ast.Expr {
	out := &ast.Collate{Pos: at(n.GetLocation()), X: c.expr(n.GetArg())}
	switch names := c.names(n.GetCollname()); len(names) {
	case 1:
		out.Name = names[0]
	case 2:
		out.Schema, out.Name = names[0], names[1]
	default:
		c.unsupported(out.Pos, "naming a database before a collation")
	}
	return out
}

// subLink converts a subquery within an expression.
func (c *converter) subLink(n *pg_query.SubLink) ast.Expr {
	pos := at(n.GetLocation())
	x := c.expr(n.GetTestexpr())
	query := c.subquery(n.GetSubselect(), pos)
	kind := n.GetSubLinkType()
	switch kind {
	case pg_query.SubLinkType_EXISTS_SUBLINK:
		return &ast.Exists{Pos: pos, Query: query}
	case pg_query.SubLinkType_EXPR_SUBLINK:
		return &ast.ScalarSubquery{Pos: pos, Query: query}
	case pg_query.SubLinkType_ARRAY_SUBLINK:
		return &ast.ArraySubquery{Pos: pos, Query: query}
	case pg_query.SubLinkType_ANY_SUBLINK, pg_query.SubLinkType_ALL_SUBLINK:
		all := kind == pg_query.SubLinkType_ALL_SUBLINK
		if len(n.GetOperName()) == 0 && !all {
			return &ast.InSubquery{Pos: pos, X: x, Query: query}
		}
		return &ast.Quantified{Pos: pos, X: x, Op: c.operatorName(n.GetOperName(), pos), All: all, Query: query}
	}
	c.unsupported(pos, kind.String())
	return nil
}
