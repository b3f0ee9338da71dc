package scalar

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

var (
	escapeRunes   = map[byte]rune{'a': 7, 'b': 8, 'B': '\\', 'e': 27, 'f': 12, 'n': 10, 'r': 13, 't': 9, 'v': 11}
	escapeClasses = map[byte]runeSet{'d': digitRunes, 's': spaceRunes, 'w': wordRunes}
	escapeAsserts = map[byte]reAssertion{'A': atStart, 'Z': atEnd, 'm': atWordStart, 'M': atWordEnd, 'y': atWordEdge, 'Y': notWordEdge}
)

// escapeAtom takes an escape outside of brackets.
func (p *reParser) escapeAtom() (n *reNode, constraint bool, err error) {
	if len(p.s) > 1 {
		if a, ok := escapeAsserts[p.s[1]]; ok {
			p.s = p.s[2:]
			return assertion(a), true, nil
		}
		if c := p.s[1]; c >= '1' && c <= '9' {
			if digits, _ := cutDigits(p.s[1:]); len(digits) == 1 || atMost(digits, p.groups) {
				return nil, false, errRegexFeature
			}
		}
	}
	set, r, err := p.escape()
	switch {
	case err != nil:
		return nil, false, err
	case set != nil:
		return &reNode{op: reSet, set: set}, false, nil
	}
	return p.char(r), false, nil
}

func atMost(digits string, n int) bool {
	v, err := strconv.Atoi(digits)
	return err == nil && v > 0 && v <= n
}

// escape takes a backslash and what it escapes: a class or a character.
func (p *reParser) escape() (set runeSet, r rune, err error) {
	p.s = p.s[1:]
	if p.s == "" {
		return nil, 0, errRegex
	}
	c := p.s[0]
	if c >= utf8.RuneSelf || !alnumRunes.contains(rune(c)) {
		r, n := utf8.DecodeRuneInString(p.s)
		p.s = p.s[n:]
		return nil, r, nil
	}
	p.s = p.s[1:]
	if set, ok := escapeClasses[lowerASCII(c)]; ok {
		if c <= 'Z' {
			return set.complement(), 0, nil
		}
		return set, 0, nil
	}
	if r, ok := escapeRunes[c]; ok {
		return nil, r, nil
	}
	switch {
	case c == 'c':
		if p.s == "" {
			return nil, 0, errRegex
		}
		r, n := utf8.DecodeRuneInString(p.s)
		p.s = p.s[n:]
		return nil, r & 31, nil
	case c == 'u':
		r, err = p.hex(4, 4)
	case c == 'U':
		r, err = p.hex(8, 8)
	case c == 'x':
		r, err = p.hex(1, 255)
	case c >= '0' && c <= '9':
		p.s = string(c) + p.s
		r, err = p.octal()
	default:
		err = errRegex
	}
	return nil, r, err
}

func (p *reParser) hex(least, most int) (rune, error) {
	n, v := 0, uint64(0)
	for n < most && n < len(p.s) && classRunes["xdigit"].contains(rune(p.s[n])) {
		d, err := strconv.ParseUint(p.s[n:n+1], 16, 8)
		if err != nil {
			return 0, err
		}
		if v = v<<4 | d; v > 0x7ffffffe {
			return 0, errRegex
		}
		n++
	}
	if n < least || v > maxRune {
		return 0, errRegex
	}
	p.s = p.s[n:]
	return rune(v), nil
}

func (p *reParser) octal() (rune, error) {
	n, v := 0, rune(0)
	for n < 3 && n < len(p.s) && isOctal(p.s[n]) && v<<3|rune(p.s[n]-'0') <= 255 {
		v = v<<3 | rune(p.s[n]-'0')
		n++
	}
	if n == 0 {
		return 0, errRegex
	}
	p.s = p.s[n:]
	return v, nil
}

// bracket takes a bracket expression behind its opening.
func (p *reParser) bracket() (runeSet, error) {
	negated := strings.HasPrefix(p.s, "^")
	if negated {
		p.s = p.s[1:]
	}
	var set runeSet
	for first := true; first || !strings.HasPrefix(p.s, "]"); first = false {
		part, lo, err := p.bracketItem(first)
		if err != nil {
			return nil, err
		}
		if part == nil {
			hi := lo
			if strings.HasPrefix(p.s, "-") && !strings.HasPrefix(p.s, "-]") {
				p.s = p.s[1:]
				if hi, err = p.rangeEnd(); err != nil {
					return nil, err
				}
			}
			if hi < lo {
				return nil, errRegex
			}
			part = runeSet{lo, hi}
		}
		set = append(set, part...)
	}
	p.s = p.s[1:]
	set = set.normal()
	if p.opts.fold {
		set = set.folded()
	}
	if negated {
		set = set.complement()
		if p.opts.dotStops {
			set = set.without('\n')
		}
	}
	return set, nil
}

// bracketItem takes a class, or a character that may begin a range.
func (p *reParser) bracketItem(first bool) (runeSet, rune, error) {
	switch {
	case p.s == "":
		return nil, 0, errRegex
	case strings.HasPrefix(p.s, "[:"):
		name, rest, ok := strings.Cut(p.s[2:], ":]")
		set, known := classRunes[name]
		if !ok || !known {
			return nil, 0, errRegex
		}
		p.s = rest
		if p.opts.fold && (name == "upper" || name == "lower") {
			set = alphaRunes
		}
		return set, 0, nil
	case strings.HasPrefix(p.s, "[=") || strings.HasPrefix(p.s, "[."):
		r, err := p.element()
		return nil, r, err
	case p.s[0] == '\\':
		set, r, err := p.escape()
		return set, r, err
	case p.s[0] == '-' && !first && !strings.HasPrefix(p.s, "-]"):
		return nil, 0, errRegex
	}
	r, n := utf8.DecodeRuneInString(p.s)
	p.s = p.s[n:]
	return nil, r, nil
}

// rangeEnd takes the character that ends a range.
func (p *reParser) rangeEnd() (rune, error) {
	switch {
	case p.s == "" || strings.HasPrefix(p.s, "[:") || strings.HasPrefix(p.s, "[="):
		return 0, errRegex
	case strings.HasPrefix(p.s, "[."):
		return p.element()
	case p.s[0] == '\\':
		set, r, err := p.escape()
		if set != nil {
			err = errRegex
		}
		return r, err
	}
	r, n := utf8.DecodeRuneInString(p.s)
	p.s = p.s[n:]
	return r, nil
}

// element takes [=x=] or [.x.].
func (p *reParser) element() (rune, error) {
	name, rest, ok := strings.Cut(p.s[2:], p.s[1:2]+"]")
	if !ok || name == "" {
		return 0, errRegex
	}
	r, n := utf8.DecodeRuneInString(name)
	if n != len(name) {
		return 0, errRegexFeature
	}
	p.s = rest
	return r, nil
}
