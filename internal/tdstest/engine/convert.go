package engine

import (
	"math"
	"math/big"
	"time"
)

// Castable is error 529 where the table of conversions has no entry: CAST between the types is refused before any row is read.
func Castable(from, to Type) *Error {
	if conversion(from.Kind, to.Kind) == forbidden && !from.IsNull() {
		return valueError(529, "Explicit conversion from data type %s to %s is not allowed.", TypeName(from), TypeName(to))
	}
	return nil
}

// Convert is CAST and CONVERT: v of type from as a value of type to, cut, padded and rounded as the type says. NULL stays
// NULL. style is CONVERT's, -1 if none was given. Errors: 529 where the table of conversions has no entry, 245, 248, 8114,
// 8115, 220, 232, 235, 241, 242, 295, 8169, 8170, 281 and others for values that do not convert.
func Convert(v Value, from, to Type, style int) (Value, *Error) {
	if err := Castable(from, to); err != nil {
		return nil, err
	}
	if v == nil {
		return nil, nil
	}
	switch {
	case isText(to.Kind):
		return toText(v, from, to, style)
	case isBytes(to.Kind):
		return toBytes(v, from, to, style)
	case isTemporal(to.Kind):
		return toTemporal(v, from, to, style)
	case to.Kind == UniqueIdentifier:
		return toUUID(v, from, to)
	case to.Kind == Bit:
		return toBit(v, from, to)
	case isInteger(to.Kind):
		return toInteger(v, from, to)
	case to.Kind == Decimal:
		return toDecimal(v, from, to)
	case isMoney(to.Kind):
		return toMoney(v, from, to)
	case isFloating(to.Kind):
		return toFloating(v, from, to)
	}
	return nil, notServed("conversion from %s to %s", TypeName(from), TypeName(to))
}

// Coerce is the implicit conversion: error 257 or 206 where SQL Server wants a CAST. Unlike in assignments to columns a
// text that is too long is cut without a word.
func Coerce(v Value, from, to Type) (Value, *Error) {
	if !Implicit(from, to) {
		return nil, noImplicit(from, to)
	}
	if v == nil || Settle(from) == to {
		return v, nil
	}
	return Convert(v, from, to, -1)
}

// Assign is the implicit conversion into a column: a text or bytes that the column does not hold are error 2628, unless
// only spaces (of bytes: zeros) are lost.
func Assign(v Value, from, to Type, column string) (Value, *Error) {
	if !Implicit(from, to) {
		return nil, noImplicit(from, to)
	}
	out, err := Coerce(v, from, to)
	if err != nil || v == nil || to.Length <= 0 {
		return out, err
	}
	lost := false
	switch v := v.(type) {
	case String16:
		if kept, ok := out.(String16); ok {
			lost = len(trimSpaces(v)) > len(kept)
		}
	case []byte:
		if kept, ok := out.([]byte); ok {
			lost = len(trimZeros(v)) > len(kept)
		}
	}
	if lost {
		return nil, valueError(2628, "String or binary data would be truncated in column '%s'.", column)
	}
	return out, nil
}

func toInteger(v Value, from, to Type) (Value, *Error) {
	switch v := v.(type) {
	case bool:
		return bitOf(v), nil
	case int64:
		if v < minOf[to.Kind] || v > maxOf[to.Kind] {
			return nil, integerOverflow(v, from, to)
		}
		return v, nil
	case Dec:
		if isMoney(from.Kind) {
			v = v.Round(0) // money rounds to an integer where decimal truncates
		}
		n := v.Truncate(0).Unscaled
		if !n.IsInt64() || n.Int64() < minOf[to.Kind] || n.Int64() > maxOf[to.Kind] {
			return nil, overflow(numericName(from), to)
		}
		return n.Int64(), nil
	case float64:
		return integerOfFloat(v, to)
	case float32:
		return integerOfFloat(float64(v), to)
	case String16:
		return parseInteger(v, from, to)
	case []byte:
		return integerOfBytes(v, to), nil
	case time.Time:
		n := int64(math.Floor(daysSince1900(v) + 0.5))
		if n < minOf[to.Kind] || n > maxOf[to.Kind] {
			return nil, integerOverflow(n, from, to)
		}
		return n, nil
	}
	return nil, notServed("conversion from %s to %s", TypeName(from), TypeName(to))
}

func integerOverflow(v int64, from, to Type) *Error {
	if to.Kind == Int || from.Kind == BigInt {
		return overflow("expression", to)
	}
	return valueError(220, "Arithmetic overflow error for data type %s, value = %d.", TypeName(to), v)
}

