package scalar

import (
	"math"
	"math/big"
)

// log10e converts a natural logarithm into a count of decimal digits.
const log10e = 0.434294481903252

// Exp returns e^d, correctly rounded to the scale PostgreSQL chooses. Too large a result is error 22003.
func (d Decimal) Exp() (Decimal, error) {
	val := d.float64() * log10e
	val = min(max(val, -maxResultScale), maxResultScale)
	rscale := displayScale(minSigDigits-int(val), d.scale)
	return expAt(d.bigFloat(expPrec(d.float64(), rscale)), rscale)
}

// expPrec is the precision in bits that e^x needs to be right to rscale fraction digits.
func expPrec(x float64, rscale int) uint {
	x = min(max(x, -3*maxResultScale), 3*maxResultScale)
	return bitsFor(rscale) + uint(max(x, 0)*1.4427) + 96
}

func bitsFor(digits int) uint { return uint(max(digits, 0))*3322/1000 + 1 }

func expAt(x *big.Float, rscale int) (Decimal, error) {
	approx, _ := x.Float64()
	if math.Abs(approx) >= 3*maxResultScale {
		if approx > 0 {
			return Decimal{}, errRange
		}
		return Decimal{scale: rscale}, nil
	}
	return roundFloat(expFloat(x, expPrec(approx, rscale)), rscale), nil
}

// Ln returns the natural logarithm, correctly rounded to the scale PostgreSQL chooses. Zero or less is error 2201E.
func (d Decimal) Ln() (Decimal, error) {
	if err := d.checkLog(); err != nil {
		return Decimal{}, err
	}
	rscale := displayScale(minSigDigits-d.lnWeight(), d.scale)
	return roundFloat(lnFloat(d, bitsFor(rscale)+64), rscale), nil
}

// Log returns the logarithm of d to base, by PostgreSQL's log(base, d). Zero or less is error 2201E, base 1 is 22012.
func (d Decimal) Log(base Decimal) (Decimal, error) {
	if err := base.checkLog(); err != nil {
		return Decimal{}, err
	}
	if err := d.checkLog(); err != nil {
		return Decimal{}, err
	}
	wb, wd := base.lnWeight(), d.lnWeight()
	rscale := displayScale(minSigDigits-(wd-wb), base.scale, d.scale)
	prec := bitsFor(rscale+2*max(wd, 0)+2*max(-wb, 0)) + 96
	lb, ld := lnFloat(base, prec), lnFloat(d, prec)
	if lb.Sign() == 0 {
		return Decimal{}, errDivZero
	}
	return roundFloat(ld.Quo(ld, lb), rscale), nil
}

func (d Decimal) checkLog() error {
	switch d.Sign() {
	case 0:
		return errLogZero
	case -1:
		return errLogNegative
	}
	return nil
}

var (
	ninetenths   = Decimal{coef: big.NewInt(9), scale: 1}
	eleventenths = Decimal{coef: big.NewInt(11), scale: 1}
	decimalOne   = Decimal{coef: big.NewInt(1)}
	decimalTen   = Decimal{coef: big.NewInt(10)}
)

// lnWeight estimates the decimal exponent of ln(d) as PostgreSQL does, since result scales depend on it.
func (d Decimal) lnWeight() int {
	if d.Sign() <= 0 {
		return 0
	}
	var w scratch
	if d.Cmp(ninetenths) >= 0 && d.Cmp(eleventenths) <= 0 {
		x := d.Sub(decimalOne)
		if x.Sign() == 0 {
			return 0
		}
		weight, first := w.weight(x.int(), x.scale)
		return weight*4 + int(math.Log10(float64(first)))
	}
	digits, exp := w.leading(d.int(), d.scale, 2)
	ln := math.Log(digits) + float64(exp)*2.302585092994046
	return int(math.Log10(math.Abs(ln)))
}

// leading returns up to n base-10000 digits of v/10^scale from the first on, as a number, and the decimal
// exponent of the last of them. Digits that are zeros at the end are not taken.
func (w *scratch) leading(v *big.Int, scale, n int) (digits float64, exp int) {
	weight, _ := w.weight(v, scale)
	exp = weight * 4
	low := -scale // exponent of v's last decimal digit
	w.rem.Set(v)
	for i := 1; i < n; i++ {
		// Another base-10000 digit exists if v has a non-zero digit below 10^exp.
		if low >= exp || w.d.Rem(v, pow10(exp-low)).Sign() == 0 {
			break
		}
		exp -= 4
	}
	if low > exp {
		w.rem.Mul(v, pow10(low-exp))
	} else {
		w.rem.Quo(v, pow10(exp-low))
	}
	digits, _ = new(big.Float).SetInt(&w.rem).Float64()
	return math.Abs(digits), exp
}

func (d Decimal) float64() float64 {
	f, _ := d.bigFloat(80).Float64()
	return f
}

// bigFloat returns the value to prec bits.
func (d Decimal) bigFloat(prec uint) *big.Float {
	x := new(big.Float).SetPrec(prec).SetInt(d.int())
	if d.scale == 0 {
		return x
	}
	return x.Quo(x, new(big.Float).SetPrec(prec+8).SetInt(pow10(d.scale)))
}

// roundFloat rounds half away from zero to scale fraction digits.
func roundFloat(x *big.Float, scale int) Decimal {
	y := new(big.Float).SetPrec(x.Prec() + 64).SetInt(pow10(scale))
	y.Mul(x, y)
	if half := big.NewFloat(0.5); y.Sign() < 0 {
		y.Sub(y, half)
	} else {
		y.Add(y, half)
	}
	z, _ := y.Int(nil)
	return Decimal{coef: z, scale: scale}
}
