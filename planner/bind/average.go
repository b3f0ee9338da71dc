package bind

import "github.com/atoll-sql/atoll/planner/plan"

// openAverages writes avg(x) of exact numbers as sum(x) / count(x) where something is computed with it: the two are
// the same to PostgreSQL, and the digits of what is computed depend on the quotient's display scale, which a column
// does not keep. It returns having, rewritten.
func (s *selector) openAverages(having plan.Expr, keys []sortKey) plan.Expr {
	opened := map[int]plan.Expr{}
	open := func(x plan.Expr) plan.Expr {
		if _, plain := x.(*plan.Col); plain || x == nil {
			return x
		}
		return plan.Map(x, func(e plan.Expr) plan.Expr {
			if c, ok := e.(*plan.Col); ok {
				if q := s.quotient(c.Column.ID, opened); q != nil {
					return q
				}
			}
			return e
		})
	}
	for i := range s.targets {
		s.targets[i].Expr = open(s.targets[i].Expr)
	}
	for i := range keys {
		keys[i].hidden.Expr = open(keys[i].hidden.Expr)
	}
	return open(having)
}

// quotient returns sum / count for a column that is the average of exact numbers, else nil.
func (s *selector) quotient(id int, known map[int]plan.Expr) plan.Expr {
	if q, ok := known[id]; ok {
		return q
	}
	known[id] = nil
	for _, a := range s.aggs.items {
		if a.Col.ID == id && a.Agg.Fn == "avg" && a.Col.Type.Kind == plan.Numeric {
			sum, count := a.Agg, a.Agg
			sum.Fn, sum.T = "sum", sumType(a.Agg.Args[0].Type())
			count.Fn, count.T = "count", plan.T(plan.Int8)
			args := []plan.Expr{asKind(col(s.aggs.column(s.binder, sum)), plan.Numeric), asKind(col(s.aggs.column(s.binder, count)), plan.Numeric)}
			known[id] = &plan.Call{Fn: "/", Args: args, T: plan.T(plan.Numeric)}
			break
		}
	}
	return known[id]
}

// column returns the column of an aggregate; equal ones share it.
func (a *aggSet) column(b *binder, agg plan.Agg) plan.Column {
	key := plan.FormatAgg(agg)
	c, ok := a.byKey[key]
	if !ok {
		c = b.newColumn(agg.Fn, agg.T)
		a.byKey[key] = c
		a.items = append(a.items, plan.AggAssign{Col: c, Agg: agg})
	}
	return c
}
