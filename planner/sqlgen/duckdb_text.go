package sqlgen

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// numericText writes the text of a numeric, which PostgreSQL gives with as many digits as the value displays. A choice
// among numerics of several scales displays the scale of the one chosen, so the text is taken before choosing.
func (d duckdb) numericText(g *gen, c *plan.Cast) string {
	switch x := c.X.(type) {
	case *plan.Case:
		if !displaysType(x) {
			return "(" + g.expr(textOfCase(x)) + ")"
		}
	case *plan.Call:
		if x.Fn == "coalesce" && !displaysType(x) {
			return "(" + g.expr(textOfCase(firstNotNull(x))) + ")"
		}
	}
	switch t := c.X.Type(); {
	case t.Wide():
		return g.unsupported("the text of an unconstrained numeric (round it to a number of digits first)")
	case !displaysType(c.X):
		return g.unsupported("the text of a numeric of several scales (round it to a number of digits first)")
	case t.Precision == t.Scale: // DuckDB writes .5 where a type leaves no room before the point
		return "pg_wide_text(" + d.wide(g, c.X) + ", " + itoa(t.Scale) + ")"
	}
	return d.castSQL(g.expr(c.X), c.To)
}

// textOfCase takes the text of each result, as it was before it was brought to the common type.
func textOfCase(e *plan.Case) *plan.Case {
	out := &plan.Case{T: plan.T(plan.Text)}
	for _, w := range e.Whens {
		out.Whens = append(out.Whens, plan.When{Cond: w.Cond, Then: textOf(w.Then)})
	}
	if e.Else != nil {
		out.Else = textOf(e.Else)
	}
	return out
}

func textOf(e plan.Expr) plan.Expr {
	switch x := e.(type) {
	case *plan.Const:
		if x.Null {
			return &plan.Const{Null: true, T: plan.T(plan.Text)}
		}
		if strings.Trim(x.Text, "0123456789.-") == "" {
			return &plan.Const{Text: x.Text, T: plan.T(plan.Text)}
		}
	case *plan.Cast:
		if x.Mod == nil && (x.X.Type().Kind == plan.Numeric || x.X.Type().IsInteger()) {
			e = x.X
		}
	}
	return &plan.Cast{X: e, To: plan.T(plan.Text)}
}

// displaysType reports that every value of a numeric displays the scale of its type.
func displaysType(e plan.Expr) bool {
	if e.Type().Wide() {
		return false
	}
	switch e := e.(type) {
	case *plan.Const:
		_, frac, _ := strings.Cut(e.Text, ".")
		return e.Null || len(frac) == e.T.Scale
	case *plan.Cast:
		from := e.X.Type()
		return e.Mod != nil || from.IsInteger() && e.To.Scale == 0 || from.Kind == plan.Numeric && from.Scale == e.To.Scale && displaysType(e.X)
	case *plan.Case:
		for _, w := range e.Whens {
			if !displaysType(w.Then) {
				return false
			}
		}
		return e.Else == nil || displaysType(e.Else)
	case *plan.Call:
		if e.Fn == "round" || e.Fn == "trunc" || e.Fn == "ceil" || e.Fn == "floor" || e.Fn == "sign" {
			return true
		}
		for _, a := range e.Args {
			if a.Type().Kind == plan.Numeric && !displaysType(a) {
				return false
			}
		}
	}
	return true
}
