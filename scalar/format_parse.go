package scalar

import (
	"strings"
	"unicode/utf8"
)

var errPattern = fail("42601", "invalid number format: its patterns exclude or repeat each other")

// patternKind is what a piece of a template is.
type patternKind uint8

const (
	literalPiece   patternKind = iota // text that stands for itself
	separatorPiece                    // punctuation
	spacePiece
	keyPiece
)

// piece is a keyword of a template, with its modifiers, or a character.
type piece struct {
	kind patternKind
	text string // the keyword as written, or the character
	fm   bool   // no padding
	tm   bool   // names of the locale, which is C
	th   string // "", "TH" or "th"
	sp   bool
}

// templateWords are the keywords by their first letter, the longest first.
func templateWords(words string) map[byte][]string {
	m := map[byte][]string{}
	for _, w := range strings.Fields(words) {
		m[w[0]] = append(m[w[0]], w)
	}
	return m
}

var dateWords = templateWords(`A.D. A.M. AD AM B.C. BC CC DAY DDD DD DY Day Dy D FF1 FF2 FF3 FF4 FF5 FF6 FX HH24 HH12 HH IDDD ID IW IYYY IYY IY I J
	MI MM MONTH MON MS Month Mon OF P.M. PM Q RM SSSSS SSSS SS TZH TZM TZ US WW W Y,YYY YYYY YYY YY Y
	a.d. a.m. ad am b.c. bc cc day ddd dd dy d ff1 ff2 ff3 ff4 ff5 ff6 fx hh24 hh12 hh iddd id iw iyyy iyy iy i j
	mi mm month mon ms of p.m. pm q rm sssss ssss ss tzh tzm tz us ww w y,yyy yyyy yyy yy y`)

var numberWords = templateWords(`, . 0 9 B C D EEEE FM G L MI PL PR RN SG SP S TH V b c d eeee fm g l mi pl pr rn sg sp s th v`)

// parseTemplate cuts a template of to_char and its like into pieces. Dates have modifiers before and behind keywords.
func parseTemplate(s string, words map[byte][]string, dates bool) []piece {
	var out []piece
	for s != "" {
		var p piece
		if dates && len(s) > 1 {
			switch s[:2] {
			case "FM", "fm":
				p.fm, s = true, s[2:]
			case "TM", "tm":
				p.tm, s = true, s[2:]
			}
		}
		if s == "" {
			break
		}
		if w := leadingWord(s, words); w != "" {
			p.kind, p.text, s = keyPiece, w, s[len(w):]
			if dates && len(s) > 1 {
				switch s[:2] {
				case "TH", "th":
					p.th, s = s[:2], s[2:]
				case "SP":
					p.sp, s = true, s[2:]
				}
			}
			out = append(out, p)
			continue
		}
		if s[0] == '"' {
			out, s = quotedPieces(out, s[1:])
			continue
		}
		if strings.HasPrefix(s, `\"`) {
			s = s[1:]
		}
		_, n := utf8.DecodeRuneInString(s)
		c := s[0]
		p = piece{text: s[:n]}
		switch {
		case dates && c > ' ' && c < 127 && !alnumRunes.contains(rune(c)):
			p.kind = separatorPiece
		case strings.IndexByte(blanks, c) >= 0:
			p.kind = spacePiece
		}
		out, s = append(out, p), s[n:]
	}
	return out
}

func leadingWord(s string, words map[byte][]string) string {
	for _, w := range words[s[0]] {
		if strings.HasPrefix(s, w) {
			return w
		}
	}
	return ""
}

// quotedPieces takes characters up to a double quote; a backslash quotes the next.
func quotedPieces(out []piece, s string) ([]piece, string) {
	for s != "" {
		if s[0] == '"' {
			return out, s[1:]
		}
		if s[0] == '\\' && len(s) > 1 {
			s = s[1:]
		}
		_, n := utf8.DecodeRuneInString(s)
		out, s = append(out, piece{text: s[:n]}), s[n:]
	}
	return out, s
}

// templateCache holds the template of the row before.
type templateCache[T any] struct {
	text  string
	value *T
}

func (c *templateCache[T]) get(s string, parse func(string) (*T, error)) (*T, error) {
	if c.value != nil && c.text == s {
		return c.value, nil
	}
	v, err := parse(s)
	if err == nil {
		c.text, c.value = strings.Clone(s), v
	}
	return v, err
}
