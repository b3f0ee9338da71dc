package engine

import (
	"math"
	"math/big"
	"time"
)

// UnaryOp evaluates -v, +v or ~v; result is UnaryType's. NULL gives NULL.
func UnaryOp(op byte, v Value, t, result Type) (Value, *Error) {
	if v == nil || op == '+' {
		return v, nil
	}
	switch v := v.(type) {
	case bool:
		return !v, nil
	case int64:
		if op == '~' {
			if t.Kind == TinyInt {
				return 255 - v, nil
			}
			return ^v, nil
		}
		return integerResult(new(big.Int).Neg(big.NewInt(v)), result)
	case Dec:
		d := Dec{new(big.Int).Neg(v.Unscaled), v.Scale}
		if isMoney(t.Kind) && !moneyFits(d, t.Kind) {
			return nil, overflow("expression", t)
		}
		return d, nil
	case float64:
		return 0 - v, nil
	case float32:
		return 0 - v, nil
	}
	return nil, badOperand(t, "minus")
}

// BinaryOp evaluates a op b, of types ta and tb, where result is BinaryType's. NULL on either side gives NULL. Errors: 8134
// division by zero, 8115 overflow, and those of the conversions.
func BinaryOp(op byte, a, b Value, ta, tb, result Type) (Value, *Error) {
	if a == nil || b == nil {
		return nil, nil
	}
	if isText(result.Kind) || isBytes(result.Kind) {
		return concat(a, b, ta, tb, result)
	}
	if isOldTime(result.Kind) {
		return oldTimeArithmetic(op, a, b, ta, tb, result)
	}
	if result.Kind == Decimal {
		return decimalOperation(op, a, b, ta, tb, result)
	}
	x, err := Convert(a, ta, result, -1)
	if err != nil {
		return nil, err
	}
	y, err := Convert(b, tb, result, -1)
	if err != nil {
		return nil, err
	}
	switch x := x.(type) {
	case bool:
		return bitwise(op, bitOf(x), bitOf(y.(bool))) != 0, nil
	case int64:
		return integerArithmetic(op, x, y.(int64), result)
	case Dec:
		return moneyArithmetic(op, x, y.(Dec), result)
	case float64:
		return floatArithmetic(op, x, y.(float64), result)
	case float32:
		return floatArithmetic(op, float64(x), float64(y.(float32)), result)
	}
	return nil, incompatible(op, ta, tb)
}

func bitwise(op byte, x, y int64) int64 {
	switch op {
	case '&':
		return x & y
	case '|':
		return x | y
	}
	return x ^ y
}

func divisionByZero() *Error { return valueError(8134, "Divide by zero error encountered.") }

// integerArithmetic: division truncates towards zero, the remainder has the dividend's sign.
func integerArithmetic(op byte, x, y int64, t Type) (Value, *Error) {
	switch op {
	case '&', '|', '^':
		return bitwise(op, x, y), nil
	case '/', '%':
		if y == 0 {
			return nil, divisionByZero()
		}
		if op == '%' && y == -1 {
			return int64(0), nil
		}
	}
	if op == '%' {
		return x % y, nil
	}
	return integerResult(exact(op, big.NewInt(x), big.NewInt(y)), t)
}

func exact(op byte, x, y *big.Int) *big.Int {
	n := new(big.Int)
	switch op {
	case '+':
		return n.Add(x, y)
	case '-':
		return n.Sub(x, y)
	case '*':
		return n.Mul(x, y)
	case '/':
		return n.Quo(x, y)
	}
	return n.Rem(x, y)
}

func integerResult(n *big.Int, t Type) (Value, *Error) {
	if !n.IsInt64() || n.Int64() < minOf[t.Kind] || n.Int64() > maxOf[t.Kind] {
		return nil, overflow("expression", t)
	}
	return n.Int64(), nil
}

func floatArithmetic(op byte, x, y float64, t Type) (Value, *Error) {
	var f float64
	switch op {
	case '+':
		f = x + y
	case '-':
		f = x - y
	case '*':
		f = x * y
	case '/':
		if y == 0 {
			return nil, divisionByZero()
		}
		f = x / y
	}
	if math.IsInf(f, 0) {
		return nil, overflow("expression", t)
	}
	return narrowFloat(f, t, t)
}

// oldTimeArithmetic adds days: a number's, a text's taken as a datetime, another datetime's since 1900.
func oldTimeArithmetic(op byte, a, b Value, ta, tb, result Type) (Value, *Error) {
	wide := Type{Kind: DateTime}
	x, err := Convert(a, ta, wide, -1)
	if err != nil {
		return nil, err
	}
	y, err := Convert(b, tb, wide, -1)
	if err != nil {
		return nil, err
	}
	d1, t1 := datetimeParts(x.(time.Time))
	d2, t2 := datetimeParts(y.(time.Time))
	const ticks = 300 * 86400
	n := d1*ticks + t1 + d2*ticks + t2
	if op == '-' {
		n = d1*ticks + t1 - d2*ticks - t2
	}
	days := int64(math.Floor(float64(n) / ticks))
	if days < -53690 || days > 2958463 {
		return nil, valueError(517, "Adding a value to a '%s' column caused an overflow.", TypeName(result))
	}
	return temporalOf(datetimeOf(days, n-days*ticks), wide, result)
}
