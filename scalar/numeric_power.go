package scalar

import (
	"math"
	"math/big"
)

// Power returns d^e with PostgreSQL's scale. Zero to a negative power and a negative number to a fraction
// are error 2201F, too large a result 22003.
func (d Decimal) Power(e Decimal) (Decimal, error) {
	t := e.trimmed()
	switch {
	case d.Sign() == 0 && e.Sign() < 0:
		return Decimal{}, errZeroPower
	case d.Sign() < 0 && t.scale > 0:
		return Decimal{}, errNegativePower
	case t.scale == 0 && t.int().IsInt64() && t.int().Int64() == int64(int32(t.int().Int64())):
		return d.powerInt(int(t.int().Int64()))
	case d.Sign() == 0:
		return Decimal{scale: minSigDigits}, nil
	}
	base := d.Abs()
	lnBits := bitsFor(2*decimalLen(e.int())) + 64
	estimate, _ := new(big.Float).Mul(lnFloat(base, lnBits), e.bigFloat(lnBits)).Float64()
	if math.Abs(estimate) > 3.01*maxResultScale {
		if estimate > 0 {
			return Decimal{}, errRange
		}
		return Decimal{scale: maxDisplayScale}, nil
	}
	rscale := displayScale(minSigDigits-int(estimate*log10e), base.scale, e.scale)
	prec := expPrec(estimate, rscale) + bitsFor(decimalLen(e.int()))
	exponent := lnFloat(base, prec)
	exponent.Mul(exponent, e.bigFloat(prec))
	z, err := expAt(exponent, rscale)
	if d.Sign() < 0 && t.int().Bit(0) == 1 {
		z = z.Neg()
	}
	return z, err
}

// powerInt returns d^n with 16 fraction digits, or more if d has more.
func (d Decimal) powerInt(n int) (Decimal, error) {
	f := 0.0 // decimal exponent of the result, roughly
	if d.Sign() != 0 {
		var w scratch
		digits, exp := w.leading(d.int(), d.scale, 4)
		f = float64(n) * (math.Log10(digits) + float64(exp))
	}
	rscale := displayScale(minSigDigits, d.scale)
	switch {
	case f > maxWeightDigits:
		return Decimal{}, errRange
	case f+1 < float64(-rscale):
		return Decimal{scale: rscale}, nil
	case n == 0:
		return decimalOne.Round(rscale), nil
	case d.Sign() == 0:
		return Decimal{scale: rscale}, nil
	}
	return d.powerAt(n, rscale), nil
}

// exactPowerBits bounds the size of powers that are computed exactly before rounding.
const exactPowerBits = 16384

func (d Decimal) powerAt(n, rscale int) Decimal {
	size := n
	if n < 0 {
		size = -n
	}
	t := d.trimmed()
	if bits := size * (t.int().BitLen() + t.scale*4); bits <= exactPowerBits {
		var w scratch
		z := new(big.Int)
		p := new(big.Int).Exp(t.int(), big.NewInt(int64(size)), nil)
		if n > 0 {
			w.divScaled(z, p, t.scale*size, pow10(0), 0, rscale)
		} else {
			w.divScaled(z, pow10(0), 0, p, t.scale*size, rscale)
		}
		return Decimal{coef: z, scale: rscale}
	}
	return roundFloat(t.powerFloat(n, size, rscale), rscale)
}

// powerFloat squares and multiplies with enough bits for the result's digits and the errors of the steps.
func (d Decimal) powerFloat(n, size, rscale int) *big.Float {
	weight := max(float64(n)*math.Log2(math.Abs(d.float64())), 0)
	prec := bitsFor(rscale) + uint(weight) + 128
	x := d.bigFloat(prec)
	z := new(big.Float).SetPrec(prec).SetInt64(1)
	for ; size > 0; size >>= 1 {
		if size&1 == 1 {
			z.Mul(z, x)
		}
		x.Mul(x, x)
	}
	if n < 0 {
		z.Quo(new(big.Float).SetPrec(prec).SetInt64(1), z)
	}
	return z
}
