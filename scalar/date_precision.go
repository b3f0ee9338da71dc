package scalar

import (
	"github.com/apache/arrow/go/v17/arrow"
)

// precisionFunctions lists pg_precision(x, digits), which rounds moments and lengths of time to so many digits of seconds, halves away
// from zero: what a cast to timestamp(p) does.
func precisionFunctions() []Function {
	stamp := func(v arrow.Timestamp, digits int32) (arrow.Timestamp, error) {
		unit, err := precisionUnit(digits)
		if err != nil || infiniteStamp(v) {
			return v, err
		}
		const epoch = 10957 * 86400 * 1000000 // PostgreSQL counts from the year 2000
		return arrow.Timestamp(roundAway(int64(v)-epoch, unit) + epoch), nil
	}
	return []Function{
		fn2("pg_precision", kTs, kInt4, kTs, stamp),
		fn2("pg_precision", kTz, kInt4, kTz, stamp),
		fn2("pg_precision", kTime, kInt4, kTime, func(v arrow.Time64, digits int32) (arrow.Time64, error) {
			unit, err := precisionUnit(digits)
			return arrow.Time64(roundAway(int64(v), unit)), err
		}),
		fn2("pg_precision", kIv, kInt4, kIv, func(v arrow.MonthDayNanoInterval, digits int32) (arrow.MonthDayNanoInterval, error) {
			unit, err := precisionUnit(digits)
			v.Nanoseconds = roundAway(v.Nanoseconds, 1000*unit)
			return v, err
		}),
	}
}

// precisionUnit is how many microseconds the last digit counts.
func precisionUnit(digits int32) (int64, error) {
	if digits < 0 || digits > 6 {
		return 1, errParameter
	}
	unit := int64(1)
	for range 6 - digits {
		unit *= 10
	}
	return unit, nil
}

// roundAway rounds to a multiple of unit, halves away from zero.
func roundAway(v, unit int64) int64 {
	half := unit / 2
	if v < 0 {
		half = -half
	}
	return (v + half) / unit * unit
}
