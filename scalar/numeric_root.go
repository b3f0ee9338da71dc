package scalar

import "math/big"

// Sqrt returns the square root, correctly rounded to the scale PostgreSQL chooses. A negative d is error 2201F.
func (d Decimal) Sqrt() (Decimal, error) {
	var w scratch
	weight, _ := w.weight(d.int(), d.scale)
	return d.sqrt(displayScale(minSigDigits-((weight+1)*4/2-1), d.scale))
}

// sqrt returns the square root rounded half away from zero to rscale fraction digits.
func (d Decimal) sqrt(rscale int) (Decimal, error) {
	switch d.Sign() {
	case 0:
		return Decimal{scale: rscale}, nil
	case -1:
		return Decimal{}, errSqrtNegative
	}
	// The root of n = d·10^(2·rscale); the fraction cut from n cannot reach the next half.
	n := new(big.Int)
	if k := 2*rscale - d.scale; k >= 0 {
		n.Mul(d.int(), pow10(k))
	} else {
		n.Quo(d.int(), pow10(-k))
	}
	root := new(big.Int).Sqrt(n)
	rest := n.Sub(n, new(big.Int).Mul(root, root))
	if rest.Cmp(root) > 0 {
		root.Add(root, pow10(0))
	}
	return Decimal{coef: root, scale: rscale}, nil
}
