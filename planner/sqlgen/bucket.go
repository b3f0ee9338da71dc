package sqlgen

import (
	"fmt"
	"strconv"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/scalar"
)

// bucketOf writes [plan.BucketFn] in the words of a dialect. Engines may disagree in the last digit of a logarithm; the merge has room for it.
type bucketOf struct {
	x string // what is compared, with the bounds
	// Of numbers. Logarithms are taken between least and most, and of their negatives; below, a number is zero, and above infinite. nan is what
	// is neither. Without most there is nothing to guard against.
	least, most, nan string
	positive         string // the number of the bucket of x, if that is greater than least and less than most
	negative         string // the number of the bucket of -x
}

// number writes the bucket of a number. CASE takes its branches in order, so that no logarithm is taken of what has none.
func (b bucketOf) number() string {
	positive, negative := b.positive, "- "+b.negative
	if b.most != "" {
		positive = fmt.Sprintf("CASE WHEN %s < %s THEN %s WHEN %s = %s THEN %d ELSE %d END", b.x, b.most, positive, b.x, b.nan, scalar.BucketNaN, scalar.BucketInfinity)
		negative = fmt.Sprintf("CASE WHEN %s > - %s THEN %s ELSE %d END", b.x, b.most, negative, -scalar.BucketInfinity)
	}
	return fmt.Sprintf("CASE WHEN %s > %s THEN %s WHEN %s < - %s THEN %s WHEN %s IS NOT NULL THEN 0 END", b.x, b.least, positive, b.x, b.least, negative, b.x)
}

// moment writes the bucket of a date or timestamp, which may be infinite.
func (b bucketOf) moment(origin string, infinite string) string {
	return fmt.Sprintf("CASE WHEN isfinite(%s) THEN %s WHEN %s > %s THEN %s WHEN %s IS NOT NULL THEN - %s END", b.x, b.positive, b.x, origin, infinite, b.x, infinite)
}

var (
	infiniteDay   = strconv.Itoa(scalar.BucketInfiniteDay)
	infiniteWidth = strconv.FormatInt(scalar.BucketInfiniteWidth, 10)
)

// bucket writes a bucket for PostgreSQL. Of a numeric, whose range is wider than a float's, what a float cannot hold is infinite or zero.
func (d postgres) bucket(g *gen, c *plan.Call) string {
	x := c.Args[0]
	width, _ := constText(c.Args[1])
	b := bucketOf{x: g.operand(x), least: "0"}
	switch k := x.Type().Kind; {
	case k == plan.Date:
		b.positive = b.x + " - '1970-01-01'::date"
		return b.moment("'1970-01-01'::date", infiniteDay)
	case k == plan.Timestamp || k == plan.TimestampTZ:
		return d.momentBucket(g, x, width)
	case k == plan.Numeric:
		b.least, b.most, b.nan = "'1e-307'::numeric", "'1e308'::numeric", "'NaN'::numeric"
	case x.Type().IsFloat():
		b.most, b.nan = "'Infinity'::float8", "'NaN'::float8"
	}
	v := g.operand(float(x))
	size := func(v string) string {
		return fmt.Sprintf("(%d + floor(ln(%s) / '%s'::float8)::int4)", scalar.BucketOffset, v, width)
	}
	b.positive, b.negative = size(v), size("- "+v)
	return b.number()
}

// momentBucket writes the bucket of a timestamp. In the years named a float holds its microseconds; in others it is cut to whole seconds
// before, which buckets are made of.
func (d postgres) momentBucket(g *gen, x plan.Expr, width string) string {
	t, v := "::"+d.typeName(x.Type()), g.operand(x)
	of := func(v string) string {
		return "floor(date_part('epoch', " + v + ") / '" + seconds(width) + "'::float8)::int8"
	}
	b := bucketOf{x: v, positive: of("date_trunc('second', " + g.expr(x) + ")")}
	return "CASE WHEN " + v + " >= '1700-01-01'" + t + " AND " + v + " < '2250-01-01'" + t + " THEN " + of(g.expr(x)) + " ELSE " + b.moment("'epoch'"+t, infiniteWidth) + " END"
}

