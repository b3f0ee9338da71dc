package engine

import (
	"math"
	"math/big"
	"strings"
)

var (
	bigOne  = big.NewInt(1)
	bigTwo  = big.NewInt(2)
	powers  [2*maxDigits + 8]*big.Int
	moneyIn = map[Kind]*big.Int{Money: big.NewInt(math.MaxInt64), SmallMoney: big.NewInt(math.MaxInt32)}
)

func init() {
	powers[0] = bigOne
	for i := 1; i < len(powers); i++ {
		powers[i] = new(big.Int).Mul(powers[i-1], big.NewInt(10))
	}
}

// pow10 is 10^n, not to be changed.
func pow10(n int) *big.Int {
	if n < len(powers) {
		return powers[n]
	}
	return new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(n)), nil)
}

// NewDec is n / 10^scale.
func NewDec(n int64, scale int) Dec { return Dec{big.NewInt(n), scale} }

// ParseDec reads plain notation: an optional sign, digits, at most one point.
func ParseDec(s string) (Dec, bool) {
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 {
		return Dec{}, false
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	if whole+fraction == "" || strings.Trim(whole+fraction, "0123456789") != "" {
		return Dec{}, false
	}
	n, _ := new(big.Int).SetString(whole+fraction, 10)
	if strings.HasPrefix(s, "-") {
		n.Neg(n)
	}
	return Dec{n, len(fraction)}, true
}

// String is d in plain notation with all digits of its scale.
func (d Dec) String() string {
	s := new(big.Int).Abs(d.Unscaled).String()
	if d.Scale > 0 {
		if len(s) <= d.Scale {
			s = strings.Repeat("0", d.Scale-len(s)+1) + s
		}
		s = s[:len(s)-d.Scale] + "." + s[len(s)-d.Scale:]
	}
	if d.Unscaled.Sign() < 0 {
		return "-" + s
	}
	return s
}

// Cmp compares the numbers, whatever their scales.
func (d Dec) Cmp(e Dec) int {
	scale := max(d.Scale, e.Scale)
	return d.widen(scale).Cmp(e.widen(scale))
}

// widen is the unscaled integer at a scale not smaller than d's.
func (d Dec) widen(scale int) *big.Int {
	if scale == d.Scale {
		return d.Unscaled
	}
	return new(big.Int).Mul(d.Unscaled, pow10(scale-d.Scale))
}

// Round is d at the scale, half away from zero.
func (d Dec) Round(scale int) Dec {
	if scale >= d.Scale {
		return Dec{d.widen(scale), scale}
	}
	q, r := new(big.Int).QuoRem(d.Unscaled, pow10(d.Scale-scale), new(big.Int))
	if r.Abs(r).Mul(r, bigTwo).Cmp(pow10(d.Scale-scale)) >= 0 {
		q.Add(q, big.NewInt(int64(d.Unscaled.Sign())))
	}
	return Dec{q, scale}
}

// Truncate is d at the scale, towards zero.
func (d Dec) Truncate(scale int) Dec {
	if scale >= d.Scale {
		return Dec{d.widen(scale), scale}
	}
	return Dec{new(big.Int).Quo(d.Unscaled, pow10(d.Scale-scale)), scale}
}

// fits reports whether d has at most precision digits.
func (d Dec) fits(precision int) bool { return d.Unscaled.CmpAbs(pow10(precision)) < 0 }

// Float is the nearest float.
func (d Dec) Float() float64 {
	f, _ := new(big.Rat).SetFrac(d.Unscaled, pow10(d.Scale)).Float64()
	return f
}

// decOfFloat is f rounded to the scale; 17 significant digits of f count, as the server's conversion has them.
func decOfFloat(f float64, scale int) (Dec, bool) {
	r := new(big.Rat)
	if math.IsNaN(f) || math.IsInf(f, 0) || math.Abs(f) >= 1e39 {
		return Dec{}, false
	}
	r.SetString(formatG(f, 17))
	n := new(big.Int).Mul(r.Num(), pow10(scale+1))
	return Dec{n.Quo(n, r.Denom()), scale + 1}.Round(scale), true
}

// moneyFits reports whether d of scale 4 is within the range of a money kind.
func moneyFits(d Dec, k Kind) bool {
	limit := moneyIn[k]
	if d.Unscaled.Sign() < 0 {
		return d.Unscaled.CmpAbs(new(big.Int).Add(limit, bigOne)) <= 0
	}
	return d.Unscaled.Cmp(limit) <= 0
}
