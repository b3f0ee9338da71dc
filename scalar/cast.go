package scalar

import (
	"encoding/hex"
	"strconv"
	"strings"
)

// castFunctions lists casts between text and the simple types.
func castFunctions() []Function {
	return []Function{
		fn1("pg_text_bool", kText, kBool, parseBool),
		fn1("pg_text_int2", kText, kInt2, func(s string) (int16, error) { n, err := parseInt(s, 16); return int16(n), err }),
		fn1("pg_text_int4", kText, kInt4, func(s string) (int32, error) { n, err := parseInt(s, 32); return int32(n), err }),
		fn1("pg_text_int8", kText, kInt8, func(s string) (int64, error) { return parseInt(s, 64) }),
		fn1("pg_text_bytea", kText, kBin, parseBytea),
		text1("pg_text_uuid", kText, appendUUID),
		text1("pg_bool_text", kBool, func(dst []byte, v bool) ([]byte, error) { return strconv.AppendBool(dst, v), nil }),
		text1("pg_int2_text", kInt2, appendInt[int16]),
		text1("pg_int4_text", kInt4, appendInt[int32]),
		text1("pg_int8_text", kInt8, appendInt[int64]),
		text1("pg_bytea_text", kBin, func(dst, v []byte) ([]byte, error) { return hex.AppendEncode(append(dst, `\x`...), v), nil }),
	}
}

func appendInt[I integer](dst []byte, v I) ([]byte, error) {
	return strconv.AppendInt(dst, int64(v), 10), nil
}

// parseBool accepts PostgreSQL's spellings: every unambiguous beginning of true, false, yes, no, on, off; 1, 0.
func parseBool(s string) (bool, error) {
	s = strings.ToLower(strings.Trim(s, blanks))
	switch {
	case s == "" || s == "o":
		return false, errSyntax
	case strings.HasPrefix("true", s), strings.HasPrefix("yes", s), s == "on", s == "1":
		return true, nil
	case strings.HasPrefix("false", s), strings.HasPrefix("no", s), strings.HasPrefix("off", s), s == "0":
		return false, nil
	}
	return false, errSyntax
}

// parseInt reads decimal digits with a sign and blanks around.
func parseInt(s string, size int) (int64, error) {
	s = strings.Trim(s, blanks)
	digits := s
	if s != "" && (s[0] == '-' || s[0] == '+') {
		digits = s[1:]
	}
	if digits == "" || countDigits(digits) != len(digits) {
		return 0, errSyntax
	}
	n, err := strconv.ParseInt(s, 10, size)
	if err != nil {
		return 0, errRange
	}
	return n, nil
}

// appendUUID writes a UUID in its canonical form. Braces around are allowed, and a hyphen after any four digits.
func appendUUID(dst []byte, s string) ([]byte, error) {
	if strings.HasPrefix(s, "{") {
		if !strings.HasSuffix(s, "}") {
			return nil, errSyntax
		}
		s = s[1 : len(s)-1]
	}
	n := 0 // hex digits taken
	for i := range len(s) {
		c := s[i]
		switch {
		case c == '-' && n > 0 && n%4 == 0 && n < 32 && s[i-1] != '-':
			continue
		case c >= 'A' && c <= 'F':
			c += 'a' - 'A'
		case c >= '0' && c <= '9', c >= 'a' && c <= 'f':
		default:
			return nil, errSyntax
		}
		if n == 8 || n == 12 || n == 16 || n == 20 {
			dst = append(dst, '-')
		}
		dst = append(dst, c)
		n++
	}
	if n != 32 {
		return nil, errSyntax
	}
	return dst, nil
}

// parseBytea reads \x and pairs of hex digits, or the escape form: \\ and \ooo.
func parseBytea(s string) ([]byte, error) {
	if digits, ok := strings.CutPrefix(s, `\x`); ok {
		return parseHex(digits)
	}
	out := make([]byte, 0, len(s))
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] != '\\':
			out = append(out, s[i])
		case strings.HasPrefix(s[i+1:], `\`):
			out = append(out, '\\')
			i++
		case i+3 < len(s) && s[i+1] <= '3' && isOctal(s[i+1]) && isOctal(s[i+2]) && isOctal(s[i+3]):
			out = append(out, (s[i+1]-'0')<<6|(s[i+2]-'0')<<3|(s[i+3]-'0'))
			i += 3
		default:
			return nil, errSyntax
		}
	}
	return out, nil
}

// parseHex reads pairs of hex digits, which blanks may separate.
func parseHex(s string) ([]byte, error) {
	out := make([]byte, 0, len(s)/2)
	for i := 0; i < len(s); i++ {
		if strings.IndexByte(" \n\t\r", s[i]) >= 0 {
			continue
		}
		var pair [1]byte
		if i+2 > len(s) {
			return nil, errParameter
		}
		if _, err := hex.Decode(pair[:], []byte(s[i:i+2])); err != nil {
			return nil, errParameter
		}
		out = append(out, pair[0])
		i++
	}
	return out, nil
}

func isOctal(c byte) bool { return c >= '0' && c <= '7' }
