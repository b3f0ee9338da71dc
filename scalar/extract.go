package scalar

import (
	"math"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"
)

// fieldNames are the fields that only extract and date_part know.
var fieldNames = map[string]unit{"epoch": uEpoch, "dow": uDow, "doy": uDoy, "isodow": uIsoDow, "isoyear": uIsoYear, "julian": uJulian, "j": uJulian, "jd": uJulian}

func fieldOf(name string) unit {
	name = strings.ToLower(name)
	if u := unitOf(name); u != uNone {
		return u
	}
	return fieldNames[name[:min(len(name), 10)]]
}

// part is a field's value: secs + count units of 10^-scale.
type part struct {
	count    int64
	scale    int
	secs     int64
	us       int64   // of the day, beside the count of a julian day
	double   float64 // for the epoch of intervals, which date_part sums up in another order
	infinite int     // -1 or 1 for an infinity
}

// extractFunctions lists extract, exact, and date_part, in double precision.
func extractFunctions() []Function {
	date := func(u unit, d arrow.Date32) (part, error) { return dateField(u, d) }
	dateAsStamp := func(u unit, d arrow.Date32) (part, error) {
		t, err := dateToStamp(d)
		if err != nil {
			return part{}, err
		}
		return stampField(u, t, false)
	}
	stamp := func(u unit, t arrow.Timestamp) (part, error) { return stampField(u, t, false) }
	zoned := func(u unit, t arrow.Timestamp) (part, error) { return stampField(u, t, true) }
	return []Function{
		extractFn(kDate, date), extractFn(kTs, stamp), extractFn(kTz, zoned), extractFn(kTime, timeField), extractFn(kIv, intervalField),
		partFn(kDate, dateAsStamp), partFn(kTs, stamp), partFn(kTz, zoned), partFn(kTime, timeField), partFn(kIv, intervalField),
	}
}

func extractFn[T any](k kind[T], f func(unit, T) (part, error)) Function {
	return wide2("pg_extract", kText, k, kWide, func(s *scratch, field string, v T) (wide, error) {
		u := fieldOf(field)
		p, err := f(u, v)
		switch {
		case err != nil:
			return wide{}, err
		case p.infinite != 0:
			return wide{}, errNaNWide
		case u == uJulian:
			frac, err := DecimalFromInt64(p.us).Div(DecimalFromInt64(usPerDay))
			if err != nil {
				return wide{}, err
			}
			return frac.Add(DecimalFromInt64(p.count)).Wide()
		}
		s.a.Mul(s.a.SetInt64(p.secs), pow10(p.scale))
		return s.toWide(s.a.Add(&s.a, s.b.SetInt64(p.count)), p.scale)
	})
}

func partFn[T any](k kind[T], f func(unit, T) (part, error)) Function {
	return fn2("pg_date_part", kText, k, kF8, func(field string, v T) (float64, error) {
		u := fieldOf(field)
		p, err := f(u, v)
		switch {
		case err != nil:
			return 0, err
		case p.infinite != 0:
			return math.Inf(p.infinite), nil
		case u == uJulian:
			return float64(p.count) + (float64(p.us/usPerSecond)+float64(p.us%usPerSecond)/usPerSecond)/86400, nil
		case p.double != 0:
			return p.double, nil
		case p.scale == 0:
			return float64(p.count), nil
		}
		return float64(p.count) / math.Pow10(p.scale), nil
	})
}

// clockField takes a field of the microseconds of a day, or of an interval's time.
func clockField(u unit, us int64) (part, bool) {
	switch u {
	case uMicrosecond:
		return part{count: us % usPerMinute}, true
	case uMillisecond:
		return part{count: us % usPerMinute, scale: 3}, true
	case uSecond:
		return part{count: us % usPerMinute, scale: 6}, true
	case uMinute:
		return part{count: us / usPerMinute % 60}, true
	case uHour:
		return part{count: us / usPerHour}, true
	}
	return part{}, false
}

// infiniteField is what a field of an infinite date or timestamp is: NULL if the field goes round, else infinite.
func infiniteField(u unit, sign int) (part, error) {
	switch u {
	case uYear, uDecade, uCentury, uMillennium, uJulian, uIsoYear, uEpoch:
		return part{infinite: sign}, nil
	case uMicrosecond, uMillisecond, uSecond, uMinute, uHour, uDay, uMonth, uQuarter, uWeek, uDow, uIsoDow, uDoy, uZone, uZoneHour, uZoneMinute:
		return part{}, errNull
	case uNone:
		return part{}, errParameter
	}
	return part{}, errUnitUnsupported
}

