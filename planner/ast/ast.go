// Package ast is the syntax tree of reading queries, common to all SQL dialects. A parser door turns text
// into this tree, the binder gives its names and operators a meaning; the tree itself knows neither a
// catalog nor types.
//
// Trees are built once and then only read: they may be shared between goroutines. A nil Expr, TableExpr
// or pointer in an optional field means that the clause was not written.
package ast

// Pos is a byte offset into the query text, -1 when it is unknown. Every node embeds one.
type Pos int

// NoPos is the position of a node that has none.
const NoPos Pos = -1

// Position returns the byte offset into the query text, or -1 when it is unknown.
func (p Pos) Position() int { return int(p) }

// Node is any part of the tree that has a place in the text.
type Node interface {
	Position() int
}

// Expr is an expression. The set is closed: it is the pointer types of expr.go and func.go, and *GroupingSet within GROUP BY.
type Expr interface {
	Node
	exprNode()
}

// TableExpr is an item of FROM. The set is closed: it is the pointer types of table.go.
type TableExpr interface {
	Node
	tableNode()
}

// Select is one reading query in one of three forms: SetOp is set (a set operation), Values is set
// (VALUES rows), or neither (SELECT; Targets may be empty, as PostgreSQL allows). With, OrderBy, Limit,
// Offset and WithTies go with every form, all other fields only with the third. "TABLE t" is written out
// as SELECT * FROM t.
type Select struct {
	Pos
	With       *With
	Distinct   bool   // SELECT DISTINCT; also true with DISTINCT ON
	DistinctOn []Expr // DISTINCT ON (…)
	Targets    []*Target
	From       []TableExpr
	Where      Expr
	GroupBy    []Expr // items; may hold *GroupingSet
	Having     Expr
	Windows    []*WindowDef // WINDOW w AS (…)
	Values     [][]Expr     // all rows have the same length or the binder says so
	SetOp      *SetOp
	OrderBy    []*SortItem
	Limit      Expr // nil: no limit, also for LIMIT ALL and LIMIT NULL
	Offset     Expr
	WithTies   bool // FETCH FIRST … WITH TIES
}

// Target is one output column of a SELECT.
type Target struct {
	Pos
	Expr  Expr   // a *Star stands for several columns
	Alias string // "" when none was written
}

// SetOpKind names a set operation.
type SetOpKind uint8

// The set operations.
const (
	Union SetOpKind = iota + 1
	Intersect
	Except
)

// String returns the keyword.
func (k SetOpKind) String() string {
	return [...]string{"?", "UNION", "INTERSECT", "EXCEPT"}[k]
}

// SetOp combines two queries. Each side may have ORDER BY, LIMIT and WITH of its own (it was in
// parentheses then).
type SetOp struct {
	Pos
	Kind  SetOpKind
	All   bool
	Left  *Select
	Right *Select
}

// With is a WITH clause.
type With struct {
	Pos
	Recursive bool
	CTEs      []*CTE
}

// Materialize is what a common table expression says about being materialised.
type Materialize uint8

// The three ways to write a common table expression.
const (
	MaterializeDefault Materialize = iota
	MaterializeAlways              // AS MATERIALIZED
	MaterializeNever               // AS NOT MATERIALIZED
)

// CTE is one common table expression.
type CTE struct {
	Pos
	Name        string
	Columns     []string // column names, may be fewer than the query's; nil when none were written
	Materialize Materialize
	Query       *Select
}

// Nulls says where NULLs are sorted.
type Nulls uint8

// The places for NULLs in an order.
const (
	NullsDefault Nulls = iota // the dialect's own: PostgreSQL has them last in ASC, first in DESC
	NullsFirst
	NullsLast
)

// SortItem is one item of ORDER BY, at any place where ORDER BY may stand. An integer literal in a query's
// ORDER BY names an output column; that is the binder's business.
type SortItem struct {
	Pos
	Expr  Expr
	Desc  bool
	Nulls Nulls
}

// GroupingKind names a construct of GROUP BY.
type GroupingKind uint8

// The grouping constructs.
const (
	GroupEmpty  GroupingKind = iota + 1 // ()
	GroupRollup                         // ROLLUP (…)
	GroupCube                           // CUBE (…)
	GroupSets                           // GROUPING SETS (…)
)

// GroupingSet is an item of GROUP BY that is not a plain expression. Items of GroupRollup and GroupCube are
// expressions, a *Row being several columns taken as one; those of GroupSets may be GroupingSets too, a
// *Row being one set.
type GroupingSet struct {
	Pos
	Kind  GroupingKind
	Items []Expr
}

func (*GroupingSet) exprNode() {}
