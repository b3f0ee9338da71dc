package rules

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// pruneColumns drops every column as soon as nobody above needs it, so that no fragment ships one for nothing.
func pruneColumns(root plan.Node) plan.Node {
	return prune(root, columnSet(root))
}

// prune returns n computing at least need, and little more.
func prune(n plan.Node, need map[int]bool) plan.Node {
	switch n := n.(type) {
	case *plan.Scan:
		return pruneScan(n, need)
	case *plan.Project:
		return pruneProject(n, need)
	case *plan.Aggregate:
		return pruneAggregate(n, need)
	case *plan.Join:
		below := with(need, plan.Reads(n))
		if n.Lateral {
			below = with(below, plan.Free(n.Right))
		}
		j := plan.WithInputs(n, []plan.Node{
			prune(n.Left, common(below, columnSet(n.Left))),
			prune(n.Right, common(below, columnSet(n.Right))),
		})
		return only(j, need)
	case *plan.SetOp:
		return pruneSetOp(n, need)
	case *plan.Window:
		return pruneWindow(n, need)
	case *plan.Values:
		return pruneValues(n, need)
	case *plan.Series:
		values := 1
		if n.Fn != "" {
			values = len(n.Args)
		}
		if len(n.Cols) > values && !need[n.Cols[values].ID] {
			return &plan.Series{Fn: n.Fn, Args: n.Args, Cols: slices.Clip(n.Cols[:values])}
		}
		return n
	case *plan.Recursion:
		in := []plan.Node{plan.Exactly(prune(n.Base, columnSet(n.Base)), n.Base.Columns()), plan.Exactly(prune(n.Step, columnSet(n.Step)), n.Step.Columns())}
		return only(plan.WithInputs(n, in), need)
	case *plan.Filter:
		return only(plan.WithInputs(n, []plan.Node{prune(n.Input, with(need, plan.Reads(n)))}), need)
	}
	in := n.Inputs()
	out := make([]plan.Node, len(in))
	for i, x := range in {
		out[i] = prune(x, with(need, plan.Reads(n)))
	}
	return plan.WithInputs(n, out)
}

// only adds a projection where n offers columns that are not needed.
func only(n plan.Node, need map[int]bool) plan.Node {
	var items []plan.Assign
	cols := n.Columns()
	for _, c := range cols {
		if need[c.ID] {
			items = append(items, plan.Assign{Col: c, Expr: &plan.Col{Column: c}})
		}
	}
	if len(items) == len(cols) || len(items) == 0 {
		return n
	}
	return &plan.Project{Input: n, Items: items}
}

// pruneScan keeps one column where none is needed: rows have to be counted by something.
func pruneScan(n *plan.Scan, need map[int]bool) plan.Node {
	var cols []plan.ScanCol
	for _, c := range n.Cols {
		if need[c.Column.ID] {
			cols = append(cols, c)
		}
	}
	if len(cols) == len(n.Cols) {
		return n
	}
	if len(cols) == 0 {
		cols = append(cols, cheapest(n.Cols))
	}
	return &plan.Scan{Table: n.Table, Alias: n.Alias, Cols: cols}
}

// cheapest prefers a column of fixed width.
func cheapest(cols []plan.ScanCol) plan.ScanCol {
	for _, c := range cols {
		if k := c.Column.Type.Kind; !c.Pseudo && k != plan.Text && k != plan.Bytea && k != plan.JSON && k != plan.JSONB && k != plan.Numeric {
			return c
		}
	}
	return cols[0]
}

func pruneProject(n *plan.Project, need map[int]bool) plan.Node {
	var items []plan.Assign
	for _, it := range n.Items {
		if need[it.Col.ID] {
			items = append(items, it)
		}
	}
	if len(items) == 0 {
		items = n.Items[:1]
	}
	p := &plan.Project{Items: items}
	p.Input = prune(n.Input, plan.Reads(p))
	return p
}

func pruneAggregate(n *plan.Aggregate, need map[int]bool) plan.Node {
	var aggs []plan.AggAssign
	for _, a := range n.Aggs {
		if need[a.Col.ID] {
			aggs = append(aggs, a)
		}
	}
	if len(aggs) == 0 && len(n.Groups) == 0 {
		aggs = n.Aggs[:1]
	}
	a := &plan.Aggregate{Groups: n.Groups, Aggs: aggs, Sets: n.Sets, SetID: n.SetID}
	a.Input = prune(n.Input, plan.Reads(a))
	return only(a, need)
}

func with(a, b map[int]bool) map[int]bool {
	out := make(map[int]bool, len(a)+len(b))
	for id := range a {
		out[id] = true
	}
	for id := range b {
		out[id] = true
	}
	return out
}

func common(a, b map[int]bool) map[int]bool {
	out := map[int]bool{}
	for id := range a {
		if b[id] {
			out[id] = true
		}
	}
	return out
}

// pruneSetOp drops columns from a UNION ALL; the other operations compare whole rows.
func pruneSetOp(n *plan.SetOp, need map[int]bool) plan.Node {
	out := &plan.SetOp{Kind: n.Kind, In: make([]plan.Node, len(n.In)), Cols: n.Cols}
	if n.Kind != plan.UnionAll {
		for i, x := range n.In {
			out.In[i] = prune(x, columnSet(x))
		}
		return only(out, need)
	}
	keep := wanted(n.Cols, need)
	out.Cols = pick(n.Cols, keep)
	for i, x := range n.In {
		cols := pick(x.Columns(), keep)
		set := map[int]bool{}
		for _, c := range cols {
			set[c.ID] = true
		}
		out.In[i] = plan.Exactly(prune(x, set), cols)
	}
	return out
}

func pruneValues(n *plan.Values, need map[int]bool) plan.Node {
	if len(n.Cols) == 0 {
		return n
	}
	keep := wanted(n.Cols, need)
	if len(keep) == len(n.Cols) {
		return n
	}
	out := &plan.Values{Cols: pick(n.Cols, keep), Rows: make([][]plan.Expr, len(n.Rows))}
	for i, row := range n.Rows {
		out.Rows[i] = pick(row, keep)
	}
	return out
}

// wanted lists the positions of the columns needed; the first where none is.
func wanted(cols []plan.Column, need map[int]bool) []int {
	var keep []int
	for i, c := range cols {
		if need[c.ID] {
			keep = append(keep, i)
		}
	}
	if len(keep) == 0 {
		keep = []int{0}
	}
	return keep
}

func pick[T any](list []T, positions []int) []T {
	out := make([]T, len(positions))
	for i, p := range positions {
		out[i] = list[p]
	}
	return out
}

func pruneWindow(n *plan.Window, need map[int]bool) plan.Node {
	out := &plan.Window{Input: n.Input}
	below := with(need, nil)
	for _, f := range n.Fns {
		if need[f.Col.ID] {
			out.Fns = append(out.Fns, f)
		}
		delete(below, f.Col.ID)
	}
	below = with(below, plan.Reads(out))
	if len(out.Fns) == 0 {
		return prune(n.Input, below)
	}
	out.Input = prune(n.Input, below)
	return only(out, need)
}
