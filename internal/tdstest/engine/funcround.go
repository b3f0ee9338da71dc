package engine

import (
	"math"
	"math/big"
)

// evalRound rounds half away from zero, or truncates if the third argument is not 0. The type keeps its scale, and a
// result that outgrows it is error 8115.
func evalRound(c *invocation) (Value, *Error) {
	n, err := c.integer(1)
	if err != nil {
		return nil, err
	}
	cutting := false
	if len(c.args) == 3 {
		flag, err := c.integer(2)
		if err != nil {
			return nil, err
		}
		cutting = flag != 0
	}
	digits := int(max(min(n, 100), -100))
	v, err := c.to(0, c.result)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case int64:
		return integerResult(roundDec(NewDec(v, 0), digits, cutting).Unscaled, c.result)
	case Dec:
		d := roundDec(v, digits, cutting)
		if c.result.Kind == Decimal && !d.fits(c.result.Precision) || isMoney(c.result.Kind) && !moneyFits(d, c.result.Kind) {
			return nil, overflow("expression", c.result)
		}
		return d, nil
	}
	return floatResult(roundFloat(v.(float64), digits, cutting))
}

// roundDec rounds to a number of digits behind the point, before it if negative, and keeps d's scale.
func roundDec(d Dec, digits int, cutting bool) Dec {
	if digits >= d.Scale {
		return d
	}
	shifted := Dec{d.Unscaled, d.Scale - digits} // d · 10^digits
	if cutting {
		shifted = shifted.Truncate(0)
	} else {
		shifted = shifted.Round(0)
	}
	return Dec{new(big.Int).Mul(shifted.Unscaled, pow10(d.Scale-digits)), d.Scale}
}

func roundFloat(f float64, digits int, cutting bool) float64 {
	scale := math.Pow10(digits)
	x := f * scale
	if math.IsInf(x, 0) {
		return f
	}
	if cutting {
		x = math.Trunc(x)
	} else {
		x = math.Round(x)
	}
	if scale == 0 {
		return 0
	}
	return x / scale
}
