package engine

import (
	"math/big"
	"strings"
)

// Accumulator gathers one aggregate over the rows of one group.
type Accumulator interface {
	// Add takes a row's value; NULLs are passed over (by COUNT(*) the caller gives a value for every row).
	Add(v Value) *Error
	// Result is the aggregate so far: of no values NULL, of COUNT 0.
	Result() (Value, *Error)
}

var aggregateNames = map[string]bool{"COUNT": true, "COUNT_BIG": true, "SUM": true, "AVG": true, "MIN": true, "MAX": true,
	"VAR": true, "VARP": true, "STDEV": true, "STDEVP": true, "STRING_AGG": true}

// IsAggregate reports whether the name, in upper case, is an aggregate's.
func IsAggregate(name string) bool { return aggregateNames[name] }

// AggregateType is the type of an aggregate over a type: int of COUNT; int, bigint, decimal(38,s), money or float of SUM; the
// like of AVG, with at least six digits behind a decimal's point; float of the deviations. COUNT(*) gives any readable type
// as arg. Errors: 8117 for a type that the aggregate does not take, 195 for an unknown name.
func AggregateType(name string, distinct bool, arg Type) (Type, *Error) {
	operation := map[string]string{"COUNT": "count", "COUNT_BIG": "count_big", "VAR": "var", "STRING_AGG": "string_agg"}[name]
	if operation == "" {
		operation = lowerASCII(name)
	}
	if arg.Kind == Unreadable || arg.IsNull() {
		return Type{}, badOperand(arg, operation)
	}
	numeric := isNumber(arg.Kind) && arg.Kind != Bit
	switch name {
	case "COUNT":
		return Type{Kind: Int}, nil
	case "COUNT_BIG":
		return Type{Kind: BigInt}, nil
	case "MIN", "MAX":
		if arg.Kind == Bit {
			return Type{}, badOperand(arg, operation)
		}
		return Settle(arg), nil
	case "SUM", "AVG":
		if !numeric {
			return Type{}, badOperand(arg, operation)
		}
		return totalType(name, arg), nil
	case "VAR", "VARP", "STDEV", "STDEVP":
		if !numeric {
			return Type{}, badOperand(arg, operation)
		}
		return Type{Kind: Float}, nil
	case "STRING_AGG":
		return stringAggType(distinct, arg)
	}
	return Type{}, valueError(195, "'%s' is not a recognized built-in function name.", name)
}

func totalType(name string, arg Type) Type {
	switch arg.Kind {
	case TinyInt, SmallInt, Int:
		return Type{Kind: Int}
	case Decimal:
		if name == "AVG" {
			return Type{Kind: Decimal, Precision: maxDigits, Scale: max(arg.Scale, 6)}
		}
		return Type{Kind: Decimal, Precision: maxDigits, Scale: arg.Scale}
	case SmallMoney:
		return Type{Kind: Money}
	case Real:
		return Type{Kind: Float}
	}
	return arg
}

// NewAggregate makes an accumulator of values of type arg whose AggregateType is result. STRING_AGG, which has a separator,
// is NewStringAgg.
func NewAggregate(name string, distinct bool, arg, result Type) Accumulator {
	arg = Settle(arg)
	var a Accumulator
	switch name {
	case "SUM", "AVG":
		a = newTotal(name == "AVG", arg, result)
	case "MIN", "MAX":
		a = &extreme{t: arg, sign: map[string]int{"MIN": -1, "MAX": 1}[name]}
	case "VAR", "VARP", "STDEV", "STDEVP":
		a = &moments{name: name, arg: arg}
	default:
		a = &counter{result: result}
	}
	if distinct {
		return &distinctOnly{a: a, t: arg, seen: map[string]bool{}}
	}
	return a
}

// distinctOnly lets each value through once, by GroupKey.
type distinctOnly struct {
	a    Accumulator
	t    Type
	seen map[string]bool
	key  []byte
}

func (d *distinctOnly) Add(v Value) *Error {
	if v == nil {
		return nil
	}
	d.key = GroupKey(d.key[:0], v, d.t)
	if d.seen[string(d.key)] {
		return nil
	}
	d.seen[string(d.key)] = true
	return d.a.Add(v)
}

func (d *distinctOnly) Result() (Value, *Error) { return d.a.Result() }

type counter struct {
	n      int64
	result Type
}

func (c *counter) Add(v Value) *Error {
	if v != nil {
		c.n++
	}
	return nil
}

func (c *counter) Result() (Value, *Error) {
	if c.n > maxOf[c.result.Kind] {
		return nil, overflow("expression", c.result)
	}
	return c.n, nil
}

