package scalar

import (
	"strings"
	"unicode/utf8"
)

// jsonKind orders as jsonb does: null before strings, numbers, booleans, arrays, objects.
type jsonKind uint8

const (
	jsonNull jsonKind = iota + 1
	jsonString
	jsonNumber
	jsonBool
	jsonArray
	jsonObject
)

var jsonKindNames = [...]string{jsonNull: "null", jsonString: "string", jsonNumber: "number", jsonBool: "boolean", jsonArray: "array", jsonObject: "object"}

// jsonValue is one parsed value. Its texts share memory with what was parsed.
type jsonValue struct {
	kind jsonKind
	// text is a string's content without escapes, a number as written, or a boolean's word.
	text  string
	keys  []string    // of an object, one for each item, in the order of the text
	items []jsonValue // of an array or object
	raw   string      // the value as it was written
}

// maxJSONDepth bounds the nesting of arrays and objects, which functions follow by recursion. PostgreSQL's bound is the stack's.
const maxJSONDepth = 6000

var (
	errJSON          = fail("22P02", "invalid input syntax for type json")
	errJSONDepth     = fail("54001", "JSON nested more than 6000 levels deep")
	errJSONNul       = fail("22P05", `unsupported Unicode escape sequence: \u0000 cannot be converted to text`)
	errJSONSurrogate = fail("22P02", "a Unicode high surrogate and a low surrogate must follow each other")
)

// jsonParser reads JSON text as PostgreSQL does.
type jsonParser struct {
	s   string
	pos int
	// unescape asks for the content of strings, and so for escapes that have one. Type json is content with their syntax.
	unescape bool
}

// parseJSON reads a text with the content of its strings.
func parseJSON(s string) (jsonValue, error) { return readJSON(s, true) }

func readJSON(s string, unescape bool) (jsonValue, error) {
	p := jsonParser{s: s, unescape: unescape}
	v, err := p.value(0)
	if err != nil {
		return v, err
	}
	if p.blanks(); p.pos < len(s) {
		return v, errJSON
	}
	return v, nil
}

func (p *jsonParser) blanks() {
	for p.pos < len(p.s) && (p.s[p.pos] == ' ' || p.s[p.pos] == '\t' || p.s[p.pos] == '\n' || p.s[p.pos] == '\r') {
		p.pos++
	}
}

// next skips blanks and returns the byte that follows, 0 at the end.
func (p *jsonParser) next() byte {
	if p.blanks(); p.pos < len(p.s) {
		return p.s[p.pos]
	}
	return 0
}

func (p *jsonParser) value(depth int) (v jsonValue, err error) {
	c := p.next()
	from := p.pos
	switch {
	case c == '{' || c == '[':
		if depth >= maxJSONDepth {
			return v, errJSONDepth
		}
		p.pos++
		if c == '{' {
			v, err = p.object(depth + 1)
		} else {
			v, err = p.array(depth + 1)
		}
	case c == '"':
		v.kind = jsonString
		v.text, err = p.str()
	case c == '-' || c >= '0' && c <= '9':
		v.kind = jsonNumber
		v.text, err = p.number()
	default:
		v, err = p.word()
	}
	v.raw = p.s[from:p.pos]
	return v, err
}

func (p *jsonParser) array(depth int) (jsonValue, error) {
	v := jsonValue{kind: jsonArray}
	if p.next() == ']' {
		p.pos++
		return v, nil
	}
	for {
		item, err := p.value(depth)
		if err != nil {
			return v, err
		}
		v.items = append(v.items, item)
		if done, err := p.comma(']'); done || err != nil {
			return v, err
		}
	}
}

func (p *jsonParser) object(depth int) (jsonValue, error) {
	v := jsonValue{kind: jsonObject}
	if p.next() == '}' {
		p.pos++
		return v, nil
	}
	for {
		if p.next() != '"' {
			return v, errJSON
		}
		key, err := p.str()
		if err != nil {
			return v, err
		}
		if p.next() != ':' {
			return v, errJSON
		}
		p.pos++
		item, err := p.value(depth)
		if err != nil {
			return v, err
		}
		v.keys, v.items = append(v.keys, key), append(v.items, item)
		if done, err := p.comma('}'); done || err != nil {
			return v, err
		}
	}
}

// comma goes over a comma, or over what closes an array or object, which it reports.
func (p *jsonParser) comma(closing byte) (done bool, err error) {
	c := p.next()
	if c != ',' && c != closing {
		return false, errJSON
	}
	p.pos++
	return c == closing, nil
}

