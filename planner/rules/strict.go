package rules

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// strict are functions and operators known to give NULL wherever an argument is NULL. One that is not listed may do so, too.
var strict = nameSet(`= <> < <= > >= + - * / % & | # ~ << >> || neg like ilike regex iregex similar starts_with abs mod div round trunc ceil floor
	sign sqrt exp ln log power upper lower initcap length octet_length bit_length substr left right lpad rpad btrim ltrim rtrim replace translate strpos
	split_part repeat reverse ascii chr md5 extract date_part date_trunc timezone age make_date justify_hours justify_days justify_interval isfinite
	pseudonym hash_fast hash_portable hash_keyed`)

// Strict reports a function or operator that is known to give NULL wherever an argument is NULL.
func Strict(fn string) bool { return strict[fn] }

func nameSet(names string) map[string]bool {
	set := map[string]bool{}
	for _, name := range strings.Fields(names) {
		set[name] = true
	}
	return set
}

// columnIDs are IDs of columns.
type columnIDs = map[int]bool

// nullIf returns columns of which any, if NULL, makes e NULL.
func nullIf(e plan.Expr) columnIDs {
	switch e := e.(type) {
	case *plan.Col:
		return columnIDs{e.Column.ID: true}
	case *plan.Cast:
		return nullIf(e.X)
	case *plan.Not:
		return nullIf(e.X)
	case *plan.In:
		return nullIf(e.X)
	case *plan.And:
		return inAll(e.Args, nullIf)
	case *plan.Or:
		return inAll(e.Args, nullIf)
	case *plan.Call:
		switch {
		case strict[e.Fn]:
			return inAny(e.Args, nullIf)
		case e.Fn == "coalesce" || e.Fn == "greatest" || e.Fn == "least":
			return inAll(e.Args, nullIf)
		}
	}
	return nil
}

// notTrueIf returns columns of which any, if NULL, makes the condition e false or NULL.
func notTrueIf(e plan.Expr) columnIDs {
	switch e := e.(type) {
	case *plan.And:
		return inAny(e.Args, notTrueIf)
	case *plan.Or:
		return inAll(e.Args, notTrueIf)
	case *plan.Not:
		return notFalseIf(e.X)
	case *plan.IsNull:
		if e.Not {
			return nullIf(e.X)
		}
		return nil
	case *plan.IsBool:
		switch {
		case e.Not:
			return nil
		case e.Value:
			return notTrueIf(e.X)
		}
		return notFalseIf(e.X)
	case *plan.Subquery: // compared with no row at all, NULL = ANY is false, but NULL <> ALL is true
		if e.Kind == plan.AnySubquery {
			return inAny(e.X, nullIf)
		}
		return nil
	}
	return nullIf(e)
}

// notFalseIf returns columns of which any, if NULL, makes the condition e true or NULL.
func notFalseIf(e plan.Expr) columnIDs {
	switch e := e.(type) {
	case *plan.And:
		return inAll(e.Args, notFalseIf)
	case *plan.Or:
		return inAny(e.Args, notFalseIf)
	case *plan.Not:
		return notTrueIf(e.X)
	case *plan.IsNull:
		if e.Not {
			return nil
		}
		return nullIf(e.X)
	case *plan.IsBool:
		switch {
		case !e.Not:
			return nil
		case e.Value:
			return notTrueIf(e.X)
		}
		return notFalseIf(e.X)
	case *plan.Subquery:
		return nil
	}
	return nullIf(e)
}

func inAny(list []plan.Expr, f func(plan.Expr) columnIDs) columnIDs {
	out := columnIDs{}
	for _, e := range list {
		out = with(out, f(e))
	}
	return out
}

func inAll(list []plan.Expr, f func(plan.Expr) columnIDs) columnIDs {
	if len(list) == 0 {
		return nil
	}
	out := f(list[0])
	for _, e := range list[1:] {
		out = common(out, f(e))
	}
	return out
}
