package scalar

import (
	"math"
	"math/big"
	"math/bits"
)

var errBuckets = fail("2201G", "width_bucket needs a positive count and two finite bounds that differ")

// numberFunctions lists divisors, factorials, scales and histograms.
func numberFunctions() []Function {
	return []Function{
		fn2("pg_gcd", kInt4, kInt4, kInt4, divisor[int32]),
		fn2("pg_gcd", kInt8, kInt8, kInt8, divisor[int64]),
		wide2("pg_gcd", kWide, kWide, kWide, func(s *scratch, a, b wide) (wide, error) { return newWideFrom(s, wideDivisor(a, b)) }),
		fn2("pg_lcm", kInt4, kInt4, kInt4, multiple[int32]),
		fn2("pg_lcm", kInt8, kInt8, kInt8, multiple[int64]),
		wide2("pg_lcm", kWide, kWide, kWide, func(s *scratch, a, b wide) (wide, error) {
			if wideSign(a) == 0 || wideSign(b) == 0 {
				return wide{}, nil
			}
			m := new(big.Int).Quo(a.BigInt(), wideDivisor(a, b))
			return newWideFrom(s, m.Mul(m, b.BigInt()).Abs(m))
		}),
		wide1("pg_factorial", kInt8, kWide, factorial),
		fn1("pg_min_scale", kWide, kInt4, func(v wide) (int32, error) { return int32(DecimalFromWide(v, 0).Scale()), nil }),
		fn1("pg_trim_scale", kWide, kWide, func(v wide) (wide, error) { return v, nil }),
		make4("pg_width_bucket", kWide, kWide, kWide, kInt4, kInt4, func() func(wide, wide, wide, int32) (int32, error) { return wideBucket }),
		make4("pg_width_bucket", kF8, kF8, kF8, kInt4, kInt4, func() func(float64, float64, float64, int32) (int32, error) { return floatBucket }),
		fn1("pg_bit_count", kBin, kInt8, func(v []byte) (int64, error) {
			n := 0
			for _, b := range v {
				n += bits.OnesCount8(b)
			}
			return int64(n), nil
		}),
	}
}

func newWideFrom(s *scratch, v *big.Int) (wide, error) { return s.toWide(v, 38) }

func wideDivisor(a, b wide) *big.Int {
	return new(big.Int).GCD(nil, nil, new(big.Int).Abs(a.BigInt()), new(big.Int).Abs(b.BigInt()))
}

func magnitude[I integer](v I) uint64 {
	if v < 0 {
		return -uint64(v)
	}
	return uint64(v)
}

// divisor is the greatest common divisor; that of the smallest integer with itself or zero does not fit.
func divisor[I integer](a, b I) (I, error) {
	x, y := magnitude(a), magnitude(b)
	for y != 0 {
		x, y = y, x%y
	}
	if r := I(x); r >= 0 {
		return r, nil
	}
	return 0, errRange
}

func multiple[I integer](a, b I) (I, error) {
	if a == 0 || b == 0 {
		return 0, nil
	}
	g, err := divisor(a, b)
	if err != nil {
		return 0, err
	}
	hi, lo := bits.Mul64(magnitude(a)/magnitude(g), magnitude(b))
	if r := I(lo); hi == 0 && r > 0 && uint64(r) == lo {
		return r, nil
	}
	return 0, errRange
}

func factorial(s *scratch, n int64) (wide, error) {
	if n < 0 || n > 40 { // 34! has 39 digits
		return wide{}, errRange
	}
	return s.toWide(s.a.MulRange(1, n), 0)
}

// wideBucket follows PostgreSQL's quotient, which is rounded to some sixteen digits before it is cut.
func wideBucket(v, lo, hi wide, count int32) (int32, error) {
	order := lo.Cmp(hi)
	if count <= 0 || order == 0 {
		return 0, errBuckets
	}
	if order > 0 { // descending: turn the axis around
		v, lo, hi = v.Negate(), lo.Negate(), hi.Negate()
	}
	switch {
	case v.Cmp(lo) < 0:
		return 0, nil
	case v.Cmp(hi) >= 0:
		if count == math.MaxInt32 {
			return 0, errRange
		}
		return count + 1, nil
	}
	from := DecimalFromWide(lo, 0)
	width := DecimalFromWide(hi, 0).Sub(from)
	q, err := DecimalFromWide(v, 0).Sub(from).Mul(DecimalFromInt64(int64(count))).Div(width)
	if err != nil {
		return 0, err
	}
	bucket := q.Floor().int().Int64() + 1
	if bucket > math.MaxInt32 {
		return 0, errRange
	}
	return int32(bucket), nil
}

func floatBucket(v, lo, hi float64, count int32) (int32, error) {
	if count <= 0 || v != v || lo != lo || hi != hi || math.IsInf(lo, 0) || math.IsInf(hi, 0) || lo == hi {
		return 0, errBuckets
	}
	if lo > hi {
		v, lo, hi = -v, -lo, -hi
	}
	switch {
	case v < lo:
		return 0, nil
	case v >= hi:
		if count == math.MaxInt32 {
			return 0, errRange
		}
		return count + 1, nil
	}
	bucket := float64(float64(count)*(v-lo)/(hi-lo)) + 1
	if !(bucket < math.MaxInt32+1) {
		return 0, errRange
	}
	return int32(bucket), nil
}
