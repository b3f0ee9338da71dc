package aggregate

import (
	"math/big"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow/decimal256"
)

// int320 is a two's-complement integer, lowest word first: wide enough that 2^60 values of 76 digits do not
// overflow it, so that sums are checked once, at the end, and do not depend on the order of their parts.
type int320 [5]uint64

func (a *int320) add64(v int64) {
	sign := uint64(v >> 63)
	a.addWords(uint64(v), sign, sign, sign, sign)
}

func (a *int320) add128(v [2]uint64) {
	sign := uint64(int64(v[1]) >> 63)
	a.addWords(v[0], v[1], sign, sign, sign)
}

func (a *int320) add256(v [4]uint64) {
	a.addWords(v[0], v[1], v[2], v[3], uint64(int64(v[3])>>63))
}

func (a *int320) addWords(w0, w1, w2, w3, w4 uint64) {
	var c uint64
	a[0], c = bits.Add64(a[0], w0, 0)
	a[1], c = bits.Add64(a[1], w1, c)
	a[2], c = bits.Add64(a[2], w2, c)
	a[3], c = bits.Add64(a[3], w3, c)
	a[4], _ = bits.Add64(a[4], w4, c)
}

var limit38, limit76 = fromBig(pow10(38)), fromBig(pow10(76))

// fromBig converts a non-negative integer below 2^319.
func fromBig(v *big.Int) (out int320) {
	for i, w := 0, new(big.Int).Set(v); i < len(out); i++ {
		out[i] = new(big.Int).And(w, new(big.Int).SetUint64(1<<64-1)).Uint64()
		w.Rsh(w, 64)
	}
	return out
}

func (a int320) abs() int320 {
	if int64(a[4]) >= 0 {
		return a
	}
	var out int320
	out.subtract(a)
	return out
}

func (a *int320) subtract(b int320) {
	var borrow uint64
	for i := range a {
		a[i], borrow = bits.Sub64(a[i], b[i], borrow)
	}
}

// fits reports whether the value has at most 38 decimal digits, or 76 if wide.
func (a int320) fits(wide bool) bool {
	limit := &limit38
	if wide {
		limit = &limit76
	}
	a = a.abs()
	for i := len(a) - 1; i >= 0; i-- {
		if a[i] != limit[i] {
			return a[i] < limit[i]
		}
	}
	return false
}

// big returns the value as a big integer.
func (a int320) big() *big.Int {
	out, mag := new(big.Int), a.abs()
	for i := len(mag) - 1; i >= 0; i-- {
		out.Lsh(out, 64).Or(out, new(big.Int).SetUint64(mag[i]))
	}
	if int64(a[4]) < 0 {
		out.Neg(out)
	}
	return out
}

// int64 is the value, if it fits.
func (a *int320) int64() (v int64, ok bool) {
	sign := uint64(int64(a[0]) >> 63)
	return int64(a[0]), a[1] == sign && a[2] == sign && a[3] == sign && a[4] == sign
}

// num256 is the value, which must fit.
func (a int320) num256() decimal256.Num { return decimal256.New(a[3], a[2], a[1], a[0]) }
