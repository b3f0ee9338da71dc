package ast

// Walk visits n and everything below it in the order of the text, parents first. Where visit returns
// false, what is below that node is left out. It visits every Node: queries, targets, sort items, windows,
// table expressions, expressions and type names.
func Walk(n Node, visit func(Node) bool) {
	w := walker(visit)
	w.node(n)
}

type walker func(Node) bool

// node visits one node; a nil interface is skipped. Optional pointers go through opt.
func (w walker) node(n Node) {
	if n == nil || !w(n) {
		return
	}
	switch n := n.(type) {
	case *Select:
		w.query(n)
	case TableExpr:
		w.table(n)
	case Expr:
		w.expr(n)
	default:
		w.clause(n)
	}
}

// opt visits a node that may be a nil pointer, and so not a nil interface.
func opt[T any, P interface {
	*T
	Node
}](w walker, n P) {
	if n != nil {
		w.node(n)
	}
}

func each[N Node](w walker, list []N) {
	for _, n := range list {
		w.node(n)
	}
}

func (w walker) query(s *Select) {
	opt(w, s.With)
	each(w, s.DistinctOn)
	each(w, s.Targets)
	each(w, s.From)
	w.node(s.Where)
	each(w, s.GroupBy)
	w.node(s.Having)
	each(w, s.Windows)
	for _, row := range s.Values {
		each(w, row)
	}
	opt(w, s.SetOp)
	each(w, s.OrderBy)
	w.node(s.Limit)
	w.node(s.Offset)
}

func (w walker) clause(n Node) {
	switch n := n.(type) {
	case *With:
		each(w, n.CTEs)
	case *CTE:
		opt(w, n.Query)
	case *SetOp:
		opt(w, n.Left)
		opt(w, n.Right)
	case *Target:
		w.node(n.Expr)
	case *SortItem:
		w.node(n.Expr)
	case *When:
		w.node(n.Cond)
		w.node(n.Result)
	case *WindowDef:
		each(w, n.PartitionBy)
		each(w, n.OrderBy)
		opt(w, n.Frame)
	case *Frame:
		w.node(n.StartOffset)
		w.node(n.EndOffset)
	case *ColumnDef:
		opt(w, n.Type)
	}
}

func (w walker) table(n TableExpr) {
	switch n := n.(type) {
	case *SubqueryTable:
		opt(w, n.Query)
	case *FuncTable:
		each(w, n.Funcs)
		each(w, n.Columns)
	case *JoinTable:
		w.node(n.Left)
		w.node(n.Right)
		w.node(n.On)
	}
}

func (w walker) expr(n Expr) {
	switch n := n.(type) {
	case *FuncCall:
		each(w, n.Args)
		each(w, n.OrderBy)
		w.node(n.Filter)
		opt(w, n.Over)
	case *Case:
		w.node(n.Operand)
		each(w, n.Whens)
		w.node(n.Else)
	case *Cast:
		w.node(n.X)
		opt(w, n.Type)
	case *InSubquery:
		w.node(n.X)
		opt(w, n.Query)
	case *Quantified:
		w.node(n.X)
		opt(w, n.Query)
		w.node(n.Array)
	case *Exists:
		opt(w, n.Query)
	case *ScalarSubquery:
		opt(w, n.Query)
	case *ArraySubquery:
		opt(w, n.Query)
	default:
		each(w, operands(n))
	}
}

// operands returns what is below an expression all of whose children are expressions. Elements may be nil.
func operands(n Expr) []Expr {
	switch n := n.(type) {
	case *Binary:
		return []Expr{n.L, n.R}
	case *Unary:
		return []Expr{n.X}
	case *And:
		return n.Args
	case *Or:
		return n.Args
	case *Not:
		return []Expr{n.X}
	case *IsNull:
		return []Expr{n.X}
	case *IsBool:
		return []Expr{n.X}
	case *IsDistinct:
		return []Expr{n.L, n.R}
	case *Like:
		return []Expr{n.X, n.Pattern, n.Escape}
	case *SimilarTo:
		return []Expr{n.X, n.Pattern, n.Escape}
	case *Between:
		return []Expr{n.X, n.Lo, n.Hi}
	case *In:
		return append([]Expr{n.X}, n.List...)
	case *Collate:
		return []Expr{n.X}
	case *Row:
		return n.Items
	case *Array:
		return n.Items
	case *Subscript:
		return []Expr{n.X, n.Index, n.Upper}
	case *FieldSelect:
		return []Expr{n.X}
	case *Extract:
		return []Expr{n.X}
	case *GroupingSet:
		return n.Items
	}
	return nil // ColumnRef, Star, Literal, Param
}
