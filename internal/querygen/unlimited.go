package querygen

import "regexp"

// choices are how a statement chooses among rows.
var choices = regexp.MustCompile(`(offset \d+ )?(limit|fetch first) \d+|offset \d+|distinct on`)

// Choices counts the places where the text of a query chooses among rows.
func Choices(sql string) int { return len(choices.FindAllString(sql, -1)) }

// Unlimited is the query without whatever chooses among its rows: LIMIT, OFFSET and DISTINCT ON, at every depth.
func (q *Query) Unlimited() *Query {
	if q == nil {
		return nil
	}
	out := *q
	out.Limit, out.Offset, out.Ties, out.First = -1, 0, false, nil
	out.With, out.From, out.Items = nil, nil, nil
	for _, c := range q.With {
		c.Query = c.Query.Unlimited()
		out.With = append(out.With, c)
	}
	if q.Set != nil {
		set := *q.Set
		set.Left, set.Right = set.Left.Unlimited(), set.Right.Unlimited()
		out.Set = &set
	}
	for _, f := range q.From {
		f.Derived, f.Call, f.On = f.Derived.Unlimited(), within(f.Call), unlimited(f.On)
		out.From = append(out.From, f)
	}
	for _, it := range q.Items {
		it.Expr = within(it.Expr)
		out.Items = append(out.Items, it)
	}
	out.Where, out.Group, out.By, out.Having = unlimited(q.Where), unlimited(q.Group), unlimited(q.By), within(q.Having)
	return &out
}

func unlimited(list []*Expr) []*Expr {
	var out []*Expr
	for _, e := range list {
		out = append(out, within(e))
	}
	return out
}

// within leaves a scalar subquery's LIMIT 1 out too; more than one row then is an error, and nothing is compared.
func within(e *Expr) *Expr {
	if e == nil {
		return nil
	}
	out := *e
	out.Args, out.Sub = unlimited(e.Args), e.Sub.Unlimited()
	return &out
}
