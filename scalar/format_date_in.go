package scalar

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/apache/arrow/go/v17/arrow"
)

var (
	errDateField   = fail("22007", "text does not match the format, or its fields contradict each other")
	errFormatOnly  = fail("0A000", "TZ and OF are supported in to_char only")
	errDateOfYear  = fail("22007", "cannot calculate the day of a year without the year")
	errHalfDayHour = fail("22007", "hour is invalid for the 12-hour clock")
)

// dateReadFunctions lists to_date and to_timestamp with a format.
func dateReadFunctions() []Function {
	return []Function{
		make2("pg_to_date", kText, kText, kDate, func() func(string, string) (arrow.Date32, error) {
			read := dateReaderFn()
			return func(s, template string) (arrow.Date32, error) {
				r, err := read(s, template)
				if err != nil {
					return 0, err
				}
				return checkDate(r.days())
			}
		}),
		make2("pg_to_timestamp", kText, kText, kTz, func() func(string, string) (arrow.Timestamp, error) {
			read := dateReaderFn()
			return func(s, template string) (arrow.Timestamp, error) {
				r, err := read(s, template)
				if err != nil {
					return 0, err
				}
				return r.rounded(makeStamp(r.days(), r.clock()-r.zone))
			}
		}),
	}
}

func dateReaderFn() func(s, template string) (*dateReader, error) {
	var cache templateCache[[]piece]
	return func(s, template string) (*dateReader, error) {
		pieces, err := cache.get(template, func(s string) (*[]piece, error) {
			p := parseTemplate(s, dateWords, true)
			return &p, nil
		})
		if err != nil {
			return nil, err
		}
		r := &dateReader{pieces: *pieces, s: s, date: civil{0, 1, 1}}
		if err := r.run(); err != nil {
			return nil, err
		}
		return r, r.finish()
	}
}

// dateValues are the fields that a text gave; 0 is none.
type dateValues struct {
	hh, mi, ss, ssss, ms, us, pm, tzh, tzm, tzsign   int64
	d, dd, ddd, mm, year, yearSize, bc, ww, w, cc, j int64
	ff                                               int // digits of the fraction to keep
	halfDays                                         bool
	iso, gregorian                                   bool
}

// dateReader takes a date out of text.
type dateReader struct {
	pieces  []piece
	i       int // the piece that is being read
	s       string
	at      int
	fixed   bool // FX
	skipped int  // characters passed beyond those of the format
	v       dateValues

	date               civil
	hour, min, sec, us int64
	zone               int64
}

func (r *dateReader) days() int64 { return r.date.days() }

func (r *dateReader) clock() int64 {
	return r.hour*usPerHour + r.min*usPerMinute + r.sec*usPerSecond + r.us
}

func (r *dateReader) isBlank() bool {
	return r.at < len(r.s) && strings.IndexByte(blanks, r.s[r.at]) >= 0
}

func (r *dateReader) passBlanks() {
	for r.isBlank() {
		r.at++
		r.skipped++
	}
}

func (r *dateReader) passRune() {
	_, n := utf8.DecodeRuneInString(r.s[r.at:])
	r.at += n
}

func (r *dateReader) run() error {
	for i, p := range r.pieces {
		if r.at >= len(r.s) {
			return nil
		}
		r.i = i
		if !r.fixed && (p.kind != literalPiece || i == 0) && (p.kind == keyPiece || i == 0) {
			r.passBlanks()
		}
		switch {
		case p.kind == keyPiece:
			if err := r.key(p); err != nil {
				return err
			}
			if !r.fixed {
				r.skipped = 0
				r.passBlanks()
			}
		case r.at >= len(r.s):
		case p.kind == literalPiece:
			if !r.fixed && r.skipped > 0 {
				r.skipped--
			} else {
				r.passRune()
			}
		case r.fixed:
			r.passRune()
		default:
			r.skipped--
			if c := r.s[r.at]; r.isBlank() || c > ' ' && c < 127 && !alnumRunes.contains(rune(c)) {
				r.at++
				r.skipped++
			}
		}
	}
	return nil
}

// set gives a field its value, which it may be given again but not changed.
func set(field *int64, v int64) error {
	if *field != 0 && *field != v {
		return errDateField
	}
	*field = v
	return nil
}

