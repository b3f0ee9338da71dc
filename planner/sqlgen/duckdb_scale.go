package sqlgen

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// maxQuotients bounds how deep quotients may stand in each other: the scale of each is computed from its operands,
// which doubles the text at every level.
const maxQuotients = 6

// scale writes the display scale of a numeric expression, on which the digits of a quotient depend. A narrow
// numeric displays what its type says. A wide one does not keep its scale: that of a calculation follows from its
// operands, as in PostgreSQL's numeric.c, and that of a column without declared scale counts as 0.
func (d duckdb) scale(g *gen, e plan.Expr) string {
	if !e.Type().Wide() {
		return itoa(e.Type().Scale)
	}
	switch e := e.(type) {
	case *plan.Const:
		_, frac, _ := strings.Cut(e.Text, ".")
		return itoa(len(frac))
	case *plan.Cast:
		if e.Mod != nil {
			return itoa(e.Mod[1])
		}
	case *plan.Case:
		return d.caseScale(g, e)
	case *plan.Call:
		return d.callScale(g, e)
	}
	return "0"
}

func (d duckdb) callScale(g *gen, c *plan.Call) string {
	switch c.Fn {
	case "/":
		return d.quotientScale(g, c)
	case "+", "-", "%", "mod":
		return "greatest(" + d.scale(g, c.Args[0]) + ", " + d.scale(g, c.Args[1]) + ")"
	case "*":
		return "(" + d.scale(g, c.Args[0]) + " + " + d.scale(g, c.Args[1]) + ")"
	case "neg", "abs":
		return d.scale(g, c.Args[0])
	case "round", "trunc":
		if len(c.Args) > 1 {
			return "greatest(" + g.expr(c.Args[1]) + ", 0)"
		}
	case "coalesce":
		return d.caseScale(g, firstNotNull(c))
	}
	return "0"
}

func (d duckdb) quotientScale(g *gen, c *plan.Call) string {
	if g.quotients++; g.quotients > maxQuotients {
		g.quotients--
		return g.unsupported("a quotient within more than %d other quotients", maxQuotients)
	}
	defer func() { g.quotients-- }()
	args := []string{d.wide(g, c.Args[0]), d.wide(g, c.Args[1]), d.scale(g, c.Args[0]), d.scale(g, c.Args[1])}
	return "pg_numeric_div_scale(" + strings.Join(args, ", ") + ")"
}

func (d duckdb) caseScale(g *gen, e *plan.Case) string {
	var b strings.Builder
	b.WriteString("CASE")
	for _, w := range e.Whens {
		b.WriteString(" WHEN " + g.expr(w.Cond) + " THEN " + d.scale(g, w.Then))
	}
	if e.Else != nil {
		b.WriteString(" ELSE " + d.scale(g, e.Else))
	}
	return b.String() + " END"
}

// firstNotNull is COALESCE as a CASE.
func firstNotNull(c *plan.Call) *plan.Case {
	out := &plan.Case{T: c.T}
	for _, a := range c.Args {
		out.Whens = append(out.Whens, plan.When{Cond: &plan.IsNull{X: a, Not: true}, Then: a})
	}
	return out
}
