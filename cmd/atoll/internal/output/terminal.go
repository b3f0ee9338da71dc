package output

import (
	"unicode"
	"unicode/utf8"

	"github.com/mattn/go-runewidth"
)

// widths measures text as terminals outside East Asia show it, whatever the environment of this process says.
var widths = &runewidth.Condition{StrictEmojiNeutral: true}

// displayWidth returns the number of terminal columns that text takes.
func displayWidth(text []byte) int {
	for _, b := range text {
		if b >= utf8.RuneSelf {
			return widths.StringWidth(string(text))
		}
	}
	return len(text)
}

// Printable returns s with what could drive a terminal escaped, as tables do.
func Printable(s string) string { return string(escapeText(nil, []byte(s))) }

// escapeText appends text with everything escaped that a terminal would act on instead of showing it: control
// characters, formatting characters (which can reorder or hide text; joiners inside words and emoji stay), line separators,
// and bytes that are not UTF-8.
func escapeText(dst, text []byte) []byte {
	for i := 0; i < len(text); {
		b := text[i]
		if b < utf8.RuneSelf {
			i++
			if b >= ' ' && b != 0x7f {
				dst = append(dst, b)
				continue
			}
			dst = escapeByte(dst, b)
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			dst = escapeByte(dst, b)
		case drives(r):
			dst = escapeRune(dst, r)
		default:
			dst = append(dst, text[i:i+size]...)
		}
		i += size
	}
	return dst
}

// drives reports whether a terminal might act on r.
func drives(r rune) bool {
	const zeroWidthNonJoiner, zeroWidthJoiner = 0x200c, 0x200d
	if r == zeroWidthNonJoiner || r == zeroWidthJoiner {
		return false
	}
	return unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp)
}

func escapeByte(dst []byte, b byte) []byte {
	switch b {
	case '\n':
		return append(dst, '\\', 'n')
	case '\r':
		return append(dst, '\\', 'r')
	case '\t':
		return append(dst, '\\', 't')
	}
	return append(dst, '\\', 'x', hexDigits[b>>4], hexDigits[b&15])
}

func escapeRune(dst []byte, r rune) []byte {
	digits := 4
	dst = append(dst, '\\', 'u')
	if r > 0xffff {
		dst[len(dst)-1] = 'U'
		digits = 8
	}
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		dst = append(dst, hexDigits[r>>shift&15])
	}
	return dst
}

// Width returns the number of terminal columns that s takes.
func Width(s string) int { return displayWidth([]byte(s)) }
