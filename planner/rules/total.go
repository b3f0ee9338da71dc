package rules

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// Total reports that an expression has a value, or NULL, for every row, whatever it holds.
func Total(e plan.Expr) bool { return total(e) }

// total reports that an expression has a value, or NULL, for every row, whatever it holds: no error, the same each time, and
// no subquery. Only such an expression may be evaluated for rows for which the query need not evaluate it. What is not
// known to be total is taken to raise an error.
func total(e plan.Expr) bool {
	switch e := e.(type) {
	case *plan.Subquery:
		return false
	case *plan.Cast:
		if !widens(e.X.Type(), e.To) || e.Mod != nil {
			return false
		}
	case *plan.Call:
		if !totalCall(e) {
			return false
		}
	}
	for _, x := range plan.Children(e) {
		if !total(x) {
			return false
		}
	}
	return true
}

// widens reports a cast to a type that holds every value of the other.
func widens(from, to plan.Type) bool {
	switch {
	case from == to || from.IsInteger() && to.IsInteger() && from.Kind <= to.Kind:
		return true
	case from.IsInteger() && to.Kind == plan.Numeric:
		return to.Wide() || to.Precision-to.Scale >= plan.IntegerDigits[from.Kind]
	case from.Kind == plan.Numeric && to.Kind == plan.Numeric:
		return to.Wide() || !from.Wide() && to.Scale >= from.Scale && to.Precision-to.Scale >= from.Precision-from.Scale
	}
	return (from.IsInteger() || from.Kind == plan.Float4) && to.Kind == plan.Float8
}

// totalFns have a value for every argument of the kinds they take.
var totalFns = nameSet("= <> < <= > >= is_distinct is_not_distinct coalesce greatest least lower upper length octet_length starts_with pseudonym hash_fast hash_portable hash_keyed")

// totalCall knows sums, differences and products of bounded numerics too: their type has room for them.
func totalCall(e *plan.Call) bool {
	switch e.Fn {
	case "+", "-", "*", "neg", "abs":
		return e.T.Kind == plan.Numeric && !e.T.Wide()
	case "like", "ilike": // a pattern without the escape character cannot end in it
		pattern, ok := e.Args[1].(*plan.Const)
		return ok && len(e.Args) == 2 && !strings.Contains(pattern.Text, `\`)
	}
	return totalFns[e.Fn]
}
