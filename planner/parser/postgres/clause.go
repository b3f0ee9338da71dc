package postgres

import (
	"github.com/pganalyze/pg_query_go/v6"

	"github.com/atoll-sql/atoll/planner/ast"
)

func (c *converter) sortItems(list []*pg_query.Node) []*ast.SortItem {
	var out []*ast.SortItem
	for _, n := range list {
		out = append(out, c.sortItem(n.GetSortBy()))
	}
	return out
}

func (c *converter) sortItem(s *pg_query.SortBy) *ast.SortItem {
	out := &ast.SortItem{Expr: c.expr(s.GetNode()), Desc: s.GetSortbyDir() == pg_query.SortByDir_SORTBY_DESC}
	out.Pos = firstKnown(posOf(out.Expr), at(s.GetLocation()))
	c.refuseIf(s.GetSortbyDir() == pg_query.SortByDir_SORTBY_USING, at(s.GetLocation()), "ORDER BY … USING")
	switch s.GetSortbyNulls() {
	case pg_query.SortByNulls_SORTBY_NULLS_FIRST:
		out.Nulls = ast.NullsFirst
	case pg_query.SortByNulls_SORTBY_NULLS_LAST:
		out.Nulls = ast.NullsLast
	}
	return out
}

// groupItems converts the items of GROUP BY or of one of its constructs.
func (c *converter) groupItems(list []*pg_query.Node) []ast.Expr {
	var out []ast.Expr
	for _, n := range list {
		if set := n.GetGroupingSet(); set != nil {
			out = append(out, c.groupingSet(set))
		} else {
			out = append(out, c.expr(n))
		}
	}
	return out
}

func (c *converter) groupingSet(n *pg_query.GroupingSet) ast.Expr {
	out := &ast.GroupingSet{Pos: at(n.GetLocation()), Items: c.groupItems(n.GetContent())}
	switch n.GetKind() {
	case pg_query.GroupingSetKind_GROUPING_SET_EMPTY:
		out.Kind = ast.GroupEmpty
	case pg_query.GroupingSetKind_GROUPING_SET_ROLLUP:
		out.Kind = ast.GroupRollup
	case pg_query.GroupingSetKind_GROUPING_SET_CUBE:
		out.Kind = ast.GroupCube
	case pg_query.GroupingSetKind_GROUPING_SET_SETS:
		out.Kind = ast.GroupSets
	default:
		c.unsupported(out.Pos, n.GetKind().String())
	}
	return out
}

// The bits of a window's frame options, from PostgreSQL's parsenodes.h.
const (
	frameNonDefault = 1 << iota
	frameRange
	frameRows
	frameGroups
	frameBetween
	startUnboundedPreceding
	endUnboundedPreceding
	startUnboundedFollowing
	endUnboundedFollowing
	startCurrentRow
	endCurrentRow
	startOffsetPreceding
	endOffsetPreceding
	startOffsetFollowing
	endOffsetFollowing
	excludeCurrentRow
	excludeGroup
	excludeTies
)

func (c *converter) window(w *pg_query.WindowDef) *ast.WindowDef {
	if w == nil {
		return nil
	}
	return &ast.WindowDef{
		Pos:         at(w.GetLocation()),
		Name:        w.GetName(),
		Ref:         w.GetRefname(),
		PartitionBy: c.exprs(w.GetPartitionClause()),
		OrderBy:     c.sortItems(w.GetOrderClause()),
		Frame:       c.frame(w),
	}
}

// frame converts a window's frame, nil if none was written. The grammar has refused the bounds that make no
// sense.
func (c *converter) frame(w *pg_query.WindowDef) *ast.Frame {
	bits := w.GetFrameOptions()
	if bits&frameNonDefault == 0 {
		return nil
	}
	out := &ast.Frame{
		Pos:         at(w.GetLocation()),
		Mode:        ast.FrameRange,
		StartOffset: c.expr(w.GetStartOffset()),
		EndOffset:   c.expr(w.GetEndOffset()),
		Start: bound(bits, startUnboundedPreceding, startOffsetPreceding, startCurrentRow, startOffsetFollowing,
			startUnboundedFollowing),
		End: bound(bits, endUnboundedPreceding, endOffsetPreceding, endCurrentRow, endOffsetFollowing,
			endUnboundedFollowing),
	}
	switch {
	case bits&frameRows != 0:
		out.Mode = ast.FrameRows
	case bits&frameGroups != 0:
		out.Mode = ast.FrameGroups
	}
	switch {
	case bits&excludeCurrentRow != 0:
		out.Exclude = ast.ExcludeCurrentRow
	case bits&excludeGroup != 0:
		out.Exclude = ast.ExcludeGroup
	case bits&excludeTies != 0:
		out.Exclude = ast.ExcludeTies
	}
	return out
}

// bound returns the bound whose bit is set; the bits are given in the order of ast's constants.
func bound(bits int32, inOrder ...int32) ast.BoundKind {
	for i, bit := range inOrder {
		if bits&bit != 0 {
			return ast.UnboundedPreceding + ast.BoundKind(i)
		}
	}
	return 0
}
