package scalar

import (
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
)

// dateTextFunctions lists casts between text and dates, times and intervals: DateStyle ISO, zone UTC.
func dateTextFunctions() []Function {
	return []Function{
		text1("pg_date_text", kDate, func(dst []byte, v arrow.Date32) ([]byte, error) { return appendDate(dst, v), nil }),
		text1("pg_time_text", kTime, func(dst []byte, v arrow.Time64) ([]byte, error) { return appendClock(dst, int64(v)), nil }),
		text1("pg_timestamp_text", kTs, func(dst []byte, v arrow.Timestamp) ([]byte, error) { return appendStamp(dst, v, ""), nil }),
		text1("pg_timestamptz_text", kTz, func(dst []byte, v arrow.Timestamp) ([]byte, error) { return appendStamp(dst, v, "+00"), nil }),
		text1("pg_interval_text", kIv, func(dst []byte, v arrow.MonthDayNanoInterval) ([]byte, error) {
			return appendInterval(dst, spanOf(v)), nil
		}),
		fn1("pg_text_date", kText, kDate, parseDate),
		fn1("pg_text_time", kText, kTime, parseTime),
		fn1("pg_text_timestamp", kText, kTs, func(s string) (arrow.Timestamp, error) { return parseStamp(s, false) }),
		fn1("pg_text_timestamptz", kText, kTz, func(s string) (arrow.Timestamp, error) { return parseStamp(s, true) }),
		fn1("pg_text_interval", kText, kIv, func(s string) (arrow.MonthDayNanoInterval, error) {
			v, err := parseInterval(s)
			if err != nil {
				return arrow.MonthDayNanoInterval{}, err
			}
			if iv, err := v.interval(); err == nil {
				return iv, nil
			}
			return arrow.MonthDayNanoInterval{}, errIntervalField
		}),
	}
}

func appendDate(dst []byte, v arrow.Date32) []byte {
	switch v {
	case dateInfinity:
		return append(dst, "infinity"...)
	case dateMinusInfinity:
		return append(dst, "-infinity"...)
	}
	c := civilOf(int64(v))
	return appendEra(appendDay(dst, c), c)
}

// appendDay writes year, month and day; a year BC shows its number, without the era.
func appendDay(dst []byte, c civil) []byte {
	year := c.year
	if year <= 0 {
		year = 1 - year
	}
	dst = appendPadded(dst, year, 4)
	dst = appendPadded(append(dst, '-'), c.month, 2)
	return appendPadded(append(dst, '-'), c.day, 2)
}

func appendEra(dst []byte, c civil) []byte {
	if c.year <= 0 {
		return append(dst, " BC"...)
	}
	return dst
}

func appendStamp(dst []byte, v arrow.Timestamp, zone string) []byte {
	switch v {
	case stampInfinity:
		return append(dst, "infinity"...)
	case stampMinusInfinity:
		return append(dst, "-infinity"...)
	}
	days, us := splitStamp(v)
	c := civilOf(days)
	dst = appendClock(append(appendDay(dst, c), ' '), us)
	return appendEra(append(dst, zone...), c)
}

// appendClock writes hours, minutes, seconds, and the fraction without trailing zeros; us >= 0.
func appendClock(dst []byte, us int64) []byte {
	dst = appendPadded(dst, us/usPerHour, 2)
	dst = appendPadded(append(dst, ':'), us/usPerMinute%60, 2)
	dst = appendPadded(append(dst, ':'), us/usPerSecond%60, 2)
	frac := us % usPerSecond
	if frac == 0 {
		return dst
	}
	dst = appendPadded(append(dst, '.'), frac, 6)
	for dst[len(dst)-1] == '0' {
		dst = dst[:len(dst)-1]
	}
	return dst
}

// appendPadded writes v >= 0 with at least width digits.
func appendPadded(dst []byte, v int64, width int) []byte {
	for ; width > 1 && v < int64(pow10u[width-1]); width-- {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, v, 10)
}

// appendInterval writes PostgreSQL's own style: "1 year 2 mons -3 days +04:05:06".
func appendInterval(dst []byte, s span) []byte {
	start, before := len(dst), false
	for _, part := range [3]struct {
		value int64
		unit  string
	}{{s.months / 12, "year"}, {s.months % 12, "mon"}, {s.days, "day"}} {
		if part.value == 0 {
			continue
		}
		if len(dst) > start {
			dst = append(dst, ' ')
		}
		if before && part.value > 0 {
			dst = append(dst, '+')
		}
		dst = append(append(strconv.AppendInt(dst, part.value, 10), ' '), part.unit...)
		if part.value != 1 {
			dst = append(dst, 's')
		}
		before = part.value < 0
	}
	if len(dst) > start && s.us == 0 {
		return dst
	}
	if len(dst) > start {
		dst = append(dst, ' ')
	}
	us := s.us
	switch {
	case us < 0:
		dst, us = append(dst, '-'), -us
	case before:
		dst = append(dst, '+')
	}
	return appendClock(dst, us)
}
