package engine

import (
	"encoding/binary"
	"unicode"
	"unicode/utf16"

	"golang.org/x/text/unicode/norm"
)

// A linguistic collation is approximated by a key of four levels. What tests rely on is exact: which strings are equal
// (case and, unless told apart, width; canonically equivalent forms; æ = ae, ß = ss; control characters, and under
// version 80 supplementary ones, weigh nothing), and the order punctuation < digits < letters, base letters before
// accents before case, hyphens and apostrophes last ("word sort"). The order among punctuation and among scripts is that
// of code points, which is not the vendor's.

// weights are one character's primary weights (none if it weighs nothing), its accents, and whether it is upper case.
type weights struct {
	primary []uint32
	accents []rune
	upper   bool
}

// The classes of primary weights, in their order.
const (
	classSpace  = 1 << 24
	classSymbol = 2 << 24
	classDigit  = 3 << 24
	classLetter = 4 << 24
	classOther  = 5 << 24
)

// expansions are characters that sort as two.
var expansions = map[rune]string{
	'ß': "ss", 'ẞ': "SS", 'æ': "ae", 'Æ': "AE", 'œ': "oe", 'Œ': "OE", 'þ': "th", 'Þ': "TH", 'ĳ': "ij", 'Ĳ': "IJ",
}

func (c *collation) weigh(r rune) weights {
	if r < 0x80 {
		return c.weighBase(r)
	}
	if !c.widthful && r >= 0xFF01 && r <= 0xFF5E {
		return c.weighBase(r - 0xFEE0)
	}
	if s, ok := expansions[r]; ok {
		w := c.weighBase(rune(s[0]))
		w.primary = append(w.primary, c.weighBase(rune(s[1])).primary...)
		return w
	}
	if !c.weights100 && r > 0xFFFF || utf16.IsSurrogate(r) {
		return weights{}
	}
	var w weights
	for i, d := range []rune(norm.NFD.String(string(r))) {
		switch {
		case unicode.Is(unicode.Mn, d):
			w.accents = append(w.accents, d)
		case i == 0:
			w = c.weighBase(d)
		default:
			w.primary = append(w.primary, c.weighBase(d).primary...)
		}
	}
	return w
}

func (c *collation) weighBase(r rune) weights {
	switch {
	case r == ' ':
		return one(classSpace)
	case r >= 0x09 && r <= 0x0D:
		return one(classSpace | uint32(r))
	case r < 0x20 || r >= 0x7F && r < 0xA0:
		return weights{}
	case unicode.IsDigit(r):
		return one(classDigit | uint32(r))
	case unicode.IsLetter(r):
		lower := unicode.ToLower(r)
		return weights{primary: []uint32{classLetter | uint32(lower)}, upper: lower != r}
	case unicode.IsPunct(r) || unicode.IsSymbol(r) || unicode.IsSpace(r):
		return one(classSymbol | uint32(r))
	}
	return one(classOther | uint32(r))
}

func one(w uint32) weights { return weights{primary: []uint32{w}} }

// sortKey appends a key whose bytes compare as the collation compares. s has no trailing spaces.
func (c *collation) sortKey(b []byte, s String16) []byte {
	var accents, cases, late []byte
	n := uint32(0)
	for _, r := range utf16.Decode(s) {
		if r == '-' || r == '\'' {
			late = binary.BigEndian.AppendUint32(late, n)
			late = append(late, byte(r))
			continue
		}
		w := c.weigh(r)
		for _, p := range w.primary {
			b = binary.BigEndian.AppendUint32(b, p)
		}
		n += uint32(len(w.primary))
		if len(w.accents) > 0 && !c.accentless {
			for _, a := range w.accents {
				accents = binary.BigEndian.AppendUint32(accents, ^n) // an accent earlier in the word sorts later
				accents = binary.BigEndian.AppendUint32(accents, uint32(a))
			}
		}
		if c.caseful && w.upper {
			cases = binary.BigEndian.AppendUint32(cases, ^n)
		}
	}
	b = append(append(b, 0, 0, 0, 0), accents...)
	b = append(append(b, 0, 0, 0, 0), cases...)
	return append(append(b, 0, 0, 0, 0), late...)
}

// unit is what one character is compared as where texts are searched: equal units are equal characters.
func (c *collation) unit(s String16) string {
	if c.binary {
		b := make([]byte, 0, 4)
		for _, u := range s {
			b = binary.BigEndian.AppendUint16(b, u)
		}
		return string(b)
	}
	return string(c.sortKey(nil, s))
}
