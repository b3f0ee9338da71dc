package scalar

import (
	"math"
	"strconv"
	"strings"
)

var errIntervalField = fail("22015", "interval field value out of range")

// intervalParser adds up the fields of an interval.
type intervalParser struct {
	span
	seen map[unit]bool
}

// parseInterval reads "1 year 2 days 03:04:05 ago", "1-2 3 04:05:06" and ISO 8601's "P1Y2M3DT4H5M6S".
func parseInterval(s string) (span, error) {
	p := intervalParser{seen: map[unit]bool{}}
	s = strings.Trim(s, blanks)
	if rest, ok := strings.CutPrefix(s, "P"); ok {
		err := p.iso(rest)
		return p.span, err
	}
	fields, err := intervalFields(strings.ToLower(s))
	if err != nil {
		return span{}, err
	}
	ago := false
	if n := len(fields); n > 0 && fields[n-1] == "ago" {
		ago, fields = true, fields[:n-1]
	}
	if len(fields) == 0 {
		return span{}, errDateSyntax
	}
	// A number's unit stands behind it; without one it counts seconds, or days before a time, so go backwards.
	next := uSecond
	for i := len(fields) - 1; i >= 0; i-- {
		f := fields[i]
		switch {
		case f[0] >= 'a' && f[0] <= 'z':
			if next = unitOf(f); next == uNone || i == 0 {
				return span{}, errDateSyntax
			}
		case strings.Contains(f, ":"):
			err, next = p.clock(f), uDay
		case strings.LastIndexByte(f, '-') > 0:
			err, next = p.yearMonth(f), uNone
		default:
			err, next = p.add(f, next), uNone
		}
		if err != nil {
			return span{}, err
		}
	}
	if ago {
		return p.neg(), nil
	}
	return p.span, nil
}

// intervalFields cuts text into numbers with signs, times, and words.
func intervalFields(s string) (fields []string, err error) {
	for {
		s = strings.TrimLeft(s, blanks+"@")
		if s == "" {
			return fields, nil
		}
		n := 0
		if s[0] == '+' || s[0] == '-' {
			n = 1
		}
		class := "0123456789.:-"
		if s[0] >= 'a' && s[0] <= 'z' {
			class = "abcdefghijklmnopqrstuvwxyz_"
		}
		for n < len(s) && strings.IndexByte(class, s[n]) >= 0 {
			n++
		}
		if n == 0 || n == 1 && (s[0] < '0' || s[0] > '9') && (s[0] < 'a' || s[0] > 'z') {
			return nil, errDateSyntax
		}
		fields, s = append(fields, s[:n]), s[n:]
	}
}

// mark notes that units are given, which may happen once.
func (p *intervalParser) mark(units ...unit) error {
	for _, u := range units {
		if p.seen[u] {
			return errDateSyntax
		}
		p.seen[u] = true
	}
	return nil
}

// number cuts a number into its whole part and its fraction, both with the sign.
func number(s string) (whole int64, frac float64, err error) {
	sign, body := int64(1), strings.TrimLeft(s, "+-")
	if s[0] == '-' {
		sign = -1
	}
	digits, rest := cutDigits(body)
	if len(s)-len(body) > 1 || digits == "" && rest == "" {
		return 0, 0, errDateSyntax
	}
	if digits != "" {
		if whole, err = strconv.ParseInt(digits, 10, 64); err != nil {
			return 0, 0, errIntervalField
		}
	}
	if rest != "" {
		if rest[0] != '.' || countDigits(rest[1:]) != len(rest)-1 || len(rest)+len(digits) < 2 {
			return 0, 0, errDateSyntax
		}
		if len(rest) > 1 {
			if frac, err = strconv.ParseFloat("0"+rest, 64); err != nil {
				return 0, 0, errDateSyntax
			}
		}
	}
	return sign * whole, float64(sign) * frac, nil
}

// unitTime is the length of the units of time in microseconds.
var unitTime = map[unit]int64{uMicrosecond: 1, uMillisecond: 1000, uSecond: usPerSecond, uMinute: usPerMinute, uHour: usPerHour}

// unitYears is the length of the units of years.
var unitYears = map[unit]int64{uYear: 1, uDecade: 10, uCentury: 100, uMillennium: 1000}

