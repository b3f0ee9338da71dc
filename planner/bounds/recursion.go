package bounds

import "github.com/atoll-sql/atoll/planner/plan"

// work is what is known of the rows that a recursion hands to its step.
type work struct {
	r    rel
	cols []known
}

// recursion: what the step makes of rows that stand for others stands for what it makes of those. What is known of the
// rows that go round is looked for by taking less and less of it, until the step keeps it.
func (a *analysis) recursion(n *plan.Recursion) (rel, error) {
	r, err := a.walk(n.Base)
	if err != nil {
		return r, err
	}
	w := work{r: rel{rows: r.rows, why: r.why}, cols: a.all(n.Base.Columns())}
	for {
		a.works[n.Work] = w
		step, err := a.walk(n.Step)
		if err != nil {
			return step, err
		}
		next := work{r: w.r}
		next.r.worse(step.rows, step.why)
		steady := next.r.rows == w.r.rows
		for i, k := range a.all(n.Step.Columns()) {
			next.cols = append(next.cols, both(w.cols[i], k))
			steady = steady && next.cols[i] == w.cols[i]
		}
		if w = next; steady {
			break
		}
	}
	for i, c := range n.Cols {
		a.cols[c.ID] = w.cols[i]
	}
	if n.Distinct && (w.r.rows != all || !a.exactly(n.Cols)) {
		if !a.exactly(n.Cols) {
			return w.r, a.unsoundRows("WITH RECURSIVE … UNION", n, "it drops rows by values that may be others in the whole answer")
		}
		if !linear(n.Step, n.Work) {
			return w.r, a.unsoundRows("WITH RECURSIVE … UNION", n, "its step looks at several rows of a round at once, and rounds may differ")
		}
	}
	return w.r, nil
}

func (a *analysis) all(cols []plan.Column) []known {
	out := make([]known, len(cols))
	for i, c := range cols {
		out[i] = a.column(c)
	}
	return out
}

func (a *analysis) workTable(n *plan.WorkTable) (rel, error) {
	w := a.works[n.Work]
	for i, c := range n.Cols {
		a.cols[c.ID] = w.cols[i]
	}
	return w.r, nil
}

// linear reports that the step makes its rows of each row of the work table by itself.
func linear(n plan.Node, table int) bool {
	if !reads(n, table) {
		return true
	}
	switch x := n.(type) {
	case *plan.WorkTable, *plan.Filter, *plan.Project, *plan.Sort:
	case *plan.Join:
		if l, r := reads(x.Left, table), reads(x.Right, table); l && r || x.Kind == plan.Full || l && x.Kind == plan.Right || r && x.Kind == plan.Left {
			return false
		}
	case *plan.SetOp:
		if x.Kind != plan.UnionAll {
			return false
		}
	default:
		return false
	}
	for _, e := range plan.Expressions(n) {
		if inSubquery(e, table) {
			return false
		}
	}
	for _, in := range n.Inputs() {
		if !linear(in, table) {
			return false
		}
	}
	return true
}

func reads(n plan.Node, table int) bool {
	found := false
	plan.VisitAll(n, func(x plan.Node) {
		if w, ok := x.(*plan.WorkTable); ok && w.Work == table {
			found = true
		}
	})
	return found
}

func inSubquery(e plan.Expr, table int) bool {
	found := false
	plan.Walk(e, func(x plan.Expr) bool {
		if s, ok := x.(*plan.Subquery); ok && reads(s.Root, table) {
			found = true
		}
		return true
	})
	return found
}
