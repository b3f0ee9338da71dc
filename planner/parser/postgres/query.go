package postgres

import (
	"github.com/pganalyze/pg_query_go/v6"

	"github.com/atoll-sql/atoll/planner/ast"
)

// query converts a SELECT, a VALUES or a set operation. It has no location of its own: it gets that of its
// first part.
func (c *converter) query(s *pg_query.SelectStmt) *ast.Select {
	out := &ast.Select{Pos: ast.NoPos, With: c.with(s.GetWithClause())}
	switch s.GetOp() {
	case pg_query.SetOperation_SETOP_NONE:
		c.core(s, out)
	default:
		out.SetOp = c.setOp(s)
	}
	out.OrderBy = c.sortItems(s.GetSortClause())
	out.Limit = c.limit(s)
	out.Offset = c.expr(s.GetLimitOffset())
	out.WithTies = s.GetLimitOption() == pg_query.LimitOption_LIMIT_OPTION_WITH_TIES
	out.Pos = queryPos(out)
	c.refuseSelectExtras(s, out.Pos)
	return out
}

// core converts what belongs to SELECT and VALUES only.
func (c *converter) core(s *pg_query.SelectStmt, out *ast.Select) {
	out.Distinct, out.DistinctOn = c.distinct(s.GetDistinctClause())
	for _, n := range s.GetTargetList() {
		out.Targets = append(out.Targets, c.target(n.GetResTarget()))
	}
	out.From = c.tables(s.GetFromClause())
	out.Where = c.expr(s.GetWhereClause())
	out.GroupBy = c.groupItems(s.GetGroupClause())
	out.Having = c.expr(s.GetHavingClause())
	for _, n := range s.GetWindowClause() {
		out.Windows = append(out.Windows, c.window(n.GetWindowDef()))
	}
	for _, row := range s.GetValuesLists() {
		out.Values = append(out.Values, c.exprs(row.GetList().GetItems()))
	}
}

// distinct converts the grammar's list: one empty node is plain DISTINCT.
func (c *converter) distinct(list []*pg_query.Node) (bool, []ast.Expr) {
	if len(list) == 0 {
		return false, nil
	}
	if len(list) == 1 && list[0].GetNode() == nil {
		return true, nil
	}
	return true, c.exprs(list)
}

func (c *converter) target(t *pg_query.ResTarget) *ast.Target {
	c.refuseIf(len(t.GetIndirection()) > 0, at(t.GetLocation()), "a subscript in the name of a column")
	return &ast.Target{Pos: at(t.GetLocation()), Expr: c.expr(t.GetVal()), Alias: t.GetName()}
}

// limit converts LIMIT; LIMIT ALL and FETCH's are the grammar's, too. LIMIT NULL cannot be told from LIMIT ALL,
// and means the same.
func (c *converter) limit(s *pg_query.SelectStmt) ast.Expr {
	n := s.GetLimitCount()
	if n.GetAConst().GetIsnull() {
		return nil
	}
	return c.expr(n)
}

func (c *converter) setOp(s *pg_query.SelectStmt) *ast.SetOp {
	out := &ast.SetOp{All: s.GetAll(), Left: c.query(s.GetLarg()), Right: c.query(s.GetRarg())}
	switch s.GetOp() {
	case pg_query.SetOperation_SETOP_UNION:
		out.Kind = ast.Union
	case pg_query.SetOperation_SETOP_INTERSECT:
		out.Kind = ast.Intersect
	case pg_query.SetOperation_SETOP_EXCEPT:
		out.Kind = ast.Except
	default:
		c.unsupported(out.Right.Pos, s.GetOp().String())
	}
	out.Pos = out.Right.Pos
	return out
}

