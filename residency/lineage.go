package residency

import (
	"github.com/atoll-sql/atoll/planner/plan"
)

// use is a set of things that are done with a column.
type use uint8

const (
	useValue    use = 1 << iota // it is part of what leaves
	useArgument                 // of an aggregate or window function
	useKey                      // groups are made by it
	useFilter                   // it decides which rows count
	useJoin                     // it is compared with a column of another table
	useOrder
)

var useNames = [...]string{"value", "argument", "key", "filter", "join", "order"}

// compares are the uses that tell something of a column by which rows there are, in which groups and order.
const compares = useKey | useFilter | useJoin | useOrder

// columnUse is what is done with one column of a reference.
type columnUse struct {
	column string
	// uses are those of the column itself, pseudonyms those of pseudonym() of it, later those of what an aggregate
	// has made a key of its groups.
	uses, pseudonyms, later use
}

// reference is one reference to a table.
type reference struct {
	scan    *plan.Scan
	columns []columnUse
	// aggregate is where the rows end, if there is nothing but filters, joins and unions between; otherwise barrier says what there is.
	aggregate *plan.Aggregate
	barrier   string
}

func (r *reference) add(column string, o origin, u use) {
	for i := range r.columns {
		if c := &r.columns[i]; c.column == column {
			c.add(o, u)
			return
		}
	}
	c := columnUse{column: column}
	c.add(o, u)
	r.columns = append(r.columns, c)
}

func (c *columnUse) add(o origin, u use) {
	switch {
	case o.grouped:
		c.later |= u
	case o.pseudonym:
		c.pseudonyms |= u
	default:
		c.uses |= u
	}
}

// origin is a column of a reference from which a value is computed.
type origin struct {
	ref       int // index into lineage.refs
	column    string
	pseudonym bool // by way of pseudonym()
	grouped   bool // by way of the keys of an aggregate
}

// call is an aggregate with what it reads.
type call struct {
	agg  plan.Agg
	args []origin
	// plain: each argument is a column as it is in its table, or a wider type's value of it.
	plain bool
}

// source is what is known of a column of the tree.
type source struct {
	origins []origin
	plain   bool // it is a column of a table as it is
}

// lineage follows columns from the tables through a tree.
type lineage struct {
	refs  []*reference
	cols  map[int]source
	calls map[*plan.Aggregate][]call
	// guess: a pseudonym is made of something that is no column of a table.
	guess bool
	// uneven: inputs of a set operation have other columns than it has, which no tree of the planner's has.
	uneven bool
}

// trace collects what a tree does with the columns of its tables. outputs are the columns that leave.
func trace(root plan.Node, outputs []plan.Column) *lineage {
	l := &lineage{cols: make(map[int]source, 32), calls: map[*plan.Aggregate][]call{}}
	l.walk(root, within{barrier: "its rows are not aggregated"})
	for _, c := range outputs {
		l.use(l.cols[c.ID].origins, useValue)
	}
	return l
}

// within is what rows are on their way to: an aggregate, or something that keeps them from one.
type within struct {
	aggregate *plan.Aggregate
	barrier   string
}

func (l *lineage) use(list []origin, u use) {
	for _, o := range list {
		l.refs[o.ref].add(o.column, o, u)
	}
}

func (l *lineage) walk(n plan.Node, to within) {
	switch n := n.(type) {
	case *plan.Scan:
		l.scan(n, to)
	case *plan.Filter:
		l.walk(n.Input, to)
		l.conditions(n.Conds, useFilter)
	case *plan.Project:
		l.walk(n.Input, to)
		for _, it := range n.Items {
			l.cols[it.Col.ID] = source{l.value(it.Expr), l.isPlain(it.Expr, false)}
		}
	case *plan.Join:
		l.join(n, to)
	case *plan.Aggregate:
		l.aggregate(n)
	case *plan.Sort:
		l.walk(n.Input, to)
		for _, k := range n.Keys {
			l.use(l.cols[k.Col.ID].origins, useOrder)
		}
	case *plan.Limit:
		l.walk(n.Input, within{barrier: "LIMIT chooses among its rows"})
	case *plan.Window:
		l.window(n)
	case *plan.SetOp:
		l.setOp(n, to)
	case *plan.Recursion:
		l.recursion(n)
	case *plan.Values:
		for _, row := range n.Rows {
			for i, e := range row {
				c := n.Cols[i].ID
				l.cols[c] = source{origins: union(l.cols[c].origins, l.value(e))}
			}
		}
	case *plan.Series:
		var all []origin
		for _, e := range n.Args {
			all = union(all, l.value(e))
		}
		l.use(all, useFilter) // how many rows there are tells of the arguments
		for _, c := range n.Cols {
			l.cols[c.ID] = source{origins: all}
		}
	default:
		for _, in := range n.Inputs() {
			l.walk(in, within{barrier: "its rows are not aggregated"})
		}
	}
}

