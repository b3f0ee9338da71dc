package scalar

import "math/big"

// Add returns d + e, exactly.
func (d Decimal) Add(e Decimal) Decimal {
	s := max(d.scale, e.scale)
	return Decimal{coef: new(big.Int).Add(d.atScale(s), e.atScale(s)), scale: s}
}

// Sub returns d - e, exactly.
func (d Decimal) Sub(e Decimal) Decimal { return d.Add(e.Neg()) }

// Mul returns d * e, exactly; the scales add up.
func (d Decimal) Mul(e Decimal) Decimal {
	return Decimal{coef: new(big.Int).Mul(d.int(), e.int()), scale: d.scale + e.scale}
}

// Neg returns -d.
func (d Decimal) Neg() Decimal { return Decimal{coef: new(big.Int).Neg(d.int()), scale: d.scale} }

// Abs returns |d|.
func (d Decimal) Abs() Decimal { return Decimal{coef: new(big.Int).Abs(d.int()), scale: d.scale} }

// Div returns d / e with the scale PostgreSQL's operator / chooses, rounded half away from zero. This is also how
// avg divides sum by count. Division by zero is error 22012.
func (d Decimal) Div(e Decimal) (Decimal, error) {
	if e.Sign() == 0 {
		return Decimal{}, errDivZero
	}
	var w scratch
	s := w.divScale(d.int(), d.scale, e.int(), e.scale)
	z := new(big.Int)
	w.divScaled(z, d.int(), d.scale, e.int(), e.scale, s)
	return Decimal{coef: z, scale: s}, nil
}

// divScale chooses the scale of a/10^as over b/10^bs.
func (w *scratch) divScale(a *big.Int, as int, b *big.Int, bs int) int {
	wa, fa := w.weight(a, as)
	wb, fb := w.weight(b, bs)
	return divScale(wa, fa, wb, fb, max(as, bs))
}

// divScale is PostgreSQL's choice of a quotient's scale: 16 significant digits at least, by an estimate from
// the weights and first base-10000 digits of the operands, and no less than either's display scale.
func divScale(weightA, firstA, weightB, firstB, display int) int {
	qweight := weightA - weightB
	if firstA <= firstB {
		qweight--
	}
	return displayScale(minSigDigits-4*qweight, display)
}

// displayScale bounds a wished result scale by the operands' display scales and PostgreSQL's limits.
func displayScale(wish int, operands ...int) int {
	for _, s := range operands {
		wish = max(wish, s)
	}
	return min(max(wish, 0), maxDisplayScale)
}

// Quo returns the quotient truncated to an integer (PostgreSQL's div). Division by zero is error 22012.
func (d Decimal) Quo(e Decimal) (Decimal, error) {
	if e.Sign() == 0 {
		return Decimal{}, errDivZero
	}
	s := max(d.scale, e.scale)
	return Decimal{coef: new(big.Int).Quo(d.atScale(s), e.atScale(s))}, nil
}

// Mod returns the remainder of Quo; it has d's sign. Division by zero is error 22012.
func (d Decimal) Mod(e Decimal) (Decimal, error) {
	if e.Sign() == 0 {
		return Decimal{}, errDivZero
	}
	s := max(d.scale, e.scale)
	return Decimal{coef: new(big.Int).Rem(d.atScale(s), e.atScale(s)), scale: s}, nil
}

// Round rounds half away from zero to n fraction digits; a negative n rounds before the point.
func (d Decimal) Round(n int) Decimal {
	n = min(max(n, -maxResultScale), maxResultScale)
	if n >= 0 {
		return Decimal{coef: d.atScale(n), scale: n}
	}
	return Decimal{coef: new(big.Int).Mul(d.atScale(n), pow10(-n))}
}

// Trunc cuts to n fraction digits, towards zero; a negative n cuts before the point.
func (d Decimal) Trunc(n int) Decimal {
	n = min(max(n, -maxResultScale), maxResultScale)
	if n >= d.scale {
		return Decimal{coef: d.atScale(n), scale: n}
	}
	z := new(big.Int).Quo(d.int(), pow10(d.scale-n))
	if n < 0 {
		z.Mul(z, pow10(-n))
	}
	return Decimal{coef: z, scale: max(n, 0)}
}

// Floor returns the largest integer not above d.
func (d Decimal) Floor() Decimal {
	z, m := new(big.Int), new(big.Int)
	z.DivMod(d.int(), pow10(d.scale), m)
	return Decimal{coef: z}
}

// Ceil returns the smallest integer not below d.
func (d Decimal) Ceil() Decimal { return d.Neg().Floor().Neg() }

// Typmod casts to numeric(prec, scale): it rounds, and a value with more than prec - scale integer digits is
// error 22003. A precision outside 1 … 1000 or a scale outside -1000 … 1000 is error 22023.
func (d Decimal) Typmod(prec, scale int) (Decimal, error) {
	if prec < 1 || prec > 1000 || scale < -1000 || scale > 1000 {
		return Decimal{}, errParameter
	}
	r := d.Round(scale)
	if r.Sign() != 0 && decimalLen(r.int())-r.scale > prec-scale {
		return Decimal{}, errRange
	}
	return r, nil
}