func integerOfFloat(f float64, to Type) (Value, *Error) {
	t := math.Trunc(f)
	if !(t >= float64(minOf[to.Kind]) && t <= float64(maxOf[to.Kind])) || t >= math.MaxInt64 {
		if to.Kind == BigInt {
			return nil, overflow("expression", to)
		}
		return nil, valueError(232, "Arithmetic overflow error for type %s, value = %f.", TypeName(to), f)
	}
	return int64(t), nil
}

// integerOfBytes takes the last bytes that the type holds, the first being the highest.
func integerOfBytes(b []byte, to Type) int64 {
	width := integerBytes[to.Kind]
	b = b[max(0, len(b)-width):]
	var n uint64
	for _, c := range b {
		n = n<<8 | uint64(c)
	}
	shift := 64 - 8*width
	if to.Kind == TinyInt {
		return int64(n)
	}
	return int64(n<<shift) >> shift
}

func toBit(v Value, from, to Type) (Value, *Error) {
	switch v := v.(type) {
	case bool:
		return v, nil
	case int64:
		return v != 0, nil
	case Dec:
		return v.Unscaled.Sign() != 0, nil
	case float64:
		return v != 0, nil
	case float32:
		return v != 0, nil
	case String16:
		return parseBit(v, from, to)
	case []byte:
		return len(v) > 0 && v[len(v)-1] != 0, nil
	case time.Time:
		return daysSince1900(v) != 0, nil
	}
	return nil, notServed("conversion from %s to %s", TypeName(from), TypeName(to))
}

func toDecimal(v Value, from, to Type) (Value, *Error) {
	var d Dec
	switch v := v.(type) {
	case bool:
		d = NewDec(bitOf(v), 0)
	case int64:
		d = NewDec(v, 0)
	case Dec:
		d = v
	case float64, float32:
		var ok bool
		if d, ok = decOfFloat(floatOf(v), to.Scale); !ok {
			return nil, overflow(TypeName(from), to)
		}
	case String16:
		var err *Error
		if d, err = parseDecimal(v, from, to); err != nil {
			return nil, err
		}
	case time.Time:
		d, _ = decOfFloat(daysSince1900(v), to.Scale)
	default:
		return nil, notServed("conversion from %s to %s", TypeName(from), TypeName(to))
	}
	if d = d.Round(to.Scale); !d.fits(to.Precision) {
		return nil, overflow(overflowName(from), to)
	}
	return d, nil
}

// overflowName is how 8115 calls the source of a decimal.
func overflowName(from Type) string { return numericName(from) }

// floatOf is v, a float32 or float64; a real widens by its bits.
func floatOf(v Value) float64 {
	if f, ok := v.(float32); ok {
		return float64(f)
	}
	return v.(float64)
}

func toMoney(v Value, from, to Type) (Value, *Error) {
	var d Dec
	switch v := v.(type) {
	case bool:
		d = NewDec(bitOf(v), 0)
	case int64:
		d = NewDec(v, 0)
	case Dec:
		d = v
	case float64, float32:
		var ok bool
		if d, ok = decOfFloat(floatOf(v), 4); !ok {
			return nil, overflow(TypeName(from), to)
		}
	case String16:
		var err *Error
		if d, err = parseMoney(v, from, to); err != nil {
			return nil, err
		}
	case []byte:
		n := integerOfBytes(v, Type{Kind: map[Kind]Kind{Money: BigInt, SmallMoney: Int}[to.Kind]})
		d = Dec{big.NewInt(n), 4}
	case time.Time:
		d, _ = decOfFloat(daysSince1900(v), 4)
	default:
		return nil, notServed("conversion from %s to %s", TypeName(from), TypeName(to))
	}
	if d = d.Round(4); !moneyFits(d, to.Kind) {
		return nil, overflow(numericName(from), to)
	}
	return d, nil
}

func toFloating(v Value, from, to Type) (Value, *Error) {
	var f float64
	switch v := v.(type) {
	case bool:
		f = float64(bitOf(v))
	case int64:
		f = float64(v)
	case Dec:
		f = v.Float()
	case float64, float32:
		f = floatOf(v)
	case String16:
		var err *Error
		if f, err = parseFloat(v, from, to); err != nil {
			return nil, err
		}
	case time.Time:
		f = daysSince1900(v)
	default:
		return nil, notServed("conversion from %s to %s", TypeName(from), TypeName(to))
	}
	return narrowFloat(f, from, to)
}

// narrowFloat refuses what no float of SQL Server is: infinities and NaN.
func narrowFloat(f float64, from, to Type) (Value, *Error) {
	if to.Kind == Float {
		if math.IsInf(f, 0) || math.IsNaN(f) {
			return nil, overflow("expression", to)
		}
		return f, nil
	}
	g := float32(f)
	if math.IsInf(float64(g), 0) || math.IsNaN(f) {
		return nil, overflow("expression", to)
	}
	return g, nil
}
