package sqlgen

import (
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// Order keys of what has no number of its own.
const (
	nanKey        = "9221120237041090560" // of a float: the bits of PostgreSQL's NaN
	numericNaNKey = "9223372036854775807" // no numeric of 18 digits has it
	maxKeyDigits  = 18                    // of a numeric whose last digits int8 can count
)

// orderKey writes plan.OrderKey. What PostgreSQL stores as eight bytes it reads from the value's binary form; subtracting an epoch would
// have no form for the infinities, and make a numeric on the way.
func (d postgres) orderKey(g *gen, x plan.Expr) string {
	sql, t := g.operand(x), x.Type()
	switch {
	case t.IsInteger():
		return sql + "::bigint"
	case isKeyable(t):
		return "(CASE WHEN " + sql + " = 'NaN'::numeric THEN " + numericNaNKey + " ELSE (" + sql + " * " + powerOfTen(t.Scale) + ")::bigint END)"
	case t.Kind == plan.Date:
		return "(CASE WHEN isfinite(" + sql + ") THEN " + sql + " - '2000-01-01'::date WHEN " + sql + " > '2000-01-01'::date THEN 2147483647 WHEN " +
			sql + " IS NOT NULL THEN -2147483648 END)::bigint"
	case t.Kind == plan.Time:
		return storedBits("time_send", sql)
	case t.Kind == plan.Timestamp:
		return storedBits("timestamp_send", sql)
	case t.Kind == plan.TimestampTZ:
		return storedBits("timestamptz_send", sql)
	case t.IsFloat():
		if t.Kind == plan.Float4 {
			sql += "::double precision"
		}
		return "(CASE WHEN " + sql + " = 'NaN'::double precision THEN " + nanKey + " WHEN " + sql + " < 0 THEN -1 - " + storedBits("float8send", "- "+sql) +
			" ELSE " + storedBits("float8send", sql+" + 0::double precision") + " END)"
	}
	return g.unsupported("an order key of %s", t)
}

// storedBits are the eight bytes of a value as a number.
func storedBits(send, sql string) string {
	return "('x' || encode(" + send + "(" + sql + "), 'hex'))::bit(64)::bigint"
}

// isKeyable reports a numeric whose last digits int8 can count.
func isKeyable(t plan.Type) bool {
	return t.Kind == plan.Numeric && !t.Wide() && t.Precision <= maxKeyDigits
}

func powerOfTen(n int) string { return "1" + strings.Repeat("0", n) }

// orderKey writes plan.OrderKey: a kernel where the value is no number of its own.
func (d duckdb) orderKey(g *gen, x plan.Expr) string {
	t := x.Type()
	switch {
	case t.IsInteger():
		return d.castSQL(g.expr(x), plan.T(plan.Int8))
	case isKeyable(t): // in 128 bits
		return d.castSQL(d.castSQL(g.expr(x), plan.NumericType(maxKeyDigits+1, t.Scale))+" * "+
			d.castSQL(powerOfTen(t.Scale), plan.NumericType(t.Scale+1, 0)), plan.T(plan.Int8))
	case t.Kind == plan.Float4:
		return "pg_order_key(" + d.castSQL(g.expr(x), plan.T(plan.Float8)) + ")"
	case t.Kind == plan.Float8, t.Kind == plan.Date, t.Kind == plan.Time, t.Kind == plan.Timestamp, t.Kind == plan.TimestampTZ:
		return "pg_order_key(" + g.expr(x) + ")"
	}
	return g.unsupported("an order key of %s", t)
}

// orderKey writes plan.OrderKey of exact numbers and dates. Timestamps here may have a digit more than a microsecond, and the bytes
// of a float are not those that every server of this dialect says they are.
func (d tsql) orderKey(g *gen, x plan.Expr) string {
	t := x.Type()
	switch {
	case t.IsInteger():
		return d.castSQL(g, g.expr(x), plan.T(plan.Int8))
	case isKeyable(t):
		return d.castSQL(g, g.operand(x)+" * CAST("+powerOfTen(t.Scale)+" AS decimal("+strconv.Itoa(t.Scale+1)+", 0))", plan.T(plan.Int8))
	case t.Kind == plan.Date:
		return d.castSQL(g, "DATEDIFF(day, CAST(N'2000-01-01' AS date), "+g.expr(x)+")", plan.T(plan.Int8))
	}
	return g.unsupported("an order key of %s", t)
}
