package sqlgen

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// call writes a call. One with a constant that may be NULL gets its type by a cast: DuckDB would fold it to an untyped NULL.
func (d duckdb) call(g *gen, c *plan.Call) (string, bool) {
	for _, a := range c.Args {
		if foldsToNull(a, c.T.Kind != plan.Bool) {
			s, _ := d.callOf(g, c)
			return d.castSQL(s, c.T), true
		}
	}
	return d.callOf(g, c)
}

// foldsToNull reports an expression which DuckDB may find to be NULL when it plans: one of constants, and parameters if
// they count, or a call on such. They need not count in a comparison, whose NULL has its type.
func foldsToNull(e plan.Expr, params bool) bool {
	switch e := e.(type) {
	case *plan.Const:
		return e.Null
	case *plan.Cast:
		return foldsToNull(e.X, params)
	case *plan.Call:
		for _, a := range e.Args {
			if foldsToNull(a, params) {
				return true
			}
		}
	}
	constant := true
	plan.Walk(e, func(e plan.Expr) bool {
		switch e.(type) {
		case *plan.Col:
			constant = false
		case *plan.Param:
			constant = constant && params
		}
		return constant
	})
	return constant
}

func (d duckdb) callOf(g *gen, c *plan.Call) (string, bool) {
	if sql, ok := d.jsonCall(g, c); ok {
		return sql, true
	}
	if sql, ok := d.arrayCall(g, c); ok {
		return sql, true
	}
	if g.isHash(c) {
		return d.hashCall(g, c), true
	}
	switch c.Fn {
	case "=", "<>", "<", "<=", ">", ">=":
		return d.compare(g, c, " "+c.Fn+" "), false
	case "is_distinct":
		return d.compare(g, c, " IS DISTINCT FROM "), false
	case "is_not_distinct":
		return d.compare(g, c, " IS NOT DISTINCT FROM "), false
	case "+", "-", "*", "/", "%", "mod":
		return d.arithmetic(g, c)
	case "||", "&", "|":
		return g.operand(c.Args[0]) + " " + c.Fn + " " + g.operand(c.Args[1]), false
	case "<<", ">>":
		return "pg_shift_" + map[string]string{"<<": "left", ">>": "right"}[c.Fn] + "(" + g.list(c.Args) + ")", true
	case "#":
		return "xor(" + g.list(c.Args) + ")", true
	case "~":
		return "~ " + g.operand(c.Args[0]), false
	case "neg":
		return d.negate(g, c)
	case "like", "ilike":
		return d.like(g, c)
	case "greatest", "least":
		return d.extreme(g, c), true
	case "coalesce", "concat", "concat_ws", "starts_with", "md5":
		return c.Fn + "(" + g.list(c.Args) + ")", true
	case "length":
		return "CAST(length(" + g.list(c.Args) + ") AS INTEGER)", true
	case "octet_length":
		return "CAST(strlen(" + g.list(c.Args) + ") AS INTEGER)", true
	case plan.OrderKey:
		return d.orderKey(g, c.Args[0]), true
	case "pseudonym":
		return d.pseudonym(g, c), true
	case plan.BucketFn:
		return d.bucket(g, c), true
	case "pi":
		return "pi()", true
	case "round", "trunc", "ceil", "floor", "abs", "sign", "sqrt", "exp", "ln", "log", "power", "div":
		return d.mathematics(g, c), true
	case "isfinite":
		if c.Args[0].Type().Kind == plan.Interval {
			return "CASE WHEN " + g.operand(c.Args[0]) + " IS NOT NULL THEN TRUE END", true
		}
		return "isfinite(" + g.list(c.Args) + ")", true
	case "to_hex", "extract", "date_part", "date_trunc", "timezone", "age", "make_date",
		"upper", "lower", "initcap", "substr", "left", "right", "lpad", "rpad", "btrim", "ltrim", "rtrim", "replace",
		"translate", "strpos", "split_part", "repeat", "reverse", "ascii", "chr",
		"justify_hours", "justify_days", "justify_interval", "cbrt", "sinh", "cosh", "tanh", "cot", "sin", "cos", "tan", "asin", "acos", "atan", "atan2", "degrees", "radians":
		return "pg_" + c.Fn + "(" + g.list(c.Args) + ")", true
	}
	return d.kernelCall(g, c), true
}

