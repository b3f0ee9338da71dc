package postgres

import (
	"github.com/pganalyze/pg_query_go/v6"

	"github.com/atoll-sql/atoll/planner/ast"
)

func (c *converter) tables(list []*pg_query.Node) []ast.TableExpr {
	var out []ast.TableExpr
	for _, n := range list {
		out = append(out, c.table(n))
	}
	return out
}

func (c *converter) table(n *pg_query.Node) ast.TableExpr {
	switch n := n.GetNode().(type) {
	case *pg_query.Node_RangeVar:
		return c.tableName(n.RangeVar)
	case *pg_query.Node_RangeSubselect:
		return c.subqueryTable(n.RangeSubselect)
	case *pg_query.Node_RangeFunction:
		return c.funcTable(n.RangeFunction)
	case *pg_query.Node_JoinExpr:
		return c.join(n.JoinExpr)
	}
	c.unknownNode(n, ast.NoPos)
	return nil
}

func (c *converter) alias(a *pg_query.Alias) (string, []string) {
	return a.GetAliasname(), c.names(a.GetColnames())
}

func (c *converter) tableName(n *pg_query.RangeVar) ast.TableExpr {
	pos := at(n.GetLocation())
	c.refuseIf(n.GetCatalogname() != "", pos, "naming a database before a table")
	c.refuseIf(!n.GetInh(), pos, "ONLY")
	out := &ast.TableName{Pos: pos, Schema: n.GetSchemaname(), Name: n.GetRelname()}
	out.Alias, out.ColumnAliases = c.alias(n.GetAlias())
	return out
}

func (c *converter) subqueryTable(n *pg_query.RangeSubselect) ast.TableExpr {
	query := c.subquery(n.GetSubquery(), ast.NoPos)
	out := &ast.SubqueryTable{Pos: query.Pos, Lateral: n.GetLateral(), Query: query}
	out.Alias, out.ColumnAliases = c.alias(n.GetAlias())
	return out
}

// funcTable converts function calls in FROM. The grammar gives for each a list of two: the call, and its
// own column definitions, or an empty node.
func (c *converter) funcTable(n *pg_query.RangeFunction) ast.TableExpr {
	out := &ast.FuncTable{Pos: ast.NoPos, Lateral: n.GetLateral(), RowsFrom: n.GetIsRowsfrom(), WithOrdinality: n.GetOrdinality()}
	for _, f := range n.GetFunctions() {
		items := f.GetList().GetItems()
		if len(items) == 0 {
			c.unknownNode(f, ast.NoPos)
			return nil
		}
		call := c.expr(items[0])
		out.Pos = firstKnown(out.Pos, posOf(call))
		c.refuseIf(len(items) > 1 && items[1].GetNode() != nil, posOf(call), "ROWS FROM with column definitions")
		out.Funcs = append(out.Funcs, call)
	}
	out.Alias, out.ColumnAliases = c.alias(n.GetAlias())
	for _, d := range n.GetColdeflist() {
		out.Columns = append(out.Columns, c.columnDef(d.GetColumnDef()))
	}
	return out
}

func (c *converter) columnDef(d *pg_query.ColumnDef) *ast.ColumnDef {
	pos := at(d.GetLocation())
	c.refuseIf(d.GetCollClause() != nil, pos, "COLLATE in a column definition")
	return &ast.ColumnDef{Pos: pos, Name: d.GetColname(), Type: c.typeName(d.GetTypeName(), pos)}
}

func (c *converter) join(n *pg_query.JoinExpr) ast.TableExpr {
	out := &ast.JoinTable{
		Pos:        ast.NoPos,
		Left:       c.table(n.GetLarg()),
		Right:      c.table(n.GetRarg()),
		Natural:    n.GetIsNatural(),
		Using:      c.names(n.GetUsingClause()),
		UsingAlias: n.GetJoinUsingAlias().GetAliasname(),
		On:         c.expr(n.GetQuals()),
	}
	if out.Left != nil {
		out.Pos = ast.Pos(out.Left.Position())
	}
	out.Kind = c.joinKind(n, out)
	out.Alias, out.ColumnAliases = c.alias(n.GetAlias())
	return out
}

// joinKind names the join; the grammar writes CROSS JOIN as an inner one without a condition.
func (c *converter) joinKind(n *pg_query.JoinExpr, out *ast.JoinTable) ast.JoinKind {
	switch n.GetJointype() {
	case pg_query.JoinType_JOIN_INNER:
		if !out.Natural && out.Using == nil && out.On == nil {
			return ast.JoinCross
		}
		return ast.JoinInner
	case pg_query.JoinType_JOIN_LEFT:
		return ast.JoinLeft
	case pg_query.JoinType_JOIN_RIGHT:
		return ast.JoinRight
	case pg_query.JoinType_JOIN_FULL:
		return ast.JoinFull
	}
	c.unsupported(out.Pos, n.GetJointype().String())
	return 0
}
