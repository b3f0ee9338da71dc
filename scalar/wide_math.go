package scalar

import (
	"math/big"
	"math/bits"
)

// wideMath lists arithmetic on wide numerics. Functions whose result scale depends on display scales come
// with and without hints: the declared scales of the operands' types, 0 if unknown.
func wideMath() []Function {
	fs := []Function{
		fn2("pg_numeric_add", kWide, kWide, kWide, func(a, b wide) (wide, error) { return checkWide(a.Add(b)) }),
		fn2("pg_numeric_sub", kWide, kWide, kWide, func(a, b wide) (wide, error) { return checkWide(a.Sub(b)) }),
		wide2("pg_numeric_mul", kWide, kWide, kWide, wideMul),
		wide2("pg_numeric_div", kWide, kWide, kWide, func(s *scratch, a, b wide) (wide, error) { return wideDiv(s, a, b, 0, 0) }),
		make4("pg_numeric_div", kWide, kWide, kInt4, kInt4, kWide, func() func(a, b wide, x, y int32) (wide, error) {
			s := new(scratch)
			return func(a, b wide, x, y int32) (wide, error) { return wideDiv(s, a, b, x, y) }
		}),
		make4("pg_numeric_div_scale", kWide, kWide, kInt4, kInt4, kInt4, func() func(a, b wide, x, y int32) (int32, error) {
			s := new(scratch)
			return func(a, b wide, x, y int32) (int32, error) { return wideDivScale(s, a, b, x, y) }
		}),
		wide2("pg_numeric_mod", kWide, kWide, kWide, wideMod),
		wide2("pg_numeric_idiv", kWide, kWide, kWide, wideQuo),
		fn1("pg_numeric_neg", kWide, kWide, func(a wide) (wide, error) { return a.Negate(), nil }),
		fn1("pg_numeric_abs", kWide, kWide, func(a wide) (wide, error) { return a.Abs(), nil }),
		fn1("pg_numeric_sign", kWide, kWide, func(a wide) (wide, error) {
			return scaleUp(int64(wideSign(a)), 38), nil
		}),
		wide1("pg_numeric_ceil", kWide, kWide, func(s *scratch, a wide) (wide, error) {
			n, err := wideFloor(s, a.Negate())
			return n.Negate(), err
		}),
		wide1("pg_numeric_floor", kWide, kWide, wideFloor),
		wide2("pg_numeric_round", kWide, kInt4, kWide, wideRound),
		wide2("pg_numeric_trunc", kWide, kInt4, kWide, wideTrunc),
		fn3("pg_numeric_typmod", kWide, kInt4, kInt4, kWide, func(a wide, prec, scale int32) (wide, error) {
			d, err := DecimalFromWide(a, 0).Typmod(int(prec), int(scale))
			if err != nil {
				return wide{}, err
			}
			return d.Wide()
		}),
	}
	return append(fs, wideInexact()...)
}

// wideInexact lists roots, exponentials and logarithms.
func wideInexact() []Function {
	var fs []Function
	one := func(name string, f func(Decimal) (Decimal, error)) {
		fs = append(fs,
			fn1(name, kWide, kWide, func(a wide) (wide, error) { return fromDecimal(f(DecimalFromWide(a, 0))) }),
			fn2(name, kWide, kInt4, kWide, func(a wide, x int32) (wide, error) { return fromDecimal(f(DecimalFromWide(a, int(x)))) }))
	}
	two := func(name string, f func(a, b Decimal) (Decimal, error)) {
		fs = append(fs,
			fn2(name, kWide, kWide, kWide, func(a, b wide) (wide, error) {
				return fromDecimal(f(DecimalFromWide(a, 0), DecimalFromWide(b, 0)))
			}),
			make4(name, kWide, kWide, kInt4, kInt4, kWide, func() func(a, b wide, x, y int32) (wide, error) {
				return func(a, b wide, x, y int32) (wide, error) {
					return fromDecimal(f(DecimalFromWide(a, int(x)), DecimalFromWide(b, int(y))))
				}
			}))
	}
	one("pg_numeric_sqrt", Decimal.Sqrt)
	one("pg_numeric_exp", Decimal.Exp)
	one("pg_numeric_ln", Decimal.Ln)
	one("pg_numeric_log", func(a Decimal) (Decimal, error) { return a.Log(decimalTen) })
	two("pg_numeric_log", func(base, a Decimal) (Decimal, error) { return a.Log(base) })
	two("pg_numeric_power", Decimal.Power)
	return fs
}

func fromDecimal(d Decimal, err error) (wide, error) {
	if err != nil {
		return wide{}, err
	}
	return d.Wide()
}

func wideSign(a wide) int {
	if a == (wide{}) {
		return 0
	}
	return a.Sign()
}

