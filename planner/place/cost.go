package place

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// roundTrip is the number of rows whose way to the coordinator costs as much as waiting for the shards once more.
const roundTrip = 1000

// cost estimates what a plan moves, in rows: those of its fragments, those that its steps send on, and its rounds.
func cost(p *plan.Plan) float64 {
	sum := roundTrip * float64(len(p.Steps))
	for _, f := range p.Fragments {
		for _, t := range f.Targets {
			sum += float64(max(f.EstRows, 0))
			for _, s := range p.Steps {
				if reads(t.Statement, s) {
					sum += s.EstRows
				}
			}
		}
	}
	return sum
}

// reads reports that a statement gets the rows of a step, rather than its value.
func reads(st plan.Statement, s *plan.Step) bool {
	return !s.Value && (slices.Contains(st.Params, s.Rows) || slices.ContainsFunc(s.Params, func(n int) bool { return slices.Contains(st.Params, n) }))
}

// sends reports that a plan sends rows to shards, rather than single values.
func sends(p *plan.Plan) bool {
	return slices.ContainsFunc(p.Steps, func(s *plan.Step) bool { return !s.Value })
}

// filteredRows estimates the rows of r for which the conditions hold.
func (p *placer) filteredRows(r *placed, conds []plan.Expr) float64 {
	rows := r.rows
	for _, c := range conds {
		if rows > 1 {
			rows /= p.onceIn(r.node, c)
		}
	}
	return rows
}

// onceIn guesses in how many rows a condition holds once: in three, if nothing is known; an equality in as many as the
// column has values.
func (p *placer) onceIn(n plan.Node, cond plan.Expr) float64 {
	const guess = 3
	if p.off("estimates") {
		return guess
	}
	var x plan.Expr
	values := 1.0
	switch e := cond.(type) {
	case *plan.Call:
		if e.Fn != "=" {
			return guess
		}
		if x = e.Args[0]; constant(x) {
			x = e.Args[1]
		} else if !constant(e.Args[1]) {
			return guess
		}
	case *plan.In:
		if e.Not {
			return guess
		}
		x, values = e.X, float64(max(len(e.List), 1))
	default:
		return guess
	}
	if d := p.distinct(n, uncast(x)); d > 0 {
		return max(d/values, 1)
	}
	return guess
}

// joinedRows estimates the rows of a join at the shards of which, and those that it had without any filter. A join is taken
// to be one along a reference: every row of the side with more rows has its partner, unless that was filtered out.
func joinedRows(kind plan.JoinKind, which, other *placed) (rows, whole float64) {
	if which.rows < 0 || other.rows < 0 {
		return max(which.rows, other.rows), max(which.whole, other.whole)
	}
	big, small := which, other
	if other.spread == which.spread && other.rows > which.rows {
		big, small = other, which
	}
	whole = max(big.whole, big.rows)
	rows = big.rows
	if kind == plan.Inner {
		rows *= small.kept()
	}
	return rows, whole
}

// kept is the share of its rows that filters left.
func (r *placed) kept() float64 {
	if r.whole <= 0 || r.rows < 0 {
		return 1
	}
	return min(r.rows/r.whole, 1)
}
