package bounds

import (
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// filter: a row that passes must pass in the whole answer as well. One that does not may pass there.
func (a *analysis) filter(n *plan.Filter) (rel, error) {
	r, err := a.walk(n.Input)
	if err != nil {
		return r, err
	}
	var hold []plan.Expr
	err = a.around(r.home, func() error { hold, err = a.conditions(&r, a.clause(n), n.Conds); return err })
	if err != nil {
		return r, err
	}
	if r.rows == some && len(r.home) > 0 && together(r.home, a.outer, n.Conds) {
		r.rows, r.why, r.home = all, "", nil // with the row around it, all that it finds lies on a shard that answered
	}
	a.learn(hold, n.Input)
	return r, nil
}

// clause names a filter as its author wrote it.
func (a *analysis) clause(n *plan.Filter) string {
	switch n.Input.(type) {
	case *plan.Aggregate:
		return "HAVING"
	case *plan.Window:
		return "a condition on a window function"
	}
	return "WHERE"
}

// conditions takes on r what conditions do to its rows, or refuses them. It returns those that hold for every row over D, too.
func (a *analysis) conditions(r *rel, where string, conds []plan.Expr) ([]plan.Expr, error) {
	var hold []plan.Expr
	for _, c := range conds {
		for _, x := range plan.Conjuncts(c) {
			k, err := a.expr(x)
			if err != nil {
				return nil, err
			}
			if k.has(yes) {
				hold = append(hold, x)
			}
			switch {
			case k.exact():
				continue
			case !k.has(yes) && k.rank && a.ranked(x):
				r.worse(chosen, "a rank chooses among the rows of the shards that answered")
			case !k.has(yes):
				return nil, a.refusedCondition(where, x, k)
			case k.chosen:
				r.worse(chosen, "LIMIT and OFFSET choose among the rows of the shards that answered")
			default:
				r.worse(some, "more rows may pass "+where+" in the whole answer")
			}
			r.home = nil
		}
	}
	return hold, nil
}

// ranked reports a condition that compares a rank with something that is the same in the whole answer.
func (a *analysis) ranked(e plan.Expr) bool {
	switch x := e.(type) {
	case *plan.Call:
		if !strings.Contains(" = < <= > >= ", " "+x.Fn+" ") {
			return false
		}
	case *plan.In:
		if x.Not {
			return false
		}
	default:
		return false
	}
	return !slices.ContainsFunc(plan.Children(e), func(x plan.Expr) bool {
		k, err := a.expr(stripCast(x))
		_, plain := stripCast(x).(*plan.Col)
		return err != nil || !k.exact() && !(k.rank && plain)
	})
}

func stripCast(e plan.Expr) plan.Expr {
	for {
		c, ok := e.(*plan.Cast)
		if !ok {
			return e
		}
		e = c.X
	}
}

// learn notes what conditions say of the values that pass them, over D' and over D.
func (a *analysis) learn(conds []plan.Expr, in plan.Node) {
	for id, c := range learnt(conds) {
		if k := a.cols[id]; plan.Offers(in, id) {
			k.claim |= c
			a.cols[id] = k.closed()
		}
	}
}

// learnt are facts of columns where conditions are true.
func learnt(conds []plan.Expr) map[int]claim {
	out := map[int]claim{}
	for _, c := range conds {
		for _, e := range plan.Conjuncts(c) {
			switch e := e.(type) {
			case *plan.IsNull:
				if c, ok := e.X.(*plan.Col); ok && e.Not {
					out[c.Column.ID] |= filled
				}
			case *plan.Call:
				learnCall(e, out)
			}
		}
	}
	return out
}

// flipped are the comparisons with their operands changed over.
var flipped = map[string]string{"=": "=", "<": ">", "<=": ">=", ">": "<", ">=": "<="}

// number is the integer that a cast makes a wider number of; other casts may round a sign away.
func number(e plan.Expr) plan.Expr {
	if c, ok := e.(*plan.Cast); ok && c.To.IsNumber() && c.X.Type().IsInteger() {
		return c.X
	}
	return e
}

func learnCall(e *plan.Call, out map[int]claim) {
	if flipped[e.Fn] == "" || len(e.Args) != 2 {
		return
	}
	for i, op := range []string{e.Fn, flipped[e.Fn]} {
		c, ok := number(e.Args[i]).(*plan.Col)
		if !ok {
			continue
		}
		out[c.Column.ID] |= filled
		sign := constSign(stripCast(e.Args[1-i]))
		if strings.Contains("= > >=", op) {
			out[c.Column.ID] |= sign & nonNegative
		}
		if strings.Contains("= < <=", op) {
			out[c.Column.ID] |= sign & nonPositive
		}
	}
}
