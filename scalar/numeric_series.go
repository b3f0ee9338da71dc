package scalar

import (
	"math"
	"math/big"
	"sync"
)

// expFloat returns e^x to about prec bits: Taylor's series on x/2^m, squared m times.
func expFloat(x *big.Float, prec uint) *big.Float {
	const small = 8 // the series runs on |x| < 2^-small
	if x.Sign() == 0 {
		return new(big.Float).SetPrec(prec).SetInt64(1)
	}
	m := max(x.MantExp(nil)+small, 0)
	wp := prec + uint(2*m) + 32
	r := new(big.Float).SetPrec(wp).Set(x)
	r.SetMantExp(r, -m)
	sum := new(big.Float).SetPrec(wp).SetInt64(1)
	term := new(big.Float).SetPrec(wp).SetInt64(1)
	n := new(big.Float).SetPrec(wp)
	for i := int64(1); ; i++ {
		term.Mul(term, r)
		term.Quo(term, n.SetInt64(i))
		if term.Sign() == 0 || term.MantExp(nil) < -int(wp) {
			break
		}
		sum.Add(sum, term)
	}
	for range m {
		sum.Mul(sum, sum)
	}
	return sum
}

// lnFloat returns ln(d), d > 0, with an absolute error below 2^-prec or so.
func lnFloat(d Decimal, prec uint) *big.Float {
	if d.Cmp(decimalOne) == 0 {
		return new(big.Float).SetPrec(prec)
	}
	wp := prec + 64
	mant := new(big.Float)
	exp := d.bigFloat(wp).MantExp(mant) // mant in [0.5, 1)
	if f, _ := mant.Float64(); f < math.Sqrt2/2 {
		mant.SetMantExp(mant, 1)
		exp--
	}
	// Halley's step triples the number of right bits: y += 2·(m - e^y) / (m + e^y).
	f, _ := mant.Float64()
	y := new(big.Float).SetPrec(wp).SetFloat64(math.Log(f))
	for right := uint(48); ; right *= 3 {
		e := expFloat(y, wp)
		top := new(big.Float).SetPrec(wp).Sub(mant, e)
		top.SetMantExp(top, 1)
		y.Add(y, top.Quo(top, e.Add(e, mant)))
		if right*3 > wp {
			break
		}
	}
	if exp != 0 {
		l := new(big.Float).SetPrec(wp).SetInt64(int64(exp))
		y.Add(y, l.Mul(l, ln2(wp)))
	}
	return y
}

// ln2Cache keeps ln 2 to the highest precision asked for so far.
var ln2Cache struct {
	sync.Mutex
	prec  uint
	value *big.Float
}

// ln2 returns ln 2 to at least prec bits; the caller must not change it.
func ln2(prec uint) *big.Float {
	ln2Cache.Lock()
	defer ln2Cache.Unlock()
	if ln2Cache.prec < prec {
		ln2Cache.prec, ln2Cache.value = prec+256, ln2Series(prec+256)
	}
	return ln2Cache.value
}

// ln2Series sums 2·Σ 1/((2k+1)·3^(2k+1)) in fixed point.
func ln2Series(prec uint) *big.Float {
	fixed := prec + 32
	power := new(big.Int).Lsh(big.NewInt(2), fixed)
	power.Quo(power, big.NewInt(3))
	sum, term, nine := new(big.Int), new(big.Int), big.NewInt(9)
	for k := int64(1); power.Sign() != 0; k += 2 {
		sum.Add(sum, term.Quo(power, big.NewInt(k)))
		power.Quo(power, nine)
	}
	z := new(big.Float).SetPrec(fixed).SetInt(sum)
	return z.SetMantExp(z, -int(fixed))
}
