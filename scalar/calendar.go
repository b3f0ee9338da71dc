package scalar

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"
)

const (
	usPerSecond = 1_000_000
	usPerMinute = 60 * usPerSecond
	usPerHour   = 60 * usPerMinute
	usPerDay    = 24 * usPerHour

	julianUnixEpoch = 2440588 // Julian day number of 1970-01-01

	// PostgreSQL's range of dates, in days since 1970: 4714-11-24 BC to 5874897-12-31.
	minDate, maxDate = -julianUnixEpoch, 2145042905

	dateInfinity, dateMinusInfinity   = math.MaxInt32, math.MinInt32
	stampInfinity, stampMinusInfinity = math.MaxInt64, math.MinInt64
)

// civil is a day of the proleptic Gregorian calendar. Year 0 is 1 BC.
type civil struct{ year, month, day int64 }

// days counts days since 1970-01-01, by eras of 400 years starting in March.
func (c civil) days() int64 {
	y := c.year
	if c.month <= 2 {
		y--
	}
	era := floorDiv64(y, 400)
	yearOfEra := y - era*400
	dayOfYear := (153*((c.month+9)%12)+2)/5 + c.day - 1
	return era*146097 + yearOfEra*365 + yearOfEra/4 - yearOfEra/100 + dayOfYear - 719468
}

func civilOf(days int64) civil {
	days += 719468
	era := floorDiv64(days, 146097)
	dayOfEra := days - era*146097
	yearOfEra := (dayOfEra - dayOfEra/1460 + dayOfEra/36524 - dayOfEra/146096) / 365
	dayOfYear := dayOfEra - (365*yearOfEra + yearOfEra/4 - yearOfEra/100)
	shifted := (5*dayOfYear + 2) / 153 // months since March
	c := civil{year: yearOfEra + era*400, month: (shifted+2)%12 + 1, day: dayOfYear - (153*shifted+2)/5 + 1}
	if c.month <= 2 {
		c.year++
	}
	return c
}

func floorDiv64(a, b int64) int64 {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}

func isLeap(year int64) bool { return year%4 == 0 && (year%100 != 0 || year%400 == 0) }

func monthDays(year, month int64) int64 {
	switch month {
	case 2:
		if isLeap(year) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}

// valid tells whether the fields name a day of the calendar.
func (c civil) valid() bool {
	return c.month >= 1 && c.month <= 12 && c.day >= 1 && c.day <= monthDays(c.year, c.month)
}

// weekday is 0 for Sunday.
func weekday(days int64) int64 { return floorMod(days+4, 7) }

func floorMod(a, b int64) int64 { return a - floorDiv64(a, b)*b }

// isoWeek returns the ISO 8601 week of a day and the year that week belongs to.
func isoWeek(days int64) (year, week int64) {
	thursday := days - floorMod(days+3, 7) + 3
	year = civilOf(thursday).year
	return year, (thursday-civil{year, 1, 1}.days())/7 + 1
}

// splitStamp cuts a finite timestamp into days since 1970 and microseconds of the day.
func splitStamp(t arrow.Timestamp) (days, us int64) {
	days = floorDiv64(int64(t), usPerDay)
	return days, int64(t) - days*usPerDay
}

// makeStamp joins days and microseconds, which may exceed a day; out of range is error 22008.
func makeStamp(days, us int64) (arrow.Timestamp, error) {
	days += floorDiv64(us, usPerDay)
	us = floorMod(us, usPerDay)
	if days < minDate || days > math.MaxInt64/usPerDay {
		return 0, errDateRange
	}
	t := days * usPerDay
	if t > math.MaxInt64-1-us {
		return 0, errDateRange
	}
	return arrow.Timestamp(t + us), nil
}

func checkDate(days int64) (arrow.Date32, error) {
	if days < minDate || days > maxDate {
		return 0, errDateRange
	}
	return arrow.Date32(days), nil
}

func infiniteDate(d arrow.Date32) bool { return d == dateInfinity || d == dateMinusInfinity }

func infiniteStamp(t arrow.Timestamp) bool { return t == stampInfinity || t == stampMinusInfinity }

// dateToStamp returns midnight of a date; infinities stay infinite.
func dateToStamp(d arrow.Date32) (arrow.Timestamp, error) {
	switch d {
	case dateInfinity:
		return stampInfinity, nil
	case dateMinusInfinity:
		return stampMinusInfinity, nil
	}
	return makeStamp(int64(d), 0)
}

// span is a PostgreSQL interval. Arrow counts its time in nanoseconds, so it ends at 292 years.
type span struct{ months, days, us int64 }

func spanOf(v arrow.MonthDayNanoInterval) span {
	return span{int64(v.Months), int64(v.Days), v.Nanoseconds / 1000}
}

// interval checks the ranges; too large a field is error 22008.
func (s span) interval() (arrow.MonthDayNanoInterval, error) {
	if s.months != int64(int32(s.months)) || s.days != int64(int32(s.days)) || s.us > math.MaxInt64/1000 || s.us < math.MinInt64/1000 {
		return arrow.MonthDayNanoInterval{}, errDateRange
	}
	return arrow.MonthDayNanoInterval{Months: int32(s.months), Days: int32(s.days), Nanoseconds: s.us * 1000}, nil
}

func (s span) neg() span { return span{-s.months, -s.days, -s.us} }
