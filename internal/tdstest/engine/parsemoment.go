package engine

import (
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Dates are read as SET LANGUAGE us_english and SET DATEFORMAT mdy read them, which every session here has.

var (
	timePattern = regexp.MustCompile(
		`^(\d{1,2})(?::(\d{1,2})(?::(\d{1,2})(?:[.:](\d{1,9}))?)?)? ?([AaPp][Mm])?(?: ?(Z|z|[+-]\d{2}:\d{2}))?$`)
	threeNumbers = regexp.MustCompile(`^(\d{1,4})([-/.])(\d{1,2})([-/.])(\d{1,4})$`)
	monthFirst   = regexp.MustCompile(`^([A-Za-z]{3,9}) +(\d{1,2}),? +(\d{4}|\d{2})$`)
	dayFirst     = regexp.MustCompile(`^(\d{1,2})[ -]([A-Za-z]{3,9})[ -,]+(\d{4}|\d{2})$`)
	isoPattern   = regexp.MustCompile(`^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2}.*)$`)
	clockStart   = regexp.MustCompile(`(^| )\d{1,2}(:\d|  ?[AaPp][Mm]|[AaPp][Mm])`)
)

// order is the order of the three numbers of a date.
type order uint8

const (
	mdy order = iota
	dmy
	ymd
)

func styleOrder(style int) order {
	switch style % 100 {
	case 3, 4, 5, 6, 13:
		return dmy
	case 2, 11, 12, 20, 21, 23, 25, 26, 27:
		return ymd
	}
	return mdy
}

// parseMoment reads a text as a date and a time; a date alone is midnight, a time alone is on 1900-01-01, an empty text is
// 1900-01-01. What is no date is error 241 (295 for smalldatetime), a day that does not exist 242 for the old types.
func parseMoment(s String16, from, to Type, style int) (time.Time, *Error) {
	syntax := valueError(241, "Conversion failed when converting date and/or time from character string.")
	if to.Kind == SmallDateTime {
		syntax = valueError(295, "Conversion failed when converting character string to smalldatetime data type.")
	}
	text := trimmed(s)
	datePart, timePart, iso := splitMoment(text)
	if (style == 126 || style == 127) && !iso && timePart != "" {
		return time.Time{}, syntax
	}
	p := momentParts{year: 1900, month: 1, day: 1, zone: time.UTC, old: isOldTime(to.Kind)}
	if datePart != "" && !p.readDate(datePart, styleOrder(style)) {
		return time.Time{}, syntax
	}
	if timePart != "" && !p.readTime(timePart, iso) {
		return time.Time{}, syntax
	}
	t := time.Date(p.year, time.Month(p.month), p.day, 0, 0, 0, 0, time.UTC)
	if p.year < 1 || t.Day() != p.day || int(t.Month()) != p.month {
		if p.old {
			return time.Time{}, outOfRange(from, to)
		}
		return time.Time{}, syntax
	}
	_, offset := t.In(p.zone).Zone()
	return t.Add(p.clock - time.Duration(offset)*time.Second).In(p.zone), nil
}

// splitMoment finds where the time begins.
func splitMoment(text string) (datePart, timePart string, iso bool) {
	if m := isoPattern.FindStringSubmatch(text); m != nil {
		return m[1], m[2], true
	}
	at := clockStart.FindStringIndex(text)
	if at == nil {
		return text, "", false
	}
	return strings.TrimRight(text[:at[0]], " "), strings.TrimLeft(text[at[0]:], " "), false
}

type momentParts struct {
	year, month, day int
	clock            time.Duration
	zone             *time.Location
	old              bool // datetime and smalldatetime: three fraction digits, no offsets
}

func (p *momentParts) readDate(s string, o order) bool {
	switch {
	case digitsOnly(s) && len(s) == 8:
		return p.set(s[:4], s[4:6], s[6:])
	case digitsOnly(s) && len(s) == 6:
		return p.set(s[:2], s[2:4], s[4:])
	case digitsOnly(s) && len(s) == 4:
		return p.set(s, "1", "1")
	}
	if m := monthFirst.FindStringSubmatch(s); m != nil {
		return p.set(m[3], monthNumber(m[1]), m[2])
	}
	if m := dayFirst.FindStringSubmatch(s); m != nil {
		return p.set(m[3], monthNumber(m[2]), m[1])
	}
	m := threeNumbers.FindStringSubmatch(s)
	switch {
	case m == nil || m[2] != m[4]:
		return false
	case len(m[1]) == 4 && o == dmy && p.old: // the old types take the style's word for the order of day and month
		return p.set(m[1], m[5], m[3])
	case len(m[1]) == 4 || o == ymd && len(m[5]) < 4:
		return p.set(m[1], m[3], m[5])
	case o == dmy:
		return p.set(m[5], m[3], m[1])
	}
	return p.set(m[5], m[1], m[3])
}

func digitsOnly(s string) bool { return strings.Trim(s, "0123456789") == "" }

// set takes the numbers; a year of two digits is in 1950–2049.
func (p *momentParts) set(year, month, dayOfMonth string) bool {
	if month == "" || len(year) == 3 || len(year) == 1 || len(dayOfMonth) > 2 {
		return false
	}
	p.year, _ = strconv.Atoi(year)
	p.month, _ = strconv.Atoi(month)
	p.day, _ = strconv.Atoi(dayOfMonth)
	if len(year) == 2 {
		if p.year += 2000; p.year > 2049 {
			p.year -= 100
		}
	}
	return true
}

func monthNumber(name string) string {
	for m := time.January; m <= time.December; m++ {
		if strings.EqualFold(m.String(), name) || strings.EqualFold(m.String()[:3], name) {
			return strconv.Itoa(int(m))
		}
	}
	return ""
}

func (p *momentParts) readTime(s string, iso bool) bool {
	m := timePattern.FindStringSubmatch(s)
	if m == nil || m[2] == "" && m[5] == "" {
		return false
	}
	hour, _ := strconv.Atoi(m[1])
	minute, _ := strconv.Atoi(m[2])
	second, _ := strconv.Atoi(m[3])
	digits := 7
	if p.old {
		digits = 3
	}
	if m[5] != "" {
		if hour < 1 || hour > 12 {
			return false
		}
		if hour %= 12; m[5][0] == 'p' || m[5][0] == 'P' {
			hour += 12
		}
	}
	if hour > 23 || minute > 59 || second > 59 || len(m[4]) > digits {
		return false
	}
	fraction, _ := strconv.Atoi((m[4] + "000000000")[:9])
	p.clock = time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute + time.Duration(second)*time.Second + time.Duration(fraction)
	return p.readZone(m[6], iso)
}

func (p *momentParts) readZone(s string, iso bool) bool {
	switch {
	case s == "":
		return true
	case s == "Z" || s == "z":
		return iso || !p.old
	case p.old:
		return false
	}
	hours, _ := strconv.Atoi(s[1:3])
	minutes, _ := strconv.Atoi(s[4:])
	if minutes > 59 || hours*60+minutes > 14*60 {
		return false
	}
	offset := (hours*60 + minutes) * 60
	if s[0] == '-' {
		offset = -offset
	}
	p.zone = Zone(offset / 60)
	return true
}

// Zone is the fixed zone of a datetimeoffset, minutes east of UTC.
func Zone(minutes int) *time.Location {
	if minutes == 0 {
		return time.UTC
	}
	return time.FixedZone("", minutes*60)
}
