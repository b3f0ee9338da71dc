package sqlgen

import (
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
)

var stampKinds = map[plan.Kind]bool{plan.Date: true, plan.Timestamp: true, plan.TimestampTZ: true}

// stamp writes a date or timestamp as a timestamp, one with time zone in UTC.
func (d tsql) stamp(g *gen, e plan.Expr) string {
	if c, ok := e.(*plan.Cast); ok && stampKinds[c.X.Type().Kind] && c.X.Type().Kind != plan.TimestampTZ && c.To.Kind != plan.Date {
		return d.stamp(g, c.X)
	}
	sql := g.expr(e)
	switch e.Type().Kind {
	case plan.Timestamp:
		return sql
	case plan.TimestampTZ:
		g.needs(connectors.FeatureOffsets, "a timestamp in UTC")
		sql = "SWITCHOFFSET(" + sql + ", N'+00:00')"
	}
	return d.castSQL(g, sql, plan.T(plan.Timestamp))
}

// precise is stamp with room for microseconds, which a column may not have.
func (d tsql) precise(g *gen, e plan.Expr) string {
	sql := d.stamp(g, e)
	if strings.HasSuffix(sql, " AS datetime2(6))") {
		return sql
	}
	return d.castSQL(g, sql, plan.T(plan.Timestamp))
}

// inUTC turns a timestamp of UTC into one with time zone, where the type asks for it.
func (d tsql) inUTC(g *gen, sql string, t plan.Type) string {
	if t.Kind != plan.TimestampTZ {
		return sql
	}
	g.needs(connectors.FeatureOffsets, "a timestamp with time zone")
	return "TODATETIMEOFFSET(" + sql + ", N'+00:00')"
}

func (d tsql) castMoment(g *gen, c *plan.Cast) string {
	sql := d.stamp(g, c.X)
	switch c.To.Kind {
	case plan.Timestamp:
		return sql
	case plan.TimestampTZ:
		return d.inUTC(g, sql, c.To)
	}
	return d.castSQL(g, sql, c.To)
}

// momentOperator writes + and - on dates and timestamps.
func (d tsql) momentOperator(g *gen, c *plan.Call) string {
	l, r := c.Args[0], c.Args[1]
	switch lk, rk := l.Type().Kind, r.Type().Kind; {
	case lk == plan.Date && rk == plan.Int4 && c.Fn == "+":
		d.staysInside(g, l, r)
		return "DATEADD(day, " + g.expr(r) + ", " + g.expr(l) + ")"
	case lk == plan.Date && rk == plan.Int4 && c.Fn == "-":
		d.staysInside(g, l, r)
		return "DATEADD(day, - " + g.operand(r) + ", " + g.expr(l) + ")"
	case lk == plan.Date && rk == plan.Date && c.Fn == "-":
		return "DATEDIFF(day, " + g.expr(r) + ", " + g.expr(l) + ")"
	case stampKinds[lk] && rk == plan.Interval:
		return d.addInterval(g, c)
	}
	return g.unsupported("operator %s on %s and %s", c.Fn, l.Type(), r.Type())
}

// addInterval adds a constant interval in PostgreSQL's order: months, days, time. The time is split so that each number is
// an integer.
func (d tsql) addInterval(g *gen, c *plan.Call) string {
	text, ok := constText(c.Args[1])
	iv, ok2 := parseInterval(text)
	if !ok || !ok2 {
		return g.unsupported("adding an interval that is no plain constant")
	}
	if c.Fn == "-" {
		iv = interval{-iv.months, -iv.days, -iv.micros}
	}
	d.staysInside(g, c.Args[0], nil)
	return d.inUTC(g, d.addTo(g, d.precise(g, c.Args[0]), iv), c.T)
}

// maxShift bounds, in days, what is added to a constant that lies as many days away from both ends of the calendar.
const maxShift = 36500

// staysInside reports a sum that may leave the years 1 to 9999, where SQL Server fails and PostgreSQL does not: that of a
// column, which often holds the first or the last day there is. A parameter is trusted not to.
func (d tsql) staysInside(g *gen, x, days plan.Expr) {
	for {
		c, ok := x.(*plan.Cast)
		if !ok {
			break
		}
		x = c.X
	}
	n := 0
	if days != nil {
		c, ok := days.(*plan.Const)
		if !ok || c.Null {
			g.unsupported("adding a computed number of days")
			return
		}
		n, _ = strconv.Atoi(c.Text)
	}
	switch x := x.(type) {
	case *plan.Param:
		return
	case *plan.Const:
		if len(x.Text) > 4 && x.Text[4] == '-' && x.Text >= "0110" && x.Text < "9890" && n <= maxShift && n >= -maxShift {
			return
		}
	}
	g.unsupported("adding to a %s that may leave the years 1 to 9999", x.Type())
}