func wideMul(s *scratch, a, b wide) (wide, error) {
	x, okX := smallOf(a)
	y, okY := smallOf(b)
	if okX && okY && x.scale+y.scale <= 38 {
		hi, lo := bits.Mul64(x.coef, y.coef)
		return fromU128(hi, lo, x.scale+y.scale, x.negative != y.negative)
	}
	as, bs := trimWide(&s.a, a), trimWide(&s.b, b)
	s.c.Mul(&s.a, &s.b)
	return s.toWide(&s.c, as+bs)
}

func wideDiv(s *scratch, a, b wide, hintA, hintB int32) (wide, error) {
	if b == (wide{}) {
		return wide{}, errDivZero
	}
	hint := min(int(max(hintA, hintB)), maxDisplayScale)
	x, okX := smallOf(a)
	y, okY := smallOf(b)
	if okX && okY {
		if q, ok, err := divSmalls(x, y, hint); ok || err != nil {
			return q, err
		}
	}
	as, bs := trimWide(&s.a, a), trimWide(&s.b, b)
	scale := max(s.divScale(&s.a, as, &s.b, bs), hint)
	s.divScaled(&s.c, &s.a, as, &s.b, bs, scale)
	return s.toWide(&s.c, scale)
}

// wideDivScale is the display scale of the quotient that wideDiv gives, which a wide does not keep.
func wideDivScale(s *scratch, a, b wide, hintA, hintB int32) (int32, error) {
	if b == (wide{}) {
		return 0, errDivZero
	}
	as, bs := trimWide(&s.a, a), trimWide(&s.b, b)
	return int32(max(s.divScale(&s.a, as, &s.b, bs), min(int(max(hintA, hintB)), maxDisplayScale))), nil
}

// divSmalls returns x / y, y not being 0, at the scale that [Decimal.Div] gives it, but hint at least; ok is false if 128 bits do not do.
func divSmalls(x, y small, hint int) (q wide, ok bool, err error) {
	wx, fx := x.weight()
	wy, fy := y.weight()
	scale := divScale(wx, fx, wy, fy, max(x.scale, y.scale, hint))
	k := scale - x.scale + y.scale
	if scale > 38 || k < 0 || k > 19 {
		return wide{}, false, nil
	}
	hi, lo := divSmall(x.coef, pow10u[k], y.coef)
	q, err = fromU128(hi, lo, scale, x.negative != y.negative)
	return q, err == nil, err
}

// divSmall returns a·factor / b rounded half up, in 128 bits.
func divSmall(a, factor, b uint64) (hi, lo uint64) {
	hi, lo = bits.Mul64(a, factor)
	hi, rem := hi/b, hi%b
	lo, rem = bits.Div64(rem, lo, b)
	if rem >= b-rem {
		var carry uint64
		lo, carry = bits.Add64(lo, 1, 0)
		hi += carry
	}
	return hi, lo
}

func wideMod(s *scratch, a, b wide) (wide, error) {
	if b == (wide{}) {
		return wide{}, errDivZero
	}
	setWide(&s.a, a)
	setWide(&s.b, b)
	s.c.Rem(&s.a, &s.b)
	return s.toWide(&s.c, 38)
}

func wideQuo(s *scratch, a, b wide) (wide, error) {
	if b == (wide{}) {
		return wide{}, errDivZero
	}
	setWide(&s.a, a)
	setWide(&s.b, b)
	s.c.Quo(&s.a, &s.b)
	return s.toWide(&s.c, 0)
}

func wideFloor(s *scratch, a wide) (wide, error) {
	setWide(&s.a, a)
	s.b.DivMod(&s.a, pow10(38), &s.rem)
	return s.toWide(&s.b, 0)
}

func wideRound(s *scratch, a wide, n int32) (wide, error) {
	if z, ok := cutSmall(a, n, true); ok {
		return z, nil
	}
	return cutWide(s, a, n, s.divRound)
}

func wideTrunc(s *scratch, a wide, n int32) (wide, error) {
	if z, ok := cutSmall(a, n, false); ok {
		return z, nil
	}
	return cutWide(s, a, n, func(z, num, den *big.Int) { z.QuoRem(num, den, &s.rem) })
}

// cutSmall rounds or truncates without big integers; ok is false if that cannot be done.
func cutSmall(a wide, n int32, round bool) (z wide, ok bool) {
	x, ok := smallOf(a)
	drop := x.scale - int(n)
	switch {
	case !ok || n < 0 || drop > 18:
		return wide{}, false
	case drop <= 0:
		return a, true
	}
	unit := pow10u[drop]
	q := x.coef / unit
	if round && x.coef%unit >= unit/2 {
		q++
	}
	z, err := fromU128(0, q, int(n), x.negative)
	return z, err == nil
}

// cutWide divides away the digits beyond n fraction digits, by div, and puts zeros in their place.
func cutWide(s *scratch, a wide, n int32, div func(z, num, den *big.Int)) (wide, error) {
	switch {
	case n >= 38:
		return a, nil
	case n < -39:
		return wide{}, nil
	}
	unit := pow10(38 - int(n))
	setWide(&s.a, a)
	div(&s.b, &s.a, unit)
	s.c.Mul(&s.b, unit)
	return s.toWide(&s.c, 38)
}
