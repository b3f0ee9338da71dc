package scalar

import (
	"bytes"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"math"
	"strings"
	"unicode/utf8"
)

var (
	errEncoding  = fail("22023", "unrecognized encoding, or text that is not in it")
	errCharset   = fail("0A000", "converting between text and an encoding other than UTF8 is not supported")
	errNotUTF8   = fail("22021", "invalid byte sequence for encoding UTF8")
	errByteIndex = fail("2202E", "index out of valid range")
	errBitValue  = fail("22023", "new bit must be 0 or 1")
)

// bytesFunctions lists functions of bytea.
func bytesFunctions() []Function {
	fs := []Function{
		fn1("pg_length", kBin, kInt4, func(v []byte) (int32, error) { return int32(len(v)), nil }),
		fn1("pg_octet_length", kBin, kInt4, func(v []byte) (int32, error) { return int32(len(v)), nil }),
		fn2("pg_substr", kBin, kInt4, kBin, func(v []byte, start int32) ([]byte, error) { return byteSlice(v, int64(start), math.MaxInt64), nil }),
		fn3("pg_substr", kBin, kInt4, kInt4, kBin, func(v []byte, start, n int32) ([]byte, error) {
			if n < 0 {
				return nil, errSubstring
			}
			return byteSlice(v, int64(start), int64(start)+int64(n)), nil
		}),
		fn2("pg_position", kBin, kBin, kInt4, func(v, sub []byte) (int32, error) { return int32(bytes.Index(v, sub)) + 1, nil }),
		fn2("pg_btrim", kBin, kBin, kBin, func(v, set []byte) ([]byte, error) { return trimBytes(v, set, true, true), nil }),
		fn2("pg_ltrim", kBin, kBin, kBin, func(v, set []byte) ([]byte, error) { return trimBytes(v, set, true, false), nil }),
		fn2("pg_rtrim", kBin, kBin, kBin, func(v, set []byte) ([]byte, error) { return trimBytes(v, set, false, true), nil }),
		fn2("pg_get_byte", kBin, kInt4, kInt4, func(v []byte, i int32) (int32, error) {
			if i < 0 || int(i) >= len(v) {
				return 0, errByteIndex
			}
			return int32(v[i]), nil
		}),
		fn3("pg_set_byte", kBin, kInt4, kInt4, kBin, func(v []byte, i, b int32) ([]byte, error) {
			if i < 0 || int(i) >= len(v) {
				return nil, errByteIndex
			}
			out := bytes.Clone(v)
			out[i] = byte(b)
			return out, nil
		}),
		fn2("pg_get_bit", kBin, kInt8, kInt4, func(v []byte, i int64) (int32, error) {
			if i < 0 || i >= int64(len(v))*8 {
				return 0, errByteIndex
			}
			return int32(v[i/8]>>(i%8)) & 1, nil
		}),
		fn3("pg_set_bit", kBin, kInt8, kInt4, kBin, setBit),
		fn3("pg_overlay", kBin, kBin, kInt4, kBin, func(v, r []byte, at int32) ([]byte, error) { return overlayBytes(v, r, at, int32(len(r))) }),
		make4("pg_overlay", kBin, kBin, kInt4, kInt4, kBin, func() func(v, r []byte, at, n int32) ([]byte, error) { return overlayBytes }),
		text2("pg_encode", kBin, kText, encode),
		fn2("pg_decode", kText, kText, kBin, decode),
		text2("pg_convert_from", kBin, kText, func(dst, v []byte, name string) ([]byte, error) {
			if err := utf8Name(name); err != nil {
				return nil, err
			}
			if !utf8.Valid(v) || bytes.IndexByte(v, 0) >= 0 {
				return nil, errNotUTF8
			}
			return append(dst, v...), nil
		}),
		fn2("pg_convert_to", kText, kText, kBin, func(s, name string) ([]byte, error) { return []byte(s), utf8Name(name) }),
		fn1("pg_sha224", kBin, kBin, func(v []byte) ([]byte, error) { h := sha256.Sum224(v); return h[:], nil }),
		fn1("pg_sha256", kBin, kBin, func(v []byte) ([]byte, error) { h := sha256.Sum256(v); return h[:], nil }),
		fn1("pg_sha384", kBin, kBin, func(v []byte) ([]byte, error) { h := sha512.Sum384(v); return h[:], nil }),
		fn1("pg_sha512", kBin, kBin, func(v []byte) ([]byte, error) { h := sha512.Sum512(v); return h[:], nil }),
	}
	return fs
}

