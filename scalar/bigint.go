package scalar

import (
	"math/big"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow/decimal256"
)

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

// u256 is an unsigned 256-bit integer, least significant word first.
type u256 [4]uint64

// quo divides in place by d and returns the remainder.
func (u *u256) quo(d uint64) (rem uint64) {
	for i := 3; i >= 0; i-- {
		u[i], rem = bits.Div64(rem, u[i], d)
	}
	return rem
}

// absWide returns |n| and whether n is negative.
func absWide(n wide) (u u256, negative bool) {
	u = n.Array()
	if n.Sign() < 0 {
		return n.Negate().Array(), true
	}
	return u, false
}

// mul multiplies in place by d; the product must fit.
func (u *u256) mul(d uint64) {
	var carry uint64
	for i := range u {
		hi, lo := bits.Mul64(u[i], d)
		var c uint64
		u[i], c = bits.Add64(lo, carry, 0)
		carry = hi + c
	}
}

// scaleUp returns v·10^k, k at most 38.
func scaleUp(v int64, k int) wide {
	u := u256{uint64(v)}
	if v < 0 {
		u[0] = -u[0]
	}
	for k > 19 {
		u.mul(tenTo19)
		k -= 19
	}
	u.mul(pow10u[k])
	if v < 0 {
		return newWide(u).Negate()
	}
	return newWide(u)
}

const tenTo19 = 1e19

// trimWide sets z to n without the trailing zeros of its fraction and returns the scale that is left.
func trimWide(z *big.Int, n wide) int {
	u, negative := absWide(n)
	scale := 38
	if u == (u256{}) {
		z.SetInt64(0)
		return 0
	}
	for scale >= 19 {
		q := u
		if q.quo(tenTo19) != 0 {
			break
		}
		u, scale = q, scale-19
	}
	if scale > 0 {
		q := u
		// The last 19 digits tell how many of them are zeros, as at least one is not or scale is below 19.
		zeros, low := 0, q.quo(tenTo19)
		for zeros < scale && zeros < 19 && low%10 == 0 {
			zeros, low = zeros+1, low/10
		}
		if zeros > 0 {
			u.quo(pow10u[min(zeros, 19)])
			scale -= zeros
		}
	}
	setU256(z, u)
	if negative {
		z.Neg(z)
	}
	return scale
}

func setU256(z *big.Int, u u256) {
	if u[1]|u[2]|u[3] == 0 {
		z.SetUint64(u[0])
		return
	}
	var b [32]byte
	for i, v := range u {
		putBE(b[24-8*i:], v)
	}
	z.SetBytes(b[:])
}

func putBE(b []byte, v uint64) {
	for i := 7; i >= 0; i-- {
		b[i] = byte(v)
		v >>= 8
	}
}

// setWide sets z to the unscaled integer of n.
func setWide(z *big.Int, n wide) {
	u, negative := absWide(n)
	setU256(z, u)
	if negative {
		z.Neg(z)
	}
}

// toWide returns v / 10^scale as a wide value, or error 22003 if it has too many digits.
func (w *scratch) toWide(v *big.Int, scale int) (wide, error) {
	x := v
	switch {
	case scale < 38:
		x = w.num.Mul(v, pow10(38-scale))
	case scale > 38:
		x, _ = w.num.QuoRem(v, pow10(scale-38), &w.rem)
		if w.rem.Sign() != 0 {
			return wide{}, errRange
		}
	}
	if x.CmpAbs(pow10(76)) >= 0 {
		return wide{}, errRange
	}
	negative := x.Sign() < 0
	x.FillBytes(w.buf[:])
	var u u256
	for i := range u {
		for _, b := range w.buf[24-8*i : 32-8*i] {
			u[i] = u[i]<<8 | uint64(b)
		}
	}
	n := newWide(u)
	if negative {
		n = n.Negate()
	}
	return n, nil
}

func newWide(u u256) wide { return decimal256.New(u[3], u[2], u[1], u[0]) }

var (
	maxWide = decimal256.FromBigInt(new(big.Int).Sub(pow10(76), pow10(0)))
	minWide = maxWide.Negate()
)

// checkWide reports a sum that left the range of 76 digits.
func checkWide(n wide) (wide, error) {
	if maxWide.Less(n) || n.Less(minWide) {
		return wide{}, errRange
	}
	return n, nil
}