// maxExtremes bounds the intervals of one GREATEST, whose text doubles with each.
const maxExtremes = 8

// extreme writes GREATEST and LEAST. DuckDB's own compare intervals by their months first, then their days.
func (d duckdb) extreme(g *gen, c *plan.Call) string {
	if !keyed(c.T.Kind) {
		return c.Fn + "(" + g.list(c.Args) + ")"
	}
	if len(c.Args) > maxExtremes {
		return g.unsupported("%s of more than %d values of %s", c.Fn, maxExtremes, c.T)
	}
	op := map[string]string{"greatest": ">=", "least": "<="}[c.Fn]
	best := g.expr(c.Args[0])
	for _, a := range c.Args[1:] {
		x := g.expr(a)
		best = "CASE WHEN (" + x + ") IS NULL OR " + d.key(best, c.T) + " " + op + " " + d.key(x, c.T) + " THEN " + best + " ELSE " + x + " END"
	}
	return "(" + best + ")"
}

// compare writes a comparison, of some types by a key.
func (d duckdb) compare(g *gen, c *plan.Call, op string) string {
	if k := c.Args[0].Type().Kind; keyed(k) {
		return d.key(g.expr(c.Args[0]), c.Args[0].Type()) + op + d.key(g.expr(c.Args[1]), c.Args[1].Type())
	}
	return g.operand(c.Args[0]) + op + g.operand(c.Args[1])
}

var numericOps = map[string]string{
	"+": "pg_numeric_add", "-": "pg_numeric_sub", "*": "pg_numeric_mul", "/": "pg_numeric_div",
	"%": "pg_numeric_mod", "mod": "pg_numeric_mod",
}

var floatOps = map[string]string{"+": "add", "-": "sub", "*": "mul", "/": "div"}

func (d duckdb) arithmetic(g *gen, c *plan.Call) (string, bool) {
	l, r := c.Args[0], c.Args[1]
	switch k := l.Type().Kind; {
	case l.Type().IsInteger() && (c.Fn == "/"):
		return "pg_int_div(" + g.list(c.Args) + ")", true
	case l.Type().IsInteger() && (c.Fn == "%" || c.Fn == "mod"):
		return "pg_int_mod(" + g.list(c.Args) + ")", true
	case l.Type().IsInteger():
		return g.operand(l) + " " + c.Fn + " " + g.operand(r), false
	case k == plan.Numeric:
		return d.numeric(g, c), true
	case l.Type().IsFloat():
		return "pg_" + scalarNames[k] + "_" + floatOps[c.Fn] + "(" + g.list(c.Args) + ")", true
	}
	return d.dateArithmetic(g, c), true
}

func (d duckdb) numeric(g *gen, c *plan.Call) string {
	l, r := c.Args[0], c.Args[1]
	native := c.Fn == "+" || c.Fn == "-" || c.Fn == "*"
	if native && !c.T.Wide() {
		return d.castSQL(d.roomy(g, l, c.T)+" "+c.Fn+" "+g.operand(r), c.T)
	}
	args := d.wide(g, l) + ", " + d.wide(g, r)
	if c.Fn == "/" {
		args += ", " + d.scale(g, l) + ", " + d.scale(g, r)
	}
	return d.narrow(numericOps[c.Fn]+"("+args+")", c.T)
}

// int64Digits is the most digits of a DECIMAL that DuckDB computes with in 64 bits.
const int64Digits = 18

// roomy writes the left operand of + - * so that DuckDB computes in 128 bits where the result needs them: of two operands
// that fit in 64 bits it makes a result that does, and an overflow where the digits are more.
func (d duckdb) roomy(g *gen, e plan.Expr, result plan.Type) string {
	if t := e.Type(); result.Precision > int64Digits && t.Precision <= int64Digits {
		return d.castSQL(g.expr(e), plan.NumericType(result.Precision, t.Scale))
	}
	return g.operand(e)
}