// byteSlice returns positions start to end-1, from 1, as far as they exist.
func byteSlice(v []byte, start, end int64) []byte {
	from, to := max(start-1, 0), min(end-1, int64(len(v)))
	if from >= to {
		return []byte{}
	}
	return v[from:to]
}

func trimBytes(v, set []byte, left, right bool) []byte {
	for left && len(v) > 0 && bytes.IndexByte(set, v[0]) >= 0 {
		v = v[1:]
	}
	for right && len(v) > 0 && bytes.IndexByte(set, v[len(v)-1]) >= 0 {
		v = v[:len(v)-1]
	}
	return v
}

func setBit(v []byte, i int64, bit int32) ([]byte, error) {
	if i < 0 || i >= int64(len(v))*8 {
		return nil, errByteIndex
	}
	if bit != 0 && bit != 1 {
		return nil, errBitValue
	}
	out := bytes.Clone(v)
	out[i/8] = out[i/8]&^(1<<(i%8)) | byte(bit)<<(i%8)
	return out, nil
}

// overlayBytes replaces n bytes from position at on.
func overlayBytes(v, r []byte, at, n int32) ([]byte, error) {
	if at <= 0 {
		return nil, errSubstring
	}
	next := int64(at) + int64(n)
	if next > math.MaxInt32 || next < math.MinInt32 {
		return nil, errRange
	}
	head := byteSlice(v, 1, int64(at))
	tail := byteSlice(v, next, math.MaxInt64)
	return append(append(append(make([]byte, 0, len(head)+len(r)+len(tail)), head...), r...), tail...), nil
}

// utf8Name accepts the names of UTF8; PostgreSQL looks at letters and digits only.
func utf8Name(name string) error {
	var b strings.Builder
	for i := range len(name) {
		if c := lowerASCII(name[i]); c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			b.WriteByte(c)
		}
	}
	if s := b.String(); s == "utf8" || s == "unicode" {
		return nil
	}
	return errCharset
}

// encode writes bytes as text: hex, base64 in lines of 76 characters, or escape.
func encode(dst, v []byte, format string) ([]byte, error) {
	switch strings.ToLower(format) {
	case "hex":
		return hex.AppendEncode(dst, v), nil
	case "base64":
		for len(v) > 57 {
			dst = append(base64.StdEncoding.AppendEncode(dst, v[:57]), '\n')
			v = v[57:]
		}
		dst = base64.StdEncoding.AppendEncode(dst, v)
		if len(v) == 57 {
			dst = append(dst, '\n')
		}
		return dst, nil
	case "escape":
		for _, c := range v {
			switch {
			case c == 0 || c >= 128:
				dst = append(dst, '\\', '0'+c>>6, '0'+c>>3&7, '0'+c&7)
			case c == '\\':
				dst = append(dst, '\\', '\\')
			default:
				dst = append(dst, c)
			}
		}
		return dst, nil
	}
	return nil, errEncoding
}

func decode(s, format string) ([]byte, error) {
	switch strings.ToLower(format) {
	case "hex":
		return parseHex(s)
	case "base64":
		return decodeBase64(s)
	case "escape":
		return parseEscaped(s)
	}
	return nil, errEncoding
}

// decodeBase64 skips blanks; padding may end the text only.
func decodeBase64(s string) ([]byte, error) {
	out := make([]byte, 0, len(s)*3/4)
	var acc uint32
	n, end := 0, 0
	for i := range len(s) {
		c := s[i]
		if strings.IndexByte(" \t\n\r", c) >= 0 {
			continue
		}
		v := uint32(0)
		if c == '=' {
			if end == 0 {
				switch n {
				case 2:
					end = 1
				case 3:
					end = 2
				default:
					return nil, errEncoding
				}
			}
		} else {
			at := strings.IndexByte("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", c)
			if at < 0 {
				return nil, errEncoding
			}
			v = uint32(at)
		}
		acc = acc<<6 | v
		if n++; n == 4 {
			out = append(out, byte(acc>>16))
			if end == 0 || end > 1 {
				out = append(out, byte(acc>>8))
			}
			if end == 0 || end > 2 {
				out = append(out, byte(acc))
			}
			n, acc = 0, 0
		}
	}
	if n != 0 {
		return nil, errEncoding
	}
	return out, nil
}

// parseEscaped reads \\ and \ooo.
func parseEscaped(s string) ([]byte, error) {
	if strings.HasPrefix(s, `\x`) {
		return nil, errSyntax
	}
	return parseBytea(s)
}