// bucket writes a bucket for DuckDB.
func (d duckdb) bucket(g *gen, c *plan.Call) string {
	x := c.Args[0]
	width, _ := constText(c.Args[1])
	b := bucketOf{x: g.operand(x), least: "0"}
	origin := func(t plan.Type) string { return d.castSQL("'1970-01-01 00:00:00+00'", t) }
	switch k := x.Type().Kind; {
	case k == plan.Date:
		origin := d.castSQL("'1970-01-01'", x.Type())
		b.positive = d.castSQL("date_diff('day', "+origin+", "+g.expr(x)+")", c.T)
		return b.moment(origin, infiniteDay)
	case k == plan.Timestamp || k == plan.TimestampTZ:
		b.positive = wholeWidths("epoch_us("+g.expr(x)+")", "//", d.castSQL(width, c.T))
		return b.moment(origin(x.Type()), infiniteWidth)
	case x.Type().Wide():
		b.x = g.expr(float(x))
	default:
		b.x = d.castSQL(g.expr(x), plan.T(plan.Float8))
	}
	if x.Type().IsFloat() {
		b.most, b.nan = "CAST('Infinity' AS DOUBLE)", "CAST('NaN' AS DOUBLE)"
	}
	size := func(v string) string {
		return fmt.Sprintf("(%d + CAST(floor(ln(%s) / %s) AS INTEGER))", scalar.BucketOffset, v, d.castSQL(width, plan.T(plan.Float8)))
	}
	b.positive, b.negative = size(b.x), size("- "+b.x)
	return b.number()
}

// bucket writes a bucket for SQL Server, whose floats and dates are all finite.
func (d tsql) bucket(g *gen, c *plan.Call) string {
	x := c.Args[0]
	width, _ := constText(c.Args[1])
	switch k := x.Type().Kind; {
	case k == plan.Date:
		return "DATEDIFF(day, CAST(N'1970-01-01' AS date), " + g.expr(x) + ")"
	case k == plan.Timestamp || k == plan.TimestampTZ:
		g.needs(connectors.FeatureDateParts, "a timestamp in microseconds")
		since := "DATEDIFF_BIG(microsecond, CAST(N'1970-01-01' AS datetime2(6)), " + d.stamp(g, x) + ")"
		defer d.nest(g)()
		return wholeWidths(since, "/", d.castSQL(g, width, c.T))
	}
	defer d.nest(g)()
	width = "CAST(" + width + " AS float)"
	b := bucketOf{x: "CAST(" + g.expr(x) + " AS float)", least: "0"}
	size := func(v string) string {
		return fmt.Sprintf("(%d + CAST(FLOOR(LOG(%s) / %s) AS int))", scalar.BucketOffset, v, width)
	}
	b.positive, b.negative = size(b.x), size("- "+b.x)
	return b.number()
}

// wholeWidths divides microseconds and rounds down; the operator cuts off what is behind the point.
func wholeWidths(micros, divide, width string) string {
	return "CASE WHEN " + micros + " >= 0 THEN " + micros + " " + divide + " " + width + " ELSE -1 - (-1 - " + micros + ") " + divide + " " + width + " END"
}

// float is x in the type that logarithms are taken in.
func float(x plan.Expr) plan.Expr {
	if x.Type().Kind == plan.Float8 {
		return x
	}
	return &plan.Cast{X: x, To: plan.T(plan.Float8)}
}

// seconds writes a number of microseconds, which the text holds, in seconds.
func seconds(micros string) string {
	n, _ := strconv.ParseInt(micros, 10, 64)
	return strconv.FormatFloat(float64(n)/1e6, 'g', -1, 64)
}
