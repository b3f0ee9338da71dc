package scalar

import (
	"slices"
	"strings"
	"unicode/utf8"
)

// appendJSONString writes a string with the escapes that PostgreSQL writes.
func appendJSONString(dst []byte, s string) []byte {
	const hexDigits = "0123456789abcdef"
	dst = append(dst, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c >= ' ':
			dst = append(dst, c)
		default:
			if at := strings.IndexByte("\b\f\n\r\t", c); at >= 0 {
				dst = append(dst, '\\', "bfnrt"[at])
			} else {
				dst = append(dst, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&15])
			}
		}
	}
	return append(dst, '"')
}

// jsonbOf makes of a value what jsonb keeps: of equal keys the last, keys by their length and then their bytes, numbers as numeric.
func jsonbOf(v jsonValue) (jsonValue, error) {
	switch v.kind {
	case jsonNumber:
		text, err := jsonbNumber(v.text)
		return jsonValue{kind: jsonNumber, text: text}, err
	case jsonArray, jsonObject:
		out := jsonValue{kind: v.kind, keys: v.keys, items: make([]jsonValue, len(v.items))}
		for i, item := range v.items {
			var err error
			if out.items[i], err = jsonbOf(item); err != nil {
				return out, err
			}
		}
		if v.kind == jsonObject {
			sortKeys(&out)
		}
		return out, nil
	}
	return v, nil
}

// compareKeys is the order of keys in a jsonb object.
func compareKeys(a, b string) int {
	if len(a) != len(b) {
		return len(a) - len(b)
	}
	return strings.Compare(a, b)
}

// sortKeys puts an object's keys in jsonb's order; of equal ones the last stays.
func sortKeys(v *jsonValue) {
	if keysOrdered(v.keys) {
		return
	}
	at := make([]int, len(v.keys))
	for i := range at {
		at[i] = i
	}
	slices.SortStableFunc(at, func(a, b int) int { return compareKeys(v.keys[a], v.keys[b]) })
	var keys []string
	var items []jsonValue
	for n, i := range at {
		if n+1 < len(at) && v.keys[at[n+1]] == v.keys[i] {
			continue
		}
		keys, items = append(keys, v.keys[i]), append(items, v.items[i])
	}
	v.keys, v.items = keys, items
}

func keysOrdered(keys []string) bool {
	for i := 1; i < len(keys); i++ {
		if compareKeys(keys[i-1], keys[i]) >= 0 {
			return false
		}
	}
	return true
}

// jsonbNumber writes a number as numeric: without exponent, zero without sign, with all of its digits behind the point.
func jsonbNumber(s string) (string, error) {
	if strings.IndexByte("123456789", s[0]) >= 0 && !strings.ContainsAny(s, "eE") && len(s) < 100 {
		return s, nil
	}
	d, err := ParseDecimal(s)
	if err != nil {
		return "", err
	}
	return string(d.append(nil)), nil
}

// parseJSONB reads text as type jsonb does.
func parseJSONB(s string) (jsonValue, error) {
	v, err := parseJSON(s)
	if err != nil {
		return v, err
	}
	return jsonbOf(v)
}

// appendJSONB writes a value of jsonb, as its output function does.
func appendJSONB(dst []byte, v jsonValue) []byte { return appendJSON(dst, v, ": ", ", ") }

func appendJSON(dst []byte, v jsonValue, colon, comma string) []byte {
	switch v.kind {
	case jsonNull:
		return append(dst, "null"...)
	case jsonString:
		return appendJSONString(dst, v.text)
	case jsonNumber, jsonBool:
		return append(dst, v.text...)
	}
	dst = append(dst, brackets(v)[0])
	for i, item := range v.items {
		if i > 0 {
			dst = append(dst, comma...)
		}
		if v.kind == jsonObject {
			dst = append(appendJSONString(dst, v.keys[i]), colon...)
		}
		dst = appendJSON(dst, item, colon, comma)
	}
	return append(dst, brackets(v)[1])
}

func brackets(v jsonValue) string {
	if v.kind == jsonObject {
		return "{}"
	}
	return "[]"
}

// appendPretty writes a value over several lines, each level four blanks further in.
func appendPretty(dst []byte, v jsonValue, level int) []byte {
	if v.kind < jsonArray {
		return appendJSONB(dst, v)
	}
	line := func(dst []byte, level int) []byte {
		dst = append(dst, '\n')
		return append(dst, strings.Repeat("    ", level)...)
	}
	dst = append(dst, brackets(v)[0])
	for i, item := range v.items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = line(dst, level+1)
		if v.kind == jsonObject {
			dst = append(appendJSONString(dst, v.keys[i]), ": "...)
		}
		dst = appendPretty(dst, item, level+1)
	}
	return append(line(dst, level), brackets(v)[1])
}

// stripNulls leaves out the members of objects that are null, at every level.
func stripNulls(v jsonValue) jsonValue {
	if v.kind < jsonArray {
		return v
	}
	out := jsonValue{kind: v.kind}
	for i, item := range v.items {
		if v.kind == jsonObject {
			if item.kind == jsonNull {
				continue
			}
			out.keys = append(out.keys, v.keys[i])
		}
		out.items = append(out.items, stripNulls(item))
	}
	return out
}

// jsonMoment writes the text of a date or timestamp as JSON does: in ISO 8601, with a T and the whole offset.
func jsonMoment(dst []byte, s string) ([]byte, error) {
	day, clock, ok := strings.Cut(s, " ")
	if !ok || !strings.Contains(clock, ":") {
		return appendJSONString(dst, s), nil
	}
	clock, era, _ := strings.Cut(clock, " ")
	if at := strings.LastIndexAny(clock, "+-"); at > 0 && len(clock)-at == 3 {
		clock += ":00"
	}
	if era != "" {
		era = " " + era
	}
	return appendJSONString(dst, day+"T"+clock+era), nil
}

// jsonNumberText writes the text of a number, quoted if JSON has no such number.
func jsonNumberText(dst []byte, s string) ([]byte, error) {
	if _, err := readJSON(s, false); err != nil || !utf8.ValidString(s) {
		return appendJSONString(dst, s), nil
	}
	return append(dst, s...), nil
}
