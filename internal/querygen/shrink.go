package querygen

import "slices"

// maxTries bounds how many smaller statements are tried.
const maxTries = 600

// Shrink returns a smaller statement for which fails still holds: clauses, relations, conjuncts and output columns are dropped,
// expressions replaced by their arguments or a literal. fails must be false for a statement that PostgreSQL refuses.
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
	c.With = slices.Clone(q.With)
	c.First = slices.Clone(q.First)
	c.Items = slices.Clone(q.Items)
	c.From = slices.Clone(q.From)
	c.Where = slices.Clone(q.Where)
	c.Group = slices.Clone(q.Group)
	c.By = slices.Clone(q.By)
	return &c
}

// variants lists statements with one thing less, the largest cuts first. They share expressions, which are never changed.
func (q *Query) variants() []*Query {
	var out []*Query
	with := func(change func(*Query)) {
		c := q.clone()
		change(c)
		out = append(out, c)
	}
	if q.Set != nil {
		out = append(out, q.side(q.Set.Left), q.side(q.Set.Right))
	}
	for i := range q.With {
		with(func(c *Query) { c.With = slices.Delete(c.With, i, i+1) })
	}
	for i := range q.From {
		if len(q.From) > 1 && i > 0 {
			with(func(c *Query) { c.From = slices.Delete(c.From, i, i+1) })
		}
	}
	if q.Having != nil {
		with(func(c *Query) { c.Having = nil })
	}
	if q.Limit >= 0 || q.Offset > 0 {
		with(func(c *Query) { c.Limit, c.Offset, c.Ties = -1, 0, false })
	}
	if q.Offset > 0 {
		with(func(c *Query) { c.Offset = 0 })
	}
	if q.Total != nil && q.Limit < 0 && q.Offset == 0 {
		with(func(c *Query) { c.Total = nil })
	}
	if q.By != nil && q.Limit < 0 && q.Offset == 0 && q.First == nil {
		with(func(c *Query) { c.By = nil })
	}
	if q.Distinct {
		with(func(c *Query) { c.Distinct = false })
	}
	if q.Sets != "" {
		with(func(c *Query) { c.Sets = "" })
	}
	for i := range q.Items {
		if len(q.Items) > 1 {
			out = append(out, q.without(i))
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

// side keeps one side of a set operation, with the names that the whole has.
func (q *Query) side(part *Query) *Query {
	c := part.clone()
	c.With = append(slices.Clone(q.With), part.With...)
	for i := range c.Items {
		c.Items[i].Alias = q.Items[i].Alias
	}
	return c
}

// without drops an output column, from both sides of a set operation.
func (q *Query) without(i int) *Query {
	c := q.clone()
	c.Items = slices.Delete(c.Items, i, i+1)
	if q.Set != nil {
		c.Set = &SetOp{q.Set.Op, q.Set.Left.without(i), q.Set.Right.without(i)}
	}
	return c
}

// inner lists statements with one smaller expression, join condition, query of WITH, side or derived table.
func (q *Query) inner() []*Query {
	var out []*Query
	with := func(change func(*Query)) {
		c := q.clone()
		change(c)
		out = append(out, c)
	}
	for i, w := range q.With {
		for _, v := range w.Query.variants() {
			with(func(c *Query) { c.With[i].Query = v })
		}
	}
	if q.Set != nil {
		for _, v := range q.Set.Left.variants() {
			with(func(c *Query) { c.Set, c.Items = &SetOp{q.Set.Op, v, q.Set.Right}, v.Items })
		}
		for _, v := range q.Set.Right.variants() {
			with(func(c *Query) { c.Set = &SetOp{q.Set.Op, q.Set.Left, v} })
		}
		return out
	}
	for i, s := range q.From {
		out = append(out, q.innerSource(i, s)...)
	}
	each := func(list []*Expr, set func(c *Query, i int, e *Expr)) {
		for i, x := range list {
			for _, e := range x.smaller() {
				with(func(c *Query) { set(c, i, e) })
			}
		}
	}
	items := make([]*Expr, len(q.Items))
	for i, it := range q.Items {
		items[i] = it.Expr
	}
	each(q.Where, func(c *Query, i int, e *Expr) { c.Where[i] = e })
	each(items, func(c *Query, i int, e *Expr) { c.Items[i].Expr = e })
	if q.Having != nil {
		each([]*Expr{q.Having}, func(c *Query, _ int, e *Expr) { c.Having = e })
	}
	return out
}

func (q *Query) innerSource(i int, s Source) []*Query {
	var out []*Query
	with := func(change func(*Source)) {
		c := q.clone()
		change(&c.From[i])
		out = append(out, c)
	}
	if s.Derived != nil {
		for _, d := range s.Derived.variants() {
			with(func(s *Source) { s.Derived = d })
		}
	}
	for j, on := range s.On {
		if len(s.On) > 1 {
			with(func(c *Source) { c.On = slices.Delete(slices.Clone(s.On), j, j+1) })
		}
		for _, e := range on.smaller() {
			with(func(c *Source) {
				c.On = slices.Clone(s.On)
				c.On[j] = e
			})
		}
	}
	if i > 0 && s.Join != "join" && s.Join != "cross join" {
		with(func(c *Source) { c.Join = "join" })
	}
	return out
}
