package scalar

import (
	"github.com/apache/arrow/go/v17/arrow"
)

type iv = arrow.MonthDayNanoInterval

// dateFunctions lists arithmetic of dates and timestamps.
func dateFunctions() []Function {
	fs := []Function{
		fn2("pg_timestamp_add", kTs, kIv, kTs, stampAdd), fn2("pg_timestamp_add", kTz, kIv, kTz, stampAdd),
		fn2("pg_timestamp_add", kDate, kIv, kTs, func(d arrow.Date32, v iv) (arrow.Timestamp, error) {
			t, err := dateToStamp(d)
			if err != nil {
				return 0, err
			}
			return stampAdd(t, v)
		}),
		fn2("pg_timestamp_sub", kTs, kTs, kIv, stampSub), fn2("pg_timestamp_sub", kTz, kTz, kIv, stampSub),
		fn2("pg_age", kTs, kTs, kIv, age), fn2("pg_age", kTz, kTz, kIv, age),
		fn2("pg_date_add", kDate, kInt4, kDate, dateAdd),
		fn2("pg_date_sub", kDate, kDate, kInt4, func(a, b arrow.Date32) (int32, error) {
			if infiniteDate(a) || infiniteDate(b) {
				return 0, errDateRange
			}
			return int32(a - b), nil
		}),
		fn3("pg_make_date", kInt4, kInt4, kInt4, kDate, makeDate),
		fn1("pg_date_to_timestamp", kDate, kTs, dateToStamp), fn1("pg_date_to_timestamptz", kDate, kTz, dateToStamp),
		fn1("pg_timestamp_to_date", kTs, kDate, stampToDate), fn1("pg_timestamp_to_date", kTz, kDate, stampToDate),
		fn2("pg_time_add", kTime, kIv, kTime, func(t arrow.Time64, v iv) (arrow.Time64, error) {
			return arrow.Time64(floorMod(int64(t)+spanOf(v).us%usPerDay, usPerDay)), nil
		}),
		fn2("pg_time_sub", kTime, kTime, kIv, func(a, b arrow.Time64) (iv, error) { return span{us: int64(a - b)}.interval() }),
	}
	return append(fs, intervalFunctions()...)
}

// stampAdd adds months, the day clamped to the month's end, then days, then time.
func stampAdd(t arrow.Timestamp, v iv) (arrow.Timestamp, error) {
	if infiniteStamp(t) {
		return t, nil
	}
	s := spanOf(v)
	days, us := splitStamp(t)
	if s.months != 0 {
		c := civilOf(days)
		m := c.year*12 + c.month - 1 + s.months
		c.year, c.month = floorDiv64(m, 12), floorMod(m, 12)+1
		c.day = min(c.day, monthDays(c.year, c.month))
		days = c.days()
		if _, err := makeStamp(days, us); err != nil {
			return 0, err
		}
	}
	days += s.days
	if _, err := makeStamp(days, us); err != nil {
		return 0, err
	}
	return makeStamp(days, us+s.us)
}

// stampSub gives whole days and the time that is left, both of the same sign.
func stampSub(a, b arrow.Timestamp) (iv, error) {
	if infiniteStamp(a) || infiniteStamp(b) {
		return iv{}, errDateRange
	}
	da, ua := splitStamp(a)
	db, ub := splitStamp(b)
	days, us := da-db, ua-ub
	switch {
	case days > 0 && us < 0:
		days, us = days-1, us+usPerDay
	case days < 0 && us > 0:
		days, us = days+1, us-usPerDay
	}
	return span{days: days, us: us}.interval()
}

// age subtracts field by field, so that the result is in years, months, days and time.
func age(a, b arrow.Timestamp) (iv, error) {
	if infiniteStamp(a) || infiniteStamp(b) {
		return iv{}, errDateRange
	}
	if a < b {
		// The days of a month borrowed are those of the earlier month, either way.
		v, err := age(b, a)
		return iv{Months: -v.Months, Days: -v.Days, Nanoseconds: -v.Nanoseconds}, err
	}
	da, ua := splitStamp(a)
	db, ub := splitStamp(b)
	ca, cb := civilOf(da), civilOf(db)
	s := span{months: (ca.year-cb.year)*12 + ca.month - cb.month, days: ca.day - cb.day, us: ua - ub}
	if s.us < 0 {
		s.us, s.days = s.us+usPerDay, s.days-1
	}
	for s.days < 0 {
		s.days, s.months = s.days+monthDays(cb.year, cb.month), s.months-1
	}
	return s.interval()
}

func dateAdd(d arrow.Date32, n int32) (arrow.Date32, error) {
	if infiniteDate(d) {
		return d, nil
	}
	return checkDate(int64(d) + int64(n))
}

// makeDate takes a negative year as BC; there is no year 0.
func makeDate(year, month, day int32) (arrow.Date32, error) {
	c := civil{int64(year), int64(month), int64(day)}
	if year < 0 {
		c.year++
	}
	if year == 0 || !c.valid() {
		return 0, errDateRange
	}
	return checkDate(c.days())
}

func stampToDate(t arrow.Timestamp) (arrow.Date32, error) {
	switch t {
	case stampInfinity:
		return dateInfinity, nil
	case stampMinusInfinity:
		return dateMinusInfinity, nil
	}
	days, _ := splitStamp(t)
	return checkDate(days)
}
