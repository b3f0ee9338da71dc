package scalar

import (
	"math/big"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow/decimal256"
)

// u256 is an unsigned 256-bit integer, least significant word first.
type u256 [4]uint64

// quo divides in place by d and returns the remainder.
func (u *u256) quo(d uint64) (rem uint64) {
	for i := 3; i >= 0; i-- {
		if rem == 0 && u[i] < d {
			u[i], rem = 0, u[i]
			continue
		}
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

// trimU256 drops the zeros at the end of an unscaled integer of scale 38, as far as they are fraction digits.
func trimU256(u u256) (u256, int) {
	if u == (u256{}) {
		return u, 0
	}
	scale := 38
	for scale >= 19 {
		q := u
		if q.quo(tenTo19) != 0 {
			break
		}
		u, scale = q, scale-19
	}
	q := u
	low := q.quo(tenTo19) // the last 19 digits; they are not all zeros, or scale is 0
	zeros := 0
	for zeros < scale && low%10 == 0 {
		zeros, low = zeros+1, low/10
	}
	if zeros > 0 {
		u.quo(pow10u[zeros])
	}
	return u, scale - zeros
}

// small is a numeric whose digits fit a uint64, the common case, for which no big integer is needed.
type small struct {
	coef     uint64
	scale    int
	negative bool
}

func smallOf(n wide) (s small, ok bool) {
	u, negative := absWide(n)
	u, scale := trimU256(u)
	return small{u[0], scale, negative}, u[1]|u[2]|u[3] == 0
}

// weight is scratch.weight for a small.
func (s small) weight() (weight, first int) {
	if s.coef == 0 {
		return 0, 0
	}
	n := decimalLen64(s.coef)
	exp := n - 1 - s.scale
	weight = floorDiv(exp, 4)
	drop := n - (exp - 4*weight + 1)
	if drop < 0 {
		return weight, int(s.coef * pow10u[-drop])
	}
	return weight, int(s.coef / pow10u[drop])
}

func decimalLen64(v uint64) int {
	n := bits.Len64(v) * 30103 / 100000
	if n < len(pow10u) && v >= pow10u[n] {
		n++
	}
	return n
}

// fromU128 returns ±(hi·2^64 + lo) / 10^scale, scale at most 38, or error 22003.
func fromU128(hi, lo uint64, scale int, negative bool) (wide, error) {
	u := u256{lo, hi}
	u.mul(pow10u[min(38-scale, 19)])
	u.mul(pow10u[max(38-scale-19, 0)])
	n := newWide(u)
	if maxWide.Less(n) {
		return wide{}, errRange
	}
	if negative {
		n = n.Negate()
	}
	return n, nil
}

// trimWide sets z to n without the trailing zeros of its fraction and returns the scale that is left.
func trimWide(z *big.Int, n wide) int {
	u, negative := absWide(n)
	u, scale := trimU256(u)
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
