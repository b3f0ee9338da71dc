package mssql

import (
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow/decimal256"
)

// maxShortDigits is the number of digits that a uint64 holds in any case.
const maxShortDigits = 18

type numberFault uint8

const (
	numberOK        numberFault = iota
	numberTooLarge              // more integer digits than the precision leaves
	numberInexact               // fraction digits beyond the scale
	numberMalformed             // not a plain decimal number
)

var pow10 = [20]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// shortDecimal returns the magnitude of a plain decimal number times 10^scale if that is certain to have at most 18
// digits, which is the common case; otherwise false, whatever the reason.
func shortDecimal(text []byte, scale int) (v uint64, negative, ok bool) {
	if len(text) > 0 && text[0] == '-' {
		negative, text = true, text[1:]
	}
	if len(text) == 0 || len(text) > maxShortDigits || text[len(text)-1] == '.' {
		return 0, false, false
	}
	point := len(text)
	for i, b := range text {
		d := b - '0'
		if d > 9 {
			if b != '.' || point < len(text) {
				return 0, false, false
			}
			point = i
			continue
		}
		v = v*10 + uint64(d)
	}
	shift := scale
	if point < len(text) {
		shift -= len(text) - point - 1
	}
	if shift < 0 || len(text)+shift > maxShortDigits {
		return 0, false, false
	}
	return v * pow10[shift], negative, true
}

// parseDecimal returns the magnitude of a plain decimal number times 10^scale, exactly, and its sign. The result must
// have at most precision digits.
func parseDecimal(text []byte, scale, precision int) (v u256, negative bool, fault numberFault) {
	if len(text) > 0 && text[0] == '-' {
		negative, text = true, text[1:]
	}
	fraction, digits := -1, 0 // fraction digits seen, -1 before the point
	for _, b := range text {
		d := b - '0'
		switch {
		case b == '.' && fraction < 0:
			fraction = 0
			continue
		case d > 9:
			return u256{}, false, numberMalformed
		}
		digits++
		if fraction >= 0 {
			if fraction++; fraction > scale {
				if d != 0 {
					return u256{}, false, numberInexact
				}
				continue
			}
		}
		if v.mulAdd(10, uint64(d)) {
			return u256{}, false, numberTooLarge
		}
	}
	if digits == 0 {
		return u256{}, false, numberMalformed
	}
	if v.mulPow10(scale-min(max(fraction, 0), scale)) || !v.below(precision) {
		return u256{}, false, numberTooLarge
	}
	return v, negative && v != u256{}, numberOK
}

// u256 is an unsigned number of 256 bits, least significant word first.
type u256 [4]uint64

// mulAdd sets v to v*m + a and reports overflow.
func (v *u256) mulAdd(m, a uint64) bool {
	for i := range v {
		hi, lo := bits.Mul64(v[i], m)
		var carry uint64
		v[i], carry = bits.Add64(lo, a, 0)
		a = hi + carry
	}
	return a != 0
}

// mulPow10 multiplies by 10^e and reports overflow.
func (v *u256) mulPow10(e int) bool {
	if *v == (u256{}) {
		return false
	}
	for ; e > 0; e -= 19 {
		if v.mulAdd(pow10[min(e, 19)], 0) {
			return true
		}
	}
	return false
}

// limits holds 10^p for every precision p.
var limits = func() (l [77]u256) {
	for p := range l {
		l[p] = u256{1}
		l[p].mulPow10(p)
	}
	return l
}()

// below reports whether v has at most precision digits.
func (v *u256) below(precision int) bool { return v.less(&limits[precision]) }

func (v *u256) less(w *u256) bool {
	for i := 3; i >= 0; i-- {
		if v[i] != w[i] {
			return v[i] < w[i]
		}
	}
	return false
}

// minus returns v - w, which must not be negative.
func (v *u256) minus(w *u256) (d u256) {
	var borrow uint64
	for i := range v {
		d[i], borrow = bits.Sub64(v[i], w[i], borrow)
	}
	return d
}

// add adds two numbers of at most 76 digits given by magnitude and sign; the sum fits, for 2·10^76 is below 2^255.
func add(v u256, negative bool, w u256, minus bool) (u256, bool) {
	switch {
	case negative == minus:
		var sum u256
		var carry uint64
		for i := range v {
			sum[i], carry = bits.Add64(v[i], w[i], carry)
		}
		return sum, negative
	case v.less(&w):
		return w.minus(&v), minus
	}
	d := v.minus(&w)
	return d, negative && d != u256{}
}

func (v u256) signed(negative bool) decimal256.Num {
	n := decimal256.New(v[3], v[2], v[1], v[0])
	if negative {
		n = n.Negate()
	}
	return n
}
