package scalar

import (
	"fmt"
	"strconv"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

var (
	errIntervalFormat  = fail("22007", "invalid format specification for an interval value")
	errIntervalPattern = fail("0A000", "ISO weeks, ISO years and days of ISO years of an interval are supported at PostgreSQL shards only")
)

// dateFormatFunctions lists to_char of timestamps and intervals.
func dateFormatFunctions() []Function {
	return []Function{
		dateText("pg_to_char", kTs, func(t arrow.Timestamp) (fields, bool) { return fieldsOf(t, false) }),
		dateText("pg_to_char", kTz, func(t arrow.Timestamp) (fields, bool) { return fieldsOf(t, true) }),
		dateText("pg_to_char", kIv, func(v iv) (fields, bool) { return fieldsOfInterval(spanOf(v)), true }),
	}
}

func dateText[A any](name string, k kind[A], take func(A) (fields, bool)) Function {
	return make2(name, k, kText, kOut, func() func(A, string) ([]byte, error) {
		var cache templateCache[[]piece]
		var buf []byte
		return func(v A, template string) ([]byte, error) {
			pieces, err := cache.get(template, func(s string) (*[]piece, error) {
				p := parseTemplate(s, dateWords, true)
				return &p, nil
			})
			if err != nil {
				return nil, err
			}
			f, finite := take(v)
			if template == "" || !finite {
				return nil, errNull
			}
			out := buf[:0]
			for _, p := range *pieces {
				if p.kind != keyPiece {
					out = append(out, p.text...)
				} else if out, err = f.append(out, p); err != nil {
					return nil, err
				}
			}
			buf = keep(buf, out)
			return out, nil
		}
	})
}

// fields is a moment, or an interval, in parts.
type fields struct {
	year, month, day           int64
	hour, min, sec, us         int64
	yearday, weekday, isoDay   int64
	isoYear, isoWeek, epochDay int64
	interval, zoned            bool
}

func fieldsOf(t arrow.Timestamp, zoned bool) (fields, bool) {
	days, us := splitStamp(t)
	f := dayFields(days)
	f.setClock(us)
	f.zoned = zoned
	return f, !infiniteStamp(t)
}

func dayFields(days int64) fields {
	c := civilOf(days)
	f := fields{year: c.year, month: c.month, day: c.day, epochDay: days, weekday: weekday(days), yearday: days - civil{c.year, 1, 1}.days() + 1}
	f.isoYear, f.isoWeek = isoWeek(days)
	f.isoDay = (f.isoWeek-1)*7 + floorMod(f.weekday+6, 7) + 1
	return f
}

func (f *fields) setClock(us int64) {
	f.hour, f.min, f.sec, f.us = us/usPerHour, us/usPerMinute%60, us/usPerSecond%60, us%usPerSecond
}

func fieldsOfInterval(s span) fields {
	f := fields{interval: true, year: s.months / 12, month: s.months % 12, day: s.days}
	f.setClock(s.us)
	f.yearday = int64(int32(s.months*30 + s.days)) // 32 bits, as PostgreSQL
	return f
}

// shownYear counts years BC from 1.
func (f fields) shownYear(year int64) int64 {
	if f.interval || year > 0 {
		return year
	}
	return 1 - year
}

// number writes v with at least width digits, one more for a sign, and its ordinal suffix if one is asked for.
func (p piece) number(dst []byte, v int64, width int) []byte {
	if v < 0 && width > 1 {
		width++
	}
	if p.fm {
		width = 0
	}
	return p.digits(dst, fmt.Sprintf("%0*d", width, v))
}

func (p piece) digits(dst []byte, s string) []byte {
	dst = append(dst, s...)
	if p.th != "" {
		dst = append(dst, ordinal(s, p.th)...)
	}
	return dst
}

// letters writes a name in the case of the keyword.
func (p piece) letters(dst []byte, name string, width int) []byte {
	switch {
	case p.text == strings.ToUpper(p.text):
		name = strings.ToUpper(name)
	case p.text == strings.ToLower(p.text):
		name = strings.ToLower(name)
	}
	dst = append(dst, name...)
	if !p.fm && !p.tm {
		dst = appendFill(dst, " ", max(width-len(name), 0))
	}
	return dst
}

var (
	monthNames = strings.Fields("January February March April May June July August September October November December")
	dayNames   = strings.Fields("Sunday Monday Tuesday Wednesday Thursday Friday Saturday")
	romans     = strings.Fields("XII XI X IX VIII VII VI V IV III II I")
)

// notOfIntervals are the keywords that no interval has.
var notOfIntervals = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields("TZ TZH TZM OF A.D. B.C. AD BC MONTH MON DAY DY D ID") {
		m[w] = true
	}
	return m
}()

