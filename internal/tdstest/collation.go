package tdstest

import (
	"encoding/binary"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Bits of a collation's first four bytes, [MS-TDS] 2.2.5.1.2; the low twenty are the locale.
const (
	localeEnglishUS  = 0x0409
	collateNoCase    = 1 << 20
	collateNoAccent  = 1 << 21
	collateNoKana    = 1 << 22
	collateNoWidth   = 1 << 23
	collateBinary    = 1 << 24
	collateBinary2   = 1 << 25
	collateUTF8      = 1 << 26
	collateVersion90 = 1 << 28
	collateVersion10 = 2 << 28
	collateVersion14 = 3 << 28
)

// collation is a collation as it travels.
type collation [5]byte

// collationOf derives the wire form from a collation's name. Locales other than English travel as English: the server's
// code page is 1252 unless the name says UTF8.
func collationOf(name string) collation {
	upper := strings.ToUpper(name)
	info := uint32(localeEnglishUS)
	if !strings.Contains(upper, "_BIN") {
		info |= collateNoKana | collateNoWidth
	}
	for _, f := range []struct {
		part string
		bits uint32
	}{
		{"_90_", collateVersion90}, {"_100_", collateVersion10}, {"_140_", collateVersion14},
		{"_CI", collateNoCase}, {"_AI", collateNoAccent}, {"_UTF8", collateUTF8},
	} {
		if strings.Contains(upper, f.part) {
			info |= f.bits
		}
	}
	if strings.Contains(upper, "_KS") {
		info &^= collateNoKana
	}
	if strings.Contains(upper, "_WS") {
		info &^= collateNoWidth
	}
	switch {
	case strings.Contains(upper, "_BIN2"):
		info |= collateBinary2
	case strings.Contains(upper, "_BIN"):
		info |= collateBinary
	}
	var c collation
	binary.LittleEndian.PutUint32(c[:], info)
	c[4] = sortID(upper)
	return c
}

// sortID is the sort order of the collations that older servers numbered.
func sortID(upper string) byte {
	switch upper {
	case "SQL_LATIN1_GENERAL_CP1_CI_AS", "":
		return 52
	case "SQL_LATIN1_GENERAL_CP1_CS_AS":
		return 51
	case "SQL_LATIN1_GENERAL_CP1_CI_AI":
		return 54
	}
	return 0
}

// utf8 reports whether varchar values travel as UTF-8.
func (c collation) utf8() bool { return binary.LittleEndian.Uint32(c[:])&collateUTF8 != 0 }

// page1252 is what the bytes 0x80 to 0x9f mean in Windows code page 1252.
var page1252 = [32]uint16{
	0x20ac, 0x81, 0x201a, 0x0192, 0x201e, 0x2026, 0x2020, 0x2021, 0x02c6, 0x2030, 0x0160, 0x2039, 0x0152, 0x8d, 0x017d, 0x8f,
	0x90, 0x2018, 0x2019, 0x201c, 0x201d, 0x2022, 0x2013, 0x2014, 0x02dc, 0x2122, 0x0161, 0x203a, 0x0153, 0x9d, 0x017e, 0x0178,
}

// appendVarchar appends units in the collation's code page; what it lacks becomes a question mark.
func (c collation) appendVarchar(b []byte, units []uint16) []byte {
	if c.utf8() {
		for i := 0; i < len(units); i++ {
			r := rune(units[i])
			if utf16.IsSurrogate(r) && i+1 < len(units) {
				if pair := utf16.DecodeRune(r, rune(units[i+1])); pair != utf8.RuneError {
					r = pair
					i++
				}
			}
			b = utf8.AppendRune(b, r)
		}
		return b
	}
	for _, u := range units {
		b = append(b, byte1252(u))
	}
	return b
}

func byte1252(u uint16) byte {
	if u < 0x80 || u >= 0xa0 && u <= 0xff {
		return byte(u)
	}
	for i, c := range page1252 {
		if c == u {
			return byte(0x80 + i)
		}
	}
	return '?'
}

// varchar is the reverse of appendVarchar.
func (c collation) varchar(b []byte) []uint16 {
	if c.utf8() {
		return utf16.Encode([]rune(string(b)))
	}
	units := make([]uint16, len(b))
	for i, v := range b {
		units[i] = uint16(v)
		if v >= 0x80 && v < 0xa0 {
			units[i] = page1252[v-0x80]
		}
	}
	return units
}
