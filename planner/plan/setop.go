package plan

// SetKind names a set operation.
type SetKind uint8

// The set operations. UNION without ALL is an aggregate over UnionAll.
const (
	UnionAll SetKind = iota
	Intersect
	IntersectAll
	Except
	ExceptAll
)

var setNames = [...]string{"UNION ALL", "INTERSECT", "INTERSECT ALL", "EXCEPT", "EXCEPT ALL"}

// String returns the words of SQL.
func (k SetKind) String() string { return setNames[k] }

// SetOp combines inputs whose columns agree in number, order and type; Cols are its own columns. UnionAll has two
// inputs or more, the others have two. NULLs are equal.
type SetOp struct {
	Kind SetKind
	In   []Node
	Cols []Column
}

// Values is a list of rows of constant expressions, in order.
type Values struct {
	Cols []Column
	Rows [][]Expr
}

// Columns implements Node.
func (n *SetOp) Columns() []Column { return n.Cols }

// Columns implements Node.
func (n *Values) Columns() []Column { return n.Cols }

// Inputs implements Node.
func (n *SetOp) Inputs() []Node { return n.In }

// Inputs implements Node.
func (*Values) Inputs() []Node { return nil }

func (*SetOp) node()  {}
func (*Values) node() {}

// Renamed returns, for one input of n, each column of n as that input calls it.
func (n *SetOp) Renamed(input int) []Assign {
	cols := n.In[input].Columns()
	items := make([]Assign, len(n.Cols))
	for i, c := range n.Cols {
		items[i] = Assign{Col: c, Expr: &Col{Column: cols[i]}}
	}
	return items
}
