package engine

import (
	"fmt"
	"strconv"
	"time"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

func datepartType(call *tsql.Call, args []Type) (Type, *Error) {
	t, err := dateArgument(call, args[0], anyMoment, 2)
	if err != nil {
		return t, err
	}
	return Type{Kind: Int}, partFits(call, t, true)
}

func datenameType(call *tsql.Call, args []Type) (Type, *Error) {
	_, err := datepartType(call, args)
	return Type{Kind: NVarchar, Length: 30}, err
}

func evalDatepart(c *invocation) (Value, *Error) {
	t, _, err := c.date(0, anyMoment)
	if err != nil {
		return nil, err
	}
	return datepart(t, partOf(c.call)), nil
}

func datepart(t time.Time, part string) int64 {
	switch part {
	case "year":
		return int64(t.Year())
	case "quarter":
		return int64(t.Month()-1)/3 + 1
	case "month":
		return int64(t.Month())
	case "dayofyear":
		return int64(t.YearDay())
	case "day":
		return int64(t.Day())
	case "week":
		first := time.Date(t.Year(), 1, 1, 0, 0, 0, 0, time.UTC).Weekday()
		return int64(t.YearDay()-1+int(first))/7 + 1
	case "weekday":
		return int64(t.Weekday()) + 1
	case "iso_week":
		_, week := t.ISOWeek()
		return int64(week)
	case "tzoffset":
		_, seconds := t.Zone()
		return int64(seconds / 60)
	case "hour":
		return int64(t.Hour())
	case "minute":
		return int64(t.Minute())
	case "second":
		return int64(t.Second())
	}
	return int64(t.Nanosecond()) / int64(partUnits[part])
}

// evalDatename writes months and days of the week in English, all else as numbers.
func evalDatename(c *invocation) (Value, *Error) {
	t, _, err := c.date(0, anyMoment)
	if err != nil {
		return nil, err
	}
	switch n := datepart(t, c.call.Part); c.call.Part {
	case "month":
		return NewString16(t.Month().String()), nil
	case "weekday":
		return NewString16(t.Weekday().String()), nil
	case "tzoffset":
		return NewString16(fmt.Sprintf("%+03d:%02d", n/60, max(n%60, -(n%60)))), nil
	default:
		return NewString16(strconv.FormatInt(n, 10)), nil
	}
}
