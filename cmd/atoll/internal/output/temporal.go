package output

import (
	"math"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

const (
	usPerSecond = 1_000_000
	usPerDay    = 24 * 60 * 60 * usPerSecond
)

// temporal is the part of formatterOf for dates and times.
func temporal(f arrow.Field) (class, func(arrow.Array) appendFunc) {
	switch t := f.Type.(type) {
	case *arrow.Date32Type:
		return classPlain, func(a arrow.Array) appendFunc {
			v := a.(*array.Date32).Date32Values()
			return func(dst []byte, i int) []byte { return appendDate32(dst, v[i]) }
		}
	case *arrow.Time64Type:
		if t.Unit != arrow.Microsecond {
			return classPlain, nil
		}
		return classPlain, func(a arrow.Array) appendFunc {
			v := a.(*array.Time64).Time64Values()
			return func(dst []byte, i int) []byte { return appendClock(dst, int64(v[i])) }
		}
	case *arrow.TimestampType:
		if t.Unit != arrow.Microsecond || (t.TimeZone != "" && t.TimeZone != "UTC") {
			return classPlain, nil
		}
		return classPlain, func(a arrow.Array) appendFunc {
			v := a.(*array.Timestamp).TimestampValues()
			return func(dst []byte, i int) []byte { return appendTimestamp(dst, v[i], t.TimeZone != "") }
		}
	case *arrow.MonthDayNanoIntervalType:
		return classPlain, func(a arrow.Array) appendFunc {
			v := a.(*array.MonthDayNanoInterval).MonthDayNanoIntervalValues()
			return func(dst []byte, i int) []byte { return appendInterval(dst, v[i]) }
		}
	}
	return classPlain, nil
}

func appendDate32(dst []byte, d arrow.Date32) []byte {
	switch d {
	case math.MaxInt32:
		return append(dst, "infinity"...)
	case math.MinInt32:
		return append(dst, "-infinity"...)
	}
	return appendDay(dst, int64(d))
}

func appendTimestamp(dst []byte, t arrow.Timestamp, utc bool) []byte {
	switch t {
	case math.MaxInt64:
		return append(dst, "infinity"...)
	case math.MinInt64:
		return append(dst, "-infinity"...)
	}
	day, us := int64(t)/usPerDay, int64(t)%usPerDay
	if us < 0 {
		day, us = day-1, us+usPerDay
	}
	dst = appendClock(append(appendDay(dst, day), 'T'), us)
	if utc {
		dst = append(dst, 'Z')
	}
	return dst
}

// appendDay appends the proleptic Gregorian date of a day counted from 1970-01-01, with the algorithm of Howard
// Hinnant's civil_from_days; package time would do, but takes several times as long.
func appendDay(dst []byte, day int64) []byte {
	const daysPerEra = 146097 // 400 years
	day += 719468             // from 0000-03-01
	era := day / daysPerEra
	if day < 0 {
		era = (day - daysPerEra + 1) / daysPerEra
	}
	doe := day - era*daysPerEra
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153 // months from March
	year, month := yoe+era*400, mp+3
	if month > 12 {
		year, month = year+1, month-12
	}
	dst = appendYear(dst, year)
	dst = append2(append(dst, '-'), month)
	return append2(append(dst, '-'), doy-(153*mp+2)/5+1)
}

// appendYear appends four digits, or ISO 8601's expanded form with a sign.
func appendYear(dst []byte, y int64) []byte {
	switch {
	case y < 0:
		dst, y = append(dst, '-'), -y
	case y > 9999:
		dst = append(dst, '+')
	default:
		return append2(append2(dst, y/100), y%100)
	}
	for pad := int64(1000); pad > y && pad > 1; pad /= 10 {
		dst = append(dst, '0')
	}
	return strconv.AppendInt(dst, y, 10)
}

// appendClock appends microseconds since midnight; 24:00:00 is a valid time.
func appendClock(dst []byte, us int64) []byte {
	sec := us / usPerSecond
	dst = append2(dst, sec/3600)
	dst = append2(append(dst, ':'), sec/60%60)
	dst = append2(append(dst, ':'), sec%60)
	return appendFraction(dst, us%usPerSecond, 6)
}

// appendFraction appends a point and v as that many digits without trailing zeros, or nothing for 0.
func appendFraction(dst []byte, v int64, digits int) []byte {
	if v == 0 {
		return dst
	}
	var b [10]byte
	b[0] = '.'
	for i := digits; i > 0; i-- {
		b[i] = byte('0' + v%10)
		v /= 10
	}
	for b[digits] == '0' {
		digits--
	}
	return append(dst, b[:digits+1]...)
}

func append2(dst []byte, v int64) []byte { return append(dst, byte('0'+v/10), byte('0'+v%10)) }

// appendInterval appends an ISO 8601 duration; each part has its own sign.
func appendInterval(dst []byte, v arrow.MonthDayNanoInterval) []byte {
	if v.Months == 0 && v.Days == 0 && v.Nanoseconds == 0 {
		return append(dst, "PT0S"...)
	}
	dst = append(dst, 'P')
	dst = appendPart(dst, int64(v.Months/12), 'Y')
	dst = appendPart(dst, int64(v.Months%12), 'M')
	dst = appendPart(dst, int64(v.Days), 'D')
	if v.Nanoseconds == 0 {
		return dst
	}
	dst = append(dst, 'T')
	const second = 1_000_000_000
	dst = appendPart(dst, v.Nanoseconds/(3600*second), 'H')
	dst = appendPart(dst, v.Nanoseconds/(60*second)%60, 'M')
	rest := v.Nanoseconds % (60 * second)
	if rest == 0 {
		return dst
	}
	if rest < 0 {
		dst, rest = append(dst, '-'), -rest
	}
	dst = strconv.AppendInt(dst, rest/second, 10)
	return append(appendFraction(dst, rest%second, 9), 'S')
}

func appendPart(dst []byte, v int64, unit byte) []byte {
	if v == 0 {
		return dst
	}
	return append(strconv.AppendInt(dst, v, 10), unit)
}
