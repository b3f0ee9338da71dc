package scalar

import "math"

// degreeFunctions lists trigonometry in degrees, exact at multiples of 30 and 45, and the inverse hyperbolic functions.
func degreeFunctions() []Function {
	one := func(name string, f func(float64) (float64, error)) Function {
		return fn1(name, kF8, kF8, func(v float64) (float64, error) {
			if v != v {
				return v, nil
			}
			return f(v)
		})
	}
	return []Function{
		one("pg_sind", finite(sinDegrees)),
		one("pg_cosd", finite(cosDegrees)),
		one("pg_tand", finite(tanDegrees)),
		one("pg_cotd", finite(cotDegrees)),
		one("pg_asind", withinOne(func(v float64) float64 {
			if v < 0 {
				return -asinQuadrant(-v)
			}
			return asinQuadrant(v)
		})),
		one("pg_acosd", withinOne(func(v float64) float64 {
			if v < 0 {
				return 90 + asinQuadrant(-v)
			}
			return acosQuadrant(v)
		})),
		one("pg_atand", func(v float64) (float64, error) { return libmAtan(v) / libmAtan(1) * 45, nil }),
		fn2("pg_atan2d", kF8, kF8, kF8, func(y, x float64) (float64, error) { return libmAtan2(y, x) / libmAtan(1) * 45, nil }),
		one("pg_asinh", func(v float64) (float64, error) { return libmAsinh(v), nil }),
		one("pg_acosh", func(v float64) (float64, error) {
			if v < 1 {
				return 0, errInput
			}
			return libmAcosh(v), nil
		}),
		one("pg_atanh", withinOne(libmAtanh)),
	}
}

const radiansPerDegree = 0.0174532925199432957692

// sine30 and cosine60 are what the C library makes of angles rounded to doubles.
var sine30, cosine60 = func() (float64, float64) {
	thirty, sixty := 30.0, 60.0
	return libmSin(thirty * radiansPerDegree), libmCos(sixty * radiansPerDegree)
}()

// The functions of the first quadrant are scaled so that they are exact where the result is 0, ½ or 1. The divisions keep
// the order of PostgreSQL's, on which the last bit depends.

func sinTo30(v float64) float64 {
	return libmSin(v*radiansPerDegree) / sine30 / 2
}

func cosTo60(v float64) float64 {
	return 1 - float64((1-libmCos(v*radiansPerDegree))/(1-cosine60)/2)
}

func sinQuadrant(v float64) float64 {
	if v <= 30 {
		return sinTo30(v)
	}
	return cosTo60(90 - v)
}

func cosQuadrant(v float64) float64 {
	if v <= 60 {
		return cosTo60(v)
	}
	return sinTo30(90 - v)
}

func asinQuadrant(v float64) float64 {
	if v <= 0.5 {
		return libmAsin(v) / libmAsin(0.5) * 30
	}
	return 90 - float64(libmAcos(v)/libmAcos(0.5)*60)
}

func acosQuadrant(v float64) float64 {
	if v <= 0.5 {
		return 90 - float64(libmAsin(v)/libmAsin(0.5)*30)
	}
	return libmAcos(v) / libmAcos(0.5) * 60
}

// firstQuadrant folds an angle into the first quadrant; below says that it was in the lower half of the circle, left
// that it was in the left half.
func firstQuadrant(v float64) (angle float64, negative, below, left bool) {
	v = math.Mod(v, 360)
	if v < 0 {
		v, negative = -v, true
	}
	if v > 180 {
		v, below = 360-v, true
	}
	if v > 90 {
		v, left = 180-v, true
	}
	return v, negative, below, left
}

func signed(v float64, flips ...bool) float64 {
	sign := 1.0
	for _, f := range flips {
		if f {
			sign = -sign
		}
	}
	return sign * v
}

func sinDegrees(v float64) float64 {
	a, negative, below, _ := firstQuadrant(v)
	return signed(sinQuadrant(a), negative, below)
}

func cosDegrees(v float64) float64 {
	a, _, _, left := firstQuadrant(v)
	return signed(cosQuadrant(a), left)
}

func tanDegrees(v float64) float64 {
	a, negative, below, left := firstQuadrant(v)
	r := signed(sinQuadrant(a)/cosQuadrant(a)/(sinQuadrant(45)/cosQuadrant(45)), negative, below, left)
	if r == 0 {
		return 0 // not -0
	}
	return r
}

func cotDegrees(v float64) float64 {
	a, negative, below, left := firstQuadrant(v)
	r := signed(cosQuadrant(a)/sinQuadrant(a)/(cosQuadrant(45)/sinQuadrant(45)), negative, below, left)
	if r == 0 {
		return 0
	}
	return r
}
