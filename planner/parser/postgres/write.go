package postgres

import (
	"github.com/pganalyze/pg_query_go/v6"
	"github.com/pganalyze/pg_query_go/v6/parser"
	"google.golang.org/protobuf/proto"

	"github.com/atoll-sql/atoll/planner/ast"
)

// ParseWrite reads one INSERT … VALUES, UPDATE or DELETE over one table. Its errors are as those of [Parse]; what such a statement may hold beyond rows,
// assignments and a condition is refused by name and place. It is safe for concurrent use.
func ParseWrite(sql string) (*ast.Write, error) {
	if err := guard(sql); err != nil {
		return nil, err
	}
	encoded, err := parser.ParseToProtobuf(sql)
	if err != nil {
		return nil, grammarError(sql, err)
	}
	var tree pg_query.ParseResult
	if err := (proto.UnmarshalOptions{RecursionLimit: recursionLimit}).Unmarshal(encoded, &tree); err != nil {
		return nil, ast.Errorf("XX000", -1, "the grammar's result cannot be decoded: %v", err)
	}
	start := skipSpace(sql, 0)
	switch stmts := tree.GetStmts(); len(stmts) {
	case 0:
		return nil, ast.Errorf("42601", -1, "the statement is empty")
	case 1:
		return convertWrite(sql, start, stmts[0].GetStmt())
	default:
		e := ast.Errorf("0A000", skipSpace(sql, int(stmts[1].GetStmtLocation())), "several statements in one text are not supported")
		e.Hint = "send one statement at a time"
		return nil, e
	}
}

func convertWrite(sql string, start int, stmt *pg_query.Node) (*ast.Write, error) {
	c := &converter{sql: sql}
	var out *ast.Write
	switch n := stmt.GetNode().(type) {
	case *pg_query.Node_InsertStmt:
		out = c.insert(n.InsertStmt, ast.Pos(start))
	case *pg_query.Node_UpdateStmt:
		out = c.update(n.UpdateStmt, ast.Pos(start))
	case *pg_query.Node_DeleteStmt:
		out = c.remove(n.DeleteStmt, ast.Pos(start))
	default:
		e := ast.Errorf("0A000", start, "%s is no statement that writes: they are INSERT, UPDATE and DELETE", nodeName(stmt))
		if stmt.GetSelectStmt() != nil {
			e.Text, e.Hint = "a reading query is no statement that writes", "ask it as a query"
		}
		return nil, e
	}
	if c.err != nil {
		return nil, c.err
	}
	out.Pos = ast.Pos(start)
	return out, nil
}

// refuseAround refuses what all three statements may have around them.
func (c *converter) refuseAround(with *pg_query.WithClause, returning []*pg_query.Node, pos ast.Pos) {
	c.refuseIf(with != nil, firstKnown(at(with.GetLocation()), pos), "WITH before a statement that writes")
	if len(returning) > 0 {
		c.unsupported(firstKnown(nodePos(returning[0]), pos), "RETURNING")
	}
}

func (c *converter) written(n *pg_query.RangeVar) *ast.TableName {
	t, _ := c.tableName(n).(*ast.TableName)
	return t
}

