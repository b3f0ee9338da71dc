package engine

import (
	"math/big"
	"slices"
	"time"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// Weeks begin on Sunday, as with SET DATEFIRST 7 of us_english; DATEDIFF's do whatever DATEFIRST says.

var dateFunctions = map[string]function{
	"DATEADD":      {2, 2, dateaddType, evalDateadd, false},
	"DATEDIFF":     {2, 2, datediffType(Int), evalDatediff, false},
	"DATEDIFF_BIG": {2, 2, datediffType(BigInt), evalDatediff, false},
	"DATEPART":     {1, 1, datepartType, evalDatepart, false},
	"DATENAME":     {1, 1, datenameType, evalDatename, false},
	"YEAR":         {1, 1, datepartType, evalDatepart, false},
	"MONTH":        {1, 1, datepartType, evalDatepart, false},
	"DAY":          {1, 1, datepartType, evalDatepart, false},
	"EOMONTH":      {1, 2, eomonthType, evalEomonth, true},
	"DATETRUNC":    {1, 1, datetruncType, evalDatetrunc, false},
}

var (
	dateParts = []string{"year", "quarter", "month", "dayofyear", "day", "week", "weekday"}
	timeParts = []string{"hour", "minute", "second", "millisecond", "microsecond", "nanosecond"}
)

// partOf is the part a call names.
func partOf(call *tsql.Call) string {
	switch call.Name {
	case "YEAR", "MONTH", "DAY":
		return lowerASCII(call.Name)
	}
	return call.Part
}

// partFits is error 155 for a part that does not exist and 9810 for one that the type does not have.
func partFits(call *tsql.Call, t Type, withZone bool) *Error {
	part := partOf(call)
	isDate := slices.Contains(dateParts, part) || part == "iso_week"
	isTime := slices.Contains(timeParts, part)
	switch {
	case !isDate && !isTime && part != "tzoffset":
		return valueError(155, "'%s' is not a recognized %s option.", part, lowerASCII(call.Name))
	case isDate && t.Kind != Time, isTime && t.Kind != Date:
		return nil
	case part == "tzoffset" && withZone && (t.Kind == DateTimeOffset || t.Kind == DateTime2 || isText(t.Kind)):
		return nil
	}
	return unsupportedPart(call, t)
}

func unsupportedPart(call *tsql.Call, t Type) *Error {
	return valueError(9810, "The datepart %s is not supported by date function %s for data type %s.",
		partOf(call), lowerASCII(call.Name), TypeName(t))
}

// dateArgument is the type a date argument is taken as: text as given, what else is no date as datetime.
func dateArgument(call *tsql.Call, t, text Type, i int) (Type, *Error) {
	switch {
	case isTemporal(t.Kind):
		return t, nil
	case isText(t.Kind):
		return text, nil
	case Implicit(t, Type{Kind: DateTime}):
		return Type{Kind: DateTime}, nil
	}
	return t, badArgument(t, i, call.Name)
}

var anyMoment = Type{Kind: DateTimeOffset, Scale: 7}

// date is argument i as a date type; times stand on 1900-01-01.
func (c *invocation) date(i int, text Type) (time.Time, Type, *Error) {
	t, err := dateArgument(c.call, c.types[i], text, i+1)
	if err != nil {
		return time.Time{}, t, err
	}
	v, err := c.to(i, t)
	if err != nil {
		return time.Time{}, t, err
	}
	if d, ok := v.(time.Duration); ok {
		return base1900.Add(d), t, nil
	}
	return v.(time.Time), t, nil
}

func dateaddType(call *tsql.Call, args []Type) (Type, *Error) {
	if !isNumber(args[0].Kind) && !isText(args[0].Kind) {
		return Type{}, badArgument(args[0], 2, call.Name)
	}
	t, err := dateArgument(call, args[1], Type{Kind: DateTime}, 3)
	if err != nil {
		return t, err
	}
	if err := partFits(call, t, false); err != nil {
		return t, err
	}
	part := call.Part
	if part == "iso_week" || isOldTime(t.Kind) && (part == "microsecond" || part == "nanosecond") {
		return t, unsupportedPart(call, t)
	}
	return t, nil
}

func evalDateadd(c *invocation) (Value, *Error) {
	v, err := c.to(0, Type{Kind: Int})
	if err != nil {
		return nil, err
	}
	n := v.(int64)
	t, kind, err := c.date(1, Type{Kind: DateTime})
	if err != nil {
		return nil, err
	}
	out, ok := addPart(t, c.call.Part, n)
	if kind.Kind == Time {
		return truncateTo((clock(out)+day)%day, kind.Scale), nil
	}
	if !ok || out.Year() < 1 || out.Year() > 9999 {
		return nil, addOverflow(kind)
	}
	if kind.Kind != Date && !isOldTime(kind.Kind) {
		return midnightIn(out).Add(truncateTo(clock(out), kind.Scale)), nil
	}
	sum, err := temporalOf(out, kind, kind)
	if err != nil {
		return nil, addOverflow(kind)
	}
	return sum, nil
}

func addOverflow(t Type) *Error {
	return valueError(517, "Adding a value to a '%s' column caused an overflow.", TypeName(t))
}

// midnightIn is midnight in t's own zone.
func midnightIn(t time.Time) time.Time { return t.Add(-clock(t)) }

var partUnits = map[string]time.Duration{
	"week": 7 * day, "weekday": day, "dayofyear": day, "day": day, "hour": time.Hour, "minute": time.Minute, "second": time.Second,
	"millisecond": time.Millisecond, "microsecond": time.Microsecond, "nanosecond": time.Nanosecond,
}

// addPart adds n parts; months end on the last day if they are too short.
func addPart(t time.Time, part string, n int64) (time.Time, bool) {
	months := map[string]int64{"year": 12, "quarter": 3, "month": 1}[part]
	if months > 0 {
		y, m, d := t.Date()
		total := int64(y)*12 + int64(m) - 1 + n*months
		if total < 12 || total >= 12*10000 {
			return t, false
		}
		begin := time.Date(int(total/12), time.Month(total%12+1), 1, 0, 0, 0, 0, t.Location())
		last := begin.AddDate(0, 1, -1).Day()
		return begin.AddDate(0, 0, min(d, last)-1).Add(clock(t)), true
	}
	unit := partUnits[part]
	if part == "nanosecond" {
		n = (n + 50) / 100 * 100 // whole units of 100 ns
	}
	if unit >= day {
		days := n * int64(unit/day)
		if days > 4_000_000 || days < -4_000_000 {
			return t, false
		}
		return t.AddDate(0, 0, int(days)), true
	}
	perDay := int64(day / unit)
	if n/perDay > 4_000_000 || n/perDay < -4_000_000 {
		return t, false
	}
	return t.AddDate(0, 0, int(n/perDay)).Add(time.Duration(n%perDay) * unit), true
}

func datediffType(kind Kind) func(*tsql.Call, []Type) (Type, *Error) {
	return func(call *tsql.Call, args []Type) (Type, *Error) {
		for i, arg := range args {
			if _, err := dateArgument(call, arg, anyMoment, i+2); err != nil {
				return Type{}, err
			}
		}
		if call.Part == "iso_week" || call.Part == "tzoffset" {
			return Type{}, unsupportedPart(call, args[0])
		}
		return Type{Kind: kind}, partFits(call, anyMoment, false)
	}
}

// evalDatediff counts the boundaries between two moments, in UTC where they have offsets.
func evalDatediff(c *invocation) (Value, *Error) {
	a, _, err := c.date(0, anyMoment)
	if err != nil {
		return nil, err
	}
	b, _, err := c.date(1, anyMoment)
	if err != nil {
		return nil, err
	}
	n := new(big.Int).Sub(boundary(b.UTC(), c.call.Part), boundary(a.UTC(), c.call.Part))
	if !n.IsInt64() || n.Int64() < minOf[c.result.Kind] || n.Int64() > maxOf[c.result.Kind] {
		return nil, valueError(535, "The %s function resulted in an overflow. The number of dateparts separating two date/time instances is "+
			"too large. Try to use %s with a less precise datepart.", lowerASCII(c.call.Name), lowerASCII(c.call.Name))
	}
	return n.Int64(), nil
}

// boundary numbers the part that a moment lies in.
func boundary(t time.Time, part string) *big.Int {
	y, m, _ := t.Date()
	days := daysBetween(dayOne, midnight(t))
	switch part {
	case "year":
		return big.NewInt(int64(y))
	case "quarter":
		return big.NewInt(int64(y)*4 + int64(m-1)/3)
	case "month":
		return big.NewInt(int64(y)*12 + int64(m))
	case "week":
		return big.NewInt((days + 1) / 7) // 0001-01-01 was a Monday; weeks begin on Sunday
	case "day", "dayofyear", "weekday":
		return big.NewInt(days)
	}
	unit := partUnits[part]
	n := new(big.Int).Mul(big.NewInt(days), big.NewInt(int64(day/unit)))
	return n.Add(n, big.NewInt(int64(clock(t)/unit)))
}

func eomonthType(call *tsql.Call, args []Type) (Type, *Error) {
	if !Implicit(args[0], Type{Kind: Date}) {
		return Type{}, badArgument(args[0], 1, call.Name)
	}
	if len(args) == 2 && !Implicit(args[1], Type{Kind: Int}) {
		return Type{}, badArgument(args[1], 2, call.Name)
	}
	return Type{Kind: Date}, nil
}

// evalEomonth is the last day of the month, some months on; a NULL number of months is none.
func evalEomonth(c *invocation) (Value, *Error) {
	if c.args[0] == nil {
		return nil, nil
	}
	v, err := c.to(0, c.result)
	if err != nil {
		return nil, err
	}
	n := int64(1)
	if len(c.args) == 2 && c.args[1] != nil {
		months, err := c.integer(1)
		if err != nil {
			return nil, err
		}
		n += months
	}
	t := v.(time.Time)
	begin := t.AddDate(0, 0, 1-t.Day())
	last, ok := addPart(begin, "month", n-1)
	if !ok {
		return nil, addOverflow(c.result)
	}
	return last.AddDate(0, 1, -1), nil
}

func datetruncType(call *tsql.Call, args []Type) (Type, *Error) {
	t, err := dateArgument(call, args[0], Type{Kind: DateTime2, Scale: 7}, 2)
	if err != nil {
		return t, err
	}
	if call.Part == "nanosecond" || call.Part == "weekday" || call.Part == "tzoffset" {
		return t, unsupportedPart(call, t)
	}
	digits := map[string]int{"millisecond": 3, "microsecond": 6}[call.Part]
	if digits > fractionDigits(t) {
		return t, unsupportedPart(call, t)
	}
	return t, partFits(call, t, false)
}

func evalDatetrunc(c *invocation) (Value, *Error) {
	t, kind, err := c.date(0, Type{Kind: DateTime2, Scale: 7})
	if err != nil {
		return nil, err
	}
	begin := truncatePart(t, c.call.Part)
	if kind.Kind == Time {
		return clock(begin), nil
	}
	if begin.Year() < 1 {
		return nil, addOverflow(kind)
	}
	if isOldTime(kind.Kind) {
		return temporalOf(begin, kind, kind)
	}
	return begin, nil
}

func truncatePart(t time.Time, part string) time.Time {
	y, m, d := t.Date()
	switch part {
	case "year":
		return time.Date(y, 1, 1, 0, 0, 0, 0, t.Location())
	case "quarter":
		return time.Date(y, (m-1)/3*3+1, 1, 0, 0, 0, 0, t.Location())
	case "month":
		return time.Date(y, m, 1, 0, 0, 0, 0, t.Location())
	case "week":
		return time.Date(y, m, d-int(t.Weekday()), 0, 0, 0, 0, t.Location())
	case "iso_week":
		return time.Date(y, m, d-(int(t.Weekday())+6)%7, 0, 0, 0, 0, t.Location())
	case "day", "dayofyear":
		return midnightIn(t)
	}
	unit := partUnits[part]
	return midnightIn(t).Add(clock(t) / unit * unit)
}