// wordKeys are the keywords that stand for words and signs rather than digits.
var wordKeys = func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields("A.D. B.C. AD BC A.M. P.M. AM PM MONTH MON DAY DY FX OF TZ TZH RM") {
		m[w] = true
	}
	return m
}()

// endsNumber reports that no digit can follow the field at hand, so that it takes all there are.
func (r *dateReader) endsNumber() bool {
	p := r.pieces[r.i]
	if p.fm || p.th != "" || r.i+1 == len(r.pieces) {
		return true
	}
	next := r.pieces[r.i+1]
	if next.kind == keyPiece {
		return wordKeys[strings.ToUpper(next.text)]
	}
	return next.text[0] < '0' || next.text[0] > '9'
}

// number takes an integer of width digits, or more where none can follow, into field; it returns how many characters it took.
func (r *dateReader) number(field *int64, width int) (int, error) {
	begin := r.at
	for r.isBlank() {
		r.at++
	}
	limit := len(r.s)
	if !r.endsNumber() {
		if limit = r.at + width; limit > len(r.s) {
			return 0, errDateField
		}
	}
	end := r.at
	for end < limit && strings.IndexByte(blanks, r.s[end]) >= 0 {
		end++
	}
	digits := end
	if digits < limit && (r.s[digits] == '-' || r.s[digits] == '+') {
		digits++
	}
	n := countDigits(r.s[digits:limit])
	if n == 0 {
		return 0, errDateField
	}
	v, err := strconv.ParseInt(r.s[end:digits+n], 10, 64)
	end = digits + n
	if !r.endsNumber() && end < limit {
		return 0, errDateField
	}
	r.at = end
	if err != nil || v < math.MinInt32 || v > math.MaxInt32 {
		return 0, errDateRange
	}
	if field != nil {
		err = set(field, v)
	}
	if r.pieces[r.i].th != "" {
		defer func() {
			for range 2 {
				if r.at < len(r.s) {
					r.passRune()
				}
			}
		}()
	}
	return r.at - begin, err
}

// name takes the first of some words that the text begins with, in any case of letters.
func (r *dateReader) name(words []string) (int64, error) {
	for i, w := range words {
		if r.at+len(w) <= len(r.s) && strings.EqualFold(r.s[r.at:r.at+len(w)], w) {
			r.at += len(w)
			return int64(i), nil
		}
	}
	return 0, errDateField
}

func shortNames(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = n[:3]
	}
	return out
}

var shortMonths, shortDays = shortNames(monthNames), shortNames(dayNames)

// isoKeys and gregorianKeys cannot stand in one format.
var isoKeys, gregorianKeys = keySet("IDDD ID IW IYYY IYY IY I"), keySet("MONTH MON MM DDD DD D RM W WW Y,YYY YYYY YYY YY Y")

func keySet(words string) map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(words) {
		m[w] = true
	}
	return m
}

func (r *dateReader) key(p piece) error {
	key := strings.ToUpper(p.text)
	r.v.iso, r.v.gregorian = r.v.iso || isoKeys[key], r.v.gregorian || gregorianKeys[key]
	if r.v.iso && r.v.gregorian {
		return errDateField
	}
	v := &r.v
	var err error
	switch key {
	case "FX":
		r.fixed = true
	case "A.M.", "P.M.", "AM", "PM":
		v.halfDays = true
		return r.half(&v.pm, key, "a.m.", "p.m.")
	case "A.D.", "B.C.", "AD", "BC":
		return r.half(&v.bc, key, "a.d.", "b.c.")
	case "HH", "HH12":
		v.halfDays = true
		_, err = r.number(&v.hh, 2)
	case "HH24":
		_, err = r.number(&v.hh, 2)
	case "MI":
		_, err = r.number(&v.mi, 2)
	case "SS":
		_, err = r.number(&v.ss, 2)
	case "SSSS", "SSSSS":
		_, err = r.number(&v.ssss, len(key))
	case "MS":
		return r.fraction(&v.ms, 3, 3)
	case "US":
		return r.fraction(&v.us, 6, 6)
	case "FF1", "FF2", "FF3", "FF4", "FF5", "FF6":
		v.ff = int(key[2] - '0')
		return r.fraction(&v.us, v.ff, 6)
	case "TZ", "OF":
		return errFormatOnly
	case "TZH":
		r.zoneSign()
		_, err = r.number(&v.tzh, 2)
	case "TZM":
		if v.tzsign == 0 {
			v.tzsign = 1
		}
		_, err = r.number(&v.tzm, 2)
	default:
		return r.dateKey(key)
	}
	return err
}

