package bounds

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// unsound refuses what an expression decides in a construct.
func (a *analysis) unsound(construct string, e plan.Expr, k known, reason string) error {
	u := &Unsound{Construct: construct, Reason: reason}
	plan.Walk(e, func(x plan.Expr) bool {
		if s, ok := x.(*plan.Subquery); ok && u.Table == "" {
			u.Table = a.lacking(s.Root)
		}
		return true
	})
	if name := a.inexact(e); name != "" && u.Table == "" {
		u.Reason = name + " may be another in the whole answer"
		if k.why != "" {
			u.Reason += " (" + k.why + ")"
		}
	}
	return u
}

func (a *analysis) unsoundRows(construct string, in plan.Node, reason string) error {
	return &Unsound{construct, a.lacking(in), reason}
}

// inexact names a column that an expression reads and that is not exact.
func (a *analysis) inexact(e plan.Expr) string {
	name := ""
	plan.Walk(e, func(x plan.Expr) bool {
		if c, ok := x.(*plan.Col); ok && name == "" && !a.column(c.Column).exact() {
			name = c.Column.Name
		}
		return true
	})
	return name
}

// refusedCondition names what in a condition lets rows through because others are missing.
func (a *analysis) refusedCondition(where string, e plan.Expr, k known) error {
	if what := a.negated(e, false); what != "" {
		return a.unsound(what, e, k, "rows that are missing could take rows out of the answer")
	}
	return a.unsound(where, e, k, "what it compares with may be another in the whole answer")
}

// negated finds the subquery that decides against rows: not says that e stands under a NOT.
func (a *analysis) negated(e plan.Expr, not bool) string {
	switch e := e.(type) {
	case *plan.Not:
		return a.negated(e.X, !not)
	case *plan.And, *plan.Or:
		for _, x := range plan.Children(e) {
			if what := a.negated(x, not); what != "" {
				return what
			}
		}
	case *plan.IsNull:
		if !e.Not {
			return "IS NULL"
		}
	case *plan.Subquery:
		if a.lacking(e.Root) == "" {
			return ""
		}
		switch {
		case e.Kind == plan.ExistsSubquery && not:
			return "NOT EXISTS"
		case e.Kind == plan.AnySubquery && not && e.Op == "=", e.Kind == plan.AllSubquery && !not && e.Op == "<>":
			return "NOT IN"
		case e.Kind == plan.AnySubquery && not:
			return "NOT … " + e.Op + " ANY"
		case e.Kind == plan.AllSubquery && !not:
			return e.Op + " ALL"
		}
	case *plan.Call:
		for _, x := range e.Args {
			if s, ok := x.(*plan.Subquery); ok && s.Kind == plan.ScalarSubquery && a.lacking(s.Root) != "" {
				return strings.TrimSpace("the comparison with a subquery")
			}
		}
	}
	return ""
}
