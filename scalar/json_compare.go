package scalar

import (
	"encoding/binary"
	"strings"
)

// jsonbKey writes a value as bytes that compare as jsonb does: equal values have equal bytes, whatever digits their numbers
// display. At the top a scalar counts as an array of one, before the arrays of one and behind the empty array.
func jsonbKey(dst []byte, v jsonValue) []byte {
	switch v.kind {
	case jsonObject:
		return appendJSONKey(dst, v)
	case jsonArray:
		dst = append(dst, byte(jsonArray))
		dst = append(binary.BigEndian.AppendUint32(dst, uint32(len(v.items))), 1)
		for _, item := range v.items {
			dst = appendJSONKey(dst, item)
		}
		return dst
	}
	dst = append(dst, byte(jsonArray), 0, 0, 0, 1, 0)
	return appendJSONKey(dst, v)
}

func appendJSONKey(dst []byte, v jsonValue) []byte {
	dst = append(dst, byte(v.kind))
	switch v.kind {
	case jsonString:
		return append(append(dst, v.text...), 0)
	case jsonBool:
		return append(dst, v.text[0]) // f before t
	case jsonNumber:
		return appendNumberKey(dst, v.text)
	case jsonArray, jsonObject:
		dst = binary.BigEndian.AppendUint32(dst, uint32(len(v.items)))
		for i, item := range v.items {
			if v.kind == jsonObject {
				dst = append(append(dst, v.keys[i]...), 0)
			}
			dst = appendJSONKey(dst, item)
		}
	}
	return dst
}

// appendNumberKey writes a number of jsonb: its sign, the place of its first digit and its digits, complemented if negative.
func appendNumberKey(dst []byte, s string) []byte {
	text, negative := strings.CutPrefix(s, "-")
	whole, frac, _ := strings.Cut(text, ".")
	digits := strings.TrimLeft(whole+frac, "0")
	place := len(whole) - (len(whole) + len(frac) - len(digits))
	digits = strings.TrimRight(digits, "0")
	if digits == "" {
		return append(dst, 1)
	}
	if !negative {
		dst = binary.BigEndian.AppendUint32(append(dst, 2), uint32(place+1<<30))
		return append(append(dst, digits...), 0)
	}
	from := len(dst) + 1
	dst = binary.BigEndian.AppendUint32(append(dst, 0), uint32(place+1<<30))
	dst = append(append(dst, digits...), 0)
	for i := from; i < len(dst); i++ {
		dst[i] = ^dst[i]
	}
	return dst
}

// equalJSONB compares two values of jsonb.
func equalJSONB(a, b jsonValue) bool {
	if a.kind != b.kind || len(a.items) != len(b.items) {
		return false
	}
	if a.kind == jsonNumber {
		return string(appendNumberKey(nil, a.text)) == string(appendNumberKey(nil, b.text))
	}
	if a.kind < jsonArray {
		return a.text == b.text
	}
	for i := range a.items {
		if a.kind == jsonObject && a.keys[i] != b.keys[i] || !equalJSONB(a.items[i], b.items[i]) {
			return false
		}
	}
	return true
}

// containsJSONB is v @> part. An array holds a scalar at the top, too.
func containsJSONB(v, part jsonValue) bool {
	if part.kind < jsonArray && v.kind == jsonArray {
		part = jsonValue{kind: jsonArray, items: []jsonValue{part}}
	}
	return jsonWithin(v, part)
}

func jsonWithin(v, part jsonValue) bool {
	switch {
	case v.kind != part.kind:
		return false
	case v.kind == jsonObject:
		for i, key := range part.keys {
			item, ok := v.member(key)
			if !ok || !jsonWithin(item, part.items[i]) {
				return false
			}
		}
		return true
	case v.kind == jsonArray:
		for _, want := range part.items {
			found := false
			for _, item := range v.items {
				if found = jsonWithin(item, want); found {
					break
				}
			}
			if !found {
				return false
			}
		}
		return true
	}
	return equalJSONB(v, part)
}

// member returns the last member of that name.
func (v jsonValue) member(key string) (jsonValue, bool) {
	for i := len(v.keys) - 1; i >= 0; i-- {
		if v.keys[i] == key {
			return v.items[i], true
		}
	}
	return jsonValue{}, false
}

// hasKey is v ? key: a member of an object, or a string in an array, or the string itself.
func (v jsonValue) hasKey(key string) bool {
	switch v.kind {
	case jsonObject:
		_, ok := v.member(key)
		return ok
	case jsonArray:
		for _, item := range v.items {
			if item.kind == jsonString && item.text == key {
				return true
			}
		}
		return false
	}
	return v.kind == jsonString && v.text == key
}
