package scalar

import (
	"crypto/md5"
	"encoding/hex"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxText is the largest result, in bytes, that PostgreSQL allocates.
const maxText = 1<<30 - 1

// textFunctions lists functions of text under C collation: letters are ASCII's, positions count characters.
func textFunctions() []Function {
	fs := []Function{
		text1("pg_upper", kText, func(dst []byte, s string) ([]byte, error) { return mapASCII(dst, s, upperASCII), nil }),
		text1("pg_lower", kText, func(dst []byte, s string) ([]byte, error) { return mapASCII(dst, s, lowerASCII), nil }),
		text1("pg_initcap", kText, initcap),
		text1("pg_reverse", kText, reverse),
		text1("pg_md5", kText, func(dst []byte, s string) ([]byte, error) { return appendMD5(dst, []byte(s)), nil }),
		text1("pg_md5", kBin, func(dst, v []byte) ([]byte, error) { return appendMD5(dst, v), nil }),
		fn1("pg_length", kText, kInt4, func(s string) (int32, error) { return int32(utf8.RuneCountInString(s)), nil }),
		fn1("pg_octet_length", kText, kInt4, func(s string) (int32, error) { return int32(len(s)), nil }),
		fn1("pg_ascii", kText, kInt4, ascii),
		text1("pg_chr", kInt4, chr),
		text1("pg_to_hex", kInt4, func(dst []byte, v int32) ([]byte, error) { return strconv.AppendUint(dst, uint64(uint32(v)), 16), nil }),
		text1("pg_to_hex", kInt8, func(dst []byte, v int64) ([]byte, error) { return strconv.AppendUint(dst, uint64(v), 16), nil }),
		fn2("pg_strpos", kText, kText, kInt4, strpos),
		fn2("pg_starts_with", kText, kText, kBool, func(s, prefix string) (bool, error) { return strings.HasPrefix(s, prefix), nil }),
		text3("pg_replace", kText, kText, kText, replace),
		text3("pg_translate", kText, kText, kText, translate),
		text3("pg_split_part", kText, kText, kInt4, splitPart),
	}
	fs = append(fs, sliceFunctions()...)
	return append(fs, likeFunctions()...)
}

func upperASCII(c byte) byte {
	if c >= 'a' && c <= 'z' {
		return c - ('a' - 'A')
	}
	return c
}

func lowerASCII(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + ('a' - 'A')
	}
	return c
}

func mapASCII(dst []byte, s string, f func(byte) byte) []byte {
	for i := range len(s) {
		dst = append(dst, f(s[i]))
	}
	return dst
}

func initcap(dst []byte, s string) ([]byte, error) {
	inWord := false
	for i := range len(s) {
		c := s[i]
		if inWord {
			c = lowerASCII(c)
		} else {
			c = upperASCII(c)
		}
		inWord = c >= '0' && c <= '9' || lowerASCII(c) >= 'a' && lowerASCII(c) <= 'z'
		dst = append(dst, c)
	}
	return dst, nil
}

func reverse(dst []byte, s string) ([]byte, error) {
	for len(s) > 0 {
		_, n := utf8.DecodeLastRuneInString(s)
		dst = append(dst, s[len(s)-n:]...)
		s = s[:len(s)-n]
	}
	return dst, nil
}

func appendMD5(dst, v []byte) []byte {
	sum := md5.Sum(v)
	return hex.AppendEncode(dst, sum[:])
}

func ascii(s string) (int32, error) {
	if s == "" {
		return 0, nil
	}
	r, _ := utf8.DecodeRuneInString(s)
	return r, nil
}

func chr(dst []byte, v int32) ([]byte, error) {
	switch {
	case v < 0:
		return nil, errParameter
	case v == 0 || !utf8.ValidRune(v):
		return nil, errTooLarge
	}
	return utf8.AppendRune(dst, v), nil
}

// strpos counts from 1; an empty sub stands at 1.
func strpos(s, sub string) (int32, error) {
	i := strings.Index(s, sub)
	if i < 0 {
		return 0, nil
	}
	return int32(utf8.RuneCountInString(s[:i])) + 1, nil
}

func replace(dst []byte, s, from, to string) ([]byte, error) {
	if from == "" {
		return append(dst, s...), nil
	}
	for {
		i := strings.Index(s, from)
		if i < 0 {
			return append(dst, s...), nil
		}
		if len(dst)+i+len(to) > maxText {
			return nil, errTooLarge
		}
		dst = append(append(dst, s[:i]...), to...)
		s = s[i+len(from):]
	}
}

// translate replaces each character of from by the one at its place in to, or drops it.
func translate(dst []byte, s, from, to string) ([]byte, error) {
	for _, r := range s {
		i := strings.IndexRune(from, r)
		if i < 0 {
			dst = utf8.AppendRune(dst, r)
			continue
		}
		place := utf8.RuneCountInString(from[:i])
		if rest, ok := skipRunes(to, place); ok && rest != "" {
			_, n := utf8.DecodeRuneInString(rest)
			dst = append(dst, rest[:n]...)
		}
	}
	return dst, nil
}

// skipRunes cuts n characters from the front; ok is false if there are fewer.
func skipRunes(s string, n int) (rest string, ok bool) {
	for ; n > 0; n-- {
		if s == "" {
			return "", false
		}
		_, size := utf8.DecodeRuneInString(s)
		s = s[size:]
	}
	return s, true
}

// splitPart returns field n, from 1, or from the end if n is negative; the empty text if there is none.
func splitPart(dst []byte, s, sep string, n int32) ([]byte, error) {
	switch {
	case n == 0:
		return nil, errParameter
	case s == "":
		return dst, nil
	case sep == "":
		if n == 1 || n == -1 {
			return append(dst, s...), nil
		}
		return dst, nil
	}
	at := int(n)
	if at < 0 {
		at += strings.Count(s, sep) + 2
	}
	for ; at > 1; at-- {
		_, rest, ok := strings.Cut(s, sep)
		if !ok {
			return dst, nil
		}
		s = rest
	}
	if at < 1 {
		return dst, nil
	}
	field, _, _ := strings.Cut(s, sep)
	return append(dst, field...), nil
}