// refuseSelectExtras refuses the clauses that the tree does not carry.
func (c *converter) refuseSelectExtras(s *pg_query.SelectStmt, pos ast.Pos) {
	if into := s.GetIntoClause(); into != nil {
		c.unsupported(firstKnown(at(into.GetRel().GetLocation()), pos), "SELECT INTO")
	}
	if s.GetGroupDistinct() {
		c.unsupported(firstKnown(nodePos(s.GetGroupClause()[0]), pos), "GROUP BY DISTINCT")
	}
	if locks := s.GetLockingClause(); len(locks) > 0 {
		c.unsupported(c.lockPos(locks[0].GetLockingClause()), "locking rows (FOR UPDATE, FOR SHARE)")
	}
}

// lockPos finds a locking clause, which the grammar gives no location, by its words.
func (c *converter) lockPos(lock *pg_query.LockingClause) ast.Pos {
	pos, last := ast.NoPos, ast.NoPos
	var prev pg_query.Token
	// The text went through the grammar: it has no scanner errors, and pos stays unknown if it had.
	_ = scan(c.sql, func(tok pg_query.Token, p, _ int) error {
		if prev == pg_query.Token_FOR && pos < 0 {
			switch tok {
			case pg_query.Token_UPDATE, pg_query.Token_SHARE, pg_query.Token_NO, pg_query.Token_KEY:
				pos = last
			}
		}
		prev, last = tok, ast.Pos(p)
		return nil
	})
	if pos < 0 && len(lock.GetLockedRels()) > 0 {
		return at(lock.GetLockedRels()[0].GetRangeVar().GetLocation())
	}
	return pos
}

// queryPos is the position of the first part of a query that has one. TABLE t has no position but t's.
func queryPos(s *ast.Select) ast.Pos {
	if s.With != nil {
		return s.With.Pos
	}
	if s.SetOp != nil {
		return s.SetOp.Left.Pos
	}
	if len(s.DistinctOn) > 0 {
		return posOf(s.DistinctOn[0])
	}
	for _, t := range s.Targets {
		if pos := firstKnown(t.Pos, posOf(t.Expr)); pos >= 0 {
			return pos
		}
	}
	if len(s.Values) > 0 && len(s.Values[0]) > 0 {
		return posOf(s.Values[0][0])
	}
	if len(s.From) > 0 && s.From[0] != nil {
		return ast.Pos(s.From[0].Position())
	}
	return firstKnown(posOf(s.Where), posOf(s.Limit))
}

// subquery converts a query that the grammar has wrapped in a node.
func (c *converter) subquery(n *pg_query.Node, near ast.Pos) *ast.Select {
	s := n.GetSelectStmt()
	if s == nil {
		c.unknownNode(n, near)
		return &ast.Select{Pos: near}
	}
	return c.query(s)
}

func (c *converter) with(w *pg_query.WithClause) *ast.With {
	if w == nil {
		return nil
	}
	out := &ast.With{Pos: at(w.GetLocation()), Recursive: w.GetRecursive()}
	for _, n := range w.GetCtes() {
		out.CTEs = append(out.CTEs, c.cte(n.GetCommonTableExpr()))
	}
	return out
}

func (c *converter) cte(n *pg_query.CommonTableExpr) *ast.CTE {
	pos := at(n.GetLocation())
	if s := n.GetSearchClause(); s != nil {
		c.unsupported(at(s.GetLocation()), "SEARCH in a recursive query")
	}
	if s := n.GetCycleClause(); s != nil {
		c.unsupported(at(s.GetLocation()), "CYCLE in a recursive query")
	}
	if n.GetCtequery().GetSelectStmt() == nil {
		c.fail(ast.Errorf("0A000", int(pos), "%s within WITH is not supported: only reading queries (SELECT) are", nodeName(n.GetCtequery())))
		return nil
	}
	out := &ast.CTE{Pos: pos, Name: n.GetCtename(), Columns: c.names(n.GetAliascolnames()), Query: c.subquery(n.GetCtequery(), pos)}
	switch n.GetCtematerialized() {
	case pg_query.CTEMaterialize_CTEMaterializeAlways:
		out.Materialize = ast.MaterializeAlways
	case pg_query.CTEMaterialize_CTEMaterializeNever:
		out.Materialize = ast.MaterializeNever
	}
	return out
}