func (p *intervalParser) add(s string, u unit) error {
	whole, frac, err := number(s)
	if err != nil {
		return err
	}
	if whole > 1<<52 || whole < -1<<52 {
		return errIntervalField
	}
	if u == uSecond && frac != 0 {
		err = p.mark(uSecond, uMillisecond, uMicrosecond)
	} else {
		err = p.mark(u)
	}
	if err != nil {
		return err
	}
	switch u {
	case uMicrosecond, uMillisecond, uSecond, uMinute, uHour:
		return p.addTime(whole, frac, unitTime[u])
	case uDay:
		p.days += whole
		return p.addTime(0, frac, usPerDay)
	case uWeek:
		p.days += whole * 7
		return p.addDays(frac, 7)
	case uMonth:
		p.months += whole
		return p.addDays(frac, 30)
	case uYear, uDecade, uCentury, uMillennium:
		years := unitYears[u]
		p.months += whole*years*12 + int64(math.RoundToEven(frac*float64(years)*12))
		return nil
	}
	return errDateSyntax
}

// addTime adds (whole + frac)·scale microseconds, the fraction rounded, a half towards zero.
func (p *intervalParser) addTime(whole int64, frac float64, scale int64) error {
	if f := float64(whole) * float64(scale); math.Abs(f) > math.MaxInt64/2 {
		return errIntervalField
	}
	frac *= float64(scale)
	us := int64(frac)
	switch rest := frac - float64(us); {
	case rest > 0.5:
		us++
	case rest < -0.5:
		us--
	}
	p.us += whole*scale + us
	return nil
}

func (p *intervalParser) addDays(frac float64, scale int) error {
	frac *= float64(scale)
	p.days += int64(frac)
	return p.addTime(0, frac-float64(int64(frac)), usPerDay)
}

// clock takes hh:mm, hh:mm:ss with a fraction, or mm:ss with one.
func (p *intervalParser) clock(s string) error {
	if err := p.mark(uHour, uMinute, uSecond, uMillisecond, uMicrosecond); err != nil {
		return err
	}
	body := strings.TrimLeft(s, "+-")
	parts := strings.Split(body, ":")
	if len(parts) > 3 || len(s)-len(body) > 1 {
		return errDateSyntax
	}
	if len(parts) == 2 {
		if strings.Contains(parts[1], ".") {
			parts = []string{"0", parts[0], parts[1]}
		} else {
			parts = append(parts, "0")
		}
	}
	sub := intervalParser{}
	for i, scale := range [3]int64{usPerHour, usPerMinute, usPerSecond} {
		if parts[i] == "" || i < 2 && countDigits(parts[i]) != len(parts[i]) || parts[i][0] == '-' {
			return errDateSyntax
		}
		whole, frac, err := number(parts[i])
		if err != nil {
			return err
		}
		if i == 1 && whole > 59 || i == 2 && whole > 60 || whole > math.MaxInt32 {
			return errIntervalField
		}
		sub.us += whole*scale + int64(math.RoundToEven(frac*usPerSecond))
	}
	if s[0] == '-' {
		sub.us = -sub.us
	}
	p.us += sub.us
	return nil
}

// yearMonth takes SQL's years-months.
func (p *intervalParser) yearMonth(s string) error {
	if err := p.mark(uYear, uMonth); err != nil {
		return err
	}
	body := strings.TrimLeft(s, "+-")
	y, m, _ := strings.Cut(body, "-")
	if len(s)-len(body) > 1 || y == "" || m == "" || countDigits(y) != len(y) || countDigits(m) != len(m) {
		return errDateSyntax
	}
	years, errY := strconv.ParseInt(y, 10, 32)
	months, errM := strconv.ParseInt(m, 10, 32)
	if errY != nil || errM != nil || months > 11 {
		return errIntervalField
	}
	total := years*12 + months
	if s[0] == '-' {
		total = -total
	}
	p.months += total
	return nil
}

// iso takes what follows the P of ISO 8601's format with designators.
func (p *intervalParser) iso(s string) error {
	designators := map[byte]unit{'Y': uYear, 'M': uMonth, 'W': uWeek, 'D': uDay}
	if s == "" {
		return errDateSyntax
	}
	for s != "" {
		if s[0] == 'T' {
			designators = map[byte]unit{'H': uHour, 'M': uMinute, 'S': uSecond}
			s = s[1:]
			continue
		}
		n := strings.IndexFunc(s, func(r rune) bool { return r >= 'A' && r <= 'Z' })
		if n <= 0 || designators[s[n]] == uNone {
			return errDateSyntax
		}
		if err := p.add(s[:n], designators[s[n]]); err != nil {
			return err
		}
		s = s[n+1:]
	}
	return nil
}