func dateField(u unit, d arrow.Date32) (part, error) {
	switch u {
	case uMicrosecond, uMillisecond, uSecond, uMinute, uHour, uZone, uZoneHour, uZoneMinute:
		return part{}, errUnitUnsupported
	}
	switch d {
	case dateInfinity:
		return infiniteField(u, 1)
	case dateMinusInfinity:
		return infiniteField(u, -1)
	}
	if u == uEpoch {
		return part{count: int64(d) * 86400}, nil
	}
	return dayField(u, int64(d))
}

func stampField(u unit, t arrow.Timestamp, zoned bool) (part, error) {
	if !zoned && (u == uZone || u == uZoneHour || u == uZoneMinute) && !infiniteStamp(t) {
		return part{}, errUnitUnsupported
	}
	switch t {
	case stampInfinity:
		return infiniteField(u, 1)
	case stampMinusInfinity:
		return infiniteField(u, -1)
	}
	days, us := splitStamp(t)
	switch u {
	case uEpoch:
		return part{count: int64(t), scale: 6}, nil
	case uZone, uZoneHour, uZoneMinute:
		return part{}, nil
	}
	if p, ok := clockField(u, us); ok {
		return p, nil
	}
	p, err := dayField(u, days)
	if u == uJulian {
		p.us = us
	}
	return p, err
}

// dayField takes a field of the calendar.
func dayField(u unit, days int64) (part, error) {
	c := civilOf(days)
	whole := func(n int64) (part, error) { return part{count: n}, nil }
	switch u {
	case uDay:
		return whole(c.day)
	case uMonth:
		return whole(c.month)
	case uQuarter:
		return whole((c.month-1)/3 + 1)
	case uYear:
		return whole(shownYear(c.year))
	case uDecade:
		return whole(floorDiv64(c.year, 10))
	case uCentury, uMillennium:
		return whole(shownYear(floorDiv64(c.year-1, unitYears[u]) + 1))
	case uWeek:
		_, week := isoWeek(days)
		return whole(week)
	case uIsoYear:
		year, _ := isoWeek(days)
		return whole(shownYear(year))
	case uDow:
		return whole(weekday(days))
	case uIsoDow:
		return whole(floorMod(days+3, 7) + 1)
	case uDoy:
		return whole(days - civil{c.year, 1, 1}.days() + 1)
	case uJulian:
		return whole(days + julianUnixEpoch)
	case uNone:
		return part{}, errParameter
	}
	return part{}, errUnitUnsupported
}

// shownYear leaves out the year 0, as there is none before or after Christ.
func shownYear(year int64) int64 {
	if year <= 0 {
		return year - 1
	}
	return year
}

func timeField(u unit, t arrow.Time64) (part, error) {
	if p, ok := clockField(u, int64(t)); ok {
		return p, nil
	}
	switch u {
	case uEpoch:
		return part{count: int64(t), scale: 6}, nil
	case uNone:
		return part{}, errParameter
	}
	return part{}, errUnitUnsupported
}

func intervalField(u unit, v iv) (part, error) {
	s := spanOf(v)
	if p, ok := clockField(u, s.us); ok {
		return p, nil
	}
	years, months := s.months/12, s.months%12
	switch u {
	case uDay:
		return part{count: s.days}, nil
	case uMonth:
		return part{count: months}, nil
	case uQuarter:
		return part{count: months/3 + 1}, nil
	case uYear, uDecade, uCentury, uMillennium:
		return part{count: years / unitYears[u]}, nil
	case uEpoch:
		// A year has 365.25 days, a month of the rest 30. The quarter days make whole seconds.
		secs := (1461*years + 120*months + 4*s.days) * (86400 / 4)
		double := float64(s.us)/usPerSecond + float64(365.25*86400*float64(years))
		double += float64(30 * 86400 * float64(months))
		double += float64(86400 * float64(s.days))
		return part{secs: secs, count: s.us, scale: 6, double: double}, nil
	case uNone:
		return part{}, errParameter
	}
	return part{}, errUnitUnsupported
}
