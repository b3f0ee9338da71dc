package plan

import (
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Node is a relational operator. Implementations are the pointer types of this package.
type Node interface {
	// Columns are the output columns, in order.
	Columns() []Column
	// Inputs are the operands, in order.
	Inputs() []Node
	node()
}

// Scan reads a table. Which shards it reads is decided by placement.
type Scan struct {
	Table string // name in the catalog
	Alias string // name in the query
	Cols  []ScanCol
}

// ScanCol is a column of a scan: a column of the table or a pseudo-column.
type ScanCol struct {
	Column Column
	Source string // name in the table; of a pseudo-column PseudoShard or PseudoRegion
	Pseudo bool
}

// The pseudo-columns that every table has and that `*` does not show.
const (
	PseudoShard  = "atoll_shard"
	PseudoRegion = "atoll_region"
)

// OneRow yields one row without columns: a SELECT without FROM.
type OneRow struct{}

// Filter keeps the rows for which all conditions are true.
type Filter struct {
	Input Node
	Conds []Expr
}

// Assign defines a column by an expression.
type Assign struct {
	Col  Column
	Expr Expr
}

// Project computes its columns; a column that an item merely passes on keeps its ID.
type Project struct {
	Input Node
	Items []Assign
}

// JoinKind is a kind of join; a cross join is an Inner one without conditions.
type JoinKind uint8

// The kinds of joins.
const (
	Inner JoinKind = iota
	Left
	Right
	Full
)

var joinNames = [...]string{"inner", "left", "right", "full"}

// String returns the kind in lower case.
func (k JoinKind) String() string { return joinNames[k] }

// Join combines two inputs; its columns are the left's, then the right's. Lateral, it joins each row of the left with
// what the right, which reads that row's columns, makes of it; it is then Inner or Left and has no conditions.
type Join struct {
	Kind        JoinKind
	Left, Right Node
	On          []Expr
	Lateral     bool
}

// AggAssign defines a column by an aggregate.
type AggAssign struct {
	Col Column
	Agg Agg
}

// Aggregate groups. Without Groups and with Aggs it yields exactly one row; with Groups and without
// Aggs it is DISTINCT. Its columns are the groups', then the aggregates'.
type Aggregate struct {
	Input  Node
	Groups []Assign
	Aggs   []AggAssign
	// Sets are the grouping sets, each a list of positions in Groups, whose other columns are NULL in its groups; nil
	// where all of Groups are the one set. SetID then is a further column, an integer: the position of a row's set.
	Sets  [][]int
	SetID Column
}

// SortKey orders by a column of the input, in PostgreSQL's order under the C collation.
type SortKey struct {
	Col        Column
	Desc       bool
	NullsFirst bool
}

// Sort orders its input.
type Sort struct {
	Input Node
	Keys  []SortKey
}

// Limit skips Offset rows and passes at most Count; Count -1 means all.
type Limit struct {
	Input         Node
	Count, Offset int64
}

// Gather is where a fragment's rows arrive at the coordinator. With Keys the shards' rows, each ordered by Keys,
// are merged in that order; otherwise they come as they come. Its columns are the fragment's.
type Gather struct {
	Fragment *Fragment
	Keys     []SortKey
}

// MergeAgg merges the partial columns of one aggregate and gives its final value.
type MergeAgg struct {
	Col      Column
	Fn       string
	Distinct bool
	ArgTypes []Type   // types of the aggregate's arguments after the binder's casts
	Partials []Column // columns of the input, in the order of the aggregate's partial form
	// Order is that of the values, where it matters; Constant the separator of string_agg or the fraction of a percentile
	// where that is a literal or a parameter, and not among Partials; else nil.
	Order    []MergeOrder
	Constant Expr
	Sketch   *Sketch // of the approximate aggregates
}

// MergeAggregate is the coordinator's half of a split Aggregate. Its columns are Keys, then Aggs.
type MergeAggregate struct {
	Input Node
	Keys  []Column
	Aggs  []MergeAgg
	Sets  [][]int // as in Aggregate
	SetID Column
	// Withheld: without Keys, shards whose rows are too few by a residency rule send NULLs; if all do, counts are NULL, too.
	Withheld bool
}

// Residual is a subtree that the coordinator's SQL engine runs as one statement. The leaves of Root that are
// Inputs read what other operators produce, in the order of Sources.
type Residual struct {
	Root      Node
	Sources   []Node
	Statement Statement
}

// Input is a leaf of a residual's tree: source number N.
type Input struct {
	N    int
	Cols []Column
}

func (n *Scan) Columns() []Column {
	out := make([]Column, len(n.Cols))
	for i, c := range n.Cols {
		out[i] = c.Column
	}
	return out
}
func (*OneRow) Columns() []Column   { return nil }
func (n *Filter) Columns() []Column { return n.Input.Columns() }
func (n *Project) Columns() []Column {
	return assigned(n.Items)
}
func (n *Join) Columns() []Column {
	return append(append([]Column(nil), n.Left.Columns()...), n.Right.Columns()...)
}
func (n *Aggregate) Columns() []Column {
	out := assigned(n.Groups)
	for _, a := range n.Aggs {
		out = append(out, a.Col)
	}
	if n.Sets != nil {
		out = append(out, n.SetID)
	}
	return out
}
func (n *Sort) Columns() []Column   { return n.Input.Columns() }
func (n *Limit) Columns() []Column  { return n.Input.Columns() }
func (n *Gather) Columns() []Column { return n.Fragment.Root.Columns() }
func (n *MergeAggregate) Columns() []Column {
	out := append([]Column(nil), n.Keys...)
	for _, a := range n.Aggs {
		out = append(out, a.Col)
	}
	if n.Sets != nil {
		out = append(out, n.SetID)
	}
	return out
}
func (n *Residual) Columns() []Column { return n.Root.Columns() }
func (n *Input) Columns() []Column    { return n.Cols }

func assigned(items []Assign) []Column {
	out := make([]Column, len(items))
	for i, a := range items {
		out[i] = a.Col
	}
	return out
}

func (*Scan) Inputs() []Node             { return nil }
func (*OneRow) Inputs() []Node           { return nil }
func (n *Filter) Inputs() []Node         { return []Node{n.Input} }
func (n *Project) Inputs() []Node        { return []Node{n.Input} }
func (n *Join) Inputs() []Node           { return []Node{n.Left, n.Right} }
func (n *Aggregate) Inputs() []Node      { return []Node{n.Input} }
func (n *Sort) Inputs() []Node           { return []Node{n.Input} }
func (n *Limit) Inputs() []Node          { return []Node{n.Input} }
func (*Gather) Inputs() []Node           { return nil }
func (n *MergeAggregate) Inputs() []Node { return []Node{n.Input} }
func (n *Residual) Inputs() []Node       { return n.Sources }
func (*Input) Inputs() []Node            { return nil }

func (*Scan) node()           {}
func (*OneRow) node()         {}
func (*Filter) node()         {}
func (*Project) node()        {}
func (*Join) node()           {}
func (*Aggregate) node()      {}
func (*Sort) node()           {}
func (*Limit) node()          {}
func (*Gather) node()         {}
func (*MergeAggregate) node() {}
func (*Residual) node()       {}
func (*Input) node()          {}

// WithInputs returns n over other inputs; n itself where they are the same. Gather and the leaves have none.
func WithInputs(n Node, in []Node) Node {
	same := true
	for i, x := range n.Inputs() {
		same = same && x == in[i]
	}
	if same {
		return n
	}
	switch n := n.(type) {
	case *Filter:
		return &Filter{in[0], n.Conds}
	case *Project:
		return &Project{in[0], n.Items}
	case *Join:
		return &Join{n.Kind, in[0], in[1], n.On, n.Lateral}
	case *Aggregate:
		return &Aggregate{in[0], n.Groups, n.Aggs, n.Sets, n.SetID}
	case *Sort:
		return &Sort{in[0], n.Keys}
	case *Limit:
		return &Limit{in[0], n.Count, n.Offset}
	case *Window:
		return &Window{in[0], n.Fns}
	case *SetOp:
		return &SetOp{n.Kind, in, n.Cols}
	case *Recursion:
		return &Recursion{n.Distinct, in[0], in[1], n.Work, n.Cols}
	case *MergeAggregate:
		return &MergeAggregate{in[0], n.Keys, n.Aggs, n.Sets, n.SetID, n.Withheld}
	case *Narrow:
		return &Narrow{in[0], n.Ranks, n.Round, n.Cols}
	case *Residual:
		return &Residual{n.Root, in, n.Statement}
	}
	return n
}

// Transform rebuilds the tree bottom-up with f applied to each node.
func Transform(n Node, f func(Node) Node) Node {
	in := n.Inputs()
	changed := false
	for i, x := range in {
		y := Transform(x, f)
		if y != x && !changed {
			in, changed = slices.Clone(in), true // for it may be the operator's own
		}
		if changed {
			in[i] = y
		}
	}
	if changed {
		n = WithInputs(n, in)
	}
	return f(n)
}

// Visit calls f for n and every node below it, parents first.
func Visit(n Node, f func(Node)) {
	f(n)
	for _, x := range n.Inputs() {
		Visit(x, f)
	}
}

// Aliases gives each column a distinct name: its own, or with its ID where that is taken. Generated SQL calls
// the columns of derived tables and of a residual's inputs so.
func Aliases(cols []Column) []string {
	out := make([]string, len(cols))
	seen := make(map[string]bool, len(cols))
	for i, c := range cols {
		n := c.Name
		if n == "" || n == "?column?" {
			n = "column"
		}
		for base, suffix := n, ""; seen[strings.ToLower(n)]; { // some engines fold case
			suffix += "_" + strconv.Itoa(c.ID)
			n = Suffixed(base, suffix)
		}
		seen[strings.ToLower(n)] = true
		out[i] = n
	}
	return out
}

// maxName is the length at which PostgreSQL cuts a name, in bytes.
const maxName = 63

// Suffixed appends a suffix to a name, cutting the name where the whole would be cut.
func Suffixed(name, suffix string) string {
	for len(name) > 0 && len(name)+len(suffix) > maxName {
		_, size := utf8.DecodeLastRuneInString(name)
		name = name[:len(name)-size]
	}
	return name + suffix
}
