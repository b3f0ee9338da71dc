package scalar

import (
	"bytes"
	"math/big"
	"slices"
	"strconv"
	"strings"
)

// maxExponent bounds the exponent of numeric text; beyond it PostgreSQL refuses even zero.
const maxExponent = 1<<30 - 2

// ParseDecimal reads PostgreSQL's text form of a numeric: blanks around, sign, digits with a point, exponent.
// Bad syntax is error 22P02. NaN, infinities and more digits than PostgreSQL holds are error 22003.
func ParseDecimal(s string) (Decimal, error) {
	p, err := scanDecimal(s)
	if err != nil {
		return Decimal{}, err
	}
	coef := new(big.Int)
	if _, ok := coef.SetString(p.whole+p.frac, 10); !ok && p.whole+p.frac != "" {
		return Decimal{}, errSyntax
	}
	if p.negative {
		coef.Neg(coef)
	}
	scale := len(p.frac) - p.exp
	if coef.Sign() == 0 {
		return Decimal{coef: coef, scale: min(max(scale, 0), 16383)}, nil
	}
	if scale > 16383 || decimalLen(coef)-scale > maxWeightDigits {
		return Decimal{}, errRange
	}
	if scale < 0 {
		coef.Mul(coef, pow10(-scale))
		scale = 0
	}
	return Decimal{coef: coef, scale: scale}, nil
}

// decimalParts is numeric text taken apart.
type decimalParts struct {
	negative    bool
	whole, frac string // digits before and after the point
	exp         int
}

func scanDecimal(s string) (p decimalParts, err error) {
	s = strings.Trim(s, blanks)
	if s != "" && (s[0] == '+' || s[0] == '-') {
		p.negative = s[0] == '-'
		s = s[1:]
	}
	n := countDigits(s)
	p.whole, s = s[:n], s[n:]
	if s != "" && s[0] == '.' {
		n = countDigits(s[1:])
		p.frac, s = s[1:1+n], s[1+n:]
	}
	if p.whole == "" && p.frac == "" {
		return p, specialNumber(s)
	}
	if s == "" {
		return p, nil
	}
	if s[0] != 'e' && s[0] != 'E' {
		return p, errSyntax
	}
	digits := strings.TrimPrefix(s[1:], "-")
	if len(digits) == len(s)-1 {
		digits = strings.TrimPrefix(digits, "+")
	}
	if digits == "" || countDigits(digits) != len(digits) {
		return p, errSyntax
	}
	p.exp, err = strconv.Atoi(digits)
	if err != nil || p.exp > maxExponent {
		return p, errRange
	}
	if s[1] == '-' {
		p.exp = -p.exp
	}
	return p, nil
}

// blanks is what C's isspace accepts.
const blanks = " \t\n\v\f\r"

func countDigits(s string) int {
	n := 0
	for n < len(s) && s[n] >= '0' && s[n] <= '9' {
		n++
	}
	return n
}

func specialNumber(s string) error {
	switch strings.ToLower(s) {
	case "nan", "inf", "infinity":
		return errNaNWide
	}
	return errSyntax
}

// String returns the value in plain notation with exactly the display scale.
func (d Decimal) String() string { return string(d.append(nil)) }

func (d Decimal) append(dst []byte) []byte { return appendDecimal(dst, d.int(), d.scale) }

// appendDecimal writes v / 10^scale in plain notation with scale fraction digits.
func appendDecimal(dst []byte, v *big.Int, scale int) []byte {
	start := len(dst)
	return insertPoint(v.Append(dst, 10), start, scale)
}

func appendSmall(dst []byte, v small) []byte {
	start := len(dst)
	if v.negative {
		dst = append(dst, '-')
	}
	return insertPoint(strconv.AppendUint(dst, v.coef, 10), start, v.scale)
}

// insertPoint puts a point before the last scale digits of the integer that starts at start.
func insertPoint(dst []byte, start, scale int) []byte {
	if dst[start] == '-' {
		start++
	}
	if scale == 0 {
		return dst
	}
	// One digit at least stands before the point.
	if missing := scale + 1 - (len(dst) - start); missing > 0 {
		dst = slices.Insert(dst, start, bytes.Repeat([]byte{'0'}, missing)...)
	}
	return slices.Insert(dst, len(dst)-scale, '.')
}
