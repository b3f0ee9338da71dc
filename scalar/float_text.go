package scalar

import (
	"errors"
	"math"
	"math/big"
	"strconv"
	"strings"
)

// appendFloat8 writes a double as PostgreSQL does by default: the shortest digits that read back the same.
func appendFloat8(dst []byte, v float64) []byte { return appendShortest(dst, v, 64, 15) }

// appendFloat4 does the same for a single.
func appendFloat4(dst []byte, v float32) []byte { return appendShortest(dst, float64(v), 32, 6) }

// lowest is 1e-4 as a single and as a double.
var lowest = [2]float64{float64(float32(1e-4)), 1e-4}

// appendShortest uses an exponent below 1e-4 and from 10^limit on.
func appendShortest(dst []byte, v float64, size, limit int) []byte {
	switch {
	case v != v:
		return append(dst, "NaN"...)
	case math.IsInf(v, 0):
		if v < 0 {
			dst = append(dst, '-')
		}
		return append(dst, "Infinity"...)
	case v == 0 || math.Abs(v) >= lowest[size/64] && math.Abs(v) < math.Pow10(limit):
		return strconv.AppendFloat(dst, v, 'f', -1, size)
	}
	start := len(dst)
	dst = strconv.AppendFloat(dst, v, 'e', -1, size)
	// PostgreSQL does not take a decimal that lies halfway to the next float: more digits then.
	for digits := 1; digits <= 17 && onBoundary(v, dst[start:], size); digits++ {
		longer := strconv.AppendFloat(nil, v, 'e', digits, size)
		if f, err := strconv.ParseFloat(string(longer), size); err == nil && f == v {
			dst = append(dst[:start], longer...)
		}
	}
	return dst
}

// onBoundary reports whether the decimal text is exactly halfway between v and a neighbour. Only an even
// mantissa reads such a text back, and only integers from 2^mantissa bits on have such short texts.
func onBoundary(v float64, text []byte, size int) bool {
	low, high := math.Ldexp(1, 53), 1e42
	if size == 32 {
		low, high = math.Ldexp(1, 24), 1e20
	}
	if a := math.Abs(v); a < low || a > high {
		return false
	}
	exact, _, err := big.ParseFloat(string(text), 10, 300, big.ToNearestEven)
	if err != nil {
		return false
	}
	diff := exact.Sub(exact, big.NewFloat(v))
	if diff.Sign() == 0 {
		return false
	}
	next := neighbour(v, diff.Sign(), size)
	gap := new(big.Float).SetPrec(300).Sub(next, big.NewFloat(v))
	return gap.SetMantExp(gap, -1).Cmp(diff) == 0
}

func neighbour(v float64, direction, size int) *big.Float {
	if size == 32 {
		return big.NewFloat(float64(math.Nextafter32(float32(v), float32(math.Inf(direction)))))
	}
	return big.NewFloat(math.Nextafter(v, math.Inf(direction)))
}

// parseFloat reads what PostgreSQL's input of floats accepts. Overflow and underflow are error 22003.
func parseFloat(s string, size int) (float64, error) {
	s = strings.Trim(s, blanks)
	body := s
	if s != "" && (s[0] == '+' || s[0] == '-') {
		body = s[1:]
	}
	lower := strings.ToLower(body)
	switch {
	case lower == "nan":
		return math.NaN(), nil
	case lower == "inf" || lower == "infinity":
		if s[0] == '-' {
			return math.Inf(-1), nil
		}
		return math.Inf(1), nil
	case body == "" || !strings.ContainsRune("0123456789.", rune(body[0])) || strings.Contains(s, "_"):
		return 0, errSyntax
	case strings.HasPrefix(lower, "0x") && !strings.Contains(lower, "p"):
		s += "p0"
	}
	f, err := strconv.ParseFloat(s, size)
	switch {
	case errors.Is(err, strconv.ErrRange):
		return 0, errFloatOverflow
	case err != nil:
		return 0, errSyntax
	case f == 0 && hasDigits(lower):
		return 0, errUnderflow
	}
	return f, nil
}

// hasDigits reports whether the mantissa of number text has a digit other than zero.
func hasDigits(lower string) bool {
	digits, end := "123456789", "e"
	if rest, ok := strings.CutPrefix(lower, "0x"); ok {
		lower, digits, end = rest, "123456789abcdef", "p"
	}
	mantissa, _, _ := strings.Cut(lower, end)
	return strings.ContainsAny(mantissa, digits)
}