func (r *dateReader) half(field *int64, key, first, second string) error {
	if !strings.Contains(key, ".") {
		first, second = strings.ReplaceAll(first, ".", ""), strings.ReplaceAll(second, ".", "")
	}
	n, err := r.name([]string{first, second})
	if err != nil {
		return err
	}
	return set(field, n)
}

// fraction takes the digits of a fraction; scale are those of the field.
func (r *dateReader) fraction(field *int64, width, scale int) error {
	n, err := r.number(field, width)
	if err != nil {
		return err
	}
	for ; n < scale; n++ {
		*field *= 10
	}
	return nil
}

// zoneSign takes the sign of a zone, which may have been passed as a separator.
func (r *dateReader) zoneSign() {
	r.v.tzsign = 1
	switch c := r.s[r.at]; {
	case c == '+' || c == '-' || c == ' ':
		if c == '-' {
			r.v.tzsign = -1
		}
		r.at++
	case r.skipped > 0 && r.s[r.at-1] == '-':
		r.v.tzsign = -1
	}
}

func (r *dateReader) dateKey(key string) error {
	v := &r.v
	var err error
	var n int64
	switch key {
	case "MONTH", "MON":
		names := monthNames
		if key == "MON" {
			names = shortMonths
		}
		if n, err = r.name(names); err == nil {
			err = set(&v.mm, n+1)
		}
	case "RM":
		if n, err = r.name(romans); err == nil {
			err = set(&v.mm, 12-n)
		}
	case "DAY", "DY":
		names := dayNames
		if key == "DY" {
			names = shortDays
		}
		if n, err = r.name(names); err == nil {
			if err = set(&v.d, n); err == nil {
				v.d++
			}
		}
	case "MM":
		_, err = r.number(&v.mm, 2)
	case "DDD", "IDDD":
		_, err = r.number(&v.ddd, 3)
	case "DD":
		_, err = r.number(&v.dd, 2)
	case "D":
		_, err = r.number(&v.d, 1)
	case "ID":
		if _, err = r.number(&v.d, 1); err == nil {
			if v.d++; v.d > 7 {
				v.d = 1
			}
		}
	case "WW", "IW":
		_, err = r.number(&v.ww, 2)
	case "Q":
		_, err = r.number(nil, 1)
	case "CC":
		_, err = r.number(&v.cc, 2)
	case "W":
		_, err = r.number(&v.w, 1)
	case "J":
		_, err = r.number(&v.j, 1)
	case "Y,YYY":
		return r.groupedYear()
	default:
		return r.year(len(key))
	}
	return err
}

// year takes a year of so many digits; those with fewer than four are near 2020.
func (r *dateReader) year(width int) error {
	n, err := r.number(&r.v.year, width)
	if err != nil {
		return err
	}
	r.v.yearSize = int64(width)
	if y := &r.v.year; width < 4 && n < 4 {
		switch {
		case *y < 70:
			*y += 2000
		case *y < 100:
			*y += 1900
		case *y < 520:
			*y += 2000
		case *y < 1000:
			*y += 1000
		}
	}
	return nil
}

func (r *dateReader) groupedYear() error {
	thousands, rest, ok := strings.Cut(r.s[r.at:], ",")
	rest = rest[:min(3, len(rest))]
	digits := countDigits(rest)
	n, err := strconv.ParseInt(thousands, 10, 32)
	if !ok || err != nil || digits == 0 {
		return errDateField
	}
	y, err := strconv.ParseInt(rest[:digits], 10, 32)
	if err != nil {
		return errDateField
	}
	r.at += len(thousands) + 1 + digits
	r.v.yearSize = 4
	if err := set(&r.v.year, n*1000+y); err != nil || r.pieces[r.i].th == "" {
		return err
	}
	for range 2 {
		if r.at < len(r.s) {
			r.passRune()
		}
	}
	return nil
}
