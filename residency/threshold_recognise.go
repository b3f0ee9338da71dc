package residency

import (
	"math"
	"slices"
	"strconv"

	"github.com/atoll-sql/atoll/planner/plan"
)

// Protected reports whether n is what [Protect] makes of agg under t: the same operators and expressions over the very input of agg, but
// for the IDs of the columns that Protect adds.
func Protected(n plan.Node, agg *plan.Aggregate, t Threshold) bool {
	last := plan.LastColumn(n)
	ours, err := Protect(agg, t, func() int { last++; return last })
	if err != nil || !plan.Offers(n, ours.Columns()[0].ID) {
		return false
	}
	for i, c := range n.Columns() {
		if i >= len(ours.Columns()) || c != ours.Columns()[i] {
			return false
		}
	}
	like := &likeness{input: agg.Input, theirs: map[int]plan.Column{}, taken: map[int]bool{}}
	for _, c := range slices.Concat(agg.Input.Columns(), agg.Columns()) {
		like.taken[c.ID] = true
	}
	return like.same(n, ours)
}

// Unprotect returns the aggregate that a tree of [Protect] protects, with the input, groups and aggregates that it had. It is recognised
// by its structure alone: ok means that the tree is exactly what Protect makes of the aggregate under some threshold. Which one that is,
// and whether it suffices, is for [Protected] to say.
func Unprotect(n plan.Node) (agg *plan.Aggregate, ok bool) {
	agg, _, ok = unprotect(n)
	return agg, ok
}

func unprotect(n plan.Node) (*plan.Aggregate, Threshold, bool) {
	var t Threshold
	top, ok := n.(*plan.Project)
	if !ok {
		return nil, t, false
	}
	measured, pass := t.peel(top.Input)
	if measured == nil {
		return nil, t, false
	}
	own := len(top.Items) - len(measured.Groups)
	if own < 0 || own > len(measured.Aggs) || !t.read(measured, measured.Aggs[own:], pass) {
		return nil, t, false
	}
	in := measured.Input
	if len(t.Dominance) > 0 {
		in = below[*plan.Window](below[*plan.Window](in))
	}
	if in == nil {
		return nil, t, false
	}
	agg := &plan.Aggregate{Input: in, Groups: measured.Groups, Aggs: measured.Aggs[:own:own]}
	if t.OnSmall != Fail {
		merged := t
		merged.OnSmall = Remainder
		if before := merged.unmerged(agg); before != nil && Protected(n, before, merged) {
			return before, merged, true
		}
	}
	return agg, t, Protected(n, agg, t)
}

// below returns the input of an operator of one kind with one input, nil for others.
func below[T plan.Node](n plan.Node) plan.Node {
	if n == nil {
		return nil
	}
	if _, ok := n.(T); !ok || len(n.Inputs()) != 1 {
		return nil
	}
	return n.Inputs()[0]
}

// peel goes down to the measured aggregate and returns it with the conditions under which its groups pass; nil if n is no protected tree.
func (t *Threshold) peel(n plan.Node) (*plan.Aggregate, []plan.Expr) {
	if j, ok := n.(*plan.Join); ok {
		n = j.Right
	}
	if l, ok := n.(*plan.Limit); ok {
		t.Fence, n = true, l.Input
	}
	f, ok := n.(*plan.Filter)
	if !ok {
		return nil, nil
	}
	pass := f.Conds
	if list := failsUnless(pass); list != nil {
		t.OnSmall, pass = Fail, list
	}
	if w, ok := f.Input.(*plan.Window); ok && len(w.Fns) == 1 && len(w.Fns[0].Agg.Args) == 1 {
		if not, ok := condition(w.Fns[0].Agg.Args[0]).(*plan.Not); ok {
			agg, _ := w.Input.(*plan.Aggregate)
			return agg, plan.Conjuncts(not.X)
		}
	}
	agg, _ := f.Input.(*plan.Aggregate)
	return agg, pass
}

