package engine

import (
	"fmt"
	"strings"
	"time"
)

// formatTemporal writes a date or time as CONVERT's style says. Without a style the old types take style 0, the new ones 121.
func formatTemporal(v Value, from, to Type, style int) (string, *Error) {
	m := shown{kind: from.Kind, digits: fractionDigits(from)}
	switch v := v.(type) {
	case time.Time:
		m.t = local(v)
		_, offset := v.Zone()
		m.offset = offset / 60
	case time.Duration:
		m.t = base1900.Add(v)
	}
	if from.Kind == DateTime {
		m.t = midnight(m.t).Add(roundTo(clock(m.t), 3)) // .0033333 is shown as .003
	}
	if style == -1 {
		if style = 121; isOldTime(from.Kind) {
			style = 0
		}
	}
	text, ok := m.format(style)
	if !ok {
		return "", valueError(281, "%d is not a valid style number when converting from %s to a character string.", style, TypeName(from))
	}
	return text, nil
}

// shown is what is to be written: a wall clock, how many fraction digits its type has, and its offset in minutes.
type shown struct {
	kind   Kind
	t      time.Time
	digits int
	offset int
}

var dateLayouts = map[int]string{
	1: "01/02/06", 101: "01/02/2006", 2: "06.01.02", 102: "2006.01.02", 3: "02/01/06", 103: "02/01/2006", 4: "02.01.06", 104: "02.01.2006",
	5: "02-01-06", 105: "02-01-2006", 6: "02 Jan 06", 106: "02 Jan 2006", 7: "Jan 02, 06", 107: "Jan 02, 2006", 10: "01-02-06",
	110: "01-02-2006", 11: "06/01/02", 111: "2006/01/02", 12: "060102", 112: "20060102", 23: "2006-01-02",
}

func (m shown) format(style int) (string, bool) {
	if layout, ok := dateLayouts[style]; ok {
		return m.t.Format(layout), m.kind != Time
	}
	switch style {
	case 0, 100:
		return m.join("Jan _2 2006", fmt.Sprintf("%7s", m.t.Format("3:04PM")), " "), true
	case 8, 24, 108:
		return m.t.Format("15:04:05"), m.kind != Date
	case 14, 114:
		return m.t.Format("15:04:05") + m.fraction(":"), m.kind != Date
	case 13, 113:
		return m.join("02 Jan 2006", m.t.Format("15:04:05")+m.fraction(":"), " "), true
	case 20, 120:
		return m.join("2006-01-02", m.t.Format("15:04:05"), " ") + m.zone(" "), true
	case 21, 25, 121:
		return m.join("2006-01-02", m.t.Format("15:04:05")+m.fraction("."), " ") + m.zone(" "), true
	case 126:
		return m.join("2006-01-02", m.t.Format("15:04:05")+m.someFraction(), "T") + m.zone(""), true
	case 127:
		if m.kind == DateTimeOffset {
			m.t = m.t.Add(-time.Duration(m.offset) * time.Minute)
			return m.join("2006-01-02", m.t.Format("15:04:05")+m.someFraction(), "T") + "Z", true
		}
		return m.join("2006-01-02", m.t.Format("15:04:05")+m.someFraction(), "T"), true
	}
	return "", false
}

// join writes the date, the time, or both, as the type has them.
func (m shown) join(date, clock, between string) string {
	switch m.kind {
	case Date:
		return m.t.Format(date)
	case Time:
		return strings.TrimLeft(clock, " ")
	}
	return m.t.Format(date) + between + clock
}

// fraction is all digits the type has.
func (m shown) fraction(point string) string {
	if m.digits == 0 && m.kind == SmallDateTime {
		return point + "000"
	}
	if m.digits == 0 {
		return ""
	}
	return point + fmt.Sprintf("%09d", m.t.Nanosecond())[:m.digits]
}

// someFraction is empty where the fraction is zero.
func (m shown) someFraction() string {
	if m.t.Nanosecond() == 0 {
		return ""
	}
	return m.fraction(".")
}

func (m shown) zone(before string) string {
	if m.kind != DateTimeOffset {
		return ""
	}
	sign, minutes := '+', m.offset
	if minutes < 0 {
		sign, minutes = '-', -minutes
	}
	return fmt.Sprintf("%s%c%02d:%02d", before, sign, minutes/60, minutes%60)
}