func (p *jsonParser) word() (jsonValue, error) {
	from := p.pos
	for p.pos < len(p.s) && wordByte(p.s[p.pos]) {
		p.pos++
	}
	switch w := p.s[from:p.pos]; w {
	case "null":
		return jsonValue{kind: jsonNull}, nil
	case "true", "false":
		return jsonValue{kind: jsonBool, text: w}, nil
	}
	return jsonValue{}, errJSON
}

func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '$' || c >= utf8.RuneSelf
}

func (p *jsonParser) number() (string, error) {
	from := p.pos
	if p.s[p.pos] == '-' {
		p.pos++
	}
	whole := p.digits()
	ok := whole == 1 || whole > 1 && p.s[p.pos-whole] != '0'
	if p.pos < len(p.s) && p.s[p.pos] == '.' {
		p.pos++
		ok = p.digits() > 0 && ok
	}
	if p.pos < len(p.s) && (p.s[p.pos] == 'e' || p.s[p.pos] == 'E') {
		p.pos++
		if p.pos < len(p.s) && (p.s[p.pos] == '+' || p.s[p.pos] == '-') {
			p.pos++
		}
		ok = p.digits() > 0 && ok
	}
	if !ok || p.pos < len(p.s) && wordByte(p.s[p.pos]) {
		return "", errJSON
	}
	return p.s[from:p.pos], nil
}

func (p *jsonParser) digits() int {
	n := countDigits(p.s[p.pos:])
	p.pos += n
	return n
}

// str reads a string, whose quote is next.
func (p *jsonParser) str() (string, error) {
	p.pos++
	from := p.pos
	for p.pos < len(p.s) {
		switch c := p.s[p.pos]; {
		case c == '"':
			p.pos++
			return p.s[from : p.pos-1], nil
		case c == '\\':
			return p.escaped(from)
		case c < ' ':
			return "", errJSON
		}
		p.pos++
	}
	return "", errJSON
}

// escaped reads on a string that began at from, at its first backslash.
func (p *jsonParser) escaped(from int) (string, error) {
	var b strings.Builder
	b.WriteString(p.s[from:p.pos])
	high := rune(0) // a first surrogate that waits for its second
	for p.pos < len(p.s) {
		c := p.s[p.pos]
		if high != 0 && !strings.HasPrefix(p.s[p.pos:], `\u`) {
			return "", errJSONSurrogate
		}
		switch {
		case c == '"':
			p.pos++
			return b.String(), nil
		case c < ' ':
			return "", errJSON
		case c != '\\':
			b.WriteByte(c)
			p.pos++
		case strings.HasPrefix(p.s[p.pos:], `\u`):
			r, err := p.codePoint()
			if err == nil && p.unescape {
				high, err = joinSurrogates(&b, high, r)
			}
			if err != nil {
				return "", err
			}
		default:
			i := -1
			if p.pos+1 < len(p.s) {
				i = strings.IndexByte(`"\/bfnrt`, p.s[p.pos+1])
			}
			if i < 0 {
				return "", errJSON
			}
			b.WriteByte("\"\\/\b\f\n\r\t"[i])
			p.pos += 2
		}
	}
	return "", errJSON
}

// codePoint reads \uXXXX.
func (p *jsonParser) codePoint() (r rune, err error) {
	if len(p.s) < p.pos+6 {
		return 0, errJSON
	}
	for _, c := range []byte(p.s[p.pos+2 : p.pos+6]) {
		d := strings.IndexByte("0123456789abcdef", c|0x20)
		if d < 0 || c < '0' {
			return 0, errJSON
		}
		r = r<<4 + rune(d)
	}
	p.pos += 6
	return r, nil
}

// joinSurrogates writes a code point, which may be one half of a pair; it returns the half that waits.
func joinSurrogates(b *strings.Builder, high, r rune) (rune, error) {
	first, second := r >= 0xD800 && r <= 0xDBFF, r >= 0xDC00 && r <= 0xDFFF
	switch {
	case r == 0:
		return 0, errJSONNul
	case second != (high != 0):
		return 0, errJSONSurrogate
	case first:
		return r, nil
	case second:
		r = (high-0xD800)<<10 + (r - 0xDC00) + 0x10000
	}
	b.WriteRune(r)
	return 0, nil
}