func (l *lineage) scan(n *plan.Scan, to within) {
	l.refs = append(l.refs, &reference{scan: n, aggregate: to.aggregate, barrier: to.barrier})
	for _, c := range n.Cols {
		if !c.Pseudo {
			l.cols[c.Column.ID] = source{[]origin{{ref: len(l.refs) - 1, column: c.Source}}, true}
		}
	}
}

func (l *lineage) join(n *plan.Join, to within) {
	switch {
	case n.Lateral:
		to = within{barrier: "a lateral join reads its rows one by one"}
	case n.Kind == plan.Full:
		to = within{barrier: "a full join keeps its rows apart"}
	}
	l.walk(n.Left, to)
	l.walk(n.Right, to)
	for _, c := range n.On {
		for _, x := range plan.Conjuncts(c) {
			read := l.condition(x)
			if l.oneReference(read) {
				l.use(read, useFilter)
			} else {
				l.use(read, useJoin)
			}
		}
	}
}

func (l *lineage) oneReference(list []origin) bool {
	for _, o := range list {
		if o.ref != list[0].ref {
			return false
		}
	}
	return true
}

func (l *lineage) aggregate(n *plan.Aggregate) {
	l.walk(n.Input, within{aggregate: n})
	for _, g := range n.Groups {
		read := l.value(g.Expr)
		l.use(read, useKey)
		after := make([]origin, len(read))
		for i, o := range read {
			o.grouped = true
			after[i] = o
		}
		l.cols[g.Col.ID] = source{after, l.isPlain(g.Expr, false)}
	}
	calls := make([]call, 0, len(n.Aggs))
	for _, a := range n.Aggs {
		c := call{agg: a.Agg, plain: true}
		for _, x := range a.Agg.Args {
			c.args = union(c.args, l.value(x))
			c.plain = c.plain && l.isPlain(asWritten(a.Agg, x), true)
		}
		l.use(c.args, useArgument)
		for _, k := range a.Agg.Order {
			read := l.value(k.Expr)
			l.use(read, useOrder)
			c.args = union(c.args, read)
		}
		if a.Agg.Filter != nil {
			l.conditions([]plan.Expr{a.Agg.Filter}, useFilter)
		}
		calls = append(calls, c)
		l.cols[a.Col.ID] = source{}
	}
	l.calls[n] = calls
}

func (l *lineage) window(n *plan.Window) {
	l.walk(n.Input, within{barrier: "a window function looks at its rows"})
	for _, f := range n.Fns {
		var args []origin
		for _, x := range f.Agg.Args {
			args = union(args, l.value(x))
		}
		l.use(args, useArgument)
		if f.Agg.Filter != nil {
			l.conditions([]plan.Expr{f.Agg.Filter}, useFilter)
		}
		for _, x := range f.Partition {
			l.use(l.value(x), useKey)
		}
		for _, keys := range [][]plan.WindowKey{f.Order, f.Agg.Order} {
			for _, k := range keys {
				read := l.value(k.Expr)
				l.use(read, useOrder)
				args = union(args, read) // a rank tells of what it orders by
			}
		}
		if f.Frame != nil {
			for _, x := range []plan.Expr{f.Frame.StartOffset, f.Frame.EndOffset} {
				if x != nil {
					args = union(args, l.value(x))
				}
			}
		}
		l.cols[f.Col.ID] = source{origins: args}
	}
}

func (l *lineage) setOp(n *plan.SetOp, to within) {
	if n.Kind != plan.UnionAll {
		to = within{barrier: n.Kind.String() + " compares its rows with others"}
	}
	out := make([]source, len(n.Cols))
	for i, in := range n.In {
		l.walk(in, to)
		for j, c := range in.Columns() {
			if j >= len(out) {
				l.uneven = true
				break
			}
			s := l.cols[c.ID]
			if n.Kind != plan.UnionAll {
				l.use(s.origins, useFilter)
			}
			out[j] = source{union(out[j].origins, s.origins), s.plain && (i == 0 || out[j].plain)}
		}
	}
	for j, c := range n.Cols {
		l.cols[c.ID] = out[j]
	}
}

// recursion runs over the step twice: what the work table holds follows from what the step makes of it.
func (l *lineage) recursion(n *plan.Recursion) {
	to := within{barrier: "WITH RECURSIVE reads its rows again and again"}
	l.walk(n.Base, to)
	out := make([][]origin, len(n.Cols))
	for i, c := range n.Base.Columns() {
		out[i] = l.cols[c.ID].origins
	}
	var work []*plan.WorkTable
	plan.VisitAll(n.Step, func(x plan.Node) {
		if w, ok := x.(*plan.WorkTable); ok && w.Work == n.Work {
			work = append(work, w)
		}
	})
	for range 2 {
		for _, w := range work {
			for i, c := range w.Cols {
				l.cols[c.ID] = source{origins: out[i]}
			}
		}
		l.walk(n.Step, to)
		for i, c := range n.Step.Columns() {
			out[i] = union(out[i], l.cols[c.ID].origins)
		}
	}
	for i, c := range n.Cols {
		l.cols[c.ID] = source{origins: out[i]}
		if n.Distinct {
			l.use(out[i], useFilter)
		}
	}
}
