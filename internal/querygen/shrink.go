package querygen

import "slices"

// maxTries bounds how many smaller statements are tried.
const maxTries = 150

// Shrink returns a smaller statement for which fails still holds: clauses, conjuncts and output columns are dropped,
// expressions replaced by their arguments. fails must be false for a statement that PostgreSQL refuses.
func Shrink(q *Query, fails func(*Query) bool) *Query {
	tries := 0
	for again := true; again; {
		again = false
		for _, c := range q.variants() {
			if tries++; tries > maxTries {
				return q
			}
			if fails(c) {
				q, again = c, true
				break
			}
		}
	}
	return q
}

func (q *Query) clone() *Query {
	c := *q
	c.Items = slices.Clone(q.Items)
	c.From = slices.Clone(q.From)
	c.Where = slices.Clone(q.Where)
	c.Group = slices.Clone(q.Group)
	return &c
}

// variants lists statements with one thing less. They share expressions, which are never changed.
func (q *Query) variants() []*Query {
	var out []*Query
	with := func(change func(*Query)) {
		c := q.clone()
		change(c)
		out = append(out, c)
	}
	if q.Having != nil {
		with(func(c *Query) { c.Having = nil })
	}
	if q.Limit >= 0 || q.Offset > 0 {
		with(func(c *Query) { c.Limit, c.Offset = -1, 0 })
	}
	if q.Total != nil && q.Limit < 0 && q.Offset == 0 {
		with(func(c *Query) { c.Total = nil })
	}
	if q.Distinct {
		with(func(c *Query) { c.Distinct = false })
	}
	if n := len(q.From); n > 1 {
		with(func(c *Query) { c.From = c.From[:n-1] })
	}
	for i := range q.Items {
		if len(q.Items) > 1 {
			with(func(c *Query) { c.Items = slices.Delete(c.Items, i, i+1) })
		}
	}
	for i := range q.Where {
		with(func(c *Query) { c.Where = slices.Delete(c.Where, i, i+1) })
	}
	for i := range q.Group {
		with(func(c *Query) { c.Group = slices.Delete(c.Group, i, i+1) })
	}
	return append(out, q.inner()...)
}

// inner lists statements with one smaller expression, join condition or derived table.
func (q *Query) inner() []*Query {
	var out []*Query
	each := func(list []*Expr, set func(c *Query, i int, e *Expr)) {
		for i, x := range list {
			for _, e := range x.smaller() {
				c := q.clone()
				set(c, i, e)
				out = append(out, c)
			}
		}
	}
	for i, s := range q.From {
		if s.Derived != nil {
			for _, d := range s.Derived.variants() {
				c := q.clone()
				c.From[i].Derived = d
				out = append(out, c)
			}
		}
		for j := range s.On {
			if len(s.On) > 1 {
				c := q.clone()
				c.From[i].On = slices.Delete(slices.Clone(s.On), j, j+1)
				out = append(out, c)
			}
		}
	}
	items := make([]*Expr, len(q.Items))
	for i, it := range q.Items {
		items[i] = it.Expr
	}
	each(items, func(c *Query, i int, e *Expr) { c.Items[i].Expr = e })
	each(q.Where, func(c *Query, i int, e *Expr) { c.Where[i] = e })
	if q.Having != nil {
		each([]*Expr{q.Having}, func(c *Query, _ int, e *Expr) { c.Having = e })
	}
	return out
}
