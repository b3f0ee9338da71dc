package residency

import "github.com/atoll-sql/atoll/planner/plan"

// shape is what a tree is made of, as far as the form of aggregates asks.
type shape struct {
	aggregate *plan.Aggregate
	// nested reports that the groups of aggregate are aggregated again at the shard.
	nested  bool
	clause  string // the first clause that the tree does not meet, "" if it meets them all
	subject string
	// above and below report that every expression above the aggregate, or of it and below, has a value for every row.
	above, below bool
	last         int // the last column ID in use
}

// shapeOf looks for the aggregate of a tree whose groups are held to the rules: the lowest one, above which are only conditions, projections,
// windows, sorts, limits and further aggregates, which see what passes and nothing else, and below which are only tables, conditions, projections and joins.
func (e *Env) shapeOf(root plan.Node) shape {
	s := shape{above: true, below: true}
	over := []plan.Node{} // what is above s.aggregate, once it is found
	for n := root; n != nil; {
		switch x := n.(type) {
		case *plan.Aggregate:
			for _, o := range over {
				s.above = s.above && e.total(o)
				if hasSubquery(o) {
					return shape{clause: clauseSubquery, subject: "a subquery reads the groups"}
				}
			}
			s.nested = s.aggregate != nil
			s.aggregate, over, n = x, []plan.Node{x}, x.Input
		case *plan.Project, *plan.Filter, *plan.Sort, *plan.Limit, *plan.Window:
			over, n = append(over, x), x.Inputs()[0]
		default:
			n = nil
		}
	}
	if s.aggregate == nil {
		return shape{clause: clauseForm, subject: "its rows leave the shard before they are aggregated"}
	}
	if s.aggregate.Sets != nil && holds(clauseSets) {
		s.clause, s.subject = clauseSets, "grouping sets are computed at the shard"
		return s
	}
	s.below = e.total(s.aggregate)
	e.below(s.aggregate.Input, &s)
	return s
}

func (e *Env) below(n plan.Node, s *shape) {
	if s.clause != "" {
		return
	}
	s.below = s.below && e.total(n)
	if hasSubquery(n) && holds(clauseSubquery) {
		s.clause, s.subject = clauseSubquery, "a subquery reads its rows: a join with its table may do"
		return
	}
	switch n := n.(type) {
	case *plan.Scan, *plan.Filter, *plan.Project:
	case *plan.Join:
		if (n.Lateral || n.Kind == plan.Full) && holds(clauseShape) {
			s.clause, s.subject = clauseShape, "a "+n.Kind.String()+" or lateral join is below the aggregate"
		}
	default:
		if holds(clauseShape) {
			s.clause, s.subject = clauseShape, "below the aggregate there is more than filters and joins of tables"
		}
	}
	for _, in := range n.Inputs() {
		e.below(in, s)
	}
}

// total reports that no expression of n can raise an error.
func (e *Env) total(n plan.Node) bool {
	for _, x := range plan.Expressions(n) {
		if !e.Total(x) {
			return false
		}
	}
	return true
}

func hasSubquery(n plan.Node) bool {
	for _, x := range plan.Expressions(n) {
		if plan.HasSubquery(x) {
			return true
		}
	}
	return false
}
