package mysql

import (
	"github.com/xwb1989/sqlparser"

	"github.com/atoll-sql/atoll/planner/ast"
)

// from converts FROM. Without one the grammar puts a table called dual there, which is then no token's index.
func (c *converter) from(list sqlparser.TableExprs) []ast.TableExpr {
	if len(list) == 1 {
		if t, ok := list[0].(*sqlparser.AliasedTableExpr); ok && c.isDual(t) {
			return nil
		}
	}
	var out []ast.TableExpr
	for _, t := range list {
		out = append(out, c.tableExpr(t))
	}
	return out
}

// isDual says whether a table stands for no FROM at all.
func (c *converter) isDual(t *sqlparser.AliasedTableExpr) bool {
	name, ok := t.Expr.(sqlparser.TableName)
	if !ok || !name.Qualifier.IsEmpty() {
		return false
	}
	if name.Name.String() == "dual" {
		return true
	}
	return t.As.IsEmpty() && c.leaf(name.Name.String()).is("dual")
}

func (c *converter) tableExpr(t sqlparser.TableExpr) ast.TableExpr {
	switch t := t.(type) {
	case *sqlparser.AliasedTableExpr:
		return c.aliasedTable(t)
	case *sqlparser.JoinTableExpr:
		return c.join(t)
	case *sqlparser.ParenTableExpr:
		return c.parenTables(t)
	}
	c.fail(ast.Errorf("XX000", int(c.here()), "the grammar's tree has a table of type %T", t))
	return nil
}

func (c *converter) aliasedTable(t *sqlparser.AliasedTableExpr) ast.TableExpr {
	if t.Hints != nil || t.Partitions != nil {
		c.fail(unsupported(int(c.here()), "an index hint or PARTITION"))
		return nil
	}
	switch e := t.Expr.(type) {
	case sqlparser.TableName:
		parts := c.qualifiers(e)
		out := &ast.TableName{Pos: c.here(), Name: parts[len(parts)-1]}
		if len(parts) == 2 {
			out.Schema = parts[0]
			out.Pos = ast.Pos(c.toks[c.at-2].pos)
		}
		out.Alias = c.tableAlias(t.As)
		return out
	case *sqlparser.Subquery:
		out := &ast.SubqueryTable{Query: c.query(e.Select)}
		out.Pos = out.Query.Pos
		out.Alias = c.tableAlias(t.As)
		return out
	}
	c.fail(ast.Errorf("XX000", int(c.here()), "the grammar's tree has a table of type %T", t.Expr))
	return nil
}

// tableAlias refuses a string: the grammar takes it for an alias, as MySQL does behind columns only.
func (c *converter) tableAlias(id sqlparser.TableIdent) string {
	alias := c.alias(id.String())
	if alias != "" && c.toks[c.at].kind == kindString {
		c.fail(syntaxError(&c.toks[c.at]))
	}
	return alias
}

// parenTables converts tables in parentheses, of which several are joined as by commas.
func (c *converter) parenTables(t *sqlparser.ParenTableExpr) ast.TableExpr {
	var out ast.TableExpr
	for _, e := range t.Exprs {
		right := c.tableExpr(e)
		if out == nil || right == nil {
			out = right
			continue
		}
		out = &ast.JoinTable{Pos: ast.Pos(out.Position()), Kind: ast.JoinCross, Left: out, Right: right}
	}
	return out
}

func (c *converter) join(t *sqlparser.JoinTableExpr) ast.TableExpr {
	out := &ast.JoinTable{Pos: ast.NoPos, Left: c.tableExpr(t.LeftExpr)}
	if out.Left != nil {
		out.Pos = ast.Pos(out.Left.Position())
	}
	out.Right = c.tableExpr(t.RightExpr)
	switch t.Join {
	case sqlparser.NaturalJoinStr, sqlparser.NaturalLeftJoinStr, sqlparser.NaturalRightJoinStr:
		out.Natural = true
	}
	for _, id := range t.Condition.Using {
		out.Using = append(out.Using, c.column(id))
	}
	if t.Condition.On != nil {
		out.On = c.expr(t.Condition.On)
	}
	switch t.Join {
	case sqlparser.LeftJoinStr, sqlparser.NaturalLeftJoinStr:
		out.Kind = ast.JoinLeft
	case sqlparser.RightJoinStr, sqlparser.NaturalRightJoinStr:
		out.Kind = ast.JoinRight
	default: // JOIN, INNER JOIN, CROSS JOIN and STRAIGHT_JOIN are one, with a condition or without
		out.Kind = ast.JoinInner
		if !out.Natural && out.Using == nil && out.On == nil {
			out.Kind = ast.JoinCross
		}
	}
	return out
}