type extreme struct {
	t    Type
	sign int
	best Value
}

func (e *extreme) Add(v Value) *Error {
	if v == nil {
		return nil
	}
	if e.best == nil || compareValues(v, e.best, e.t) == e.sign {
		e.best = v
	}
	return nil
}

func (e *extreme) Result() (Value, *Error) { return e.best, nil }

// newTotal adds integers, exact numbers or floats.
func newTotal(average bool, arg, result Type) Accumulator {
	if isFloating(arg.Kind) {
		return &floatTotal{average: average}
	}
	return &exactTotal{average: average, arg: arg, result: result, sum: new(big.Int)}
}

// exactTotal adds without rounding, but every partial sum must be of the result's type, as the server's are.
type exactTotal struct {
	average     bool
	arg, result Type
	sum         *big.Int
	n           int64
}

func (e *exactTotal) Add(v Value) *Error {
	switch v := v.(type) {
	case nil:
		return nil
	case int64:
		e.sum.Add(e.sum, big.NewInt(v))
	case Dec:
		if _, scale := exactDigits(e.arg); v.Scale != scale {
			v = v.Round(scale)
		}
		e.sum.Add(e.sum, v.Unscaled)
	default:
		return notServed("a sum of %s", TypeName(e.arg))
	}
	e.n++
	return e.check()
}

func (e *exactTotal) check() *Error {
	ok := true
	switch e.result.Kind {
	case Int, BigInt:
		ok = e.sum.IsInt64() && e.sum.Int64() >= minOf[e.result.Kind] && e.sum.Int64() <= maxOf[e.result.Kind]
	case Decimal:
		ok = e.sum.CmpAbs(pow10(maxDigits)) < 0
	case Money:
		ok = moneyFits(Dec{e.sum, 4}, Money)
	}
	if !ok {
		return overflow("expression", e.result)
	}
	return nil
}

func (e *exactTotal) Result() (Value, *Error) {
	if e.n == 0 {
		return nil, nil
	}
	_, scale := exactDigits(e.arg)
	d := Dec{new(big.Int).Set(e.sum), scale}
	if e.average { // the quotient is truncated, of integers to an integer
		_, scale := exactDigits(e.result)
		d = Dec{new(big.Int).Quo(d.widen(scale), big.NewInt(e.n)), scale}
	}
	if isInteger(e.result.Kind) {
		return d.Unscaled.Int64(), nil
	}
	if !d.fits(maxDigits) {
		return nil, overflow("expression", e.result)
	}
	return d, nil
}

type floatTotal struct {
	average bool
	sum     float64
	n       int64
}

func (f *floatTotal) Add(v Value) *Error {
	if v != nil {
		f.sum += floatOf(v)
		f.n++
	}
	return nil
}

func (f *floatTotal) Result() (Value, *Error) {
	if f.n == 0 {
		return nil, nil
	}
	sum, err := narrowFloat(f.sum, Type{Kind: Float}, Type{Kind: Float})
	if err != nil || !f.average {
		return sum, err
	}
	return f.sum / float64(f.n), nil
}

func stringAggType(distinct bool, arg Type) (Type, *Error) {
	t := Type{Kind: NVarchar, Length: maxUnits}
	if isText(arg.Kind) {
		if t = varying(arg); t.Length != -1 {
			t = widest(t)
		}
	}
	if distinct {
		return t, valueError(102, "Incorrect syntax near 'DISTINCT'.")
	}
	return t, nil
}

// NewStringAgg is the accumulator of STRING_AGG; the rows come in WITHIN GROUP's order. A text longer than a bounded result
// is error 9829.
func NewStringAgg(separator String16, arg, result Type) Accumulator {
	return &stringAgg{separator: separator, arg: arg, result: result}
}

type stringAgg struct {
	separator   String16
	arg, result Type
	text        String16
	n           int
}

func (s *stringAgg) Add(v Value) *Error {
	if v == nil {
		return nil
	}
	text, err := Convert(v, s.arg, unbounded(s.result), -1)
	if err != nil {
		return err
	}
	if s.n++; s.n > 1 {
		s.text = append(s.text, s.separator...)
	}
	s.text = append(s.text, text.(String16)...)
	if s.result.Length > 0 && storedLength(s.text, s.result) > s.result.Length {
		return valueError(9829, "STRING_AGG aggregation result exceeded the limit of 8000 bytes. Use LOB types to avoid result truncation.")
	}
	return nil
}

func (s *stringAgg) Result() (Value, *Error) {
	if s.n == 0 {
		return nil, nil
	}
	return append(String16(nil), s.text...), nil
}

func isDeviation(name string) bool { return strings.HasPrefix(name, "STDEV") }
