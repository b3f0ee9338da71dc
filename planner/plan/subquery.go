package plan

import "slices"

// SubqueryKind says what a subquery in an expression gives.
type SubqueryKind uint8

// The kinds of subqueries.
const (
	ScalarSubquery SubqueryKind = iota // the value of its one row, NULL for none; more are error 21000
	ExistsSubquery                     // whether it has a row
	AnySubquery                        // X Op any of its rows; IN is = ANY
	AllSubquery                        // X Op all of its rows
)

var subqueryNames = [...]string{"scalar", "exists", "any", "all"}

// String returns a word for the kind.
func (k SubqueryKind) String() string { return subqueryNames[k] }

// Subquery is a query within an expression. Root may read columns that it does not offer itself: those of the operator
// that holds the expression, or of one further out. Output are the columns of Root that count.
type Subquery struct {
	Kind   SubqueryKind
	X      []Expr // what Any and All compare, one for each of Output
	Op     string // the comparison of Any and All
	Root   Node
	Output []Column
	T      Type
}

// Type implements Expr.
func (e *Subquery) Type() Type { return e.T }
func (*Subquery) expr()        {}

// Expressions returns the expressions that n itself evaluates.
func Expressions(n Node) []Expr {
	var out []Expr
	switch n := n.(type) {
	case *Filter:
		return n.Conds
	case *Join:
		return n.On
	case *Project:
		for _, it := range n.Items {
			out = append(out, it.Expr)
		}
	case *Aggregate:
		for _, g := range n.Groups {
			out = append(out, g.Expr)
		}
		for _, a := range n.Aggs {
			out = append(out, a.Agg.expressions()...)
		}
	case *Values:
		for _, r := range n.Rows {
			out = append(out, r...)
		}
	case *Series:
		return n.Args
	case *Window:
		for i := range n.Fns {
			out = append(out, n.Fns[i].expressions()...)
		}
	}
	return out
}

// Reads returns the IDs of the columns that n itself reads: from its inputs or, within a subquery, from further out.
func Reads(n Node) map[int]bool {
	set := map[int]bool{}
	for _, e := range Expressions(n) {
		ColumnsOf(e, set)
	}
	switch n := n.(type) {
	case *SetOp, *Recursion:
		for _, in := range n.Inputs() {
			for _, c := range in.Columns() {
				set[c.ID] = true
			}
		}
	case *Sort:
		for _, k := range n.Keys {
			set[k.Col.ID] = true
		}
	}
	return set
}

// Free returns the IDs of the columns that the tree reads and no operator in it offers: those of the query around it.
func Free(root Node) map[int]bool {
	free, offered := map[int]bool{}, map[int]bool{}
	Visit(root, func(n Node) {
		for id := range Reads(n) {
			free[id] = true
		}
		for _, c := range n.Columns() {
			offered[c.ID] = true
		}
	})
	for id := range offered {
		delete(free, id)
	}
	return free
}

// MapExpressions rebuilds a tree with f applied to every expression of its operators.
func MapExpressions(root Node, f func(Expr) Expr) Node {
	return Transform(root, func(n Node) Node { return MapOwn(n, f) })
}

// MapOwn rebuilds n with f applied to each of its own expressions; its inputs stay.
func MapOwn(n Node, f func(Expr) Expr) Node {
	switch n := n.(type) {
	case *Filter:
		return &Filter{n.Input, mapList(n.Conds, f)}
	case *Join:
		return &Join{n.Kind, n.Left, n.Right, mapList(n.On, f), n.Lateral}
	case *Project:
		return &Project{n.Input, mapAssigns(n.Items, f)}
	case *Aggregate:
		aggs := make([]AggAssign, len(n.Aggs))
		for i, a := range n.Aggs {
			aggs[i] = AggAssign{a.Col, a.Agg.mapped(f)}
		}
		return &Aggregate{n.Input, mapAssigns(n.Groups, f), aggs, n.Sets, n.SetID}
	case *Values:
		rows := make([][]Expr, len(n.Rows))
		for i, r := range n.Rows {
			rows[i] = mapList(r, f)
		}
		return &Values{n.Cols, rows}
	case *Series:
		return &Series{n.Fn, mapList(n.Args, f), n.Cols}
	case *Window:
		fns := make([]WindowFn, len(n.Fns))
		for i, w := range n.Fns {
			fns[i] = w.Mapped(f)
		}
		return &Window{n.Input, fns}
	}
	return n
}

func mapList(list []Expr, f func(Expr) Expr) []Expr {
	out := make([]Expr, len(list))
	for i, e := range list {
		out[i] = f(e)
	}
	return out
}

func mapAssigns(items []Assign, f func(Expr) Expr) []Assign {
	out := make([]Assign, len(items))
	for i, it := range items {
		out[i] = Assign{it.Col, f(it.Expr)}
	}
	return out
}

// HasSubquery reports whether e holds a subquery.
func HasSubquery(e Expr) bool {
	switch e.(type) {
	case nil, *Col, *Const, *Param:
		return false // without looking, for most are such
	}
	found := false
	Walk(e, func(x Expr) bool {
		_, is := x.(*Subquery)
		found = found || is
		return !found
	})
	return found
}

// HasSubqueries reports that an expression of an operator of the tree holds a subquery.
func HasSubqueries(root Node) bool {
	found := false
	Visit(root, func(n Node) {
		p, ok := n.(*Project)
		switch {
		case found:
		case ok: // of which Expressions makes a list
			found = slices.ContainsFunc(p.Items, func(it Assign) bool { return HasSubquery(it.Expr) })
		default:
			found = slices.ContainsFunc(Expressions(n), HasSubquery)
		}
	})
	return found
}

// MapSubqueries rebuilds a tree with f applied to the root of every subquery in the expressions of its operators, the
// outermost only.
func MapSubqueries(root Node, f func(Node) (Node, error)) (Node, error) {
	var failed error
	out := Transform(root, func(n Node) Node {
		own, err := MapOwnSubqueries(n, f)
		if err != nil && failed == nil {
			failed = err
		}
		return own
	})
	return out, failed
}

// MapOwnSubqueries does so for the expressions of n alone.
func MapOwnSubqueries(n Node, f func(Node) (Node, error)) (Node, error) {
	found := false
	for _, e := range Expressions(n) {
		found = found || HasSubquery(e)
	}
	if !found {
		return n, nil
	}
	var failed error
	var inside func(Expr) Expr
	inside = func(e Expr) Expr {
		s, ok := e.(*Subquery)
		if !ok {
			return MapChildren(e, inside)
		}
		out := *s
		out.X = mapList(s.X, inside)
		root, err := f(s.Root)
		switch {
		case err == nil:
			out.Root = root
		case failed == nil:
			failed = err
		}
		return &out
	}
	return MapOwn(n, inside), failed
}
