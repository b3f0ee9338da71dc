package shardmap

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

const microsPerDay = 24 * 60 * 60 * 1_000_000

// maxYear is the last year of PostgreSQL's date type.
const maxYear = 5874897

// isoDays reads yyyy-mm-dd as days since 1970-01-01, in the proleptic Gregorian calendar.
func isoDays(s string) (int64, bool) {
	parts := strings.Split(s, "-")
	if len(parts) != 3 || len(parts[0]) < 4 || len(parts[0]) > 7 || len(parts[1]) != 2 || len(parts[2]) != 2 {
		return 0, false
	}
	y, ok1 := digits(parts[0])
	m, ok2 := digits(parts[1])
	d, ok3 := digits(parts[2])
	if !ok1 || !ok2 || !ok3 || y < 1 || y > maxYear || m < 1 || m > 12 || d < 1 || d > daysIn(y, m) {
		return 0, false
	}
	return civilDays(y, m, d), true
}

func daysIn(y, m int64) int64 {
	switch m {
	case 4, 6, 9, 11:
		return 30
	case 2:
		if y%4 == 0 && (y%100 != 0 || y%400 == 0) {
			return 29
		}
		return 28
	}
	return 31
}

// civilDays counts days from 1970-01-01 with years that begin in March, so that the leap day comes last.
func civilDays(y, m, d int64) int64 {
	if m <= 2 {
		y, m = y-1, m+12
	}
	era, yoe := y/400, y%400
	doy := (153*(m-3)+2)/5 + d - 1
	return era*146097 + yoe*365 + yoe/4 - yoe/100 + doy - 719468
}

// daysCivil is the inverse of civilDays for dates from year 1 on.
func daysCivil(days int64) (y, m, d int64) {
	z := days + 719468
	era, doe := z/146097, z%146097
	yoe := (doe - doe/1460 + doe/36524 - doe/146096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	y, m, d = era*400+yoe, mp+3, doy-(153*mp+2)/5+1
	if m > 12 {
		y, m = y+1, m-12
	}
	return y, m, d
}

// parseClock reads hh:mm[:ss[.ffffff]] and, if zone is set, an offset; the result is in microseconds and
// has the offset taken off.
func parseClock(s string, zone bool) (int64, bool) {
	var offset int64
	if i := strings.IndexAny(s, "+-zZ"); i >= 0 {
		if !zone {
			return 0, false
		}
		var ok bool
		if offset, ok = parseOffset(s[i:]); !ok {
			return 0, false
		}
		s = strings.TrimSpace(s[:i])
	}
	var fraction int64
	if i := strings.IndexByte(s, '.'); i >= 0 {
		f, ok := digits(s[i+1:])
		if !ok || len(s)-i-1 > 6 || strings.Count(s, ":") != 2 {
			return 0, false
		}
		fraction = f * int64(math.Pow10(6-(len(s)-i-1)))
		s = s[:i]
	}
	seconds, ok := clockSeconds(s)
	return (seconds-offset)*1_000_000 + fraction, ok
}

// clockSeconds reads hh:mm or hh:mm:ss, below 24:00:00.
func clockSeconds(s string) (int64, bool) {
	parts := strings.Split(s, ":")
	if len(parts) < 2 || len(parts) > 3 {
		return 0, false
	}
	var total int64
	for i, limit := range []int64{24, 60, 60} {
		total *= 60
		if i >= len(parts) {
			continue
		}
		n, ok := digits(parts[i])
		if !ok || len(parts[i]) != 2 || n >= limit {
			return 0, false
		}
		total += n
	}
	return total, true
}

// parseOffset reads Z, ±hh or ±hh:mm as seconds east of UTC.
func parseOffset(s string) (int64, bool) {
	if s == "Z" || s == "z" {
		return 0, true
	}
	text := s[1:]
	if len(text) == 2 {
		text += ":00"
	}
	n, ok := clockSeconds(text)
	if !ok || strings.Count(text, ":") != 1 || n > 16*3600 {
		return 0, false
	}
	if s[0] == '-' {
		n = -n
	}
	return n, s[0] == '-' || s[0] == '+'
}

// digits reads a short run of ASCII digits and nothing else.
func digits(s string) (int64, bool) {
	if s == "" || len(s) > 9 {
		return 0, false
	}
	n, err := strconv.ParseUint(s, 10, 32)
	return int64(n), err == nil
}

func formatDate(days int64) string {
	switch days {
	case math.MaxInt32:
		return "infinity"
	case math.MinInt32:
		return "-infinity"
	}
	y, m, d := daysCivil(days)
	return fmt.Sprintf("%04d-%02d-%02d", y, m, d)
}

func formatTimestamp(us int64) string {
	switch us {
	case math.MaxInt64:
		return "infinity"
	case math.MinInt64:
		return "-infinity"
	}
	days, rest := us/microsPerDay, us%microsPerDay
	if rest < 0 {
		days, rest = days-1, rest+microsPerDay
	}
	s, f := rest/1_000_000, rest%1_000_000
	out := fmt.Sprintf("%s %02d:%02d:%02d", formatDate(days), s/3600, s/60%60, s%60)
	if f != 0 {
		out += strings.TrimRight(fmt.Sprintf(".%06d", f), "0")
	}
	return out
}
