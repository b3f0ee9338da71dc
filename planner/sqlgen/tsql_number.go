package sqlgen

import (
	"strings"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
)

// known returns the decimal type that a numeric expression has here. It is its own type, or, where that has no bound, what
// follows from its operands; ok is false where no type of 38 digits is sure to hold it, and for other types.
func known(e plan.Expr) (t plan.Type, ok bool) {
	if t = e.Type(); !t.Wide() {
		return t, t.Kind == plan.Numeric
	}
	switch e := e.(type) {
	case *plan.Const:
		return digitsOf(e)
	case *plan.Cast:
		from := e.X.Type()
		if n := plan.IntegerDigits[from.Kind]; n > 0 && e.Mod == nil {
			return plan.NumericType(n, 0), true
		}
		if e.Mod == nil {
			return known(e.X)
		}
	case *plan.Call:
		return knownCall(e)
	}
	return t, false
}

func knownCall(c *plan.Call) (plan.Type, bool) {
	switch c.Fn {
	case "extract":
		return fieldType(c)
	case "neg", "abs":
		return known(c.Args[0])
	case "+", "-", "*":
		l, lok := known(c.Args[0])
		r, rok := known(c.Args[1])
		t := arithmeticDigits(c.Fn, l, r)
		return t, lok && rok && !t.Wide()
	}
	return c.T, false
}

// arithmeticDigits are the digits that a result needs at most, as package bind counts them.
func arithmeticDigits(op string, l, r plan.Type) plan.Type {
	if op == "*" {
		return plan.NumericType(l.Precision+r.Precision, l.Scale+r.Scale)
	}
	s := max(l.Scale, r.Scale)
	return plan.NumericType(max(l.Precision-l.Scale, r.Precision-r.Scale)+1+s, s)
}

// digitsOf is the least decimal type that holds a constant.
func digitsOf(c *plan.Const) (plan.Type, bool) {
	if c.Null {
		return plan.NumericType(1, 0), true
	}
	whole, frac, _ := strings.Cut(strings.TrimPrefix(c.Text, "-"), ".")
	if strings.Trim(whole+frac, "0123456789") != "" || whole+frac == "" {
		return c.T, false
	}
	t := plan.NumericType(max(len(strings.TrimLeft(whole, "0"))+len(frac), 1), len(frac))
	return t, !t.Wide()
}

// operator writes the arithmetic of one type.
func (d tsql) operator(g *gen, c *plan.Call) (string, bool) {
	t := c.Args[0].Type()
	if c.Fn == "neg" || c.Fn == "~" {
		return d.unary(g, c)
	}
	l, r := c.Args[0], c.Args[1]
	switch {
	case t.IsInteger() && (c.Fn == "%" || c.Fn == "mod"):
		return d.remainder(g, l, r)
	case t.IsInteger():
		op := c.Fn
		if op == "#" {
			op = "^"
		}
		return g.operand(l) + " " + op + " " + g.operand(r), false
	case t.IsFloat() && strings.Contains("+-*/", c.Fn):
		return g.operand(l) + " " + c.Fn + " " + g.operand(r), false
	case t.Kind == plan.Numeric:
		return d.decimalOperator(g, c)
	}
	return d.momentOperator(g, c), true
}

func (d tsql) unary(g *gen, c *plan.Call) (string, bool) {
	t := c.T
	if t.Wide() {
		t, _ = known(c.Args[0])
	}
	if t.Kind == plan.Interval {
		return g.unsupported("an interval"), true
	}
	op := map[string]string{"neg": "-", "~": "~"}[c.Fn]
	return d.castSQL(g, op+" "+g.operand(c.Args[0]), t), true
}

// remainder computes in a wider type unless the divisor is a constant: the least integer has no remainder of -1 that every
// server agrees on.
func (d tsql) remainder(g *gen, l, r plan.Expr) (string, bool) {
	if s, ok := constText(r); ok && s != "0" && s != "-1" {
		return g.operand(l) + " % " + g.operand(r), false
	}
	wider := plan.T(plan.Int8)
	if l.Type().Kind == plan.Int8 {
		wider = plan.NumericType(plan.IntegerDigits[plan.Int8], 0)
	}
	return d.castSQL(g, d.castSQL(g, g.expr(l), wider)+" % "+g.operand(r), l.Type()), true
}

