package scalar

// shiftFunctions lists << and >>. As on the machines that PostgreSQL runs on, only the low bits of the distance count.
func shiftFunctions() []Function {
	return []Function{
		fn2("pg_shift_left", kInt2, kInt4, kInt2, func(v int16, n int32) (int16, error) { return int16(int32(v) << (uint32(n) & 31)), nil }),
		fn2("pg_shift_left", kInt4, kInt4, kInt4, func(v, n int32) (int32, error) { return v << (uint32(n) & 31), nil }),
		fn2("pg_shift_left", kInt8, kInt4, kInt8, func(v int64, n int32) (int64, error) { return v << (uint32(n) & 63), nil }),
		fn2("pg_shift_right", kInt2, kInt4, kInt2, func(v int16, n int32) (int16, error) { return int16(int32(v) >> (uint32(n) & 31)), nil }),
		fn2("pg_shift_right", kInt4, kInt4, kInt4, func(v, n int32) (int32, error) { return v >> (uint32(n) & 31), nil }),
		fn2("pg_shift_right", kInt8, kInt4, kInt8, func(v int64, n int32) (int64, error) { return v >> (uint32(n) & 63), nil }),
	}
}
