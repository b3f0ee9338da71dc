package sqlgen

import (
	"strings"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
)

// dateField is how a field of a date is written: an integer of x. clock marks those of the time of day, which a date
// has not and a time of day has.
type dateField struct {
	digits int
	clock  bool
	write  func(x string) string
}

func part(name string) func(string) string {
	return func(x string) string { return "DATEPART(" + name + ", " + x + ")" }
}

// micros is the second of the minute in microseconds.
func micros(x string) string {
	return "DATEPART(second, " + x + ") * 1000000 + DATEPART(microsecond, " + x + ")"
}

var dateFields = map[string]dateField{
	"year":    {4, false, func(x string) string { return "YEAR(" + x + ")" }},
	"quarter": {1, false, part("quarter")}, "month": {2, false, part("month")}, "day": {2, false, part("day")},
	"doy": {3, false, part("dayofyear")}, "week": {2, false, part("iso_week")},
	"hour": {2, true, part("hour")}, "minute": {2, true, part("minute")}, "microseconds": {8, true, micros},
	"dow":        {1, false, func(x string) string { return "(DATEDIFF(day, " + firstMonday + ", " + x + ") + 1) % 7" }},
	"isodow":     {1, false, func(x string) string { return weekday(x) + " + 1" }},
	"isoyear":    {4, false, func(x string) string { return "YEAR(DATEADD(day, 3 - " + weekday(x) + ", " + x + "))" }},
	"decade":     {3, false, func(x string) string { return "YEAR(" + x + ") / 10" }},
	"century":    {3, false, func(x string) string { return "(YEAR(" + x + ") - 1) / 100 + 1" }},
	"millennium": {2, false, func(x string) string { return "(YEAR(" + x + ") - 1) / 1000 + 1" }},
}

// fractions are the fields with digits after the point: the digits of the type, and a number of microseconds that is scaled.
var fractions = map[string]struct {
	t    plan.Type
	unit string
}{
	"second":       {plan.NumericType(8, 6), "CAST(0.000001 AS decimal(6, 6))"},
	"milliseconds": {plan.NumericType(8, 3), "CAST(0.001 AS decimal(3, 3))"},
	"epoch":        {plan.NumericType(25, 6), "CAST(0.000001 AS decimal(6, 6))"},
}

// fieldType is the decimal type in which extract gives a field.
func fieldType(c *plan.Call) (plan.Type, bool) {
	name, _ := constText(c.Args[0])
	name = strings.ToLower(name)
	if f, ok := dateFields[name]; ok {
		return plan.NumericType(f.digits, 0), true
	}
	f, ok := fractions[name]
	return f.t, ok
}

// field writes extract, and date_part of the fields that are integers.
func (d tsql) field(g *gen, c *plan.Call) string {
	name, _ := constText(c.Args[0])
	name = strings.ToLower(name)
	k := c.Args[1].Type().Kind
	f, whole := dateFields[name]
	frac, fraction := fractions[name]
	clock := fraction && name != "epoch" || f.clock
	if !whole && !fraction || k == plan.Date && clock || k == plan.Time && !clock || !stampKinds[k] && k != plan.Time {
		return g.unsupported("%s of %s from %s", c.Fn, name, c.Args[1].Type())
	}
	x := g.expr(c.Args[1])
	if stampKinds[k] && k != plan.Date {
		x = d.stamp(g, c.Args[1])
	}
	if whole {
		if name == "microseconds" {
			g.needs(connectors.FeatureDateParts, "parts of a second")
		}
		t := plan.T(plan.Float8)
		if c.T.Kind == plan.Numeric {
			t = plan.NumericType(f.digits, 0)
		}
		return d.castSQL(g, f.write(x), t)
	}
	if c.T.Kind != plan.Numeric {
		return g.unsupported("date_part of %s", name)
	}
	g.needs(connectors.FeatureDateParts, "parts of a second")
	g.needs(connectors.FeatureDecimalScale, "parts of a second")
	n := micros(x)
	if name == "epoch" {
		n = "DATEDIFF_BIG(microsecond, CAST(N'1970-01-01' AS datetime2(6)), " + d.stamp(g, c.Args[1]) + ")"
	}
	return d.castSQL(g, "CAST("+n+" AS decimal(19, 0)) * "+frac.unit, frac.t)
}
