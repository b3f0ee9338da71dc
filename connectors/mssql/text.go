package mssql

import (
	"encoding/binary"
	"unicode/utf16"
	"unicode/utf8"
)

// asciiMask has a bit wherever four little-endian UTF-16 units are more than ASCII.
const asciiMask = 0xff80ff80ff80ff80

// appendUTF16 appends the UTF-8 form of little-endian UTF-16. False means that src is no valid UTF-16.
func appendUTF16(dst, src []byte) ([]byte, bool) {
	if len(src)%2 != 0 {
		return dst, false
	}
	for len(src) > 0 {
		for len(src) >= 8 {
			four := binary.LittleEndian.Uint64(src)
			if four&asciiMask != 0 {
				break
			}
			dst = append(dst, byte(four), byte(four>>16), byte(four>>32), byte(four>>48))
			src = src[8:]
		}
		if len(src) == 0 {
			break
		}
		r := rune(binary.LittleEndian.Uint16(src))
		src = src[2:]
		if utf16.IsSurrogate(r) {
			if len(src) < 2 {
				return dst, false
			}
			if r = utf16.DecodeRune(r, rune(binary.LittleEndian.Uint16(src))); r == utf8.RuneError {
				return dst, false
			}
			src = src[2:]
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst, true
}
