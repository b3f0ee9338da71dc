package scalar

import (
	"strconv"
	"strings"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
)

// moment is what date and time text says.
type moment struct {
	special          string // "infinity", "-infinity", "epoch", or empty
	hasDate, hasTime bool
	joined           bool // date and time stand in one word, with a T between
	date             civil
	us               int64          // of the day; one day or a little more is possible
	zone             int64          // microseconds east of UTC
	region           *time.Location // takes the place of zone
}

// parseDate reads a date; a time and a zone behind it are dropped.
func parseDate(s string) (arrow.Date32, error) {
	m, err := parseMoment(s)
	switch {
	case err != nil:
		return 0, err
	case m.special == "infinity":
		return dateInfinity, nil
	case m.special == "-infinity":
		return dateMinusInfinity, nil
	case m.special == "epoch":
		return 0, nil
	case !m.hasDate:
		return 0, errDateSyntax
	}
	return checkDate(m.date.days())
}

// parseTime reads a time of day; a date before it and a zone behind it are dropped.
func parseTime(s string) (arrow.Time64, error) {
	m, err := parseMoment(s)
	switch {
	case !m.hasTime && err != errDateRange || !strings.Contains(s, ":") || m.joined:
		return 0, errDateSyntax
	case err != nil:
		return 0, err
	}
	return arrow.Time64(m.us), nil
}

// parseStamp reads a timestamp. A zone counts only if zoned; without one the text is in UTC.
func parseStamp(s string, zoned bool) (arrow.Timestamp, error) {
	m, err := parseMoment(s)
	switch {
	case err != nil:
		return 0, err
	case m.special == "infinity":
		return stampInfinity, nil
	case m.special == "-infinity":
		return stampMinusInfinity, nil
	case m.special == "epoch":
		return 0, nil
	case !m.hasDate:
		return 0, errDateSyntax
	}
	if !zoned {
		m.zone = 0
	}
	stamp, err := makeStamp(m.date.days(), m.us-m.zone)
	if err == nil && zoned && m.region != nil {
		return shiftStamp(stamp, -localOffset(time.UnixMicro(int64(stamp)), m.region)*secondUs)
	}
	return stamp, err
}

// parseMoment reads the forms that PostgreSQL reads the same under every DateStyle: ISO 8601 dates, YYYYMMDD,
// dates with the month's name and a year of three digits or more; times with numeric zones, UTC, or a region of the IANA
// database. What else PostgreSQL may accept is an error here.
func parseMoment(s string) (m moment, err error) {
	p := momentParser{m: &m}
	s = strings.ToLower(strings.Trim(s, blanks))
	switch s {
	case "infinity", "-infinity", "epoch":
		m.special = s
		return m, nil
	}
	for _, word := range strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r < 128 && strings.ContainsRune(blanks, r) }) {
		if err := p.word(word); err != nil {
			return m, err
		}
	}
	return m, p.finish()
}

// momentParser takes the words of a text in turn.
type momentParser struct {
	m                    *moment
	parts                []string // of the date: numbers and a month's name
	iso, bc, ad, hasZone bool
	meridiem             string
	hour                 int64
}

func (p *momentParser) word(w string) error {
	switch {
	case w == "bc" || w == "ad":
		if p.bc || p.ad {
			return errDateSyntax
		}
		p.bc, p.ad = w == "bc", w == "ad"
		return nil
	case w == "am" || w == "pm":
		return p.setMeridiem(w)
	case p.m.hasTime && zoneWords[w]:
		return p.setZone(w)
	case p.m.hasTime && (w[0] == '+' || w[0] == '-'):
		return p.setZone(w)
	case p.m.hasTime && w[0] >= 'a' && w[0] <= 'z' && strings.Contains(w, "/"):
		return p.setRegion(w)
	case strings.Contains(w, ":"):
		return p.clockWord(w)
	}
	return p.dateWord(w)
}

var zoneWords = map[string]bool{"z": true, "utc": true, "gmt": true, "zulu": true}

