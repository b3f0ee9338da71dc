package postgres

import (
	"github.com/pganalyze/pg_query_go/v6"

	"github.com/atoll-sql/atoll/planner/ast"
)

// columnRef converts a name, or one that ends in a star.
func (c *converter) columnRef(n *pg_query.ColumnRef) ast.Expr {
	pos := at(n.GetLocation())
	fields := n.GetFields()
	if last := len(fields) - 1; last >= 0 && fields[last].GetAStar() != nil {
		return &ast.Star{Pos: pos, Table: c.names(fields[:last])}
	}
	return &ast.ColumnRef{Pos: pos, Parts: c.names(fields)}
}

// indirection converts x[1], x[1:2] and (x).field, any number of them in a row.
func (c *converter) indirection(n *pg_query.A_Indirection) ast.Expr {
	x := c.expr(n.GetArg())
	pos := posOf(x)
	for i, step := range n.GetIndirection() {
		switch s := step.GetNode().(type) {
		case *pg_query.Node_AIndices:
			x = c.subscript(x, pos, s.AIndices, i == 0)
		case *pg_query.Node_String_:
			x = &ast.FieldSelect{Pos: pos, X: x, Field: s.String_.GetSval()}
		case *pg_query.Node_AStar:
			c.unsupported(pos, "expanding a row with (x).*")
			return nil
		default:
			c.unknownNode(step, pos)
			return nil
		}
	}
	return x
}

// subscript converts one pair of brackets. The grammar has the index of a plain subscript as the upper bound.
func (c *converter) subscript(x ast.Expr, pos ast.Pos, n *pg_query.A_Indices, first bool) ast.Expr {
	if !n.GetIsSlice() {
		return &ast.Subscript{Pos: pos, X: x, Index: c.expr(n.GetUidx()), First: first}
	}
	return &ast.Subscript{Pos: pos, X: x, Index: c.expr(n.GetLidx()), Upper: c.expr(n.GetUidx()), Slice: true, First: first}
}

func (c *converter) param(n *pg_query.ParamRef) ast.Expr {
	pos := at(n.GetLocation())
	if n.GetNumber() < 1 {
		c.fail(ast.Errorf("42P02", int(pos), "there is no parameter $%d: they begin with $1", n.GetNumber()))
	}
	return &ast.Param{Pos: pos, N: int(n.GetNumber())}
}
