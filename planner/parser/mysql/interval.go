package mysql

import (
	"strconv"
	"strings"

	"github.com/xwb1989/sqlparser"

	"github.com/atoll-sql/atoll/planner/ast"
)

// unit is a unit of INTERVAL.
type unit struct {
	name   string // PostgreSQL's word
	times  int    // how many of those it is
	ofDay  bool   // less than a day: a date becomes a timestamp
	broken bool   // fractions of it count; of the others they are rounded
}

var units = map[string]unit{
	"microsecond": {"microseconds", 1, true, false},
	"second":      {"second", 1, true, true},
	"minute":      {"minute", 1, true, false},
	"hour":        {"hour", 1, true, false},
	"day":         {"day", 1, false, false},
	"week":        {"day", 7, false, false},
	"month":       {"month", 1, false, false},
	"quarter":     {"month", 3, false, false},
	"year":        {"year", 1, false, false},
}

// span is an interval in the tree, and what to know of it.
type span struct {
	x     ast.Expr
	ofDay bool
}

// intervalParts converts INTERVAL n unit and returns n and the unit's token.
func (c *converter) intervalParts(e *sqlparser.IntervalExpr) (ast.Expr, *token) {
	c.find("interval")
	x := c.expr(e.Expr)
	return x, c.leaf(e.Unit)
}

func (c *converter) interval(e *sqlparser.IntervalExpr) span {
	x, t := c.intervalParts(e)
	u, ok := units[t.name()]
	if !ok {
		c.fail(named(t.pos, "INTERVAL … "+strings.ToUpper(t.text), "the units are MICROSECOND, SECOND, MINUTE, HOUR, DAY, WEEK, MONTH, QUARTER and YEAR"))
		return span{}
	}
	return c.spanOf(x, u)
}

// spanOf makes n units: an interval literal of an integer literal, else n times the interval of one.
func (c *converter) spanOf(x ast.Expr, u unit) span {
	if x == nil {
		return span{ofDay: u.ofDay}
	}
	pos := posOf(x)
	if lit, ok := x.(*ast.Literal); ok {
		digits := strings.TrimSpace(lit.Text)
		if n, err := strconv.Atoi(digits); err == nil && n > -maxUnits && n < maxUnits {
			return span{intervalLiteral(pos, strconv.Itoa(n*u.times)+" "+u.name), u.ofDay}
		}
		if lit.Kind == ast.LitString && !(u.broken && isDecimal(digits)) {
			c.fail(named(int(pos), "INTERVAL '"+lit.Text+"'", "write an integer before the unit"))
		}
		if lit.Kind == ast.LitString {
			x = &ast.Literal{Pos: pos, Kind: ast.LitNumeric, Text: digits}
		}
	}
	if !u.broken {
		x = cast(x, "bigint")
	}
	return span{&ast.Binary{Pos: pos, Op: "*", L: x, R: intervalLiteral(pos, strconv.Itoa(u.times)+" "+u.name)}, u.ofDay}
}

// maxUnits bounds the numbers that are written into an interval's text; every 32-bit number of weeks is below it.
const maxUnits = 1 << 32

func intervalLiteral(pos ast.Pos, text string) ast.Expr {
	return cast(&ast.Literal{Pos: pos, Kind: ast.LitString, Text: text}, "interval")
}

// isDecimal: digits with at most one point among them, and perhaps a minus before them.
func isDecimal(s string) bool {
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(s, "-"), ".")
	return whole != "" && strings.Trim(whole+fraction, "0123456789") == ""
}

// shift adds an interval to a date or timestamp, or subtracts it. A date known as such stays a date unless the interval is
// one of hours or less; of a column the type is not known here, and PostgreSQL's sum is a timestamp.
func (c *converter) shift(pos ast.Pos, op string, x ast.Expr, by span) ast.Expr {
	if x == nil || by.x == nil {
		return nil
	}
	x = temporal(x)
	out := &ast.Binary{Pos: pos, Op: op, L: x, R: by.x}
	if !by.ofDay && isDate(x) {
		return cast(out, "date")
	}
	return out
}

// temporal gives a string literal or parameter that stands for a date, a time or a timestamp its type.
func temporal(x ast.Expr) ast.Expr {
	switch lit := x.(type) {
	case *ast.Param:
		return cast(x, "timestamp")
	case *ast.Literal:
		switch {
		case lit.Kind != ast.LitString:
		case strings.Contains(lit.Text, ":") && !strings.Contains(lit.Text, "-"):
			return cast(x, "time")
		case strings.ContainsAny(strings.TrimSpace(lit.Text), " T:"):
			return cast(x, "timestamp")
		default:
			return cast(x, "date")
		}
	}
	return x
}

// isDate says whether an expression is by its form a date.
func isDate(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.Cast:
		return x.Type.Name == "date"
	case *ast.FuncCall:
		return x.Name == "current_date"
	}
	return false
}
