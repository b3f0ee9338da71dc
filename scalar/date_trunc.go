package scalar

import (
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

var errUnitUnsupported = fail("0A000", "unit not supported for this type")

// truncFunctions lists date_trunc.
func truncFunctions() []Function {
	return []Function{
		fn2("pg_date_trunc", kText, kTs, kTs, truncStamp),
		fn2("pg_date_trunc", kText, kTz, kTz, truncStamp),
		fn2("pg_date_trunc", kText, kIv, kIv, truncInterval),
	}
}

// truncClock cuts microseconds at a unit of time; ok is false for units of a day and more.
func truncClock(u unit, us int64) (cut int64, ok bool) {
	size, ok := unitTime[u]
	if !ok {
		return 0, false
	}
	return us - us%size, true
}

func truncStamp(field string, t arrow.Timestamp) (arrow.Timestamp, error) {
	u := unitOf(strings.ToLower(field))
	switch {
	case infiniteStamp(t): // whatever the unit
		return t, nil
	case u == uNone:
		return 0, errParameter
	}
	days, us := splitStamp(t)
	if cut, ok := truncClock(u, us); ok {
		return makeStamp(days, cut)
	}
	c := civilOf(days)
	switch u {
	case uDay:
	case uWeek:
		return makeStamp(days-floorMod(days+3, 7), 0)
	case uMonth:
		c.day = 1
	case uQuarter:
		c.month, c.day = (c.month-1)/3*3+1, 1
	case uYear:
		c.month, c.day = 1, 1
	case uDecade:
		c = civil{floorDiv64(c.year, 10) * 10, 1, 1}
	case uCentury, uMillennium:
		n := unitYears[u]
		c = civil{floorDiv64(c.year-1, n)*n + 1, 1, 1}
	default:
		return 0, errUnitUnsupported
	}
	return makeStamp(c.days(), 0)
}

func truncInterval(field string, v iv) (iv, error) {
	u := unitOf(strings.ToLower(field))
	if u == uNone {
		return iv{}, errParameter
	}
	s := spanOf(v)
	if cut, ok := truncClock(u, s.us); ok {
		s.us = cut
		return s.interval()
	}
	years, months := s.months/12, s.months%12
	switch u {
	case uDay:
		return span{s.months, s.days, 0}.interval()
	case uMonth:
	case uQuarter:
		months -= months % 3
	case uYear, uDecade, uCentury, uMillennium:
		years, months = years-years%unitYears[u], 0
	default:
		return iv{}, errUnitUnsupported
	}
	return span{months: years*12 + months}.interval()
}
