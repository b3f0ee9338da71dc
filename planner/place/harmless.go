package place

import (
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// Harmless reports that PostgreSQL raises no error for e, whatever the row holds.
func Harmless(e plan.Expr) bool { return harmless(e) }

// harmless reports that PostgreSQL raises no error for e, whatever the row holds: only such expressions may be computed for
// rows that a join is about to drop.
func harmless(e plan.Expr) bool {
	switch e := e.(type) {
	case *plan.Col, *plan.Const, *plan.Param:
		return true
	case *plan.And, *plan.Or, *plan.Not, *plan.IsNull, *plan.IsBool, *plan.In, *plan.Case:
		return allHarmless(plan.Children(e))
	case *plan.Cast:
		return harmlessCast(e.X, e.To) && harmless(e.X)
	case *plan.Call:
		return harmlessCall(e) && allHarmless(e.Args)
	}
	return false
}

func allHarmless(list []plan.Expr) bool {
	for _, e := range list {
		if !harmless(e) {
			return false
		}
	}
	return true
}

// comparisons are strict and never fail.
var comparisons = map[string]bool{"=": true, "<>": true, "<": true, "<=": true, ">": true, ">=": true}

func harmlessCall(e *plan.Call) bool {
	switch e.Fn {
	case "is_distinct", "is_not_distinct", "lower", "upper", "length", "coalesce", "starts_with", "pseudonym", "hash_fast", "hash_portable", "hash_keyed":
		return true
	case "+", "-", "*": // integers overflow; so, at the shards, would numerics of more digits
		return e.T.Kind == plan.Numeric && digits(e) >= 0 && digits(e) <= plan.MaxNarrow
	case "like":
		c, ok := e.Args[1].(*plan.Const)
		return ok && len(e.Args) == 2 && !strings.Contains(c.Text, `\`)
	case "extract":
		f, ok := e.Args[0].(*plan.Const)
		k := e.Args[1].Type().Kind
		return ok && datePart[f.Text] && (k == plan.Date || k == plan.Timestamp)
	}
	return comparisons[e.Fn]
}

var datePart = map[string]bool{"year": true, "quarter": true, "month": true, "day": true}

// harmlessCast knows the casts that hold every value of x.
func harmlessCast(x plan.Expr, to plan.Type) bool {
	from := x.Type()
	switch {
	case to.Kind == plan.Text, to == from:
		return true
	case to.IsInteger():
		return from.IsInteger() && from.Kind < to.Kind
	case to.Kind == plan.Float8:
		return from.IsNumber()
	case to.Kind == plan.Numeric:
		n := digits(x)
		return n >= 0 && (to.Wide() && n <= plan.MaxNarrow || n <= to.Precision-to.Scale)
	}
	return false
}

// digits bounds the digits of an exact number before its point; -1 if there is no bound.
func digits(e plan.Expr) int {
	t := e.Type()
	switch {
	case t.IsInteger():
		return plan.IntegerDigits[t.Kind]
	case t.Kind != plan.Numeric:
		return -1
	case !t.Wide():
		return t.Precision - t.Scale
	}
	switch e := e.(type) {
	case *plan.Cast:
		return digits(e.X)
	case *plan.Call:
		if len(e.Args) != 2 {
			return -1
		}
		l, r := digits(e.Args[0]), digits(e.Args[1])
		switch {
		case l < 0 || r < 0:
			return -1
		case e.Fn == "*":
			return l + r
		case e.Fn == "+" || e.Fn == "-":
			return max(l, r) + 1
		}
	}
	return -1
}

// strict reports that e, which reads columns of one side of an outer join, is NULL where that side has no row.
func strict(e plan.Expr) bool {
	switch e := e.(type) {
	case *plan.Col:
		return true
	case *plan.Cast:
		return strict(e.X)
	case *plan.In:
		return strict(e.X)
	case *plan.Not:
		return strict(e.X)
	case *plan.Call:
		return (comparisons[e.Fn] || strictCalls[e.Fn]) && slices.ContainsFunc(e.Args, strict)
	}
	return false
}

// strictCalls are the harmless calls that are NULL if any argument is.
var strictCalls = map[string]bool{"+": true, "-": true, "*": true, "like": true, "extract": true, "lower": true, "upper": true, "length": true, "pseudonym": true,
	"hash_fast": true, "hash_portable": true, "hash_keyed": true}

// never reports that e, a condition on one side of an outer join, is not true where that side has no row.
func never(e plan.Expr) bool {
	if a, ok := e.(*plan.And); ok {
		return slices.ContainsFunc(a.Args, never)
	}
	return strict(e)
}
