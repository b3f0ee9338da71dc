package logictest

import (
	"fmt"
	"math"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
)

// dateText writes days since 1970 as PostgreSQL does, infinities at the ends of the range.
func dateText(days int32) string {
	switch days {
	case math.MaxInt32:
		return "infinity"
	case math.MinInt32:
		return "-infinity"
	}
	date, bc := calendar(time.Unix(int64(days)*86400, 0).UTC())
	return date + bc
}

// calendar returns the ISO date in the proleptic Gregorian calendar, and " BC" where the year is before 1.
func calendar(t time.Time) (date, bc string) {
	year := t.Year()
	if year <= 0 {
		year, bc = 1-year, " BC"
	}
	return fmt.Sprintf("%04d-%02d-%02d", year, int(t.Month()), t.Day()), bc
}

// timeText writes microseconds since midnight; 24:00:00 is a value of its own.
func timeText(us int64) string {
	seconds := us / 1e6
	return fmt.Sprintf("%02d:%02d:%02d%s", seconds/3600, seconds/60%60, seconds%60, fraction(us%1e6))
}

func fraction(us int64) string {
	if us == 0 {
		return ""
	}
	return strings.TrimRight(fmt.Sprintf(".%06d", us), "0")
}

// timestampText writes microseconds since 1970; with zone it appends UTC's offset.
func timestampText(us int64, zone bool) string {
	switch us {
	case math.MaxInt64:
		return "infinity"
	case math.MinInt64:
		return "-infinity"
	}
	t := time.UnixMicro(us).UTC()
	date, bc := calendar(t)
	inDay := int64(t.Hour())*3600e6 + int64(t.Minute())*60e6 + int64(t.Second())*1e6 + int64(t.Nanosecond()/1000)
	text := date + " " + timeText(inDay)
	if zone {
		text += "+00"
	}
	return text + bc
}

// intervalText writes an interval as PostgreSQL's style "postgres" does.
func intervalText(v arrow.MonthDayNanoInterval) (string, error) {
	if v.Nanoseconds%1000 != 0 {
		return "", fmt.Errorf("an interval is finer than a microsecond")
	}
	var w intervalWriter
	w.unit(int64(v.Months/12), "year")
	w.unit(int64(v.Months%12), "mon")
	w.unit(int64(v.Days), "day")
	us := v.Nanoseconds / 1000
	if us == 0 && len(w.parts) > 0 {
		return strings.Join(w.parts, " "), nil
	}
	sign := ""
	if us < 0 {
		sign, us = "-", -us
	} else if w.negative {
		sign = "+"
	}
	return strings.Join(append(w.parts, sign+timeText(us)), " "), nil
}

// intervalWriter collects units; after a negative one PostgreSQL writes a plus before a positive one.
type intervalWriter struct {
	parts    []string
	negative bool
}

func (w *intervalWriter) unit(n int64, name string) {
	if n == 0 {
		return
	}
	sign := ""
	if w.negative && n > 0 {
		sign = "+"
	}
	if n != 1 {
		name += "s"
	}
	w.parts = append(w.parts, fmt.Sprintf("%s%d %s", sign, n, name))
	w.negative = n < 0
}
