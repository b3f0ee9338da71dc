package scalar

// integer is an integer type of PostgreSQL.
type integer interface{ int16 | int32 | int64 }

// intDiv truncates towards zero. The smallest integer over -1 has no result: error 22003.
func intDiv[I integer](a, b I) (I, error) {
	if b == 0 {
		return 0, errDivZero
	}
	q := a / b
	if b == -1 && a < 0 && q < 0 {
		return 0, errRange
	}
	return q, nil
}

func intMod[I integer](a, b I) (I, error) {
	if b == 0 {
		return 0, errDivZero
	}
	return a % b, nil
}

func intAbs[I integer](a I) (I, error) {
	if a < 0 {
		if a = -a; a < 0 {
			return 0, errRange
		}
	}
	return a, nil
}

// integerFunctions lists what DuckDB's integers do otherwise: division, modulo and absolute value.
func integerFunctions() []Function {
	fs := integerArithmetic(kInt2)
	fs = append(fs, integerArithmetic(kInt4)...)
	return append(fs, integerArithmetic(kInt8)...)
}

func integerArithmetic[I integer](k kind[I]) []Function {
	return []Function{
		fn2("pg_int_div", k, k, k, intDiv[I]),
		fn2("pg_int_mod", k, k, k, intMod[I]),
		fn1("pg_int_abs", k, k, intAbs[I]),
	}
}
