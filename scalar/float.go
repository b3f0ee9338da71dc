package scalar

import "math"

// float is a binary floating-point type of PostgreSQL.
type float interface{ float32 | float64 }

func isInf[F float](v F) bool { return math.IsInf(float64(v), 0) }

// checkSum reports a finite operation whose result is not finite.
func checkSum[F float](r, a, b F) (F, error) {
	if isInf(r) && !isInf(a) && !isInf(b) {
		return 0, errFloatOverflow
	}
	return r, nil
}

func floatAdd[F float](a, b F) (F, error) { return checkSum(a+b, a, b) }

func floatSub[F float](a, b F) (F, error) { return checkSum(a-b, a, b) }

func floatMul[F float](a, b F) (F, error) {
	r := a * b
	if r == 0 && a != 0 && b != 0 {
		return 0, errUnderflow
	}
	return checkSum(r, a, b)
}

func floatDiv[F float](a, b F) (F, error) {
	if b == 0 && a == a {
		return 0, errDivZero
	}
	r := a / b
	switch {
	case isInf(r) && !isInf(a):
		return 0, errFloatOverflow
	case r == 0 && a != 0 && !isInf(b):
		return 0, errUnderflow
	}
	return r, nil
}

// floatToInt rounds half to even, as C's rint does; size is the integer's number of bits.
func floatToInt(v float64, size int) (int64, error) {
	r := math.RoundToEven(v)
	bound := math.Ldexp(1, size-1)
	if !(r >= -bound && r < bound) {
		return 0, errRange
	}
	return int64(r), nil
}

func floatNarrow(v float64) (float32, error) {
	r := float32(v)
	switch {
	case isInf(r) && !isInf(v):
		return 0, errFloatOverflow
	case r == 0 && v != 0:
		return 0, errUnderflow
	}
	return r, nil
}

// floatFunctions lists checked arithmetic and casts of float4 and float8.
func floatFunctions() []Function {
	fs := []Function{
		fn1("pg_round_float8", kF8, kF8, func(v float64) (float64, error) { return math.RoundToEven(v), nil }),
		fn1("pg_float8_to_int8", kF8, kInt8, func(v float64) (int64, error) { return floatToInt(v, 64) }),
		fn1("pg_float8_to_int4", kF8, kInt4, func(v float64) (int32, error) { n, err := floatToInt(v, 32); return int32(n), err }),
		fn1("pg_float8_to_int2", kF8, kInt2, func(v float64) (int16, error) { n, err := floatToInt(v, 16); return int16(n), err }),
		fn1("pg_float8_to_float4", kF8, kF4, floatNarrow),
		text1("pg_float8_text", kF8, func(dst []byte, v float64) ([]byte, error) { return appendFloat8(dst, v), nil }),
		text1("pg_float4_text", kF4, func(dst []byte, v float32) ([]byte, error) { return appendFloat4(dst, v), nil }),
		fn1("pg_text_float8", kText, kF8, func(s string) (float64, error) { return parseFloat(s, 64) }),
		fn1("pg_text_float4", kText, kF4, func(s string) (float32, error) { f, err := parseFloat(s, 32); return float32(f), err }),
	}
	fs = append(fs, floatArithmetic("pg_float8", kF8)...)
	fs = append(fs, floatArithmetic("pg_float4", kF4)...)
	return append(fs, floatMath()...)
}

func floatArithmetic[F float](prefix string, k kind[F]) []Function {
	return []Function{
		fn2(prefix+"_add", k, k, k, floatAdd[F]),
		fn2(prefix+"_sub", k, k, k, floatSub[F]),
		fn2(prefix+"_mul", k, k, k, floatMul[F]),
		fn2(prefix+"_div", k, k, k, floatDiv[F]),
	}
}
