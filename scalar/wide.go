package scalar

import (
	"math"
	"math/big"
	"strconv"
)

// wideConversions lists the functions into and out of wide numerics.
func wideConversions() []Function {
	return []Function{
		wide1("pg_wide", kText, kWide, textToWide),
		fn1("pg_wide", kInt8, kWide, func(v int64) (wide, error) { return scaleUp(v, 38), nil }),
		wide1("pg_wide", kF8, kWide, func(s *scratch, v float64) (wide, error) { return floatToWide(s, v, 15) }),
		wide1("pg_wide", kF4, kWide, func(s *scratch, v float32) (wide, error) { return floatToWide(s, float64(v), 6) }),
		text1("pg_wide_text", kWide, func(dst []byte, v wide) ([]byte, error) { return wideText(dst, v, 0), nil }),
		text2("pg_wide_text", kWide, kInt4, func(dst []byte, v wide, scale int32) ([]byte, error) {
			return wideText(dst, v, int(min(max(scale, 0), 38))), nil
		}),
		fn1("pg_wide_to_float8", kWide, kF8, func(v wide) (float64, error) { return strconv.ParseFloat(string(wideText(nil, v, 0)), 64) }),
		fn1("pg_wide_to_float4", kWide, kF4, func(v wide) (float32, error) {
			f, err := strconv.ParseFloat(string(wideText(nil, v, 0)), 32)
			return float32(f), err
		}),
		wide1("pg_wide_to_int8", kWide, kInt8, func(s *scratch, v wide) (int64, error) { return wideToInt(s, v, math.MinInt64, math.MaxInt64) }),
		wide1("pg_wide_to_int4", kWide, kInt4, func(s *scratch, v wide) (int32, error) {
			n, err := wideToInt(s, v, math.MinInt32, math.MaxInt32)
			return int32(n), err
		}),
		wide1("pg_wide_to_int2", kWide, kInt2, func(s *scratch, v wide) (int16, error) {
			n, err := wideToInt(s, v, math.MinInt16, math.MaxInt16)
			return int16(n), err
		}),
		fn2("pg_wide_limb", kWide, kInt4, kInt8, wideLimb),
		wideFromLimbs(),
	}
}

// textToWide parses numeric text. Text of up to 18 digits, the common case, takes no big division.
func textToWide(s *scratch, v string) (wide, error) {
	p, err := scanDecimal(v)
	if err != nil {
		return wide{}, err
	}
	if scale := len(p.frac) - p.exp; len(p.whole)+len(p.frac) <= 18 && scale >= 0 && scale <= 38 {
		n := int64(0)
		for _, part := range [2]string{p.whole, p.frac} {
			for i := range len(part) {
				n = n*10 + int64(part[i]-'0')
			}
		}
		if p.negative {
			n = -n
		}
		return scaleUp(n, 38-scale), nil
	}
	d, err := ParseDecimal(v)
	if err != nil {
		return wide{}, err
	}
	return s.toWide(d.int(), d.scale)
}

// floatToWide converts as PostgreSQL casts a float to numeric: by its digits significant digits.
func floatToWide(s *scratch, v float64, digits int) (wide, error) {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return wide{}, errNaNWide
	}
	return textToWide(s, string(strconv.AppendFloat(s.buf[:0], v, 'g', digits, 64)))
}

// wideText writes v without trailing zeros, but with at least scale fraction digits.
func wideText(dst []byte, v wide, scale int) []byte {
	trimmed := 0
	if x, ok := smallOf(v); ok {
		trimmed = x.scale
		dst = appendSmall(dst, x)
	} else {
		var coef big.Int
		trimmed = trimWide(&coef, v)
		dst = appendDecimal(dst, &coef, trimmed)
	}
	if scale <= trimmed {
		return dst
	}
	if trimmed == 0 {
		dst = append(dst, '.')
	}
	for range scale - trimmed {
		dst = append(dst, '0')
	}
	return dst
}

func wideToInt(s *scratch, v wide, lo, hi int64) (int64, error) {
	setWide(&s.a, v)
	s.divRound(&s.b, &s.a, pow10(38))
	if !s.b.IsInt64() || s.b.Int64() < lo || s.b.Int64() > hi {
		return 0, errRange
	}
	return s.b.Int64(), nil
}

// wideLimb returns 32 bits of the unscaled integer, 0 the lowest; limb 7 is signed. The value is the sum of
// limb(i)·2^32i, so a sum of wides is the same sum over the limbs' sums.
func wideLimb(v wide, i int32) (int64, error) {
	if i < 0 || i > 7 {
		return 0, errParameter
	}
	word := v.Array()[i/2] >> (32 * uint(i%2))
	if i == 7 {
		return int64(int32(word)), nil
	}
	return int64(uint32(word)), nil
}
