package engine

import "math/big"

// decimalOperation computes exactly and then fits the result's scale: sums and products are rounded half away from zero
// where digits are lost, quotients truncated.
func decimalOperation(op byte, a, b Value, ta, tb, result Type) (Value, *Error) {
	x, err := decimalOperand(a, ta, tb)
	if err != nil {
		return nil, err
	}
	y, err := decimalOperand(b, tb, ta)
	if err != nil {
		return nil, err
	}
	var d Dec
	switch op {
	case '*':
		d = Dec{new(big.Int).Mul(x.Unscaled, y.Unscaled), x.Scale + y.Scale}
	case '/':
		if y.Unscaled.Sign() == 0 {
			return nil, divisionByZero()
		}
		// x/10^sx / (y/10^sy) at scale s is x·10^(s+sy-sx)/y, truncated.
		numerator := new(big.Int).Set(x.Unscaled)
		denominator := y.Unscaled
		if shift := result.Scale + y.Scale - x.Scale; shift >= 0 {
			numerator.Mul(numerator, pow10(shift))
		} else {
			denominator = new(big.Int).Mul(denominator, pow10(-shift))
		}
		d = Dec{numerator.Quo(numerator, denominator), result.Scale}
	default:
		scale := max(x.Scale, y.Scale)
		if op == '%' && y.Unscaled.Sign() == 0 {
			return nil, divisionByZero()
		}
		d = Dec{exact(op, x.widen(scale), y.widen(scale)), scale}
	}
	if d = d.Round(result.Scale); !d.fits(result.Precision) {
		return nil, valueError(8115, "Arithmetic overflow error converting expression to data type numeric.")
	}
	return d, nil
}

// decimalOperand is an operand as a decimal: of its own digits, or, a text, of the other operand's type.
func decimalOperand(v Value, t, other Type) (Dec, *Error) {
	switch v := v.(type) {
	case Dec:
		return v, nil
	case bool:
		return NewDec(bitOf(v), 0), nil
	case int64:
		return NewDec(v, 0), nil
	}
	out, err := Convert(v, t, other, -1)
	if err != nil {
		return Dec{}, err
	}
	return out.(Dec), nil
}

// moneyArithmetic has four digits throughout: products are rounded, quotients truncated.
func moneyArithmetic(op byte, x, y Dec, t Type) (Value, *Error) {
	var d Dec
	switch op {
	case '*':
		d = Dec{new(big.Int).Mul(x.Unscaled, y.Unscaled), 8}.Round(4)
	case '/', '%':
		if y.Unscaled.Sign() == 0 {
			return nil, divisionByZero()
		}
		n := x.Unscaled
		if op == '/' {
			n = new(big.Int).Mul(n, pow10(4))
		}
		d = Dec{exact(op, n, y.Unscaled), 4}
	default:
		d = Dec{exact(op, x.Unscaled, y.Unscaled), 4}
	}
	if !moneyFits(d, t.Kind) {
		return nil, overflow("expression", t)
	}
	return d, nil
}
