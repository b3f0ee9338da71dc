package ast

// TableName is a table, a view or a common table expression.
type TableName struct {
	Pos
	Schema        string // "" when none was written
	Name          string
	Alias         string
	ColumnAliases []string
}

// SubqueryTable is a query in FROM; VALUES in FROM is one, too.
type SubqueryTable struct {
	Pos
	Lateral       bool
	Query         *Select
	Alias         string // may be ""
	ColumnAliases []string
}

// FuncTable is one or, with ROWS FROM (…), several function calls in FROM.
type FuncTable struct {
	Pos
	Lateral        bool
	Funcs          []Expr // mostly *FuncCall
	RowsFrom       bool
	WithOrdinality bool
	Alias          string
	ColumnAliases  []string
	Columns        []*ColumnDef // AS t(a int, b text), for functions returning record
}

// ColumnDef gives a column's name and type.
type ColumnDef struct {
	Pos
	Name string
	Type *TypeName
}

// JoinKind names a join.
type JoinKind uint8

// The joins. A JoinCross has no condition, the others have exactly one of Natural, Using and On.
const (
	JoinInner JoinKind = iota + 1
	JoinLeft
	JoinRight
	JoinFull
	JoinCross
)

// String returns the keyword.
func (k JoinKind) String() string {
	return [...]string{"?", "INNER", "LEFT", "RIGHT", "FULL", "CROSS"}[k]
}

// JoinTable joins two items of FROM. With Alias set, (a JOIN b) AS alias, the names inside are hidden.
type JoinTable struct {
	Pos
	Kind          JoinKind
	Left, Right   TableExpr
	Natural       bool
	Using         []string
	UsingAlias    string // JOIN … USING (…) AS alias
	On            Expr
	Alias         string
	ColumnAliases []string
}

func (*TableName) tableNode()     {}
func (*SubqueryTable) tableNode() {}
func (*FuncTable) tableNode()     {}
func (*JoinTable) tableNode()     {}
