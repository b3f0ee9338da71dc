package scalar

import (
	"math"
	"strings"
	"unicode/utf8"
)

// sliceFunctions lists functions that cut, pad and repeat text.
func sliceFunctions() []Function {
	fs := []Function{
		text2("pg_substr", kText, kInt4, func(dst []byte, s string, start int32) ([]byte, error) {
			return append(dst, slice(s, int64(start), math.MaxInt64)...), nil
		}),
		text3("pg_substr", kText, kInt4, kInt4, func(dst []byte, s string, start, n int32) ([]byte, error) {
			if n < 0 {
				return nil, errSubstring
			}
			return append(dst, slice(s, int64(start), int64(start)+int64(n))...), nil
		}),
		text2("pg_left", kText, kInt4, func(dst []byte, s string, n int32) ([]byte, error) { return append(dst, left(s, n)...), nil }),
		text2("pg_right", kText, kInt4, func(dst []byte, s string, n int32) ([]byte, error) { return append(dst, right(s, n)...), nil }),
		text2("pg_repeat", kText, kInt4, repeat),
	}
	for _, p := range []struct {
		name string
		pad  func(dst []byte, s string, n int32, fill string) ([]byte, error)
	}{{"pg_lpad", lpad}, {"pg_rpad", rpad}} {
		fs = append(fs, text3(p.name, kText, kInt4, kText, p.pad),
			text2(p.name, kText, kInt4, func(dst []byte, s string, n int32) ([]byte, error) { return p.pad(dst, s, n, " ") }))
	}
	for _, p := range []struct {
		name string
		trim func(s, set string) string
	}{{"pg_btrim", strings.Trim}, {"pg_ltrim", strings.TrimLeft}, {"pg_rtrim", strings.TrimRight}} {
		fs = append(fs, text2(p.name, kText, kText, func(dst []byte, s, set string) ([]byte, error) { return append(dst, p.trim(s, set)...), nil }),
			text1(p.name, kText, func(dst []byte, s string) ([]byte, error) { return append(dst, p.trim(s, " ")...), nil }))
	}
	return fs
}

var errSubstring = fail("22011", "negative substring length not allowed")

// slice returns the characters from start, counted from 1, to before end; either may lie outside.
func slice(s string, start, end int64) string {
	if end <= 1 || start >= end {
		return ""
	}
	start = max(start, 1)
	if start > int64(len(s)) {
		return ""
	}
	rest, ok := skipRunes(s, int(start-1))
	if !ok {
		return ""
	}
	if end-start >= int64(len(rest)) {
		return rest
	}
	tail, _ := skipRunes(rest, int(end-start))
	return rest[:len(rest)-len(tail)]
}

// left returns the first n characters, or all but the last -n.
func left(s string, n int32) string {
	count := int64(n)
	if n < 0 {
		count += int64(utf8.RuneCountInString(s))
	}
	return slice(s, 1, count+1)
}

// right returns the last n characters, or all but the first -n.
func right(s string, n int32) string {
	if n == math.MinInt32 { // has no opposite in PostgreSQL's int: nothing is cut
		return s
	}
	first := -int64(n)
	if n >= 0 {
		first += int64(utf8.RuneCountInString(s))
	}
	return slice(s, first+1, math.MaxInt64)
}

func repeat(dst []byte, s string, n int32) ([]byte, error) {
	if n <= 0 || s == "" {
		return dst, nil
	}
	if int64(len(s))*int64(n) > maxText-4 {
		return nil, errTooLarge
	}
	for range n {
		dst = append(dst, s...)
	}
	return dst, nil
}

// maxPad bounds the length that lpad and rpad take: four bytes for each character must fit.
const maxPad = (maxText - 4) / 4

func lpad(dst []byte, s string, n int32, fill string) ([]byte, error) {
	missing, s, err := padding(s, n, fill)
	if err != nil {
		return nil, err
	}
	return append(appendFill(dst, fill, missing), s...), nil
}

func rpad(dst []byte, s string, n int32, fill string) ([]byte, error) {
	missing, s, err := padding(s, n, fill)
	if err != nil {
		return nil, err
	}
	return appendFill(append(dst, s...), fill, missing), nil
}

// padding cuts s to n characters, or tells how many are missing.
func padding(s string, n int32, fill string) (missing int, cut string, err error) {
	n = max(n, 0)
	if fill == "" {
		return 0, left(s, n), nil
	}
	if n > maxPad {
		return 0, "", errTooLarge
	}
	length := utf8.RuneCountInString(s)
	if length >= int(n) {
		return 0, left(s, n), nil
	}
	return int(n) - length, s, nil
}

func appendFill(dst []byte, fill string, n int) []byte {
	for n > 0 {
		for _, r := range fill {
			if n == 0 {
				break
			}
			dst = utf8.AppendRune(dst, r)
			n--
		}
	}
	return dst
}
