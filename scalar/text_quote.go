package scalar

import (
	"math"
	"strconv"
	"strings"
	"unicode/utf8"
)

// quoteFunctions lists functions that write text as SQL, and those that take such writing back.
func quoteFunctions() []Function {
	return []Function{
		text1("pg_quote_literal", kText, func(dst []byte, s string) ([]byte, error) { return appendQuoted(dst, s), nil }),
		text1("pg_quote_ident", kText, func(dst []byte, s string) ([]byte, error) { return appendIdent(dst, s), nil }),
		text1("pg_unistr", kText, unistr),
		text3("pg_overlay", kText, kText, kInt4, func(dst []byte, s, r string, at int32) ([]byte, error) {
			return overlay(dst, s, r, at, int32(utf8.RuneCountInString(r)))
		}),
		make4("pg_overlay", kText, kText, kInt4, kInt4, kOut, func() func(s, r string, at, n int32) ([]byte, error) {
			return func(s, r string, at, n int32) ([]byte, error) { return overlay(nil, s, r, at, n) }
		}),
	}
}

// overlay replaces n characters from position at on.
func overlay(dst []byte, s, r string, at, n int32) ([]byte, error) {
	if at <= 0 {
		return nil, errSubstring
	}
	next := int64(at) + int64(n)
	if next > math.MaxInt32 || next < math.MinInt32 {
		return nil, errRange
	}
	dst = append(dst, slice(s, 1, int64(at))...)
	dst = append(dst, r...)
	return append(dst, slice(s, next, math.MaxInt64)...), nil
}

// appendQuoted writes a string literal; backslashes make it one of the E” kind.
func appendQuoted(dst []byte, s string) []byte {
	if strings.Contains(s, `\`) {
		dst = append(dst, 'E')
	}
	dst = append(dst, '\'')
	for i := range len(s) {
		if s[i] == '\'' || s[i] == '\\' {
			dst = append(dst, s[i])
		}
		dst = append(dst, s[i])
	}
	return append(dst, '\'')
}

// appendIdent quotes an identifier unless it is a word in lower case that PostgreSQL's grammar does not reserve in any way.
func appendIdent(dst []byte, s string) []byte {
	safe := s != "" && (s[0] == '_' || s[0] >= 'a' && s[0] <= 'z')
	for i := range len(s) {
		c := s[i]
		safe = safe && (c == '_' || c >= 'a' && c <= 'z' || c >= '0' && c <= '9')
	}
	if safe && !keywords[s] {
		return append(dst, s...)
	}
	return append(append(append(dst, '"'), strings.ReplaceAll(s, `"`, `""`)...), '"')
}

// unistr replaces \XXXX, \+XXXXXX, \uXXXX and \UXXXXXXXX by the characters of those code points.
func unistr(dst []byte, s string) ([]byte, error) {
	var high rune // of a surrogate pair that has begun
	for s != "" {
		if s[0] != '\\' {
			if high != 0 {
				return nil, errUnicode
			}
			dst, s = append(dst, s[0]), s[1:]
			continue
		}
		if strings.HasPrefix(s, `\\`) {
			if high != 0 {
				return nil, errUnicode
			}
			dst, s = append(dst, '\\'), s[2:]
			continue
		}
		r, n, ok := escapedRune(s)
		switch second := r >= 0xDC00 && r <= 0xDFFF; {
		case !ok:
			return nil, errUnicode
		case r == 0 || r > utf8.MaxRune:
			return nil, errUnicodeValue
		case second != (high != 0):
			return nil, errUnicode
		case second:
			dst, high = utf8.AppendRune(dst, (high-0xD800)<<10+(r-0xDC00)+0x10000), 0
		case r >= 0xD800 && r <= 0xDBFF:
			high = r
		default:
			dst = utf8.AppendRune(dst, r)
		}
		s = s[n:]
	}
	if high != 0 {
		return nil, errUnicode
	}
	return dst, nil
}

var (
	errUnicode      = fail("42601", "invalid Unicode escape or surrogate pair")
	errUnicodeValue = fail("22023", "invalid Unicode code point")
)

func escapedRune(s string) (r rune, n int, ok bool) {
	skip, digits := 1, 4
	switch {
	case strings.HasPrefix(s, `\u`):
		skip = 2
	case strings.HasPrefix(s, `\U`):
		skip, digits = 2, 8
	case strings.HasPrefix(s, `\+`):
		skip, digits = 2, 6
	}
	n = skip + digits
	if len(s) < n {
		return 0, 0, false
	}
	v, err := strconv.ParseUint(s[skip:n], 16, 32)
	if err != nil || strings.ContainsAny(s[skip:n], "+_") {
		return 0, 0, false
	}
	return rune(min(v, math.MaxInt32)), n, true
}