func (c *converter) insert(s *pg_query.InsertStmt, pos ast.Pos) *ast.Write {
	out := &ast.Write{Kind: ast.Insert, Table: c.written(s.GetRelation())}
	c.refuseAround(s.GetWithClause(), s.GetReturningList(), pos)
	if on := s.GetOnConflictClause(); on != nil {
		c.unsupported(firstKnown(at(on.GetLocation()), pos), "ON CONFLICT")
	}
	c.refuseIf(s.GetOverride() != pg_query.OverridingKind_OVERRIDING_NOT_SET, out.Table.Pos, "OVERRIDING")
	for _, n := range s.GetCols() {
		out.Columns = append(out.Columns, c.columnName(n.GetResTarget()))
	}
	if s.GetSelectStmt() == nil {
		return out
	}
	rows := s.GetSelectStmt().GetSelectStmt()
	if len(rows.GetValuesLists()) == 0 {
		c.fail(&ast.Error{SQLState: "0A000", Pos: int(c.queryStart(rows, pos)), Text: "INSERT … SELECT is not supported",
			Hint: "read the rows with a query, and insert them with VALUES"})
		return out
	}
	c.refuseIf(rows.GetWithClause() != nil, firstKnown(at(rows.GetWithClause().GetLocation()), pos), "WITH before VALUES")
	c.refuseIf(len(rows.GetSortClause()) > 0 || rows.GetLimitCount() != nil || rows.GetLimitOffset() != nil, pos, "ORDER BY, LIMIT or OFFSET behind the rows of an INSERT")
	for _, row := range rows.GetValuesLists() {
		var values []ast.Expr
		for _, n := range row.GetList().GetItems() {
			values = append(values, c.assigned(n))
		}
		out.Rows = append(out.Rows, values)
	}
	return out
}

// queryStart is where the query of an INSERT … SELECT begins, as far as the grammar tells.
func (c *converter) queryStart(s *pg_query.SelectStmt, pos ast.Pos) ast.Pos {
	probe := &converter{sql: c.sql} // whose errors are of no interest
	return firstKnown(probe.query(s).Pos, pos)
}

func (c *converter) columnName(t *pg_query.ResTarget) *ast.ColumnName {
	c.refuseIf(len(t.GetIndirection()) > 0, at(t.GetLocation()), "writing to a part of a column")
	return &ast.ColumnName{Pos: at(t.GetLocation()), Name: t.GetName()}
}

// assigned converts a value that a column gets.
func (c *converter) assigned(n *pg_query.Node) ast.Expr {
	if d := n.GetSetToDefault(); d != nil {
		return &ast.Default{Pos: at(d.GetLocation())}
	}
	return c.expr(n)
}

func (c *converter) update(s *pg_query.UpdateStmt, pos ast.Pos) *ast.Write {
	out := &ast.Write{Kind: ast.Update, Table: c.written(s.GetRelation())}
	c.refuseAround(s.GetWithClause(), s.GetReturningList(), pos)
	if from := s.GetFromClause(); len(from) > 0 {
		c.unsupported(firstKnown(nodePos(from[0]), pos), "UPDATE … FROM")
	}
	for _, n := range s.GetTargetList() {
		t := n.GetResTarget()
		if multi := t.GetVal().GetMultiAssignRef(); multi != nil {
			out.Sets = append(out.Sets, c.oneOfMany(t, multi))
			continue
		}
		out.Sets = append(out.Sets, &ast.Assignment{Column: c.columnName(t), Value: c.assigned(t.GetVal())})
	}
	out.Where = c.expr(s.GetWhereClause())
	return out
}

// oneOfMany converts an item of SET (a, b) = (x, y); of a subquery, or another row that is not written out, it refuses it.
func (c *converter) oneOfMany(t *pg_query.ResTarget, m *pg_query.MultiAssignRef) *ast.Assignment {
	items := m.GetSource().GetRowExpr().GetArgs()
	i := int(m.GetColno()) - 1
	if len(items) != int(m.GetNcolumns()) || i < 0 || i >= len(items) {
		c.unsupported(at(t.GetLocation()), "setting several columns at once to what is no list of as many values")
		return &ast.Assignment{Column: c.columnName(t)}
	}
	return &ast.Assignment{Column: c.columnName(t), Value: c.assigned(items[i])}
}

func (c *converter) remove(s *pg_query.DeleteStmt, pos ast.Pos) *ast.Write {
	out := &ast.Write{Kind: ast.Delete, Table: c.written(s.GetRelation())}
	c.refuseAround(s.GetWithClause(), s.GetReturningList(), pos)
	if using := s.GetUsingClause(); len(using) > 0 {
		c.unsupported(firstKnown(nodePos(using[0]), pos), "DELETE … USING")
	}
	out.Where = c.expr(s.GetWhereClause())
	return out
}