func (d duckdb) dateArithmetic(g *gen, c *plan.Call) string {
	l, r := g.expr(c.Args[0]), g.expr(c.Args[1])
	lk, rk := c.Args[0].Type().Kind, c.Args[1].Type().Kind
	switch {
	case lk == plan.Date && rk == plan.Int4 && c.Fn == "+":
		return "pg_date_add(" + l + ", " + r + ")"
	case lk == plan.Date && rk == plan.Int4:
		return "pg_date_add(" + l + ", - " + g.operand(c.Args[1]) + ")"
	case lk == plan.Date && rk == plan.Date:
		return "pg_date_sub(" + l + ", " + r + ")"
	case lk == plan.Interval:
		name := map[string]string{"+": "add", "-": "sub", "*": "mul", "/": "div"}[c.Fn]
		return "pg_interval_" + name + "(" + l + ", " + r + ")"
	case lk == plan.Time && rk == plan.Time:
		return "pg_time_sub(" + l + ", " + r + ")"
	case lk == plan.Time && c.Fn == "+":
		return "pg_time_add(" + l + ", " + r + ")"
	case lk == plan.Time:
		return "pg_time_add(" + l + ", pg_interval_neg(" + r + "))"
	case rk == plan.Interval && c.Fn == "+":
		return "pg_timestamp_add(" + l + ", " + r + ")"
	case rk == plan.Interval:
		return "pg_timestamp_add(" + l + ", pg_interval_neg(" + r + "))"
	case lk == rk && c.Fn == "-":
		return "pg_timestamp_sub(" + l + ", " + r + ")"
	}
	return g.unsupported("operator %s on %s and %s", c.Fn, lk, rk)
}

func (d duckdb) negate(g *gen, c *plan.Call) (string, bool) {
	switch t := c.T; {
	case t.Wide():
		return "pg_numeric_neg(" + g.list(c.Args) + ")", true
	case t.Kind == plan.Interval:
		return "pg_interval_neg(" + g.list(c.Args) + ")", true
	case t.IsInteger():
		return d.castSQL("- "+g.operand(c.Args[0]), t), true
	}
	return "- " + g.operand(c.Args[0]), false
}

// like uses DuckDB's own operator for constant patterns without escapes, where the two agree.
func (d duckdb) like(g *gen, c *plan.Call) (string, bool) {
	p, ok := c.Args[1].(*plan.Const)
	if ok && c.Fn == "like" && len(c.Args) == 2 && !strings.Contains(p.Text, `\`) {
		return g.operand(c.Args[0]) + " LIKE " + g.operand(p), false
	}
	args := g.list(c.Args)
	if len(c.Args) == 2 {
		args += `, '\'`
	}
	return "pg_" + c.Fn + "(" + args + ")", true
}

// mathematics writes the functions that exist for floats and for numeric.
func (d duckdb) mathematics(g *gen, c *plan.Call) string {
	x := c.Args[0]
	if t := x.Type(); t.Kind == plan.Numeric && !(c.Fn == "abs" && !t.Wide()) {
		return d.numericFunction(g, c)
	}
	switch c.Fn {
	case "abs":
		return "abs(" + g.expr(x) + ")"
	case "ceil", "floor", "trunc":
		return c.Fn + "(" + g.expr(x) + ")"
	case "sign":
		return d.castSQL("sign("+g.expr(x)+")", c.T)
	case "round":
		return "pg_round_float8(" + g.expr(x) + ")"
	case "power":
		return "pg_power_float8(" + g.list(c.Args) + ")"
	case "log":
		return "pg_log10(" + g.expr(x) + ")"
	}
	return "pg_" + c.Fn + "(" + g.expr(x) + ")"
}

// numericFunction writes a function of wide numerics. Where the digits of the result depend on the scale that the
// operands display, that scale goes along.
func (d duckdb) numericFunction(g *gen, c *plan.Call) string {
	args := d.wide(g, c.Args[0])
	hints := ", " + d.scale(g, c.Args[0])
	if len(c.Args) > 1 && (c.Fn == "power" || c.Fn == "log" || c.Fn == "div") {
		args += ", " + d.wide(g, c.Args[1])
		hints += ", " + d.scale(g, c.Args[1])
	}
	name := "pg_numeric_" + c.Fn
	switch c.Fn {
	case "round", "trunc":
		digits := "0"
		if len(c.Args) > 1 {
			digits = g.expr(c.Args[1])
		}
		args += ", " + digits
	case "sqrt", "exp", "ln", "log", "power":
		args += hints
	case "div":
		name = "pg_numeric_idiv"
	}
	return d.narrow(name+"("+args+")", c.T)
}
