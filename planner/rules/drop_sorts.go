package rules

import "github.com/atoll-sql/atoll/planner/plan"

// dropSorts removes orders that nobody can see: below a grouping or a join, unless a LIMIT chose rows by them.
func dropSorts(root plan.Node) plan.Node {
	return plan.Transform(root, func(n plan.Node) plan.Node {
		switch n.(type) {
		case *plan.Aggregate, *plan.Join, *plan.SetOp, *plan.Window, *plan.Recursion:
			in := n.Inputs()
			out := make([]plan.Node, len(in))
			for i, x := range in {
				out[i] = unsorted(x)
			}
			return plan.WithInputs(n, out)
		}
		return n
	})
}

// unsorted drops the sorts on the way down to the next operator that could see them.
func unsorted(n plan.Node) plan.Node {
	switch n := n.(type) {
	case *plan.Sort:
		return unsorted(n.Input)
	case *plan.Project, *plan.Filter:
		return plan.WithInputs(n, []plan.Node{unsorted(n.Inputs()[0])})
	}
	return n
}
