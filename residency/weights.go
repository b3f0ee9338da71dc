package residency

import "github.com/atoll-sql/atoll/planner/plan"

// unweighed refuses a shape in which rows have weights.
func (l *lineage) unweighed(s *shape) {
	if s.aggregate != nil && s.clause == "" && holds(clauseShape) && l.weighs(s.aggregate.Input) {
		s.clause, s.subject = clauseShape, "a join below the aggregate compares more than column with column, by which rows could be given weights"
	}
}

// weighs reports that below an aggregate rows are multiplied by more than which columns are equal. Whoever can choose how often a row is there can put
// several sums into one: a few people's rows once, and all others a thousand times.
func (l *lineage) weighs(n plan.Node) bool {
	var conds []plan.Expr
	outer := map[int]bool{} // columns of a side whose rows stay without a partner: conditions on it, too, say how often they are there
	switch n := n.(type) {
	case *plan.Filter:
		conds = n.Conds
	case *plan.Join:
		conds = n.On
		preserved := map[plan.JoinKind]plan.Node{plan.Left: n.Left, plan.Right: n.Right}[n.Kind]
		if preserved != nil {
			for _, c := range preserved.Columns() {
				outer[c.ID] = true
			}
		}
	}
	for _, c := range conds {
		for _, x := range plan.Conjuncts(c) {
			if l.compares(x, outer) && !l.equates(x) {
				return true
			}
		}
	}
	for _, in := range n.Inputs() {
		if l.weighs(in) {
			return true
		}
	}
	return false
}

// compares reports that a condition reads columns of several references, or of an outer join's preserved side.
func (l *lineage) compares(cond plan.Expr, outer map[int]bool) bool {
	read := map[int]bool{}
	plan.ColumnsOf(cond, read)
	first := -1
	for id := range read {
		if outer[id] {
			return true
		}
		for _, o := range l.cols[id].origins {
			if first >= 0 && o.ref != first {
				return true
			}
			first = o.ref
		}
	}
	return false
}

// equates reports that a condition is the equality of two columns as their tables have them.
func (l *lineage) equates(cond plan.Expr) bool {
	c, ok := cond.(*plan.Call)
	return ok && c.Fn == "=" && len(c.Args) == 2 && l.isPlain(c.Args[0], true) && l.isPlain(c.Args[1], true)
}
