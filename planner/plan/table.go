package plan

// Series is a function in FROM that gives rows. Without Fn it is generate_series: the values from a start, a step apart, up to
// a stop; an argument that is NULL makes it empty.
type Series struct {
	// Fn is "unnest" for the elements of arrays, side by side: as many rows as the longest of Args has elements, NULL where
	// another has fewer, and a column for each of Args. A column more is the number of the row.
	Fn string
	// Args are start, stop and step. The first two are of the column's type, and so is the step of integers; that of
	// moments is an interval constant, none of whose parts has another sign than the others.
	Args []Expr
	Cols []Column // the value; with a second column, its number, from 1
}

// Recursion is WITH RECURSIVE: the rows of Base and then, again and again, those that Step makes of the rows that the
// round before brought, until a round brings none. Distinct drops rows that were there before, in which NULLs are equal.
// The inputs' columns agree with Cols in number, order and type.
type Recursion struct {
	Distinct   bool
	Base, Step Node // Step reads the WorkTable
	Work       int  // its number
	Cols       []Column
}

// WorkTable is a leaf within the Step of the Recursion of its number: the rows of the round before.
type WorkTable struct {
	Work int
	Cols []Column
}

// Columns implements Node.
func (n *Series) Columns() []Column { return n.Cols }

// Columns implements Node.
func (n *Recursion) Columns() []Column { return n.Cols }

// Columns implements Node.
func (n *WorkTable) Columns() []Column { return n.Cols }

// Inputs implements Node.
func (*Series) Inputs() []Node { return nil }

// Inputs implements Node.
func (n *Recursion) Inputs() []Node { return []Node{n.Base, n.Step} }

// Inputs implements Node.
func (*WorkTable) Inputs() []Node { return nil }

func (*Series) node()    {}
func (*Recursion) node() {}
func (*WorkTable) node() {}

// ReadsWork reports that the tree, its subqueries included, reads a work table of a recursion around it.
func ReadsWork(root Node) bool {
	own, read := map[int]bool{}, map[int]bool{}
	VisitAll(root, func(n Node) {
		switch n := n.(type) {
		case *Recursion:
			own[n.Work] = true
		case *WorkTable:
			read[n.Work] = true
		}
	})
	for work := range read {
		if !own[work] {
			return true
		}
	}
	return false
}

// VisitAll is Visit that enters the subqueries of expressions, too.
func VisitAll(root Node, f func(Node)) {
	Visit(root, func(n Node) {
		f(n)
		for _, e := range Expressions(n) {
			Walk(e, func(x Expr) bool {
				if s, ok := x.(*Subquery); ok {
					VisitAll(s.Root, f)
				}
				return true
			})
		}
	})
}
