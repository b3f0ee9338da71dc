package place

import (
	"testing"

	"github.com/atoll-sql/atoll/planner/plan"
)

func harmlessCol(t plan.Type) plan.Expr {
	return &plan.Col{Column: plan.Column{ID: 1, Name: "c", Type: t}}
}

func TestHarmless(t *testing.T) {
	n15, wide, i4, i8, text, date := plan.NumericType(15, 2), plan.T(plan.Numeric), plan.T(plan.Int4), plan.T(plan.Int8), plan.T(plan.Text), plan.T(plan.Date)
	call := func(fn string, t plan.Type, args ...plan.Expr) plan.Expr { return &plan.Call{Fn: fn, Args: args, T: t} }
	cast := func(from, to plan.Type) plan.Expr { return &plan.Cast{X: harmlessCol(from), To: to} }
	product := call("*", plan.NumericType(30, 4), harmlessCol(n15), harmlessCol(n15))
	for name, c := range map[string]struct {
		e    plan.Expr
		want bool
	}{
		"a column":                     {harmlessCol(text), true},
		"numerics are multiplied":      {product, true},
		"three numerics":               {call("*", wide, product, harmlessCol(n15)), false}, // 39 digits
		"numerics without bound":       {call("+", wide, harmlessCol(wide), harmlessCol(n15)), false},
		"integers overflow":            {call("+", i4, harmlessCol(i4), harmlessCol(i4)), false},
		"division":                     {call("/", wide, harmlessCol(n15), harmlessCol(n15)), false},
		"a wider integer":              {cast(i4, i8), true},
		"a narrower integer":           {cast(i8, i4), false},
		"integer to numeric":           {cast(i4, plan.NumericType(10, 0)), true},
		"integer to short numeric":     {cast(i4, plan.NumericType(9, 0)), false},
		"numeric to shorter numeric":   {cast(n15, plan.NumericType(10, 2)), false},
		"text to date":                 {cast(text, date), false},
		"date to text":                 {cast(date, text), true},
		"the year":                     {call("extract", wide, weakText("year"), harmlessCol(date)), true},
		"a pattern":                    {call("like", plan.T(plan.Bool), harmlessCol(text), weakText("a%")), true},
		"a pattern that may end badly": {call("like", plan.T(plan.Bool), harmlessCol(text), weakText(`a\`)), false},
		"a pattern from a column":      {call("like", plan.T(plan.Bool), harmlessCol(text), harmlessCol(text)), false},
		"a case of divisions": {&plan.Case{T: wide, Whens: []plan.When{{Cond: &plan.IsNull{X: harmlessCol(n15)},
			Then: call("/", wide, harmlessCol(n15), harmlessCol(n15))}}}, false},
		"a function that is not listed": {call("to_number", wide, harmlessCol(text)), false},
		"a subquery":                    {&plan.Subquery{T: i4}, false},
	} {
		if got := harmless(c.e); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

func TestStrict(t *testing.T) {
	a, one := weakA, weakInt(1)
	eq, is := weakCall("=", a, one), &plan.IsNull{X: a}
	for name, c := range map[string]struct {
		e             plan.Expr
		strict, never bool
	}{
		"a column":                  {a, true, true},
		"a constant":                {one, false, false},
		"a comparison":              {eq, true, true},
		"its negation":              {&plan.Not{X: eq}, true, true},
		"is null":                   {is, false, false},
		"coalesce":                  {weakCall("coalesce", a, one), false, false},
		"distinct from":             {weakCall("is_distinct", a, one), false, false},
		"one of two":                {&plan.Or{Args: []plan.Expr{eq, is}}, false, false},
		"both of two":               {&plan.And{Args: []plan.Expr{eq, is}}, false, true}, // NULL AND true, or false
		"not both":                  {&plan.Not{X: &plan.And{Args: []plan.Expr{eq, is}}}, false, false},
		"a case":                    {&plan.Case{T: plan.T(plan.Int4), Whens: []plan.When{{Cond: is, Then: one}}}, false, false},
		"in a list":                 {&plan.In{X: a, List: []plan.Expr{one}}, true, true},
		"is true":                   {&plan.IsBool{X: eq, Value: true, Not: true}, false, false},
		"a comparison of constants": {weakCall("=", one, one), false, false},
	} {
		if got := strict(c.e); got != c.strict {
			t.Errorf("%s: strict %v", name, got)
		}
		if got := never(c.e); got != c.never {
			t.Errorf("%s: never %v", name, got)
		}
	}
}