func (d tsql) addTo(g *gen, sql string, iv interval) string {
	const perSecond, perHour = int64(1e6), int64(3600e6)
	if iv.micros%perSecond != 0 {
		g.needs(connectors.FeatureDateParts, "adding parts of a second")
	}
	for _, part := range []struct {
		name string
		n    int64
	}{{"month", iv.months}, {"day", iv.days}, {"hour", iv.micros / perHour}, {"second", iv.micros % perHour / perSecond}, {"microsecond", iv.micros % perSecond}} {
		if part.n > maxShift*24 || part.n < -maxShift*24 || part.name == "month" && (part.n > maxShift/31 || part.n < -maxShift/31) {
			return g.unsupported("adding so long an interval")
		}
		if part.n != 0 {
			sql = "DATEADD(" + part.name + ", " + itoa(int(part.n)) + ", " + sql + ")"
		}
	}
	return sql
}

// zone writes AT TIME ZONE of UTC and of constant offsets; the server's zones bear other names and know other rules.
func (d tsql) zone(g *gen, c *plan.Call) string {
	name, _ := constText(c.Args[0])
	iv, ok := interval{}, strings.EqualFold(name, "UTC")
	if !ok {
		iv, ok = parseInterval(name)
		ok = ok && c.Args[0].Type().Kind == plan.Interval && iv.months == 0 && iv.days == 0
	}
	if !ok || !stampKinds[c.Args[1].Type().Kind] {
		return g.unsupported("AT TIME ZONE of other zones than UTC")
	}
	if iv != (interval{}) {
		d.staysInside(g, c.Args[1], nil)
	}
	if iv.micros != 0 {
		d.staysInside(g, c.Args[1], nil)
	}
	if c.T.Kind == plan.TimestampTZ { // from the zone's time to UTC
		iv.micros = -iv.micros
	}
	return d.inUTC(g, d.addTo(g, d.precise(g, c.Args[1]), iv), c.T)
}

// makeDate leaves years that SQL Server has not to others.
func (d tsql) makeDate(g *gen, args []plan.Expr) string {
	if year, ok := intConst(args[0]); !ok || year < 1 || year > 9999 {
		return g.unsupported("make_date of a computed year, or one beyond 9999")
	}
	return "DATEFROMPARTS(" + g.list(args) + ")"
}

// firstMonday is the day from which weeks are counted; it does not depend on what the session calls the first day of the week.
const firstMonday = "CAST(N'0001-01-01' AS date)"

// weekday is 0 on Mondays.
func weekday(x string) string { return "DATEDIFF(day, " + firstMonday + ", " + x + ") % 7" }

// truncate writes date_trunc of a constant field.
func (d tsql) truncate(g *gen, c *plan.Call) string {
	field, ok := constText(c.Args[0])
	if !ok || !stampKinds[c.T.Kind] {
		return g.unsupported("date_trunc of a computed field or of an interval")
	}
	x := d.precise(g, c.Args[1])
	day := d.castSQL(g, d.castSQL(g, x, plan.T(plan.Date)), plan.T(plan.Timestamp))
	hour, year := "DATEPART(hour, "+x+")", "YEAR("+x+")"
	first := func(year, month string) string {
		return d.castSQL(g, "DATEFROMPARTS("+year+", "+month+", 1)", plan.T(plan.Timestamp))
	}
	sql := ""
	switch strings.ToLower(field) {
	case "microseconds":
		sql = x
	case "milliseconds":
		g.needs(connectors.FeatureDateParts, "parts of a second")
		sql = "DATEADD(microsecond, - (DATEPART(microsecond, " + x + ") % 1000), " + x + ")"
	case "second":
		sql = "DATEADD(second, " + hour + " * 3600 + DATEPART(minute, " + x + ") * 60 + DATEPART(second, " + x + "), " + day + ")"
	case "minute":
		sql = "DATEADD(minute, " + hour + " * 60 + DATEPART(minute, " + x + "), " + day + ")"
	case "hour":
		sql = "DATEADD(hour, " + hour + ", " + day + ")"
	case "day":
		sql = day
	case "week":
		sql = "DATEADD(day, - (" + weekday(x) + "), " + day + ")"
	case "month":
		sql = first(year, "MONTH("+x+")")
	case "quarter":
		sql = first(year, "(MONTH("+x+") - 1) / 3 * 3 + 1")
	case "year":
		sql = first(year, "1")
	case "century":
		sql = first("("+year+" - 1) / 100 * 100 + 1", "1")
	case "millennium":
		sql = first("("+year+" - 1) / 1000 * 1000 + 1", "1")
	default:
		return g.unsupported("date_trunc of %s", field)
	}
	return d.inUTC(g, sql, c.T)
}
