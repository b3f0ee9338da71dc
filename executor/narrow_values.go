package executor

import (
	"errors"
	"math"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal128"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/scalar"
)

// What PostgreSQL counts from 2000-01-01, and Arrow from 1970-01-01.
const (
	epochDays   = 10957
	epochMicros = epochDays * 24 * 60 * 60 * 1_000_000
)

var errOrderKey = errors.New("internal error: no value has this order key")

// keyNumber is the value of an order key as a double, where percentile_cont computes.
func keyNumber(of plan.Type, key int64) (float64, error) {
	switch {
	case of.IsInteger():
		return float64(key), nil
	case of.IsFloat():
		return scalar.FloatOfOrderKey(key), nil
	case of.Kind == plan.Numeric && key == math.MaxInt64:
		return math.NaN(), nil
	case of.Kind == plan.Numeric: // as PostgreSQL does, by its digits
		return strconv.ParseFloat(strconv.FormatInt(key, 10)+"e-"+strconv.Itoa(of.Scale), 64)
	}
	return 0, errOrderKey
}

// appendKey appends the value of an order key.
func appendKey(to array.Builder, of plan.Type, key int64) error {
	switch b := to.(type) {
	case *array.Int16Builder:
		b.Append(int16(key))
	case *array.Int32Builder:
		b.Append(int32(key))
	case *array.Int64Builder:
		b.Append(key)
	case *array.Float32Builder:
		b.Append(float32(scalar.FloatOfOrderKey(key)))
	case *array.Float64Builder:
		b.Append(scalar.FloatOfOrderKey(key))
	case *array.Time64Builder:
		b.Append(arrow.Time64(key))
	case *array.Date32Builder:
		days, err := sinceUnix(key, math.MinInt32, math.MaxInt32, epochDays)
		b.Append(arrow.Date32(days))
		return err
	case *array.TimestampBuilder:
		micros, err := sinceUnix(key, math.MinInt64, math.MaxInt64, epochMicros)
		b.Append(arrow.Timestamp(micros))
		return err
	case *array.Decimal128Builder:
		if key == math.MaxInt64 {
			return connectors.NewError("", connectors.ClassData, "22003", "numeric NaN has no decimal form", nil)
		}
		b.Append(decimal128.FromI64(key))
	default:
		return errOrderKey
	}
	return nil
}

// sinceUnix moves the origin of a date or timestamp; the ends of the range are the infinities.
func sinceUnix(key, first, last, epoch int64) (int64, error) {
	switch {
	case key == first || key == last:
		return key, nil
	case key > last-epoch-1:
		return 0, connectors.NewError("", connectors.ClassData, "22008", connectors.DataMessage("22008"), nil)
	}
	return key + epoch, nil
}
