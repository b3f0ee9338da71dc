package scalar

import (
	"strings"
	"unicode/utf8"
)

var (
	errEscapeLength = fail("22025", "invalid escape string: it must be empty or one character")
	errSeparators   = fail("2200C", "SQL regular expression may not contain more than two escape-double-quote separators")
)

// similarTo is SIMILAR TO, with an escape character or without.
func similarTo(r *regexRow) (bool, error) {
	pattern, err := similarPattern(r.text(1, ""), r.text(2, `\`))
	if err != nil {
		return false, err
	}
	re, _, err := r.cache.compile(pattern, "", false)
	return err == nil && re.matches(r.text(0, "")), err
}

// similarSubstring is substring(text SIMILAR pattern ESCAPE escape).
func similarSubstring(r *regexRow) ([]byte, error) {
	pattern, err := similarPattern(r.text(1, ""), r.text(2, `\`))
	if err != nil {
		return nil, err
	}
	re, _, err := r.cache.compile(pattern, "", false)
	if err != nil {
		return nil, err
	}
	ok, err := re.find(r.text(0, ""), 0, true)
	if err != nil {
		return nil, err
	}
	if !ok {
		return nil, errNull
	}
	group := min(re.groups, 1)
	return r.cut(re.found[2*group], re.found[2*group+1])
}

// similarPattern turns a pattern of SIMILAR TO into a regular expression that matches the same texts.
func similarPattern(s, escape string) (string, error) {
	if utf8.RuneCountInString(escape) > 1 {
		return "", errEscapeLength
	}
	esc, _ := utf8.DecodeRuneInString(escape)
	var b strings.Builder
	b.WriteString("^(?:")
	escaped, bracket, separators := false, false, 0
	for _, c := range s {
		switch {
		case escaped && c == '"' && !bracket:
			separators++
			switch separators {
			case 1:
				b.WriteString("){1,1}?(")
			case 2:
				b.WriteString("){1,1}(?:")
			default:
				return "", errSeparators
			}
			escaped = false
		case escaped:
			b.WriteByte('\\')
			b.WriteRune(c)
			escaped = false
		case escape != "" && c == esc:
			escaped = true
		case bracket:
			if c == '\\' {
				b.WriteByte('\\')
			}
			b.WriteRune(c)
			bracket = c != ']'
		case c == '[':
			b.WriteRune(c)
			bracket = true
		case c == '%':
			b.WriteString(".*")
		case c == '_':
			b.WriteByte('.')
		case c == '(':
			b.WriteString("(?:")
		case c == '\\' || c == '.' || c == '^' || c == '$':
			b.WriteByte('\\')
			b.WriteRune(c)
		default:
			b.WriteRune(c)
		}
	}
	b.WriteString(")$")
	return b.String(), nil
}
