package sqlgen

import (
	"strings"
	"unicode"

	"github.com/atoll-sql/atoll/planner/plan"
)

// call writes a function or operator, or says that it has no exact form. docs/semantics.md lists all of them.
func (d tsql) call(g *gen, c *plan.Call) (string, bool) {
	if f, ok := textCalls[c.Fn]; ok {
		return byUnit(parens(f(d, g, c.Args), c.Fn != "lpad")), false
	}
	if f, ok := textNumbers[c.Fn]; ok {
		return f(d, g, c.Args), true
	}
	if g.isHash(c) {
		return d.hashCall(g, c), true
	}
	switch c.Fn {
	case "=", "<>", "<", "<=", ">", ">=":
		return d.compare(g, c.Fn, c.Args[0], c.Args[1]), false
	case "is_distinct", "is_not_distinct":
		return d.distinct(g, c), false
	case "like", "ilike":
		return d.like(g, c), false
	case "starts_with":
		return d.startsWith(g, c.Args), false
	case "isfinite": // every date here is, but unknown ones
		if !stampKinds[c.Args[0].Type().Kind] {
			break
		}
		x := g.operand(c.Args[0])
		return x + " = " + x, false
	case "+", "-", "*", "/", "%", "mod", "&", "|", "#", "~", "neg":
		return d.operator(g, c)
	case "abs", "sign", "ceil", "floor", "round", "trunc":
		return d.rounding(g, c), true
	case plan.BucketFn:
		return d.bucket(g, c), true
	case "extract", "date_part":
		return d.field(g, c), true
	case "date_trunc":
		return d.truncate(g, c), true
	case "timezone":
		return d.zone(g, c), true
	case plan.OrderKey:
		return d.orderKey(g, c.Args[0]), true
	case "chr":
		return d.character(g, c.Args[0]), true
	case "make_date":
		return d.makeDate(g, c.Args), true
	case "coalesce":
		return d.coalesce(g, c), true
	case "greatest", "least":
		return d.extreme(g, c), true
	}
	return g.unsupported("function %s", c.Fn), true
}

// character writes the text of a constant code point.
func (d tsql) character(g *gen, e plan.Expr) string {
	n, ok := intConst(e)
	if !ok || n <= 0 || !unicode.IsGraphic(rune(n)) {
		return g.unsupported("chr of a computed or unassigned code point")
	}
	return nationalLiteral(string(rune(n)))
}

func (d tsql) coalesce(g *gen, c *plan.Call) string {
	parts := make([]string, len(c.Args))
	for i, a := range c.Args {
		parts[i] = d.result(g, a)
	}
	if len(parts) == 1 {
		return parens(parts[0], isWord(parts[0]))
	}
	return "COALESCE(" + strings.Join(parts, ", ") + ")"
}

// maxExtremeArgs bounds the arguments of greatest, whose text grows with their square.
const maxExtremeArgs = 16

// extreme writes greatest and least, which pass over NULL: the first that none behind it exceeds.
func (d tsql) extreme(g *gen, c *plan.Call) string {
	if len(c.Args) > maxExtremeArgs {
		return g.unsupported("%s of more than %d values", c.Fn, maxExtremeArgs)
	}
	if c.T.Wide() {
		return g.unsupported("%s of an unconstrained numeric", c.Fn)
	}
	defer d.nest(g)()
	op := map[string]string{"greatest": ">=", "least": "<="}[c.Fn]
	var b strings.Builder
	b.WriteString("CASE")
	for i, x := range c.Args {
		b.WriteString(" WHEN " + g.operand(x) + " IS NOT NULL")
		for _, y := range c.Args[i+1:] {
			b.WriteString(" AND (" + g.operand(y) + " IS NULL OR " + d.compare(g, op, x, y) + ")")
		}
		b.WriteString(" THEN " + d.result(g, x))
	}
	return b.String() + " END"
}
