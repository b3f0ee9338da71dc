package bounds

import (
	"fmt"

	"github.com/atoll-sql/atoll/planner/plan"
)

// Missing says which rows a partial answer lacks. Shards are left out wholly: of a table, every row that the shard holds.
type Missing struct {
	// Scan reports that rows of the scan's table may be missing. Reference tables, and those no row of which a missing shard
	// holds, are whole.
	Scan func(*plan.Scan) bool
	// Home, if not nil, says how the rows of the scan's table lie on shards. With it, groups that lie on one shard each are known to
	// be whole.
	Home func(*plan.Scan) Home
}

// Home is how the rows of a table lie on shards: rows of tables of one scheme whose keys are equal lie on one shard, and
// so are missing together or not at all. A key that holds NULL may lie anywhere.
type Home struct {
	Scheme  string
	Key     []string // columns of the table, none for a table that lies in one place
	NotNull bool     // no column of the key holds NULL
}

// Of tells what an answer over some of the rows says of the one over all of them. root is the tree of a bound query,
// best as the binder made it: rewrites hide what its author meant. output are the columns of it that the caller sees. It is a
// pure function. A query whose partial answer could hold wrong rows is refused with [*Unsound].
func Of(root plan.Node, output []plan.Column, missing Missing) (Meaning, error) {
	a := &analysis{missing: missing, cols: map[int]known{}, works: map[int]work{}}
	a.short = a.lacking(root) != ""
	r, err := a.walk(root)
	if err != nil {
		return Meaning{}, err
	}
	m := Meaning{Rows: Groups, Reason: r.why, Columns: make([]Column, len(output))}
	for i, c := range output {
		k := a.column(c)
		m.Columns[i] = Column{Name: c.Name, Kind: k.kind()}
		if !k.exact() {
			m.Columns[i].Reason = k.why
		}
	}
	switch {
	case r.rows == all:
		m.Rows = AllRows
	case r.rows == chosen:
		m.Rows = RowsOfAnswered
	case m.exact():
		m.Rows = Subset
	}
	return m, nil
}

// analysis follows a tree from its leaves up. It is of one tree and not safe for concurrent use.
type analysis struct {
	missing Missing
	short   bool          // some table lacks rows
	cols    map[int]known // what is known of columns, by ID, as the operator last walked gives them
	works   map[int]work
	outer   []home // where the rows around the subquery, or the lateral join, being walked lie
}

func (a *analysis) column(c plan.Column) known { return a.cols[c.ID] }

// whole reports that the operator gives the same rows over D' as over D.
func (a *analysis) whole(n plan.Node, r rel) bool { return r.rows == all && a.exactly(n.Columns()) }

func (a *analysis) exactly(cols []plan.Column) bool {
	for _, c := range cols {
		if !a.column(c).exact() {
			return false
		}
	}
	return true
}

// lacking names a table of the tree that lacks rows, "" if there is none.
func (a *analysis) lacking(root plan.Node) string {
	found := ""
	plan.VisitAll(root, func(n plan.Node) {
		if s, ok := n.(*plan.Scan); ok && found == "" && a.missing.Scan(s) {
			found = s.Table
		}
	})
	return found
}

// walk follows one operator and what is below it, and notes what is known of its columns.
func (a *analysis) walk(n plan.Node) (rel, error) {
	switch n := n.(type) {
	case *plan.Scan:
		return a.scan(n), nil
	case *plan.OneRow:
		return rel{one: true}, nil
	case *plan.Filter:
		return a.filter(n)
	case *plan.Project:
		return a.project(n)
	case *plan.Join:
		return a.join(n)
	case *plan.Aggregate:
		return a.aggregate(n)
	case *plan.Sort:
		return a.walk(n.Input)
	case *plan.Limit:
		return a.limit(n)
	case *plan.Window:
		return a.window(n)
	case *plan.SetOp:
		return a.setOp(n)
	case *plan.Recursion:
		return a.recursion(n)
	case *plan.WorkTable:
		return a.workTable(n)
	case *plan.Values:
		return a.values(n)
	case *plan.Series:
		return a.series(n)
	}
	return rel{}, fmt.Errorf("internal error: what a partial answer means is not known of %s", plan.Describe(n))
}
