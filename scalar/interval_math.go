package scalar

import "math"

// intervalFunctions lists arithmetic of intervals.
func intervalFunctions() []Function {
	return []Function{
		fn2("pg_interval_add", kIv, kIv, kIv, func(a, b iv) (iv, error) { return spanOf(a).plus(spanOf(b)).interval() }),
		fn2("pg_interval_sub", kIv, kIv, kIv, func(a, b iv) (iv, error) { return spanOf(a).plus(spanOf(b).neg()).interval() }),
		fn1("pg_interval_neg", kIv, kIv, func(a iv) (iv, error) { return spanOf(a).neg().interval() }),
		fn2("pg_interval_mul", kIv, kF8, kIv, func(a iv, f float64) (iv, error) {
			return scaleSpan(spanOf(a), func(v float64) float64 { return v * f })
		}),
		fn2("pg_interval_div", kIv, kF8, kIv, func(a iv, f float64) (iv, error) {
			if f == 0 {
				return iv{}, errDivZero
			}
			return scaleSpan(spanOf(a), func(v float64) float64 { return v / f })
		}),
		fn1("pg_justify_hours", kIv, kIv, func(a iv) (iv, error) { return spanOf(a).justifyHours().interval() }),
		fn1("pg_justify_days", kIv, kIv, func(a iv) (iv, error) { return spanOf(a).justifyDays().interval() }),
		fn1("pg_justify_interval", kIv, kIv, func(a iv) (iv, error) { return spanOf(a).justify().interval() }),
		wide1("pg_interval_key", kIv, kWide, func(s *scratch, a iv) (wide, error) {
			v := spanOf(a)
			s.a.Mul(s.a.SetInt64(v.months*30+v.days), s.b.SetInt64(usPerDay))
			s.a.Add(&s.a, s.b.SetInt64(v.us))
			return s.toWide(&s.a, 0)
		}),
	}
}

func (s span) plus(t span) span { return span{s.months + t.months, s.days + t.days, s.us + t.us} }

// scaleSpan applies a factor to months, days and time, and carries each fraction down: months of 30 days,
// days of 24 hours. The roundings in between are PostgreSQL's; conversions keep products from being fused.
func scaleSpan(s span, scale func(float64) float64) (iv, error) {
	months, errM := wholeInt32(scale(float64(s.months)))
	days, errD := wholeInt32(scale(float64(s.days)))
	if errM != nil || errD != nil {
		return iv{}, errDateRange
	}
	restDays := roundMicro((scale(float64(s.months)) - float64(months)) * 30)
	restSecs := roundMicro((scale(float64(s.days)) - float64(days) + restDays - math.Trunc(restDays)) * 86400)
	if math.Abs(restSecs) >= 86400 {
		days += int64(restSecs / 86400)
		restSecs -= float64(math.Trunc(restSecs/86400) * 86400)
	}
	days += int64(restDays)
	us, err := floatToInt(scale(float64(s.us))+float64(restSecs*usPerSecond), 64)
	if err != nil {
		return iv{}, errDateRange
	}
	return span{months, days, us}.interval()
}

func wholeInt32(v float64) (int64, error) {
	if !(v >= math.MinInt32 && v <= math.MaxInt32) {
		return 0, errDateRange
	}
	return int64(v), nil
}

func roundMicro(v float64) float64 { return math.RoundToEven(v*1e6) / 1e6 }

// justifyHours turns 24 hours into days.
func (s span) justifyHours() span {
	s.days, s.us = s.days+s.us/usPerDay, s.us%usPerDay
	s.days, s.us = sameSign(s.days, s.us, usPerDay)
	return s
}

// justifyDays turns 30 days into months.
func (s span) justifyDays() span {
	s.months, s.days = s.months+s.days/30, s.days%30
	s.months, s.days = sameSign(s.months, s.days, 30)
	return s
}

// justify does both, and gives all fields the same sign.
func (s span) justify() span {
	s.days, s.us = s.days+s.us/usPerDay, s.us%usPerDay
	s.months, s.days = s.months+s.days/30, s.days%30
	switch {
	case s.months > 0 && (s.days < 0 || s.days == 0 && s.us < 0):
		s.months, s.days = s.months-1, s.days+30
	case s.months < 0 && (s.days > 0 || s.days == 0 && s.us > 0):
		s.months, s.days = s.months+1, s.days-30
	}
	s.days, s.us = sameSign(s.days, s.us, usPerDay)
	return s
}

// sameSign moves one unit between high and low so that their signs agree.
func sameSign(high, low, unit int64) (int64, int64) {
	switch {
	case high > 0 && low < 0:
		return high - 1, low + unit
	case high < 0 && low > 0:
		return high + 1, low - unit
	}
	return high, low
}
