package sqlgen

import (
	"strconv"
	"strings"
	"time"

	"github.com/atoll-sql/atoll/planner/plan"
)

// constant writes a literal with its type.
func (d tsql) constant(g *gen, c *plan.Const) string {
	t := c.T
	switch {
	case c.Null && t.Wide():
		return d.castSQL(g, "NULL", plan.NumericType(1, 0))
	case c.Null:
		return d.castSQL(g, "NULL", t)
	case t.Kind == plan.Text || t.Kind == plan.Unknown:
		return nationalLiteral(c.Text)
	case t.Kind == plan.Bool && c.Text == "true":
		return d.castSQL(g, "1", t)
	case t.Kind == plan.Bool:
		return d.castSQL(g, "0", t)
	case t.Kind == plan.Int4 && !strings.HasPrefix(c.Text, "-"):
		return c.Text
	case t.IsInteger():
		return d.castSQL(g, c.Text, t)
	case t.Kind == plan.Numeric:
		return d.decimalConst(g, c)
	case t.IsFloat():
		return d.floatConst(g, c)
	case t.Kind == plan.Bytea:
		if hex, ok := strings.CutPrefix(c.Text, `\x`); ok && strings.Trim(hex, "0123456789abcdefABCDEF") == "" && len(hex)%2 == 0 {
			return "0x" + hex
		}
	case t.Kind == plan.UUID:
		if len(c.Text) == 36 && strings.Trim(c.Text, "0123456789abcdefABCDEF-") == "" {
			return d.castSQL(g, quoteNational(c.Text), t)
		}
	default:
		if s, ok := momentText(c.Text, t.Kind); ok {
			return d.castSQL(g, quoteNational(s), t)
		}
	}
	return g.unsupported("this constant of type %s", t)
}

func quoteNational(s string) string { return "N" + quoteLiteral(s) }

func (d tsql) decimalConst(g *gen, c *plan.Const) string {
	digits, ok := digitsOf(c)
	if !ok {
		return g.unsupported("a numeric constant of more than %d digits", plan.MaxNarrow)
	}
	if !c.T.Wide() {
		digits = c.T
	}
	text := c.Text
	if sign, rest, ok := strings.Cut(text, "."); ok && strings.Trim(sign, "-") == "" {
		text = sign + "0." + rest
	}
	return d.castSQL(g, text, digits)
}

// A float of at most exactDigits digits and a power of ten up to exactPower is one division or multiplication of two exact
// floats, which every reader rounds alike.
const (
	exactDigits = 15
	exactPower  = 22
)

func (d tsql) floatConst(g *gen, c *plan.Const) string {
	v, err := strconv.ParseFloat(c.Text, 64)
	text := strconv.FormatFloat(v, 'E', -1, 64)
	mantissa, power, ok := strings.Cut(text, "E")
	p, perr := strconv.Atoi(power)
	digits := strings.Trim(strings.Replace(mantissa, ".", "", 1), "-")
	p -= len(digits) - 1
	if single, serr := strconv.ParseFloat(c.Text, 32); c.T.Kind == plan.Float4 && (serr != nil || float32(single) != float32(v)) {
		ok = false
	}
	if err != nil || perr != nil || !ok || len(digits) > exactDigits || p > exactPower || p < -exactPower {
		return g.unsupported("the floating-point constant %s", c.Text)
	}
	return d.castSQL(g, text, c.T)
}

// momentLayouts are the forms in which a literal of the plan holds a date, a time of day or a timestamp.
var momentLayouts = map[plan.Kind][]string{
	plan.Date:      {"2006-01-02"},
	plan.Time:      {"15:04:05.999999", "15:04"},
	plan.Timestamp: {"2006-01-02 15:04:05.999999", "2006-01-02 15:04", "2006-01-02T15:04:05.999999", "2006-01-02"},
	plan.TimestampTZ: {"2006-01-02 15:04:05.999999Z07", "2006-01-02 15:04:05.999999Z07:00", "2006-01-02 15:04:05.999999", "2006-01-02T15:04:05.999999Z07:00",
		"2006-01-02"},
}

// momentText puts a literal into ISO 8601 form, a moment with time zone into UTC. There are no infinities and no years but
// 1 to 9999 in T-SQL.
func momentText(s string, k plan.Kind) (string, bool) {
	for _, layout := range momentLayouts[k] {
		at, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		if at = at.UTC(); k != plan.Time && (at.Year() < 1 || at.Year() > 9999) {
			return "", false
		}
		switch k {
		case plan.Date:
			return at.Format(time.DateOnly), true
		case plan.Time:
			return at.Format("15:04:05.999999"), true
		case plan.TimestampTZ:
			return at.Format("2006-01-02 15:04:05.999999") + " +00:00", true
		}
		return at.Format("2006-01-02 15:04:05.999999"), true
	}
	return "", false
}
