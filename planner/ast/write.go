package ast

// WriteKind names a statement that writes.
type WriteKind uint8

// The statements that write.
const (
	Insert WriteKind = iota + 1
	Update
	Delete
)

// String returns the keyword.
func (k WriteKind) String() string { return [...]string{"?", "INSERT", "UPDATE", "DELETE"}[k] }

// Write is one INSERT … VALUES, UPDATE or DELETE over one table. Of an INSERT, Columns and Rows are set; of an UPDATE, Sets and Where; of a DELETE, Where.
type Write struct {
	Pos
	Kind  WriteKind
	Table *TableName
	// Columns are those that an INSERT names; none where it names none, which are then all of the table in their order.
	Columns []*ColumnName
	// Rows are the values of an INSERT, of equal length or the binder says so; a *Default stands for the column's default. No rows at all are
	// one of defaults only (DEFAULT VALUES).
	Rows  [][]Expr
	Sets  []*Assignment
	Where Expr
}

// ColumnName is a column of the table that is written.
type ColumnName struct {
	Pos
	Name string
}

// Assignment is an item of SET.
type Assignment struct {
	Column *ColumnName
	Value  Expr // may be a *Default
}

// Default is DEFAULT in place of a value.
type Default struct{ Pos }

func (*Default) exprNode() {}