// failsUnless returns the conditions whose failure makes a quotient by zero; nil if conds are something else.
func failsUnless(conds []plan.Expr) []plan.Expr {
	if len(conds) != 1 {
		return nil
	}
	if eq, ok := conds[0].(*plan.Call); ok && eq.Fn == "=" {
		if quotient, ok := eq.Args[0].(*plan.Call); ok && quotient.Fn == "/" {
			return plan.Conjuncts(condition(quotient.Args[1]))
		}
	}
	return nil
}

// condition is that of a CASE of one arm, nil for anything else.
func condition(e plan.Expr) plan.Expr {
	if c, ok := e.(*plan.Case); ok && len(c.Whens) == 1 {
		return c.Whens[0].Cond
	}
	return nil
}

// read takes the terms from what Protect added to an aggregate, and from the conditions. What it reads wrongly makes another tree.
func (t *Threshold) read(measured *plan.Aggregate, added []plan.AggAssign, pass []plan.Expr) bool {
	counts := 0
	for counts < len(added) && added[counts].Agg.Fn == "count" {
		counts++
	}
	sums := added[counts:]
	if len(sums)%2 != 0 || len(pass) != counts+len(sums)/2 {
		return false
	}
	for i, a := range added[:counts] {
		cols, numbers := parts(slices.Concat(a.Agg.Args, pass[i:i+1])...)
		if len(cols) == 0 || len(numbers) == 0 {
			return false
		}
		t.Entities = append(t.Entities, EntityMin{Col: cols[0], Min: int64(numbers[0])})
	}
	shares, _ := below[*plan.Window](measured.Input).(*plan.Window)
	if len(sums) > 0 && (shares == nil || len(shares.Fns) < len(sums)) {
		return false
	}
	for j := 0; j < len(sums); j += 2 {
		entity, _ := parts(shares.Fns[j].Partition...)
		_, places := parts(sums[j].Agg.Args...)
		arg, weights := parts(slices.Concat(sums[j+1].Agg.Args, pass[counts+j/2:counts+j/2+1])...)
		if len(entity) == 0 || len(arg) == 0 || len(places) == 0 || len(weights) == 0 {
			return false
		}
		d := DominanceTerm{Entity: entity[len(entity)-1], Arg: arg[0], Largest: int64(places[len(places)-1]), Percent: int64(weights[0])}
		if d.Arg.Type.IsFloat() {
			d.Percent = int64(math.Round(100 * weights[0]))
		}
		t.Dominance = append(t.Dominance, d)
	}
	return true
}

// parts lists the columns and the numbers that expressions hold, in order.
func parts(list ...plan.Expr) (cols []plan.Column, numbers []float64) {
	for _, e := range list {
		plan.Walk(e, func(e plan.Expr) bool {
			switch e := e.(type) {
			case *plan.Col:
				cols = append(cols, e.Column)
			case *plan.Const:
				if v, err := strconv.ParseFloat(e.Text, 64); err == nil && !e.Null {
					numbers = append(numbers, v)
				}
			}
			return true
		})
	}
	return cols, numbers
}

// unmerged is the aggregate of which Remainder made agg; nil if it made none.
func (t *Threshold) unmerged(agg *plan.Aggregate) *plan.Aggregate {
	p, ok := agg.Input.(*plan.Project)
	keys := len(agg.Groups)
	if !ok || keys == 0 || len(p.Items) < keys {
		return nil
	}
	out := &plan.Aggregate{Input: below[*plan.Window](below[*plan.Window](p.Input)), Aggs: agg.Aggs}
	if len(t.Dominance) > 0 {
		out.Input = below[*plan.Window](out.Input)
	}
	if out.Input == nil {
		return nil
	}
	for i, it := range p.Items[len(p.Items)-keys:] {
		c, ok := it.Expr.(*plan.Case)
		if !ok || len(c.Whens) != 1 {
			return nil
		}
		out.Groups = append(out.Groups, plan.Assign{Col: agg.Groups[i].Col, Expr: c.Whens[0].Then})
	}
	return out
}
