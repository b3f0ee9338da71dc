package rules

import "github.com/atoll-sql/atoll/planner/plan"

// correlation is a condition own = other, or other = own: own is an expression over a subquery's rows, other one over
// the row around it.
type correlation struct {
	own, other plan.Expr
	at         int // the position of own in the condition
}

// with returns the condition with x for own.
func (c correlation) with(x plan.Expr) plan.Expr {
	args := []plan.Expr{c.other, c.other}
	args[c.at] = x
	return &plan.Call{Fn: "=", Args: args, T: plan.T(plan.Bool)}
}

// puller takes the correlated conditions out of a subquery's rows.
type puller struct {
	env    *Env
	free   map[int]bool  // the columns from around the subquery
	keys   []correlation // over the columns of the node last returned
	around []plan.Expr   // conditions over the row around alone: unless they hold the subquery has no rows
}

// from returns n without its correlated conditions, offering what they read of it; false if some of them must stay where they are.
func (p *puller) from(n plan.Node) (plan.Node, bool) {
	if len(plan.Free(n)) == 0 {
		return n, true
	}
	switch n := n.(type) {
	case *plan.Filter:
		in, ok := p.from(n.Input)
		rest, split := p.split(n.Conds)
		return above(in, rest), ok && split
	case *plan.Sort:
		in, ok := p.from(n.Input)
		return plan.WithInputs(n, []plan.Node{in}), ok
	case *plan.Join:
		return p.join(n)
	case *plan.Project:
		return p.project(n)
	case *plan.Aggregate:
		return p.aggregate(n)
	}
	return n, false
}

// join takes conditions from the sides whose rows the join keeps or needs, never from one that it makes NULLs of.
func (p *puller) join(n *plan.Join) (plan.Node, bool) {
	fixed := map[plan.JoinKind][]plan.Node{plan.Left: {n.Right}, plan.Right: {n.Left}, plan.Full: {n.Left, n.Right}}[n.Kind]
	for _, side := range fixed {
		if len(plan.Free(side)) > 0 {
			return n, false
		}
	}
	if n.Lateral {
		return n, false
	}
	l, okLeft := p.from(n.Left)
	r, okRight := p.from(n.Right)
	found := len(p.keys) + len(p.around)
	on, split := p.split(n.On)
	if n.Kind != plan.Inner && len(p.keys)+len(p.around) > found {
		return n, false
	}
	return &plan.Join{Kind: n.Kind, Left: l, Right: r, On: on}, okLeft && okRight && split
}

// project offers what the conditions read as further columns.
func (p *puller) project(n *plan.Project) (plan.Node, bool) {
	items, ok := n.Items, true
	for _, it := range items {
		ok = ok && !reads(it.Expr, p.free)
	}
	if !ok {
		return n, false
	}
	first := len(p.keys)
	in, ok := p.from(n.Input)
	return &plan.Project{Input: in, Items: p.offer(items, first)}, ok
}

// aggregate groups by what the conditions read as well: of the groups of one such key the subquery sees all, or none.
func (p *puller) aggregate(n *plan.Aggregate) (plan.Node, bool) {
	if len(n.Groups) == 0 || n.Sets != nil || !calm(n, p.free) {
		return n, false
	}
	first := len(p.keys)
	in, ok := p.from(n.Input)
	return &plan.Aggregate{Input: in, Groups: p.offer(n.Groups, first), Aggs: n.Aggs}, ok
}

// offer makes the keys from first on columns: those that items compute already, or new ones.
func (p *puller) offer(items []plan.Assign, first int) []plan.Assign {
	out := append([]plan.Assign(nil), items...)
	for i := first; i < len(p.keys); i++ {
		own := p.keys[i].own
		var c *plan.Column
		for j := range out {
			if plan.Format(out[j].Expr) == plan.Format(own) {
				c = &out[j].Col
			}
		}
		if c == nil {
			fresh := p.env.newColumn(nameOf(own), own.Type())
			c = &fresh
			out = append(out, plan.Assign{Col: fresh, Expr: own})
		}
		p.keys[i].own = &plan.Col{Column: *c}
	}
	return out
}

// split returns the conditions that are not correlated, and notes the others; false if one of those is no equality.
func (p *puller) split(conds []plan.Expr) ([]plan.Expr, bool) {
	var rest []plan.Expr
	for _, c := range conds {
		switch {
		case !reads(c, p.free):
			rest = append(rest, c)
		case !total(c):
			return conds, false
		case !p.readsOwn(c):
			p.around = append(p.around, c)
		default:
			k, ok := p.equality(c)
			if !ok {
				return conds, false
			}
			p.keys = append(p.keys, k)
		}
	}
	return rest, true
}

func (p *puller) equality(c plan.Expr) (correlation, bool) {
	call, ok := c.(*plan.Call)
	if !ok || call.Fn != "=" {
		return correlation{}, false
	}
	for at, own := range call.Args {
		other := call.Args[1-at]
		if !reads(own, p.free) && !p.readsOwn(other) && groupsAsEqual(own.Type()) {
			return correlation{own: own, other: other, at: at}, true
		}
	}
	return correlation{}, false
}

// readsOwn reports that e reads a column that is not from around the subquery.
func (p *puller) readsOwn(e plan.Expr) bool {
	used := map[int]bool{}
	plan.ColumnsOf(e, used)
	return len(common(used, p.free)) < len(used)
}

// groupsAsEqual reports that on every engine the values of one group are those that are equal.
func groupsAsEqual(t plan.Type) bool {
	switch t.Kind {
	case plan.Bool, plan.Int2, plan.Int4, plan.Int8, plan.Numeric, plan.Float4, plan.Float8, plan.Text, plan.Bytea, plan.Date, plan.Time,
		plan.Timestamp, plan.TimestampTZ, plan.UUID:
		return true
	}
	return false
}
