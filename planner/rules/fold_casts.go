package rules

import (
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/scalar"
)

// computedCast returns the value of a cast of a constant, nil where it is not known here.
func computedCast(e *plan.Cast) (*plan.Const, error) {
	c, ok := e.X.(*plan.Const)
	if !ok || c.Null {
		return nil, nil
	}
	from, to := c.T, e.To
	exact := from.IsInteger() || from.Kind == plan.Numeric
	switch {
	case to.Kind == plan.Text && from.Kind != plan.Text && e.Mod == nil && (exact || typeNames[from.Kind] != ""):
		return &plan.Const{Text: c.Text, T: to}, nil
	case exact && (to.IsInteger() || to.Kind == plan.Numeric):
		return castNumber(c, e)
	case exact && to.IsFloat():
		text, err := scalar.Canonical(typeNames[to.Kind], c.Text)
		if err != nil {
			return nil, err
		}
		return &plan.Const{Text: text, T: to}, nil
	case from.Kind == plan.Date && (to.Kind == plan.Timestamp || to.Kind == plan.TimestampTZ):
		return called("pg_date_to_"+typeNames[to.Kind], []*plan.Const{c}, to)
	case (from.Kind == plan.Timestamp || from.Kind == plan.TimestampTZ) && to.Kind == plan.Date:
		return called("pg_timestamp_to_date", []*plan.Const{c}, to)
	}
	return nil, nil
}

func castNumber(c *plan.Const, e *plan.Cast) (*plan.Const, error) {
	d, err := scalar.ParseDecimal(c.Text)
	if err != nil {
		return nil, nil
	}
	switch {
	case e.To.IsInteger():
		d = d.Round(0)
	case e.Mod != nil:
		if d, err = d.Typmod(e.Mod[0], e.Mod[1]); err != nil {
			return nil, err
		}
	}
	return number(d, e.To)
}

// compared orders two constants of one type; ok is false where their texts do not tell.
func compared(a, b *plan.Const) (sign int, ok bool) {
	if a.T.Kind != b.T.Kind {
		return 0, false
	}
	switch k := a.T.Kind; {
	case a.T.IsInteger() || k == plan.Numeric:
		x, errX := scalar.ParseDecimal(a.Text)
		y, errY := scalar.ParseDecimal(b.Text)
		return x.Cmp(y), errX == nil && errY == nil
	case a.T.IsFloat():
		x, errX := strconv.ParseFloat(a.Text, 64)
		y, errY := strconv.ParseFloat(b.Text, 64)
		if x < y {
			return -1, errX == nil && errY == nil
		}
		if x > y {
			return 1, errX == nil && errY == nil
		}
		return 0, errX == nil && errY == nil && x == y
	case k == plan.Text, k == plan.Bool, k == plan.UUID, k == plan.Bytea, k == plan.Time:
		return strings.Compare(a.Text, b.Text), true
	case k == plan.Date, k == plan.Timestamp, k == plan.TimestampTZ:
		return strings.Compare(a.Text, b.Text), commonEra(a.Text) && commonEra(b.Text)
	}
	return 0, false
}

// commonEra reports a date or moment in the years 1 to 9999, whose texts sort as they do.
func commonEra(s string) bool { return len(s) >= 10 && s[4] == '-' && !strings.HasSuffix(s, "BC") }

// bareDate compares a date with a moment by its day, rather than as a moment: d < '2024-03-01 00:00' is d < '2024-03-01'. So do
// indexes, partitions and shard maps of dates serve it. It returns nil for any other comparison.
func bareDate(e *plan.Call) plan.Expr {
	if len(e.Args) != 2 {
		return nil
	}
	x, at, op := e.Args[0], e.Args[1], e.Fn
	if _, ok := x.(*plan.Const); ok {
		x, at, op = at, x, mirrored[op]
	}
	cast, isCast := x.(*plan.Cast)
	moment, isConst := at.(*plan.Const)
	if !isCast || !isConst || moment.Null || cast.X.Type().Kind != plan.Date || !commonEra(moment.Text) || len(moment.Text) < len("2024-03-01 00:00:00") {
		return nil
	}
	day, clock := moment.Text[:10], strings.TrimSuffix(moment.Text[11:], "+00")
	if clock != "00:00:00" {
		switch op { // the moment is within its day
		case "<", "<=":
			op = "<="
		case ">", ">=":
			op = ">"
		default:
			return nil
		}
	}
	if mirrored[op] == "" {
		return nil
	}
	return &plan.Call{Fn: op, Args: []plan.Expr{cast.X, &plan.Const{Text: day, T: plan.T(plan.Date)}}, T: e.T}
}

// mirrored are the comparisons with their operands exchanged.
var mirrored = map[string]string{"=": "=", "<>": "<>", "<": ">", "<=": ">=", ">": "<", ">=": "<="}