// decimalOperator writes + - * % where the vendor's rules for the digits of the result keep all of them.
func (d tsql) decimalOperator(g *gen, c *plan.Call) (string, bool) {
	l, lok := known(c.Args[0])
	r, rok := known(c.Args[1])
	if !lok || !rok || c.Fn == "/" {
		return g.unsupported("operator %s on numeric", c.Fn), true
	}
	g.needs(connectors.FeatureDecimalScale, "the arithmetic of numerics")
	op, a, b := c.Fn, g.operand(c.Args[0]), g.operand(c.Args[1])
	switch op {
	case "+", "-":
		if arithmeticDigits(op, l, r).Wide() {
			return d.tooManyDigits(g, op), true
		}
		return a + " " + op + " " + b, false
	case "*":
		if l.Precision+r.Precision+1 > plan.MaxNarrow { // the vendor's rule counts one digit more
			return d.tooManyDigits(g, op), true
		}
		return d.castSQL(g, a+" * "+b, arithmeticDigits(op, l, r)), true
	}
	whole, scale := max(l.Precision-l.Scale, r.Precision-r.Scale), max(l.Scale, r.Scale)
	if whole+scale > plan.MaxNarrow || c.T.Wide() {
		return d.tooManyDigits(g, "%"), true
	}
	return d.castSQL(g, a+" % "+b, c.T), true
}

func (d tsql) tooManyDigits(g *gen, op string) string {
	return g.unsupported("%s of numerics whose result may need more than %d digits", op, plan.MaxNarrow)
}

// rounding writes abs, sign, ceil, floor, round and trunc.
func (d tsql) rounding(g *gen, c *plan.Call) string {
	x := c.Args[0]
	switch t := x.Type(); {
	case t.Kind == plan.Numeric:
		return d.roundDecimal(g, c)
	case t.IsInteger() && c.Fn == "abs":
		return d.castSQL(g, "ABS("+g.expr(x)+")", t)
	case t.IsFloat():
		return d.roundFloat(g, c)
	}
	return g.unsupported("%s of %s", c.Fn, x.Type())
}

// roundFloat writes what needs no rounding rule.
func (d tsql) roundFloat(g *gen, c *plan.Call) string {
	x := g.expr(c.Args[0])
	switch c.Fn {
	case "abs":
		if c.Args[0].Type().Kind == plan.Float4 { // ABS gives a float, of a real, too
			return d.castSQL(g, "ABS("+x+")", c.Args[0].Type())
		}
		return "ABS(" + x + ")"
	case "sign":
		return "SIGN(" + x + ")"
	case "ceil":
		return "CEILING(" + x + ")"
	case "floor":
		return "FLOOR(" + x + ")"
	case "trunc":
		defer d.nest(g)()
		return "CASE WHEN " + g.operand(c.Args[0]) + " < 0 THEN CEILING(" + x + ") ELSE FLOOR(" + x + ") END"
	}
	return g.unsupported("%s of a float", c.Fn)
}

// roundDecimal gives the argument one digit more, which rounding up may need, and the result the type of the plan.
func (d tsql) roundDecimal(g *gen, c *plan.Call) string {
	x := c.Args[0]
	from, ok := known(x)
	to := c.T
	if c.Fn == "abs" && to.Wide() {
		to = from
	}
	if !ok || to.Wide() {
		return g.unsupported("%s of a numeric of unknown digits", c.Fn)
	}
	if c.Fn == "abs" {
		return d.castSQL(g, "ABS("+g.expr(x)+")", to)
	}
	digits := 0
	if len(c.Args) > 1 {
		if digits, ok = intConst(c.Args[1]); !ok {
			return g.unsupported("%s to a computed number of digits", c.Fn)
		}
	}
	if c.Fn == "trunc" {
		return d.castSQL(g, "ROUND("+g.expr(x)+", "+itoa(digits)+", 1)", to)
	}
	if c.Fn != "sign" && digits >= from.Scale {
		return d.castSQL(g, g.expr(x), to)
	}
	roomy := d.roomy(g, x, from)
	switch c.Fn {
	case "ceil":
		return d.castSQL(g, "CEILING("+roomy+")", to)
	case "floor":
		return d.castSQL(g, "FLOOR("+roomy+")", to)
	case "sign":
		return d.castSQL(g, "SIGN("+roomy+")", to)
	}
	return d.castSQL(g, "ROUND("+roomy+", "+itoa(digits)+")", to)
}

// roomy writes a numeric with one digit more before the point.
func (d tsql) roomy(g *gen, x plan.Expr, t plan.Type) string {
	if t.Precision == plan.MaxNarrow {
		return g.unsupported("rounding a numeric of %d digits", plan.MaxNarrow)
	}
	return d.castSQL(g, g.expr(x), plan.NumericType(t.Precision+1, t.Scale))
}
