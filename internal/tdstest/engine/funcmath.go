package engine

import (
	"math"
	"math/big"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

var mathFunctions = map[string]function{
	"ABS":     {1, 1, magnitudeType, evalAbs, false},
	"CEILING": {1, 1, wholeNumber, evalCeiling, false},
	"FLOOR":   {1, 1, wholeNumber, evalFloor, false},
	"ROUND":   {2, 3, roundedNumber, evalRound, false},
	"SIGN":    {1, 1, widenedNumber, evalSign, false},
	"POWER":   {2, 2, powerType, evalPower, false},
	"DEGREES": {1, 1, angleType, angle(func(x float64) float64 { return x * 180 / math.Pi }), false},
	"RADIANS": {1, 1, angleType, angle(func(x float64) float64 { return x * math.Pi / 180 }), false},
	"PI":      {0, 0, fixed(Type{Kind: Float}), func(*invocation) (Value, *Error) { return math.Pi, nil }, false},
	"SQRT":    floating(math.Sqrt),
	"SQUARE":  floating(func(x float64) float64 { return x * x }),
	"EXP":     floating(math.Exp),
	"LOG10":   floating(math.Log10),
	"SIN":     floating(math.Sin),
	"COS":     floating(math.Cos),
	"TAN":     floating(math.Tan),
	"ASIN":    floating(math.Asin),
	"ACOS":    floating(math.Acos),
	"ATAN":    floating(math.Atan),
	"COT":     floating(func(x float64) float64 { return 1 / math.Tan(x) }),
	"ATN2":    {2, 2, floatType2, evalAtn2, false},
	"LOG":     {1, 2, floatType2, evalLog, false},
}

func floatType2(call *tsql.Call, args []Type) (Type, *Error) {
	for i, t := range args {
		if !Implicit(t, Type{Kind: Float}) {
			return Type{}, badArgument(t, i+1, call.Name)
		}
	}
	return Type{Kind: Float}, nil
}

func floating(f func(float64) float64) function {
	return function{1, 1, floatType2, func(c *invocation) (Value, *Error) {
		x, err := c.float(0)
		if err != nil {
			return nil, err
		}
		return floatResult(f(x))
	}, false}
}

// floatResult: a function outside its domain is error 3623, a result too large 8115.
func floatResult(f float64) (Value, *Error) {
	if math.IsNaN(f) {
		return nil, valueError(3623, "An invalid floating point operation occurred.")
	}
	if math.IsInf(f, -1) {
		return nil, valueError(3623, "An invalid floating point operation occurred.")
	}
	return narrowFloat(f, Type{Kind: Float}, Type{Kind: Float})
}

func evalAtn2(c *invocation) (Value, *Error) {
	y, err := c.float(0)
	if err != nil {
		return nil, err
	}
	x, err := c.float(1)
	if err != nil {
		return nil, err
	}
	if x == 0 && y == 0 {
		return floatResult(math.NaN())
	}
	return floatResult(math.Atan2(y, x))
}

func evalLog(c *invocation) (Value, *Error) {
	x, err := c.float(0)
	if err != nil || len(c.args) == 1 {
		if err != nil {
			return nil, err
		}
		return floatResult(math.Log(x))
	}
	base, err := c.float(1)
	if err != nil {
		return nil, err
	}
	if base == 1 || base <= 0 {
		return floatResult(math.NaN())
	}
	return floatResult(math.Log(x) / math.Log(base))
}

// number is t where a function takes any number but bit; text and NULL are taken as float and int.
func number(call *tsql.Call, t Type) (Type, *Error) {
	switch {
	case t.IsNull():
		return Type{Kind: Int}, nil
	case isText(t.Kind):
		return Type{Kind: Float}, nil
	case !isNumber(t.Kind) || t.Kind == Bit:
		return t, badArgument(t, 1, call.Name)
	}
	return Settle(t), nil
}

// magnitudeType is the type of ABS: of decimals all digits there are, of the others the wide type of their kind.
func magnitudeType(call *tsql.Call, args []Type) (Type, *Error) {
	t, err := widenedNumber(call, args)
	if t.Kind == Decimal {
		t.Precision = maxDigits
	}
	return t, err
}

// wholeNumber is the type of CEILING and FLOOR: of a decimal without its scale.
func wholeNumber(call *tsql.Call, args []Type) (Type, *Error) {
	t, err := number(call, args[0])
	if t.Kind == Decimal {
		t.Scale = 0
	}
	return t, err
}

// widenedNumber: the small integers become int, smallmoney money, real float.
func widenedNumber(call *tsql.Call, args []Type) (Type, *Error) {
	t, err := number(call, args[0])
	switch t.Kind {
	case TinyInt, SmallInt:
		t.Kind = Int
	case SmallMoney:
		t.Kind = Money
	case Real:
		t.Kind = Float
	}
	return t, err
}

func roundedNumber(call *tsql.Call, args []Type) (Type, *Error) { return widenedNumber(call, args) }

func powerType(call *tsql.Call, args []Type) (Type, *Error) {
	t, err := widenedNumber(call, args)
	if t.Kind == Decimal {
		t.Precision = maxDigits
	}
	if err == nil && !Implicit(args[1], Type{Kind: Float}) {
		err = badArgument(args[1], 2, call.Name)
	}
	return t, err
}

func angleType(call *tsql.Call, args []Type) (Type, *Error) {
	t, err := widenedNumber(call, args)
	if t.Kind == Decimal {
		t.Precision, t.Scale = maxDigits, 18
	}
	return t, err
}

func angle(f func(float64) float64) func(*invocation) (Value, *Error) {
	return func(c *invocation) (Value, *Error) {
		x, err := c.float(0)
		if err != nil {
			return nil, err
		}
		return Convert(f(x), Type{Kind: Float}, c.result, -1)
	}
}

func evalAbs(c *invocation) (Value, *Error) {
	v, err := c.to(0, c.result)
	if err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case int64:
		return integerResult(new(big.Int).Abs(big.NewInt(v)), c.result)
	case Dec:
		return moneyChecked(Dec{new(big.Int).Abs(v.Unscaled), v.Scale}, c.result)
	case float32:
		return float32(math.Abs(float64(v))), nil
	}
	return math.Abs(v.(float64)), nil
}