// clockWord takes a time, perhaps behind a date and a T.
func (p *momentParser) clockWord(w string) error {
	if t := strings.IndexByte(w, 't'); t > 0 && w[t-1] >= '0' && w[t-1] <= '9' && t < strings.IndexByte(w, ':') {
		if err := p.dateWord(w[:t]); err != nil {
			return err
		}
		p.m.joined, w = true, w[t+1:]
	}
	if p.m.hasTime {
		return errDateSyntax
	}
	h, rest := cutDigits(w)
	if h == "" || !strings.HasPrefix(rest, ":") {
		return errDateSyntax
	}
	min, rest := cutDigits(rest[1:])
	sec, frac := "0", ""
	if strings.HasPrefix(rest, ":") {
		sec, rest = cutDigits(rest[1:])
		if strings.HasPrefix(rest, ".") {
			frac, rest = cutDigits(rest[1:])
		}
	}
	if min == "" || sec == "" {
		return errDateSyntax
	}
	if err := p.setClock(h, min, sec, frac); err != nil {
		return err
	}
	switch {
	case rest == "":
		return nil
	case rest == "am" || rest == "pm":
		return p.setMeridiem(rest)
	}
	return p.setZone(rest)
}

func cutDigits(s string) (digits, rest string) {
	n := countDigits(s)
	return s[:n], s[n:]
}

// dateWord takes a date written in one word, or one part of it.
func (p *momentParser) dateWord(w string) error {
	parts := strings.FieldsFunc(w, func(r rune) bool { return r == '-' || r == '/' })
	if strings.Count(w, "-")+strings.Count(w, "/") != len(parts)-1 || len(parts) == 2 || p.iso {
		return errDateSyntax
	}
	if n := countDigits(w); n == len(w) && n == 8 && len(p.parts) == 0 {
		parts = []string{w[:4], w[4:6], w[6:]}
	}
	for _, s := range parts {
		if _, month := months[s]; !month && countDigits(s) != len(s) {
			return errDateSyntax
		}
	}
	p.iso = len(parts) == 3
	p.parts = append(p.parts, parts...)
	return nil
}

var months = func() map[string]int64 {
	m := map[string]int64{"sept": 9}
	for i, name := range strings.Fields("january february march april may june july august september october november december") {
		m[name], m[name[:3]] = int64(i+1), int64(i+1)
	}
	return m
}()

// finish puts the date's parts in order and checks it.
func (p *momentParser) finish() error {
	if len(p.parts) == 0 {
		if p.bc || p.ad || !p.m.hasTime {
			return errDateSyntax
		}
		return nil
	}
	if len(p.parts) != 3 {
		return errDateSyntax
	}
	var c civil
	var rest []string
	for _, s := range p.parts {
		if n, ok := months[s]; ok && c.month == 0 {
			c.month = n
		} else {
			rest = append(rest, s)
		}
	}
	year, day := rest[0], rest[len(rest)-1]
	switch {
	case c.month == 0 && len(rest[1]) <= 2:
		n, err := strconv.ParseInt(rest[1], 10, 64)
		if err != nil {
			return errDateSyntax
		}
		c.month = n
	case len(rest) != 2:
		return errDateSyntax
	case len(year) < 3:
		year, day = day, year
	}
	if len(year) < 3 || len(day) > 2 {
		return errDateSyntax
	}
	return p.setDate(c, year, day)
}

func (p *momentParser) setDate(c civil, year, day string) error {
	var err error
	if c.year, err = strconv.ParseInt(year, 10, 32); err != nil {
		return errDateRange
	}
	if c.day, err = strconv.ParseInt(day, 10, 32); err != nil {
		return errDateSyntax
	}
	if c.year == 0 {
		return errDateRange
	}
	if p.bc {
		c.year = 1 - c.year
	}
	if !c.valid() {
		return errDateRange
	}
	p.m.hasDate, p.m.date = true, c
	return nil
}
