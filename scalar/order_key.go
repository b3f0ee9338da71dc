package scalar

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"
)

// Days and microseconds from 1970-01-01, from which Arrow counts, to 2000-01-01, from which PostgreSQL does.
const (
	daysTo2000   = 10957
	microsTo2000 = daysTo2000 * usPerDay
)

// orderKeyFunctions lists the maps of values to int8 that keep their order; see plan.OrderKey.
func orderKeyFunctions() []Function {
	stamp := func(v arrow.Timestamp) (int64, error) { return stampKey(int64(v)) }
	return []Function{
		fn1("pg_order_key", kDate, kInt8, func(v arrow.Date32) (int64, error) { return dateKey(int32(v)) }),
		fn1("pg_order_key", kTime, kInt8, func(v arrow.Time64) (int64, error) { return int64(v), nil }),
		fn1("pg_order_key", kTs, kInt8, stamp),
		fn1("pg_order_key", kTz, kInt8, stamp),
		fn1("pg_order_key", kF8, kInt8, func(v float64) (int64, error) { return FloatOrderKey(v), nil }),
	}
}

func dateKey(days int32) (int64, error) {
	if days == math.MaxInt32 || days == math.MinInt32 {
		return int64(days), nil
	}
	return int64(days) - daysTo2000, nil
}

func stampKey(micros int64) (int64, error) {
	switch {
	case micros == math.MaxInt64 || micros == math.MinInt64:
		return micros, nil
	case micros <= math.MinInt64+microsTo2000:
		return 0, fail("22008", "timestamp out of range")
	}
	return micros - microsTo2000, nil
}

// FloatOrderKey maps a double to an integer in PostgreSQL's order: NaN is the largest and has one key, -0 is 0.
func FloatOrderKey(v float64) int64 {
	switch {
	case v != v:
		return int64(math.Float64bits(math.NaN()) &^ 1)
	case v == 0:
		return 0
	case v < 0:
		return -1 - int64(math.Float64bits(-v))
	}
	return int64(math.Float64bits(v))
}

// FloatOfOrderKey is the inverse of [FloatOrderKey].
func FloatOfOrderKey(key int64) float64 {
	if key < 0 {
		return -math.Float64frombits(uint64(-1 - key))
	}
	return math.Float64frombits(uint64(key))
}