func (f fields) append(dst []byte, p piece) ([]byte, error) {
	key := strings.ToUpper(p.text)
	if f.interval {
		switch {
		case notOfIntervals[key]:
			return nil, errIntervalFormat
		case key == "IW" || key == "IDDD" || strings.HasPrefix(key, "IY") || key == "I":
			return nil, errIntervalPattern
		}
	}
	switch key {
	case "A.M.", "P.M.", "AM", "PM":
		return f.halfDay(dst, p), nil
	case "HH", "HH12":
		h := f.hour % 12
		if h == 0 {
			h = 12
		}
		return p.clock(dst, f.hour, h), nil
	case "HH24":
		return p.number(dst, f.hour, 2), nil
	case "MI":
		return p.number(dst, f.min, 2), nil
	case "SS":
		return p.number(dst, f.sec, 2), nil
	case "SSSS", "SSSSS":
		return p.digits(dst, strconv.FormatInt(f.hour*3600+f.min*60+f.sec, 10)), nil
	case "MS", "US", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
		return f.fraction(dst, p, key), nil
	case "TZ", "TZH", "TZM", "OF":
		return f.zone(dst, p, key), nil
	}
	return f.appendDay(dst, p, key)
}

// clock writes hours of a half day, for whose width the hours of the day count.
func (p piece) clock(dst []byte, hour, h int64) []byte {
	width := 2
	if hour < 0 {
		width = 3
	}
	if p.fm {
		width = 0
	}
	return p.digits(dst, fmt.Sprintf("%0*d", width, h))
}

func (f fields) halfDay(dst []byte, p piece) []byte {
	name := "AM"
	if f.hour%24 >= 12 {
		name = "PM"
	}
	if strings.Contains(p.text, ".") {
		name = name[:1] + "." + name[1:] + "."
	}
	p.fm = true
	return p.letters(dst, name, 0)
}

func (f fields) fraction(dst []byte, p piece, key string) []byte {
	digits := 6
	switch key {
	case "MS":
		digits = 3
	case "US":
	default:
		digits = int(key[2] - '0')
	}
	return p.digits(dst, fmt.Sprintf("%0*d", digits, f.us/int64(pow10u[6-digits])))
}

// zone writes UTC, the only zone here; a timestamp without zone has no name for it.
func (f fields) zone(dst []byte, p piece, key string) []byte {
	switch {
	case key == "TZ" && f.zoned:
		p.fm = true
		return p.letters(dst, "UTC", 0)
	case key == "TZ":
		return dst
	case key == "TZM":
		return append(dst, "00"...)
	case key == "OF" && p.fm:
		return append(dst, "+0"...)
	}
	return append(dst, "+00"...)
}

