package aggregate

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
	"github.com/atoll-sql/atoll/scalar"
)

// buckets is how values of a type fall into buckets.
type buckets struct {
	number arrow.DataType // of the buckets' numbers
	result arrow.DataType
	// of writes the buckets of the values of a column to dst; those of NULLs mean nothing.
	of func(col arrow.Array, dst []int64)
	// values makes an array of values that stand for buckets, NULL where one is not known.
	values func(alloc memory.Allocator, list []int64, known []bool) arrow.Array
}

func bucketing(dt arrow.DataType, o SketchOptions) (buckets, bool) {
	switch t := dt.(type) {
	case *arrow.Int16Type, *arrow.Int32Type, *arrow.Int64Type:
		return logarithmic(o.Alpha, 0), alphaOK(o.Alpha)
	case *arrow.Float32Type, *arrow.Float64Type:
		return logarithmic(o.Alpha, math.MaxInt32), alphaOK(o.Alpha)
	case *arrow.Decimal128Type:
		return logarithmic(o.Alpha, int(t.Scale)), alphaOK(o.Alpha)
	case *arrow.Decimal256Type:
		return logarithmic(o.Alpha, int(t.Scale)), alphaOK(o.Alpha)
	case *arrow.Date32Type:
		return daily(), true
	case *arrow.TimestampType:
		return equalWidths(t, o.Width), t.Unit == arrow.Microsecond && o.Width >= scalar.LeastWidth && o.Width <= scalar.MostWidth
	}
	return buckets{}, false
}

func alphaOK(alpha float64) bool { return alpha >= scalar.LeastAlpha && alpha <= scalar.MostAlpha }

// logarithmic are the buckets of DDSketch (Masson, Rim, Lee: DDSketch, VLDB 2019), of sign and floor(ln |x| / 2α). The value that stands for
// the bucket from γ^i to γ^(i+1), γ = e^2α, is 2 γ^(i+1) / (γ+1), which is off from any other by at most tanh α of it. That is less than α
// by nearly α³/3, at least 3·10^-10, which is room for logarithms of any engine: they are at most 745, so wrong last digits move a value
// over the edge of its bucket by some 10^-12 of it. Values with no more than scale digits after the point that are so small that no other is
// as near are told exactly.
func logarithmic(alpha float64, scale int) buckets {
	width := 2 * alpha
	number := func(v float64) int64 {
		switch {
		case v != v:
			return scalar.BucketNaN
		case v == 0:
			return 0
		case math.IsInf(v, 0):
			return int64(math.Copysign(scalar.BucketInfinity, v))
		}
		n := scalar.BucketOffset + int64(math.Floor(logOf(math.Abs(v))/width))
		if v < 0 {
			return -n
		}
		return n
	}
	step := math.Pow(10, float64(scale)) // infinite for floats
	value := func(b int64) float64 {
		size := b
		if b < 0 {
			size = -b
		}
		switch {
		case b == 0:
			return 0
		case b == scalar.BucketNaN:
			return math.NaN()
		case size >= scalar.BucketInfinity:
			return math.Copysign(math.Inf(1), float64(b))
		}
		v := math.Exp((float64(size-scalar.BucketOffset)+0.5)*width) / math.Cosh(width/2)
		v = min(v, math.MaxFloat64)
		if steps := v * step; steps*alpha/(1-alpha) < 0.5 {
			v = math.Round(steps) / step
		}
		return math.Copysign(v, float64(b))
	}
	return buckets{
		number: arrow.PrimitiveTypes.Int32, result: arrow.PrimitiveTypes.Float64,
		of: func(col arrow.Array, dst []int64) { eachFloat(col, func(i int, v float64) { dst[i] = number(v) }) },
		values: func(alloc memory.Allocator, list []int64, known []bool) arrow.Array {
			return floatValues(alloc, list, known, value)
		},
	}
}

// daily has a bucket for each date.
func daily() buckets {
	return buckets{
		number: arrow.PrimitiveTypes.Int32, result: arrow.FixedWidthTypes.Date32,
		of: func(col arrow.Array, dst []int64) { bucketNumbers(col, dst) },
		values: func(alloc memory.Allocator, list []int64, known []bool) arrow.Array {
			return fixedArray(alloc, arrow.FixedWidthTypes.Date32, len(list), func(i int) (int32, bool) {
				if list[i] <= -scalar.BucketInfiniteDay {
					return math.MinInt32, known[i]
				}
				return int32(list[i]), known[i]
			})
		},
	}
}

// equalWidths are buckets of one width in microseconds; the middle of one stands for it.
func equalWidths(t arrow.DataType, width int64) buckets {
	number := func(v int64) int64 {
		switch {
		case v == math.MaxInt64 || v == math.MinInt64:
			return max(v, -scalar.BucketInfiniteWidth)
		case v%width < 0:
			return v/width - 1
		}
		return v / width
	}
	value := func(b int64) int64 {
		most := math.MaxInt64 / width
		switch {
		case b == scalar.BucketInfiniteWidth:
			return math.MaxInt64
		case b <= -scalar.BucketInfiniteWidth:
			return math.MinInt64
		case b >= most:
			return most * width
		case b < -most:
			return -most * width
		}
		return b*width + width/2
	}
	return buckets{
		number: arrow.PrimitiveTypes.Int64, result: t,
		of: func(col arrow.Array, dst []int64) {
			for i, v := range column.Values[int64](col) {
				dst[i] = number(v)
			}
		},
		values: func(alloc memory.Allocator, list []int64, known []bool) arrow.Array {
			return fixedArray(alloc, t, len(list), func(i int) (int64, bool) { return value(list[i]), known[i] })
		},
	}
}

// logOf is the natural logarithm of a positive number, also of those too small for all of their digits.
func logOf(v float64) float64 {
	frac, exp := math.Frexp(v)
	return math.Log(frac) + float64(exp)*math.Ln2
}
