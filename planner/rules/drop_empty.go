package rules

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// dropEmpty replaces what cannot have a row by a list of none, so that no shard is asked for it: below a condition that is
// never true, LIMIT 0, and whatever has no row because its input has none. Conditions that came down to a constant are
// computed here. A tree with a constant expression that may be an error is left alone, since PostgreSQL raises it though
// there is no row.
func dropEmpty(root plan.Node) plan.Node {
	faulty := false
	plan.VisitAll(root, func(n plan.Node) {
		faulty = faulty || slices.ContainsFunc(plan.Expressions(n), mayRaise)
	})
	if faulty {
		return root
	}
	return emptied(root)
}

// emptied works from the leaves up.
func emptied(root plan.Node) plan.Node {
	return plan.Transform(root, func(n plan.Node) plan.Node {
		switch n := withoutEmptySubqueries(n).(type) {
		case *plan.Filter:
			return emptyFilter(n)
		case *plan.Join:
			return emptyJoin(n)
		case *plan.SetOp:
			return emptySetOp(n)
		case *plan.Limit:
			if n.Count == 0 || isEmpty(n.Input) {
				return noRows(n)
			}
			return n
		case *plan.Aggregate:
			if isEmpty(n.Input) && len(n.Groups) > 0 && n.Sets == nil {
				return noRows(n)
			}
			return n
		case *plan.Project, *plan.Sort, *plan.Window:
			if isEmpty(n.Inputs()[0]) {
				return noRows(n)
			}
			return n
		case *plan.Recursion:
			if isEmpty(n.Base) {
				return noRows(n)
			}
			return n
		default:
			return n
		}
	})
}

func noRows(n plan.Node) plan.Node { return &plan.Values{Cols: n.Columns()} }

func isEmpty(n plan.Node) bool {
	v, ok := n.(*plan.Values)
	return ok && len(v.Rows) == 0
}

// computedConds folds the conditions that read no column any more.
func computedConds(conds []plan.Expr) []plan.Expr {
	out := slices.Clone(conds)
	for i, c := range out {
		used := columnIDs{}
		if plan.ColumnsOf(c, used); len(used) == 0 {
			out[i] = folded(c)
		}
	}
	return trueOnly(out)
}

func never(conds []plan.Expr) bool { return len(conds) == 1 && neverTrue(conds[0]) }

func emptyFilter(n *plan.Filter) plan.Node {
	conds := computedConds(n.Conds)
	if isEmpty(n.Input) || never(conds) {
		return noRows(n)
	}
	return above(n.Input, conds)
}

func emptyJoin(n *plan.Join) plan.Node {
	on := computedConds(n.On)
	noLeft, noRight := isEmpty(n.Left), isEmpty(n.Right)
	noMatch := noLeft || noRight || never(on)
	keepsLeft := (n.Kind == plan.Left || n.Kind == plan.Full) && !noLeft
	keepsRight := (n.Kind == plan.Right || n.Kind == plan.Full) && !noRight
	switch {
	case !noMatch || keepsLeft && keepsRight:
		return &plan.Join{Kind: n.Kind, Left: n.Left, Right: n.Right, On: on, Lateral: n.Lateral}
	case keepsLeft:
		return &plan.Project{Input: n.Left, Items: slices.Concat(plan.PassOn(n.Left.Columns()), nulls(n.Right.Columns()))}
	case keepsRight:
		return &plan.Project{Input: n.Right, Items: slices.Concat(nulls(n.Left.Columns()), plan.PassOn(n.Right.Columns()))}
	}
	return noRows(n)
}

// nulls are the columns of a side of which there is no row.
func nulls(cols []plan.Column) []plan.Assign {
	items := make([]plan.Assign, len(cols))
	for i, c := range cols {
		items[i] = plan.Assign{Col: c, Expr: null(c.Type)}
	}
	return items
}

func emptySetOp(n *plan.SetOp) plan.Node {
	if n.Kind != plan.UnionAll {
		return emptyDifference(n)
	}
	var in []plan.Node
	for _, x := range n.In {
		if !isEmpty(x) {
			in = append(in, x)
		}
	}
	switch len(in) {
	case 0:
		return noRows(n)
	case 1:
		return renamed(n, in[0])
	case len(n.In):
		return n
	}
	return &plan.SetOp{Kind: n.Kind, In: in, Cols: n.Cols}
}

// emptyDifference is for INTERSECT and EXCEPT.
func emptyDifference(n *plan.SetOp) plan.Node {
	except := n.Kind == plan.Except || n.Kind == plan.ExceptAll
	switch {
	case isEmpty(n.In[0]) || !except && isEmpty(n.In[1]):
		return noRows(n)
	case !isEmpty(n.In[1]):
		return n
	}
	all := renamed(n, n.In[0])
	if n.Kind == plan.ExceptAll {
		return all
	}
	return &plan.Aggregate{Input: all, Groups: plan.PassOn(n.Cols)}
}

// renamed gives the one input that is left of a set operation the operation's columns.
func renamed(n *plan.SetOp, in plan.Node) plan.Node {
	one := &plan.SetOp{In: []plan.Node{in}, Cols: n.Cols}
	return &plan.Project{Input: in, Items: one.Renamed(0)}
}

// withoutEmptySubqueries gives subqueries without a row the value that they have.
func withoutEmptySubqueries(n plan.Node) plan.Node {
	if !slices.ContainsFunc(plan.Expressions(n), plan.HasSubquery) {
		return n
	}
	out, err := plan.MapOwnSubqueries(n, func(sub plan.Node) (plan.Node, error) { return emptied(sub), nil })
	if err != nil {
		return n // it does not fail
	}
	return plan.MapOwn(out, func(e plan.Expr) plan.Expr {
		return plan.Map(e, func(x plan.Expr) plan.Expr {
			s, ok := x.(*plan.Subquery)
			if !ok || !isEmpty(s.Root) {
				return x
			}
			if s.Kind == plan.ScalarSubquery {
				return null(s.T)
			}
			return boolean(s.Kind == plan.AllSubquery)
		})
	})
}
