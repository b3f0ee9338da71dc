package rules

import "github.com/atoll-sql/atoll/planner/plan"

// merged returns groups that have the aggregates of both, and b's value over them; nil where a and b do not group the same rows by
// the same keys for the same rows around them. Two subqueries that differ only in what they aggregate cost one join.
func merged(a, b *grouped) (both *grouped, value plan.Expr) {
	x, y := a.node, b.node
	m := matcher{}
	if len(x.Groups) != len(y.Groups) || len(a.on) != len(b.on) || !m.nodes(x.Input, y.Input) || !m.items(x.Groups, y.Groups) || !m.lists(a.on, b.on) {
		return nil, nil
	}
	all := append([]plan.AggAssign(nil), x.Aggs...)
	renamed := plan.MapOwn(y, m.renamed).(*plan.Aggregate)
	for _, agg := range renamed.Aggs {
		known := false
		for _, o := range all {
			if plan.FormatAgg(o.Agg) == plan.FormatAgg(agg.Agg) {
				m[agg.Col.ID], known = o.Col, true
				break
			}
		}
		if !known {
			all = append(all, agg)
		}
	}
	node := &plan.Aggregate{Input: x.Input, Groups: x.Groups, Aggs: all}
	return &grouped{node: node, on: a.on, value: a.value}, m.renamed(b.value)
}

// matcher tells by the IDs of one tree's columns which columns of another tree they are.
type matcher map[int]plan.Column

func (m matcher) renamed(e plan.Expr) plan.Expr {
	return plan.Map(e, func(x plan.Expr) plan.Expr {
		if c, ok := x.(*plan.Col); ok {
			if to, ok := m[c.Column.ID]; ok {
				return &plan.Col{Column: to}
			}
		}
		return x
	})
}

// nodes reports that two trees give the same rows, and notes which column of a each of b's is. It knows what a subquery's
// rows mostly are made of.
func (m matcher) nodes(a, b plan.Node) bool {
	ins, others := a.Inputs(), b.Inputs()
	if len(ins) != len(others) {
		return false
	}
	for i := range ins {
		if !m.nodes(ins[i], others[i]) {
			return false
		}
	}
	switch a := a.(type) {
	case *plan.Scan:
		b, ok := b.(*plan.Scan)
		return ok && m.scans(a, b)
	case *plan.Filter:
		b, ok := b.(*plan.Filter)
		return ok && m.lists(a.Conds, b.Conds)
	case *plan.Project:
		b, ok := b.(*plan.Project)
		return ok && m.items(a.Items, b.Items)
	case *plan.Join:
		b, ok := b.(*plan.Join)
		return ok && a.Kind == b.Kind && !a.Lateral && !b.Lateral && m.lists(a.On, b.On)
	}
	return false
}

func (m matcher) scans(a, b *plan.Scan) bool {
	if a.Table != b.Table || len(a.Cols) != len(b.Cols) {
		return false
	}
	for i, c := range a.Cols {
		o := b.Cols[i]
		if c.Source != o.Source || c.Pseudo != o.Pseudo || c.Column.Type != o.Column.Type {
			return false
		}
		m[o.Column.ID] = c.Column
	}
	return true
}

func (m matcher) items(a, b []plan.Assign) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if plan.Format(a[i].Expr) != plan.Format(m.renamed(b[i].Expr)) {
			return false
		}
	}
	for i := range a {
		m[b[i].Col.ID] = a[i].Col
	}
	return true
}

func (m matcher) lists(a, b []plan.Expr) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if plan.Format(a[i]) != plan.Format(m.renamed(b[i])) {
			return false
		}
	}
	return true
}
