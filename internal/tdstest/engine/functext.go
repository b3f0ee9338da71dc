package engine

import (
	"slices"
	"unicode"
	"unicode/utf16"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

var textFunctions = map[string]function{
	"LEN":       {1, 1, lengthResult, evalLen, false},
	"LEFT":      {2, 2, leadingType, evalLeft, false},
	"RIGHT":     {2, 2, leadingType, evalRight, false},
	"SUBSTRING": {3, 3, substringType, evalSubstring, false},
	"LTRIM":     {1, 1, varyingType, trimming(true, false), false},
	"RTRIM":     {1, 1, varyingType, trimming(false, true), false},
	"TRIM":      {1, 1, varyingType, trimming(true, true), false},
	"UPPER":     {1, 1, varyingType, mapping(unicode.ToUpper), false},
	"LOWER":     {1, 1, varyingType, mapping(unicode.ToLower), false},
	"REVERSE":   {1, 1, varyingType, evalReverse, false},
	"REPLICATE": {2, 2, replicateType, evalReplicate, false},
	"SPACE":     {1, 1, fixed(Type{Kind: Varchar, Length: maxBytes}), evalSpace, false},
	"CONCAT":    {2, 254, concatenated, evalConcat, true},
	"CONCAT_WS": {3, 254, concatenated, evalConcatWS, true},
}

// lengthResult is int, and bigint of what may be longer.
func lengthResult(_ *tsql.Call, args []Type) (Type, *Error) {
	for _, t := range args[:1] {
		if t.Length == -1 {
			return Type{Kind: BigInt}, nil
		}
	}
	return Type{Kind: Int}, nil
}

// varyingType is the argument's type, of varying length.
func varyingType(_ *tsql.Call, args []Type) (Type, *Error) {
	t := asText(args[0])
	if t.Kind == Char {
		t.Kind = Varchar
	}
	if t.Kind == NChar {
		t.Kind = NVarchar
	}
	return t, nil
}

// leadingType is as long as the constant length says, at most the argument.
func leadingType(call *tsql.Call, args []Type) (Type, *Error) {
	if !Implicit(args[1], Type{Kind: Int}) {
		return Type{}, badArgument(args[1], 2, call.Name)
	}
	t, err := varyingType(call, args)
	return shortened(t, call, len(args)-1), err
}

func substringType(call *tsql.Call, args []Type) (Type, *Error) {
	if k := args[0].Kind; !isText(k) && !isBytes(k) && !args[0].IsNull() {
		return Type{}, badArgument(args[0], 1, call.Name)
	}
	for i, t := range args[1:] {
		if !Implicit(t, Type{Kind: Int}) {
			return Type{}, badArgument(t, i+2, call.Name)
		}
	}
	if isBytes(args[0].Kind) {
		return shortened(Type{Kind: Varbinary, Length: args[0].Length}, call, 2), nil
	}
	t, err := varyingType(call, args)
	return shortened(t, call, 2), err
}

func shortened(t Type, call *tsql.Call, i int) Type {
	n, ok := literalInt(call, i)
	if !ok || isText(t.Kind) && countsPairs(t) { // a character may take several units
		return t
	}
	if t.Length == -1 && n > maxUnits || t.Length > 0 && n >= t.Length {
		return t
	}
	t.Length = max(n, 1)
	return t
}

func evalLen(c *invocation) (Value, *Error) {
	s, t, err := c.text(0)
	if err != nil {
		return nil, err
	}
	return int64(len(characters(trimSpaces(s), countsPairs(t)))), nil
}

func join(cs []String16) String16 { return slices.Concat(cs...) }

func evalLeft(c *invocation) (Value, *Error) {
	s, t, err := c.text(0)
	if err != nil {
		return nil, err
	}
	n, err := c.integer(1)
	if err != nil {
		return nil, err
	}
	if n < 0 {
		return nil, badLength()
	}
	cs := characters(s, countsPairs(t))
	return join(cs[:min(n, int64(len(cs)))]), nil
}

func badLength() *Error {
	return valueError(537, "Invalid length parameter passed to the LEFT or SUBSTRING function.")
}

func evalRight(c *invocation) (Value, *Error) {
	s, t, err := c.text(0)
	if err != nil {
		return nil, err
	}
	n, err := c.integer(1)
	if err != nil {
		return nil, err
	}
	if n < 0 {
		return nil, valueError(536, "Invalid length parameter passed to the right function.")
	}
	cs := characters(s, countsPairs(t))
	return join(cs[max(0, int64(len(cs))-n):]), nil
}

// evalSubstring counts from 1; a start before that uses up length.
func evalSubstring(c *invocation) (Value, *Error) {
	start, err := c.integer(1)
	if err != nil {
		return nil, err
	}
	n, err := c.integer(2)
	if err != nil {
		return nil, err
	}
	if n < 0 {
		return nil, badLength()
	}
	window := func(length int) (int64, int64) {
		total := int64(length) + 1
		end := min(max(start, -total)+min(n, 2*total), total)
		from := min(max(start, 1), total)
		return from - 1, max(end, from) - 1
	}
	if b, ok := c.args[0].([]byte); ok {
		from, end := window(len(b))
		return b[from:end], nil
	}
	s, t, err := c.text(0)
	if err != nil {
		return nil, err
	}
	cs := characters(s, countsPairs(t))
	from, end := window(len(cs))
	return join(cs[from:end]), nil
}

// trimming removes spaces, and nothing else that is white.
func trimming(left, right bool) func(*invocation) (Value, *Error) {
	return func(c *invocation) (Value, *Error) {
		s, _, err := c.text(0)
		if err != nil {
			return nil, err
		}
		for left && len(s) > 0 && s[0] == ' ' {
			s = s[1:]
		}
		if right {
			s = trimSpaces(s)
		}
		return s, nil
	}
}

// mapping changes characters one by one, so that none becomes two.
func mapping(f func(rune) rune) func(*invocation) (Value, *Error) {
	return func(c *invocation) (Value, *Error) {
		s, t, err := c.text(0)
		if err != nil {
			return nil, err
		}
		out := slices.Clone(s)
		for i, u := range out {
			r := f(rune(u))
			if utf16.IsSurrogate(rune(u)) || r > 0xFFFF {
				continue
			}
			if _, ok := byteOf(uint16(r)); !ok && !isUnicode(t.Kind) && !collationOf(t.Collation).utf8 {
				continue
			}
			out[i] = uint16(r)
		}
		return out, nil
	}
}

func evalReverse(c *invocation) (Value, *Error) {
	s, t, err := c.text(0)
	if err != nil {
		return nil, err
	}
	cs := characters(s, countsPairs(t))
	slices.Reverse(cs)
	return join(cs), nil
}