// moneyChecked refuses what a money result does not hold; a decimal result has the digits.
func moneyChecked(d Dec, t Type) (Value, *Error) {
	if isMoney(t.Kind) && !moneyFits(d, t.Kind) {
		return nil, overflow("expression", t)
	}
	return d, nil
}

func evalCeiling(c *invocation) (Value, *Error) { return whole(c, math.Ceil, 1) }
func evalFloor(c *invocation) (Value, *Error)   { return whole(c, math.Floor, -1) }

// whole truncates and steps in the direction if that lost something on that side.
func whole(c *invocation, f func(float64) float64, direction int) (Value, *Error) {
	v := c.args[0]
	switch v := v.(type) {
	case int64:
		return v, nil
	case Dec:
		t := v.Truncate(0)
		if v.Cmp(t) == direction {
			t.Unscaled = new(big.Int).Add(t.Unscaled, big.NewInt(int64(direction)))
		}
		return moneyChecked(t.Round(c.scale()), c.result)
	case float32:
		return float32(f(float64(v))), nil
	}
	x, err := c.float(0)
	if err != nil {
		return nil, err
	}
	return f(x), nil
}

// scale is the scale of a decimal or money result.
func (c *invocation) scale() int {
	_, s := exactDigits(c.result)
	return s
}

func evalSign(c *invocation) (Value, *Error) {
	sign := 0
	switch v := c.args[0].(type) {
	case int64:
		sign = big.NewInt(v).Sign()
	case Dec:
		sign = v.Unscaled.Sign()
	default:
		x, err := c.float(0)
		if err != nil {
			return nil, err
		}
		if x != 0 {
			sign = int(math.Copysign(1, x))
		}
	}
	return Convert(int64(sign), Type{Kind: Int}, c.result, -1)
}

func evalPower(c *invocation) (Value, *Error) {
	x, err := c.float(0)
	if err != nil {
		return nil, err
	}
	y, err := c.float(1)
	if err != nil {
		return nil, err
	}
	if x == 0 && y < 0 {
		return nil, divisionByZero()
	}
	f := math.Pow(x, y)
	if math.IsNaN(f) {
		return floatResult(f)
	}
	if math.IsInf(f, 0) {
		return nil, overflow("expression", c.result)
	}
	return Convert(f, Type{Kind: Float}, c.result, -1)
}
