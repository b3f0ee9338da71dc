package postgres

import (
	"encoding/binary"
	"math/bits"
)

// A numeric on the wire: four 16-bit words (number of digits, weight of the first, sign, display scale), then
// the digits, base 10000. Its value is the sum of digit[i] * 10000^(weight-i).
const (
	numericHeader   = 8
	signPositive    = 0x0000
	signNegative    = 0x4000
	signNaN         = 0xC000
	signInfinity    = 0xD000
	signNegInfinity = 0xF000

	// maxShortDigits is the precision up to which an int64 holds every value.
	maxShortDigits = 18
)

type numericFault uint8

const (
	numericOK numericFault = iota
	numericNaN
	numericInfinite
	numericTooLarge  // more integer digits than the precision leaves
	numericInexact   // fraction digits beyond the scale
	numericMalformed // not what a server sends
)

var pow10 = [20]uint64{1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18, 1e19}

// shortNumeric returns the value times 10^scale if it is certain to have at most 18 digits, which is the
// common case; otherwise false, whatever the reason.
func shortNumeric(raw []byte, scale int) (int64, bool) {
	if len(raw) < numericHeader {
		return 0, false
	}
	n := int(binary.BigEndian.Uint16(raw))
	sign := binary.BigEndian.Uint16(raw[4:])
	if n > 4 || len(raw) != numericHeader+2*n || sign&^signNegative != 0 {
		return 0, false
	}
	if n == 0 {
		return 0, true
	}
	weight := int(int16(binary.BigEndian.Uint16(raw[2:])))
	exponent := 4*(weight-n+1) + scale // of ten, for the last digit
	if exponent <= -4 || 4*n+exponent > maxShortDigits {
		return 0, false
	}
	var v uint64
	digits := raw[numericHeader:]
	for len(digits) > 2 {
		d := uint64(binary.BigEndian.Uint16(digits))
		if d > 9999 {
			return 0, false
		}
		v = v*10000 + d
		digits = digits[2:]
	}
	last := uint64(binary.BigEndian.Uint16(digits))
	if last > 9999 {
		return 0, false
	}
	if exponent >= 0 {
		v = (v*10000 + last) * pow10[exponent]
	} else {
		cut := pow10[-exponent]
		if last%cut != 0 {
			return 0, false
		}
		v = v*pow10[4+exponent] + last/cut
	}
	if sign == signNegative {
		return -int64(v), true
	}
	return int64(v), true
}

// parseNumeric returns the magnitude of the value times 10^scale, exactly, and its sign. The value must
// have at most precision digits.
func parseNumeric(raw []byte, scale, precision int) (v u256, negative bool, fault numericFault) {
	if len(raw) < numericHeader {
		return v, false, numericMalformed
	}
	n := int(binary.BigEndian.Uint16(raw))
	weight := int(int16(binary.BigEndian.Uint16(raw[2:])))
	switch binary.BigEndian.Uint16(raw[4:]) {
	case signPositive:
	case signNegative:
		negative = true
	case signNaN:
		return v, false, numericNaN
	case signInfinity, signNegInfinity:
		return v, false, numericInfinite
	default:
		return v, false, numericMalformed
	}
	digits := raw[numericHeader:]
	if len(digits) != 2*n {
		return v, false, numericMalformed
	}
	v, fault = sumDigits(digits, 4*(weight-n+1)+scale)
	if fault == numericOK && !v.below(precision) {
		fault = numericTooLarge
	}
	return v, negative && v != u256{}, fault
}

// sumDigits adds up base-10000 digits, the last of which counts 10^exponent.
func sumDigits(digits []byte, exponent int) (v u256, fault numericFault) {
	for exponent <= -4 && len(digits) > 0 { // these lie wholly beyond the scale
		if binary.BigEndian.Uint16(digits[len(digits)-2:]) != 0 {
			return v, numericInexact
		}
		digits, exponent = digits[:len(digits)-2], exponent+4
	}
	for ; len(digits) > 0; digits = digits[2:] {
		d := uint64(binary.BigEndian.Uint16(digits))
		if d > 9999 {
			return v, numericMalformed
		}
		factor := uint64(10000)
		if len(digits) == 2 && exponent < 0 { // the last one lies across the scale's end
			cut := pow10[-exponent]
			if d%cut != 0 {
				return v, numericInexact
			}
			factor, d = pow10[4+exponent], d/cut
		}
		if v.mulAdd(factor, d) {
			return v, numericTooLarge
		}
	}
	if v.mulPow10(exponent) {
		return v, numericTooLarge
	}
	return v, numericOK
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

// mulPow10 multiplies by 10^e, nothing for e <= 0, and reports overflow.
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
func (v *u256) below(precision int) bool {
	limit := &limits[precision]
	for i := 3; i >= 0; i-- {
		if v[i] != limit[i] {
			return v[i] < limit[i]
		}
	}
	return false
}
