package scalar

import (
	"math"
	"strconv"
	"strings"
)

var errZoneRange = fail("22009", "time zone displacement out of range")

// setClock checks and takes a time of day.
func (p *momentParser) setClock(h, min, sec, frac string) error {
	var v [3]int64
	for i, s := range [3]string{h, min, sec} {
		n, err := strconv.ParseInt(s, 10, 32)
		if err != nil {
			return errDateRange
		}
		v[i] = n
	}
	part := int64(0)
	if frac != "" {
		f, err := strconv.ParseFloat("0."+frac, 64)
		if err != nil {
			return errDateSyntax
		}
		part = int64(math.RoundToEven(f * usPerSecond))
	}
	us := v[0]*usPerHour + v[1]*usPerMinute + v[2]*usPerSecond + part
	if v[0] > 24 || v[1] > 59 || v[2] > 60 || us > usPerDay {
		return errDateRange
	}
	p.m.hasTime, p.m.us, p.hour = true, us, v[0]
	return nil
}

func (p *momentParser) setMeridiem(w string) error {
	switch {
	case !p.m.hasTime || p.meridiem != "":
		return errDateSyntax
	case p.hour > 12:
		return errDateRange
	case w == "am" && p.hour == 12:
		p.m.us -= 12 * usPerHour
	case w == "pm" && p.hour != 12:
		p.m.us += 12 * usPerHour
	}
	p.meridiem = w
	return nil
}

// setRegion takes a zone's name, such as europe/berlin.
func (p *momentParser) setRegion(w string) error {
	if p.hasZone {
		return errDateSyntax
	}
	loc, err := loadZone(w)
	if err != nil {
		return err
	}
	p.hasZone, p.m.region = true, loc
	return nil
}

// setZone takes Z, UTC, GMT, or a displacement: ±h, ±hh, ±hhmm, ±hh:mm, ±hh:mm:ss.
func (p *momentParser) setZone(w string) error {
	if p.hasZone {
		return errDateSyntax
	}
	p.hasZone = true
	if zoneWords[w] {
		return nil
	}
	if w[0] != '+' && w[0] != '-' {
		return errDateSyntax
	}
	parts := strings.Split(w[1:], ":")
	if n := len(parts[0]); len(parts) == 1 && (n == 3 || n == 4) {
		parts = []string{parts[0][:n-2], parts[0][n-2:]}
	}
	if len(parts) > 3 {
		return errDateSyntax
	}
	unit, zone := int64(usPerHour), int64(0)
	for i, s := range parts {
		if len(s) == 0 || len(s) > 2 || countDigits(s) != len(s) {
			return errDateSyntax
		}
		n, err := strconv.ParseInt(s, 10, 64)
		if err != nil {
			return errDateSyntax
		}
		if i == 0 && n > 15 || n > 59 {
			return errZoneRange
		}
		zone += n * unit
		unit /= 60
	}
	if w[0] == '-' {
		zone = -zone
	}
	p.m.zone = zone
	return nil
}
