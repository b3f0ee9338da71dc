package engine

import "unicode/utf16"

// cp1252 holds the characters of bytes 0x80–0x9F of code page 1252; the five undefined bytes stand for themselves.
var cp1252 = [32]uint16{
	0x20AC, 0x81, 0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8D, 0x017D, 0x8F,
	0x90, 0x2018, 0x2019, 0x201C, 0x201D, 0x2022, 0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0x9D, 0x017E, 0x0178,
}

// byteOf returns the code page's byte for a UTF-16 unit.
func byteOf(u uint16) (byte, bool) {
	if u < 0x80 || u >= 0xA0 && u <= 0xFF {
		return byte(u), true
	}
	for i, c := range cp1252 {
		if c == u {
			return byte(0x80 + i), true
		}
	}
	return '?', false
}

// toCodePage is s as char and varchar of the collation hold it: in code page 1252 whatever it lacks is '?' (the vendor's
// best-fit letters are not imitated), in UTF-8 an unpaired surrogate is U+FFFD.
func toCodePage(s String16, collationName string) String16 {
	if collationOf(collationName).utf8 {
		return NewString16(s.String())
	}
	for i, u := range s {
		if _, ok := byteOf(u); !ok {
			return replaceForeign(s, i)
		}
	}
	return s
}

func replaceForeign(s String16, from int) String16 {
	out := append(String16(nil), s...)
	for i := from; i < len(out); i++ {
		if _, ok := byteOf(out[i]); !ok {
			out[i] = '?'
		}
	}
	return out
}

// encode returns the bytes of a varchar, which toCodePage made.
func encode(s String16, collationName string) []byte {
	if collationOf(collationName).utf8 {
		return []byte(s.String())
	}
	b := make([]byte, len(s))
	for i, u := range s {
		b[i], _ = byteOf(u)
	}
	return b
}

// decode is the varchar of the bytes.
func decode(b []byte, collationName string) String16 {
	if collationOf(collationName).utf8 {
		return NewString16(string(b))
	}
	s := make(String16, len(b))
	for i, c := range b {
		if s[i] = uint16(c); c >= 0x80 && c < 0xA0 {
			s[i] = cp1252[c-0x80]
		}
	}
	return s
}

// EncodeVarchar returns the bytes in which a server sends a char or varchar of the collation.
func EncodeVarchar(s String16, collationName string) []byte { return encode(s, collationName) }

// DecodeVarchar is the reverse of EncodeVarchar; malformed UTF-8 becomes U+FFFD.
func DecodeVarchar(b []byte, collationName string) String16 { return decode(b, collationName) }

// UTF8Collation reports whether char and varchar of the collation are UTF-8.
func UTF8Collation(name string) bool { return collationOf(name).utf8 }

func utf16Bytes(s String16) []byte {
	b := make([]byte, 0, 2*len(s))
	for _, u := range s {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

func fromUTF16Bytes(b []byte) String16 {
	s := make(String16, (len(b)+1)/2)
	for i, c := range b {
		s[i/2] |= uint16(c) << (8 * (i % 2))
	}
	return s
}

// byteLength is the length of a varchar in bytes.
func byteLength(s String16, collationName string) int {
	if !collationOf(collationName).utf8 {
		return len(s)
	}
	n := 0
	for i := 0; i < len(s); i++ {
		switch u := s[i]; {
		case u < 0x80:
			n++
		case u < 0x800:
			n += 2
		case u >= 0xD800 && u < 0xDC00 && i+1 < len(s):
			n += 4
			i++
		default:
			n += 3
		}
	}
	return n
}

// storedLength is a text's length in the units of its type: UTF-16 units, or bytes.
func storedLength(s String16, t Type) int {
	if isUnicode(t.Kind) {
		return len(s)
	}
	return byteLength(s, t.Collation)
}

// cut is the longest prefix of whole characters that takes at most n units of type t. In UTF-16 without supplementary
// characters a surrogate pair may be cut in two, as the server does.
func cut(s String16, n int, t Type) String16 {
	c := collationOf(t.Collation)
	if isUnicode(t.Kind) || !c.utf8 {
		if len(s) <= n {
			return s
		}
		if isUnicode(t.Kind) && c.supplementary && n > 0 && utf16.IsSurrogate(rune(s[n-1])) && s[n-1] < 0xDC00 {
			n--
		}
		return s[:n]
	}
	used := 0
	for _, character := range characters(s, true) {
		size := byteLength(character, t.Collation)
		if n -= size; n < 0 {
			break
		}
		used += len(character)
	}
	return s[:used]
}

// characters splits s into what LEN and SUBSTRING count: UTF-16 units, or, with supplementary characters, code points.
func characters(s String16, supplementary bool) []String16 {
	out := make([]String16, 0, len(s))
	for i := 0; i < len(s); i++ {
		j := i + 1
		if supplementary && j < len(s) && s[i] >= 0xD800 && s[i] < 0xDC00 && s[j] >= 0xDC00 && s[j] < 0xE000 {
			j++
		}
		out = append(out, s[i:j])
		i = j - 1
	}
	return out
}

// countsPairs reports whether functions count a surrogate pair of the type as one character.
func countsPairs(t Type) bool { return collationOf(t.Collation).supplementary }
