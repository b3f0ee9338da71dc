package scalar

import "math"

// floatMath lists PostgreSQL's functions of double precision, with its errors instead of infinities.
func floatMath() []Function {
	one := func(name string, f func(float64) (float64, error)) Function {
		return fn1(name, kF8, kF8, func(v float64) (float64, error) {
			if v != v {
				return v, nil
			}
			return f(v)
		})
	}
	const radiansPerDegree = 0.0174532925199432957692
	return []Function{
		fn2("pg_power_float8", kF8, kF8, kF8, floatPower),
		one("pg_exp", floatExp),
		one("pg_ln", positive(libmLog)),
		one("pg_log10", positive(libmLog10)),
		one("pg_sqrt", floatSqrt),
		one("pg_cbrt", func(v float64) (float64, error) { return libmCbrt(v), nil }),
		one("pg_sin", finite(libmSin)),
		one("pg_cos", finite(libmCos)),
		one("pg_tan", finite(libmTan)),
		one("pg_cot", finite(func(v float64) float64 { return 1 / libmTan(v) })),
		one("pg_asin", withinOne(libmAsin)),
		one("pg_acos", withinOne(libmAcos)),
		one("pg_atan", func(v float64) (float64, error) { return libmAtan(v), nil }),
		fn2("pg_atan2", kF8, kF8, kF8, func(y, x float64) (float64, error) { return libmAtan2(y, x), nil }),
		one("pg_sinh", func(v float64) (float64, error) { return libmSinh(v), nil }),
		one("pg_cosh", func(v float64) (float64, error) { return libmCosh(v), nil }),
		one("pg_tanh", func(v float64) (float64, error) { return libmTanh(v), nil }),
		one("pg_degrees", func(v float64) (float64, error) { return floatDiv(v, radiansPerDegree) }),
		one("pg_radians", func(v float64) (float64, error) { return floatMul(v, radiansPerDegree) }),
	}
}

func finite(f func(float64) float64) func(float64) (float64, error) {
	return func(v float64) (float64, error) {
		if math.IsInf(v, 0) {
			return 0, errInput
		}
		return f(v), nil
	}
}

func withinOne(f func(float64) float64) func(float64) (float64, error) {
	return func(v float64) (float64, error) {
		if v < -1 || v > 1 {
			return 0, errInput
		}
		return f(v), nil
	}
}

func positive(f func(float64) float64) func(float64) (float64, error) {
	return func(v float64) (float64, error) {
		switch {
		case v == 0:
			return 0, errLogZero
		case v < 0:
			return 0, errLogNegative
		}
		return f(v), nil
	}
}

func floatSqrt(v float64) (float64, error) {
	if v < 0 {
		return 0, errSqrtNegative
	}
	return math.Sqrt(v), nil
}

func floatExp(v float64) (float64, error) {
	if math.IsInf(v, 1) {
		return v, nil
	}
	if math.IsInf(v, -1) {
		return 0, nil
	}
	return checkResult(libmExp(v), false)
}

// checkResult turns an infinity into overflow and a zero that is not due into underflow.
func checkResult(r float64, zeroDue bool) (float64, error) {
	switch {
	case math.IsInf(r, 0):
		return 0, errFloatOverflow
	case r == 0 && !zeroDue:
		return 0, errUnderflow
	}
	return r, nil
}

func floatPower(x, y float64) (float64, error) {
	switch {
	case x != x:
		if y == 0 {
			return 1, nil
		}
		return x, nil
	case y != y:
		if x == 1 {
			return 1, nil
		}
		return y, nil
	case x == 0 && y < 0:
		return 0, errZeroPower
	case x < 0 && math.Floor(y) != y:
		return 0, errNegativePower
	case math.IsInf(x, 0) || math.IsInf(y, 0):
		return libmPow(x, y), nil
	}
	return checkResult(libmPow(x, y), x == 0)
}
