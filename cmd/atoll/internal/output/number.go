package output

import (
	"math"
	"math/bits"
	"strconv"
)

// appendFloat appends v as PostgreSQL prints it: the shortest digits that read back to v, with an exponent below 1e-4
// and from 1e15 (double precision) or 1e6 (real).
func appendFloat(dst []byte, v float64, size int) []byte {
	switch {
	case math.IsNaN(v):
		return append(dst, "NaN"...)
	case math.IsInf(v, 1):
		return append(dst, "Infinity"...)
	case math.IsInf(v, -1):
		return append(dst, "-Infinity"...)
	}
	small, large := 1e-4, 1e15
	if size == 32 {
		small, large = float64(float32(1e-4)), 1e6
	}
	verb := byte('f')
	if abs := math.Abs(v); abs != 0 && (abs < small || abs >= large) {
		verb = 'e'
	}
	return strconv.AppendFloat(dst, v, verb, -1, size)
}

// appendDecimal128 appends the two's-complement 128-bit integer hi:lo with the point scale digits from the right.
func appendDecimal128(dst []byte, hi int64, lo uint64, scale int) []byte {
	if hi < 0 {
		dst = append(dst, '-')
		var borrow uint64
		lo, borrow = bits.Sub64(0, lo, 0)
		uhi, _ := bits.Sub64(0, uint64(hi), borrow)
		return appendScaled(dst, [4]uint64{lo, uhi}, scale)
	}
	return appendScaled(dst, [4]uint64{lo, uint64(hi)}, scale)
}

// appendDecimal256 appends a two's-complement 256-bit integer, least significant word first, likewise.
func appendDecimal256(dst []byte, w [4]uint64, scale int) []byte {
	if int64(w[3]) < 0 {
		dst = append(dst, '-')
		var borrow uint64
		for i := range w {
			w[i], borrow = bits.Sub64(0, w[i], borrow)
		}
	}
	return appendScaled(dst, w, scale)
}

// chunk is the largest power of ten in a uint64, chunkDigits its number of zeros.
const (
	chunk       = 10_000_000_000_000_000_000
	chunkDigits = 19
)

// appendScaled appends the unsigned integer w, least significant word first, with its point scale digits from the right.
func appendScaled(dst []byte, w [4]uint64, scale int) []byte {
	var digits [5 * chunkDigits]byte // 2^256 has 78 digits
	at := len(digits)
	n := len(w)
	for {
		for n > 0 && w[n-1] == 0 {
			n--
		}
		if n == 0 {
			break
		}
		var rem uint64
		if n == 1 {
			w[0], rem = w[0]/chunk, w[0]%chunk
		} else {
			for i := n - 1; i >= 0; i-- {
				w[i], rem = bits.Div64(rem, w[i], chunk)
			}
		}
		end := at
		for ; rem > 0; rem /= 10 {
			at--
			digits[at] = byte('0' + rem%10)
		}
		// Inner chunks are filled with zeros on their left; the outermost one is not.
		if n > 1 || w[0] != 0 {
			for at > end-chunkDigits {
				at--
				digits[at] = '0'
			}
		}
	}
	for len(digits)-at <= scale { // 0.05: as many zeros as the fraction lacks, and one before the point
		at--
		digits[at] = '0'
	}
	dst = append(dst, digits[at:len(digits)-scale]...)
	if scale > 0 {
		dst = append(dst, '.')
		dst = append(dst, digits[len(digits)-scale:]...)
	}
	return dst
}

// trimFraction removes trailing zeros after the point of the number that starts at dst[from], and the point with
// the last of them.
func trimFraction(dst []byte, from int) []byte {
	end := len(dst)
	for end > from && dst[end-1] == '0' {
		end--
	}
	if end > from && dst[end-1] == '.' {
		return dst[:end-1]
	}
	for _, c := range dst[from:end] {
		if c == '.' {
			return dst[:end]
		}
	}
	return dst
}
