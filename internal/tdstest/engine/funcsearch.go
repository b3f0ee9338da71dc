package engine

import (
	"slices"
	"unicode/utf16"

	"github.com/atoll-sql/atoll/internal/tdstest/tsql"
)

// Searches compare character by character under the collation, so that 'ß' does not match 'ss' in them.

var searchFunctions = map[string]function{
	"CHARINDEX": {2, 3, charindexType, evalCharindex, false},
	"REPLACE":   {3, 3, replaceType, evalReplace, false},
	"TRANSLATE": {3, 3, translateType, evalTranslate, false},
	"STUFF":     {4, 4, stuffType, evalStuff, true},
	"UNICODE":   {1, 1, fixed(Type{Kind: Int}), evalUnicode, false},
	"ASCII":     {1, 1, fixed(Type{Kind: Int}), evalASCII, false},
	"NCHAR":     {1, 1, fixed(Type{Kind: NChar, Length: 1}), evalNChar, false},
	"CHAR":      {1, 1, fixed(Type{Kind: Char, Length: 1}), evalChar, false},
}

// meet is the type texts are compared in: error 468 if their collations differ.
func meet(types ...Type) (Type, *Error) {
	out := varying(asText(types[0]))
	for _, t := range types[1:] {
		next, err := commonText(out, varying(asText(t)))
		if err != nil {
			return out, err
		}
		out = next
	}
	return out, nil
}

func charindexType(_ *tsql.Call, args []Type) (Type, *Error) {
	if _, err := meet(args[0], args[1]); err != nil {
		return Type{}, err
	}
	return lengthResult(nil, args[1:])
}

func replaceType(_ *tsql.Call, args []Type) (Type, *Error) {
	t, err := meet(args...)
	if t.Length != -1 {
		t = widest(t)
	}
	return t, err
}

func translateType(_ *tsql.Call, args []Type) (Type, *Error) {
	if _, err := meet(args...); err != nil {
		return Type{}, err
	}
	return varying(asText(args[0])), nil
}

func stuffType(call *tsql.Call, args []Type) (Type, *Error) {
	for i, t := range args[1:3] {
		if !Implicit(t, Type{Kind: Int}) {
			return Type{}, badArgument(t, i+2, call.Name)
		}
	}
	return replaceType(call, []Type{args[0], args[3]})
}

// units are the characters of s as the collation compares them.
func (c *collation) unitsOf(cs []String16) []string {
	out := make([]string, len(cs))
	for i, s := range cs {
		out[i] = c.unit(s)
	}
	return out
}

// indexUnits is the first place of pattern in text at or after from, or -1.
func indexUnits(text, pattern []string, from int) int {
	for i := from; i+len(pattern) <= len(text); i++ {
		if slices.Equal(text[i:i+len(pattern)], pattern) {
			return i
		}
	}
	return -1
}

// evalCharindex counts from 1; 0 says not found, as for an empty pattern.
func evalCharindex(c *invocation) (Value, *Error) {
	pattern, _, err := c.text(0)
	if err != nil {
		return nil, err
	}
	s, _, err := c.text(1)
	if err != nil {
		return nil, err
	}
	from := int64(1)
	if len(c.args) == 3 {
		if from, err = c.integer(2); err != nil {
			return nil, err
		}
	}
	t, err := meet(c.types[0], c.types[1])
	if err != nil || len(pattern) == 0 {
		return int64(0), err
	}
	coll := collationOf(t.Collation)
	text := coll.unitsOf(characters(s, coll.supplementary))
	at := min(max(from-1, 0), int64(len(text)))
	return int64(indexUnits(text, coll.unitsOf(characters(pattern, coll.supplementary)), int(at)) + 1), nil
}

// evalReplace replaces all; an empty pattern none. What is longer than 8,000 bytes is cut unless an argument is MAX.
func evalReplace(c *invocation) (Value, *Error) {
	var texts [3]String16
	for i := range texts {
		s, _, err := c.text(i)
		if err != nil {
			return nil, err
		}
		texts[i] = s
	}
	coll := collationOf(c.result.Collation)
	cs := characters(texts[0], coll.supplementary)
	text, pattern := coll.unitsOf(cs), coll.unitsOf(characters(texts[1], coll.supplementary))
	if len(pattern) == 0 {
		return FitText(texts[0], c.result), nil
	}
	var out String16
	for i := 0; i < len(cs); {
		at := indexUnits(text, pattern, i)
		if at < 0 {
			out = append(out, join(cs[i:])...)
			break
		}
		out = append(append(out, join(cs[i:at])...), texts[2]...)
		i = at + len(pattern)
	}
	return FitText(out, c.result), nil
}

func evalTranslate(c *invocation) (Value, *Error) {
	t, err := meet(c.types...)
	if err != nil {
		return nil, err
	}
	coll := collationOf(t.Collation)
	var lists [3][]String16
	for i := range lists {
		s, _, err := c.text(i)
		if err != nil {
			return nil, err
		}
		lists[i] = characters(s, coll.supplementary)
	}
	if len(lists[1]) != len(lists[2]) {
		return nil, valueError(9828, "The second and third arguments of the TRANSLATE built-in function must contain an equal number of characters.")
	}
	from := coll.unitsOf(lists[1])
	var out String16
	for _, character := range lists[0] {
		if i := slices.Index(from, coll.unit(character)); i >= 0 {
			character = lists[2][i]
		}
		out = append(out, character...)
	}
	return FitText(out, c.result), nil
}

// evalStuff replaces n characters at start; a start outside the text is NULL, a NULL replacement deletes.
func evalStuff(c *invocation) (Value, *Error) {
	if c.args[0] == nil || c.args[1] == nil || c.args[2] == nil {
		return nil, nil
	}
	s, t, err := c.text(0)
	if err != nil {
		return nil, err
	}
	start, err := c.integer(1)
	if err != nil {
		return nil, err
	}
	n, err := c.integer(2)
	if err != nil {
		return nil, err
	}
	cs := characters(s, countsPairs(t))
	if start < 1 || start > int64(len(cs)) || n < 0 {
		return nil, nil
	}
	var with String16
	if c.args[3] != nil {
		if with, _, err = c.text(3); err != nil {
			return nil, err
		}
	}
	end := min(start-1+min(n, int64(len(cs))), int64(len(cs)))
	return FitText(slices.Concat(join(cs[:start-1]), with, join(cs[end:])), c.result), nil
}

// evalUnicode is the first character's number; of an empty text NULL.
func evalUnicode(c *invocation) (Value, *Error) {
	s, t, err := c.text(0)
	if err != nil || len(s) == 0 {
		return nil, err
	}
	if countsPairs(t) {
		return int64(utf16.Decode(characters(s, true)[0])[0]), nil
	}
	return int64(s[0]), nil
}

func evalASCII(c *invocation) (Value, *Error) {
	s, t, err := c.text(0)
	if err != nil || len(s) == 0 {
		return nil, err
	}
	return int64(encode(s[:1], t.Collation)[0]), nil
}

// evalNChar knows the basic plane only, as in a database without supplementary characters; beyond it is NULL.
func evalNChar(c *invocation) (Value, *Error) {
	n, err := c.integer(0)
	if err != nil || n < 0 || n > 0xFFFF {
		return nil, err
	}
	return String16{uint16(n)}, nil
}

func evalChar(c *invocation) (Value, *Error) {
	n, err := c.integer(0)
	if err != nil || n < 0 || n > 255 {
		return nil, err
	}
	return decode([]byte{byte(n)}, ""), nil
}
