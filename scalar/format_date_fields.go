package scalar

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"
)

// finish makes a moment of the fields: which of them count is PostgreSQL's choice.
func (r *dateReader) finish() error {
	v := &r.v
	r.hour, r.min, r.sec = v.ssss/3600, v.ssss/60%60, v.ssss%60
	for _, f := range []struct{ to, from *int64 }{{&r.sec, &v.ss}, {&r.min, &v.mi}, {&r.hour, &v.hh}} {
		if *f.from != 0 {
			*f.to = *f.from
		}
	}
	if v.halfDays {
		switch {
		case r.hour < 1 || r.hour > 12:
			return errHalfDayHour
		case v.pm != 0 && r.hour < 12:
			r.hour += 12
		case v.pm == 0 && r.hour == 12:
			r.hour = 0
		}
	}
	hasYear := r.takeYear()
	if err := r.takeDay(hasYear); err != nil {
		return err
	}
	r.us = v.ms*1000 + v.us
	if r.hour < 0 || r.hour > 23 || r.min < 0 || r.min > 59 || r.sec < 0 || r.sec > 59 || r.us < 0 || r.us >= usPerSecond {
		return errDateRange
	}
	if v.tzsign != 0 {
		if v.tzh < 0 || v.tzh > 15 || v.tzm < 0 || v.tzm > 59 {
			return errZoneRange
		}
		r.zone = v.tzsign * (v.tzh*usPerHour + v.tzm*usPerMinute)
	}
	return nil
}

// takeYear puts year and century together; centuries begin with the years that end in 01.
func (r *dateReader) takeYear() bool {
	v := &r.v
	if v.cc != 0 && v.bc != 0 && (v.year == 0 || v.yearSize <= 2) {
		v.cc = -v.cc
	}
	switch {
	case v.year != 0 && v.cc != 0 && v.yearSize <= 2:
		y := v.year % 100
		switch {
		case y != 0 && v.cc >= 0:
			y += (v.cc - 1) * 100
		case y != 0:
			y = (v.cc+1)*100 - y + 1
		case v.cc >= 0:
			y = v.cc * 100
		default:
			y = v.cc*100 + 1
		}
		r.date.year = y
	case v.year != 0:
		r.date.year = v.year
		if v.bc != 0 {
			r.date.year = -r.date.year
		}
		if r.date.year < 0 {
			r.date.year++
		}
	case v.cc > 0:
		r.date.year = (v.cc-1)*100 + 1
	case v.cc < 0:
		r.date.year = v.cc*100 + 1
	default:
		return false
	}
	return true
}

// takeDay finds the day by its Julian number, its week, its number in the year, or its month.
func (r *dateReader) takeDay(hasYear bool) error {
	v := &r.v
	hasMonth, hasDay := false, false
	whole := func(days int64) {
		r.date, hasYear, hasMonth, hasDay = civilOf(days), true, true, true
	}
	if v.j != 0 {
		whole(v.j - julianUnixEpoch)
	}
	if v.ww != 0 && v.iso {
		days := firstIsoDay(r.date.year) + (v.ww-1)*7
		switch {
		case v.d > 1:
			days += v.d - 2
		case v.d != 0:
			days += 6
		}
		whole(days)
	} else if v.ww != 0 {
		v.ddd = (v.ww-1)*7 + 1
	}
	if v.w != 0 {
		v.dd = (v.w-1)*7 + 1
	}
	if v.dd != 0 {
		r.date.day, hasDay = v.dd, true
	}
	if v.mm != 0 {
		r.date.month, hasMonth = v.mm, true
	}
	if v.ddd != 0 && (r.date.month <= 1 || r.date.day <= 1) {
		if r.date.year == 0 && v.bc == 0 {
			return errDateOfYear
		}
		if v.iso {
			whole(firstIsoDay(r.date.year) + v.ddd - 1)
		} else {
			r.dayOfYear()
			hasMonth, hasDay = true, true
		}
	}
	c := r.date
	switch {
	case hasMonth && (c.month < 1 || c.month > 12), hasDay && (c.day < 1 || c.day > 31), hasYear && hasMonth && hasDay && !c.valid(),
		c.year > math.MaxInt32/2 || c.year < math.MinInt32/2:
		return errDateRange
	}
	return nil
}

// dayOfYear sets the month and the day that were not given from the number of the day.
func (r *dateReader) dayOfYear() {
	month, before := int64(1), int64(0)
	for ; month <= 12; month++ {
		n := monthDays(r.date.year, month)
		if r.v.ddd <= before+n {
			break
		}
		before += n
	}
	if r.date.month <= 1 {
		r.date.month = month
	}
	if r.date.day <= 1 {
		r.date.day = r.v.ddd - before
	}
}

// firstIsoDay is the Monday with which an ISO year begins.
func firstIsoDay(year int64) int64 {
	fourth := civil{year, 1, 4}.days()
	return fourth - floorMod(weekday(fourth)+6, 7)
}

// rounded rounds a moment to the digits of FF1 to FF6, away from the year 2000 as PostgreSQL does.
func (r *dateReader) rounded(t arrow.Timestamp, err error) (arrow.Timestamp, error) {
	if err != nil || r.v.ff == 0 {
		return t, err
	}
	const millennium = 10957 * usPerDay
	scale := int64(pow10u[6-r.v.ff])
	us := int64(t) - millennium
	if us >= 0 {
		us = (us + scale/2) / scale * scale
	} else {
		us = -((-us + scale/2) / scale * scale)
	}
	days, clock := splitStamp(arrow.Timestamp(us + millennium))
	return makeStamp(days, clock)
}
