package scalar

import (
	"strconv"
	"strings"
)

// elementAt is an array's element, from the end for a negative index; errNull if there is none.
func (v jsonValue) elementAt(i int64) (jsonValue, error) {
	if i < 0 {
		i += int64(len(v.items))
	}
	if v.kind != jsonArray || i < 0 || i >= int64(len(v.items)) {
		return jsonValue{}, errNull
	}
	return v.items[i], nil
}

// field is an object's member; errNull if there is none.
func (v jsonValue) field(key string) (jsonValue, error) {
	if m, ok := v.member(key); ok {
		return m, nil
	}
	return jsonValue{}, errNull
}

// step goes one name or number of a path down.
func (v jsonValue) step(name string) (jsonValue, error) {
	if v.kind != jsonArray {
		return v.field(name)
	}
	i, ok := pathIndex(name)
	if !ok {
		return jsonValue{}, errNull
	}
	return v.elementAt(i)
}

// pathIndex reads the number of an element as C's strtol does.
func pathIndex(s string) (int64, bool) {
	s = strings.TrimLeft(s, " \t\n\v\f\r")
	if strings.ContainsRune(s, '_') {
		return 0, false
	}
	i, err := strconv.ParseInt(s, 10, 32)
	return i, err == nil
}

// along follows a path.
func (v jsonValue) along(path []string) (jsonValue, error) {
	var err error
	for i := 0; i < len(path) && err == nil; i++ {
		v, err = v.step(path[i])
	}
	return v, err
}

// rawText writes a value as it stands in its text.
func rawText(dst []byte, v jsonValue) ([]byte, error) { return append(dst, v.raw...), nil }

// plainText writes a value as text: a string without quotes, null as NULL.
func plainText(dst []byte, v jsonValue) ([]byte, error) {
	switch v.kind {
	case jsonNull:
		return nil, errNull
	case jsonString:
		return append(dst, v.text...), nil
	}
	return append(dst, v.raw...), nil
}

// textList is a text[] of one dimension, or of more with its elements in a row.
type textList struct {
	texts      []string
	nulls      []bool
	dimensions int
	inner      int // the length of the innermost dimension
}

var errArrayText = fail("22P02", "malformed array literal")

// parseTextList reads the text form of a text[].
func parseTextList(s string) (textList, error) {
	var l textList
	s = strings.Trim(s, blanks)
	if strings.HasPrefix(s, "[") { // bounds
		_, rest, ok := strings.Cut(s, "=")
		if !ok {
			return l, errArrayText
		}
		s = strings.TrimLeft(rest, blanks)
	}
	depth, inner, closed := 0, 0, false
	for i := 0; i < len(s); {
		switch c := s[i]; {
		case c == '{':
			if depth++; closed || depth > 6 {
				return l, errArrayText
			}
			l.dimensions = max(l.dimensions, depth)
			inner = 0
			i++
		case c == '}':
			if depth--; depth < 0 {
				return l, errArrayText
			}
			closed = depth == 0
			if inner > 0 {
				l.inner = inner
			}
			inner = 0
			i++
		case c == ',' || strings.IndexByte(blanks, c) >= 0:
			i++
		case depth == 0:
			return l, errArrayText
		default:
			n := l.element(s[i:])
			if n == 0 {
				return l, errArrayText
			}
			inner++
			i += n
		}
	}
	if !closed {
		return l, errArrayText
	}
	return l, nil
}

// element reads one element and returns its length in the text, 0 if it does not end.
func (l *textList) element(s string) int {
	var b strings.Builder
	quoted, plain := false, 0 // plain is the length without trailing blanks
	i := 0
	for ; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s):
			i++
			b.WriteByte(s[i])
			plain = b.Len()
		case c == '"' && i == 0:
			quoted = true
		case quoted && c == '"':
			l.texts, l.nulls = append(l.texts, b.String()), append(l.nulls, false)
			return i + 1
		case !quoted && (c == ',' || c == '}'):
			text := b.String()[:plain]
			null := strings.EqualFold(text, "null") && !strings.ContainsRune(s[:i], '\\')
			l.texts, l.nulls = append(l.texts, text), append(l.nulls, null)
			return i
		default:
			b.WriteByte(c)
			if strings.IndexByte(blanks, c) < 0 {
				plain = b.Len()
			}
		}
	}
	return 0
}
