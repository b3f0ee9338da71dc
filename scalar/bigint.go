package scalar

import "math/big"

// scratch is room for big-integer intermediates, reused from row to row.
type scratch struct {
	a, b, c, d, rem, num big.Int
	buf                  [32]byte
}

// pow10Table holds 10^0 … 10^159, enough for every operation on numerics of 38 + 38 digits.
var pow10Table = func() (t [160]*big.Int) {
	t[0] = big.NewInt(1)
	for i := 1; i < len(t); i++ {
		t[i] = new(big.Int).Mul(t[i-1], big.NewInt(10))
	}
	return t
}()

// pow10 returns 10^n, n >= 0; the caller must not change it.
func pow10(n int) *big.Int {
	if n < len(pow10Table) {
		return pow10Table[n]
	}
	return new(big.Int).Exp(pow10Table[1], big.NewInt(int64(n)), nil)
}

// pow10u holds the powers of ten of a uint64.
var pow10u = func() (t [20]uint64) {
	t[0] = 1
	for i := 1; i < len(t); i++ {
		t[i] = t[i-1] * 10
	}
	return t
}()

// decimalLen returns the number of decimal digits of |v|, 0 for 0.
func decimalLen(v *big.Int) int {
	if v.Sign() == 0 {
		return 0
	}
	n := v.BitLen() * 30103 / 100000
	if v.CmpAbs(pow10(n)) >= 0 {
		n++
	}
	return n
}

// divRound sets z to num / den rounded half away from zero.
func (w *scratch) divRound(z, num, den *big.Int) {
	z.QuoRem(num, den, &w.rem)
	negative := num.Sign()*den.Sign() < 0
	w.rem.Lsh(&w.rem, 1)
	if w.rem.CmpAbs(den) < 0 {
		return
	}
	if negative {
		z.Sub(z, pow10(0))
	} else {
		z.Add(z, pow10(0))
	}
}

// divScaled sets z to the quotient of a/10^as and b/10^bs at scale rscale, rounded half away from zero.
func (w *scratch) divScaled(z, a *big.Int, as int, b *big.Int, bs, rscale int) {
	if k := rscale - as + bs; k >= 0 {
		w.num.Mul(a, pow10(k))
		w.divRound(z, &w.num, b)
	} else {
		w.num.Mul(b, pow10(-k))
		w.divRound(z, a, &w.num)
	}
}

// weight returns what PostgreSQL's base-10000 representation of v/10^scale starts with: the exponent of
// its first digit that is not zero, and that digit; 0 and 0 for zero.
func (w *scratch) weight(v *big.Int, scale int) (weight, first int) {
	n := decimalLen(v)
	if n == 0 {
		return 0, 0
	}
	exp := n - 1 - scale
	weight = floorDiv(exp, 4)
	drop := n - (exp - 4*weight + 1)
	switch {
	case drop < 0:
		w.rem.Mul(v, pow10(-drop))
	default:
		w.rem.Quo(v, pow10(drop))
	}
	first = int(w.rem.Int64())
	if first < 0 {
		first = -first
	}
	return weight, first
}

func floorDiv(a, b int) int {
	q := a / b
	if a%b != 0 && (a < 0) != (b < 0) {
		q--
	}
	return q
}