func (f fields) appendDay(dst []byte, p piece, key string) ([]byte, error) {
	switch key {
	case "A.D.", "B.C.", "AD", "BC":
		return f.era(dst, p), nil
	case "MONTH":
		return p.letters(dst, monthNames[f.month-1], 9), nil
	case "MON":
		return p.letters(dst, monthNames[f.month-1][:3], 3), nil
	case "MM":
		return p.number(dst, f.month, 2), nil
	case "DAY":
		return p.letters(dst, dayNames[f.weekday], 9), nil
	case "DY":
		return p.letters(dst, dayNames[f.weekday][:3], 3), nil
	case "DDD":
		return p.plain(dst, f.yearday, 3), nil
	case "IDDD":
		return p.plain(dst, f.isoDay, 3), nil
	case "DD":
		return p.plain(dst, f.day, 2), nil
	case "D":
		return p.plain(dst, f.weekday+1, 1), nil
	case "ID":
		return p.plain(dst, floorMod(f.weekday+6, 7)+1, 1), nil
	case "WW":
		return p.plain(dst, int64(int32(f.yearday-1))/7+1, 2), nil
	case "IW":
		return p.plain(dst, f.isoWeek, 2), nil
	case "Q":
		if f.month == 0 {
			return dst, nil
		}
		return p.plain(dst, (f.month-1)/3+1, 1), nil
	case "W":
		return p.plain(dst, int64(int32(f.day-1))/7+1, 1), nil
	case "J":
		return p.plain(dst, julianDay(f.year, f.month, f.day), 1), nil
	case "RM":
		return f.romanMonth(dst, p), nil
	case "CC":
		return f.century(dst, p), nil
	case "FX":
		return dst, nil
	}
	return f.appendYear(dst, p, key), nil
}

// plain writes a number whose sign takes no place of its own.
func (p piece) plain(dst []byte, v int64, width int) []byte {
	if p.fm {
		width = 0
	}
	return p.digits(dst, fmt.Sprintf("%0*d", width, v))
}

func (f fields) era(dst []byte, p piece) []byte {
	name := "AD"
	if f.year <= 0 {
		name = "BC"
	}
	if strings.Contains(p.text, ".") {
		name = name[:1] + "." + name[1:] + "."
	}
	p.fm = true
	return p.letters(dst, name, 0)
}

func (f fields) century(dst []byte, p piece) []byte {
	c := f.year / 100
	switch {
	case f.interval:
	case f.year > 0:
		c = (f.year-1)/100 + 1
	default:
		c--
	}
	if c > 99 || c < -99 {
		return p.digits(dst, strconv.FormatInt(c, 10))
	}
	return p.number(dst, c, 2)
}

func (f fields) romanMonth(dst []byte, p piece) []byte {
	at := 12 - f.month
	switch {
	case f.month == 0 && f.year == 0:
		return dst
	case f.month == 0 && f.year > 0:
		at = 0
	case f.month == 0:
		at = 11
	case f.month < 0:
		at = -(f.month + 1)
	}
	return p.letters(dst, romans[at], 4)
}

func (f fields) appendYear(dst []byte, p piece, key string) []byte {
	year := f.year
	if key[0] == 'I' {
		year, key = f.isoYear, strings.Repeat("Y", len(key))
	}
	y := f.shownYear(year)
	switch key {
	case "Y,YYY":
		return p.digits(dst, fmt.Sprintf("%d,%03d", y/1000, y-y/1000*1000))
	case "YYYY":
		return p.number(dst, y, 4)
	case "YYY":
		return p.signedNumber(dst, y, y%1000, 3)
	case "YY":
		return p.signedNumber(dst, y, y%100, 2)
	}
	return p.digits(dst, strconv.FormatInt(y%10, 10))
}

// signedNumber writes the last digits of a year, for whose width the sign of the year counts.
func (p piece) signedNumber(dst []byte, year, v int64, width int) []byte {
	if year < 0 {
		width++
	}
	if p.fm {
		width = 0
	}
	return p.digits(dst, fmt.Sprintf("%0*d", width, v))
}

// julianDay is the number of a day, also of one with a month or day that no calendar has.
func julianDay(year, month, day int64) int64 {
	if month > 2 {
		month, year = month+1, year+4800
	} else {
		month, year = month+13, year+4799
	}
	century := year / 100
	return int64(int32(year*365 - 32167 + year/4 - century + century/4 + 7834*month/256 + day)) // as PostgreSQL counts, in 32 bits
}
