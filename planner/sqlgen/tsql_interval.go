package sqlgen

import (
	"strconv"
	"strings"
)

// interval is a constant interval.
type interval struct{ months, days, micros int64 }

// intervalUnits are the units of PostgreSQL's output form and their usual other names.
var intervalUnits = map[string]interval{
	"year": {12, 0, 0}, "mon": {1, 0, 0}, "month": {1, 0, 0}, "week": {0, 7, 0}, "day": {0, 1, 0},
	"hour": {0, 0, 3600e6}, "min": {0, 0, 60e6}, "minute": {0, 0, 60e6}, "sec": {0, 0, 1e6}, "second": {0, 0, 1e6},
}

// parseInterval reads an interval in PostgreSQL's output form: "1 year -2 mons +3 days -04:05:06.7".
func parseInterval(s string) (interval, bool) {
	var out interval
	words := strings.Fields(s)
	for i := 0; i < len(words); i++ {
		if strings.Contains(words[i], ":") {
			micros, ok := clockMicros(words[i])
			out.micros += micros
			if !ok {
				return out, false
			}
			continue
		}
		n, err := strconv.ParseInt(words[i], 10, 32)
		if err != nil || i+1 == len(words) {
			return out, err == nil && n == 0 && len(words) == 1
		}
		i++
		unit, ok := intervalUnits[strings.ToLower(strings.TrimSuffix(words[i], "s"))]
		if !ok {
			return out, false
		}
		out = interval{out.months + n*unit.months, out.days + n*unit.days, out.micros + n*unit.micros}
	}
	return out, len(words) > 0
}

// clockMicros reads [sign]h:mm[:ss[.ffffff]].
func clockMicros(s string) (int64, bool) {
	sign := int64(1)
	if strings.HasPrefix(s, "-") {
		sign = -1
	}
	parts := strings.Split(strings.TrimLeft(s, "+-"), ":")
	if len(parts) == 2 {
		parts = append(parts, "0")
	}
	whole, frac, _ := strings.Cut(parts[len(parts)-1], ".")
	if len(parts) != 3 || len(frac) > 6 {
		return 0, false
	}
	total := int64(0)
	for i, p := range []string{parts[0], parts[1], whole, frac + strings.Repeat("0", 6-len(frac))} {
		n, err := strconv.ParseInt(p, 10, 32)
		if err != nil || n < 0 {
			return 0, false
		}
		total += n * []int64{3600e6, 60e6, 1e6, 1}[i]
	}
	return sign * total, true
}
