package mysql

import (
	"strings"
	"unicode/utf8"

	"github.com/atoll-sql/atoll/planner/ast"
)

// kind is what a token is.
type kind uint8

const (
	kindWord     kind = iota + 1 // a keyword or an unquoted name
	kindQuoted                   // `name`
	kindString                   // 'text' or "text"
	kindTemporal                 // DATE 'text': word is the type
	kindNumber                   // digits, with or without point and exponent
	kindParam                    // ?
	kindSymbol                   // an operator or punctuation
	kindType                     // the type of a CAST, several words taken together
)

// token is one word, literal or symbol of the text.
type token struct {
	kind kind
	pos  int // offset of its first byte
	end  int // offset behind its last byte

	// text is a name or word as written, a string's characters, a number's digits, or the symbol.
	text string
	// word is a kindWord in lower case, and a kindTemporal's type; "" for all others and for a word after a point, which is a
	// name whatever it says.
	word string
	n    int           // kindParam: its number, from 1; kindType: how many tokens it was made of, which stay behind it
	typ  *ast.TypeName // kindType
}

// is says whether the token is this keyword or symbol.
func (t *token) is(s string) bool {
	return t.kind == kindWord && t.word == s || t.kind == kindSymbol && t.text == s
}

// isAny is is for several.
func (t *token) isAny(list ...string) bool {
	for _, s := range list {
		if t.is(s) {
			return true
		}
	}
	return false
}

// name is what a name token means: words fold to lower case, as PostgreSQL's do; quoted names are taken as written.
func (t *token) name() string {
	if t.kind == kindWord {
		return lowerASCII(t.text)
	}
	return t.text
}

// scanner cuts a text into tokens, by MySQL's rules without ANSI_QUOTES and NO_BACKSLASH_ESCAPES.
type scanner struct {
	sql    string
	pos    int
	params int
	out    []token
}

func scan(sql string) ([]token, error) {
	s := &scanner{sql: sql}
	for {
		if err := s.space(); err != nil {
			return nil, err
		}
		if s.pos == len(sql) {
			return s.out, nil
		}
		if len(s.out) == maxTokens {
			return nil, ast.Errorf("54000", s.pos, "the query is too long: more than %d words, numbers and signs", maxTokens)
		}
		t, err := s.token()
		if err != nil {
			return nil, err
		}
		t.pos, s.pos = s.pos, t.end
		s.out = append(s.out, t)
	}
}

// byteAt is the byte at an offset, 0 beyond the end: the text itself holds none.
func (s *scanner) byteAt(pos int) byte {
	if pos < len(s.sql) {
		return s.sql[pos]
	}
	return 0
}

// space skips white space and comments: "# …", "-- …" with a space or control character behind it, and /* … */. Comments that
// MySQL executes are refused.
func (s *scanner) space() error {
	for s.pos < len(s.sql) {
		rest := s.sql[s.pos:]
		switch {
		case strings.IndexByte(" \t\r\n\f\v", rest[0]) >= 0:
			s.pos++
		case strings.HasPrefix(rest, "#>"), strings.HasPrefix(rest, "#-"):
			return unsupported(s.pos, "the operator "+symbolOf(rest, "#>>", "#>", "#-")+" (# begins a comment in MySQL)")
		case rest[0] == '#', strings.HasPrefix(rest, "--") && (len(rest) == 2 || rest[2] <= ' '):
			n := strings.IndexByte(rest, '\n')
			if n < 0 {
				n = len(rest)
			}
			s.pos += n
		case strings.HasPrefix(rest, "/*!"):
			return unsupported(s.pos, "a comment that is executed (/*! … */)")
		case strings.HasPrefix(rest, "/*"):
			n := strings.Index(rest[2:], "*/")
			if n < 0 {
				return ast.Errorf("42601", s.pos, "unterminated /* comment")
			}
			s.pos += n + 4
		default:
			return nil
		}
	}
	return nil
}

// symbols are the operators and punctuation, longer before shorter.
var symbols = []string{"<=>", "->>", "<=", ">=", "<>", "!=", "<<", ">>", "&&", "||", "->", ":=", "::",
	"(", ")", ",", ".", "+", "-", "*", "/", "%", "=", "<", ">", "!", "&", "|", "^", "~", ";", "[", "]", "{", "}", ":", "@", "$", "\\"}

// symbolOf is the first of the list that s begins with, or "".
func symbolOf(s string, list ...string) string {
	for _, sym := range list {
		if strings.HasPrefix(s, sym) {
			return sym
		}
	}
	return ""
}

// token reads one token at s.pos; it sets end and leaves pos to the caller.
func (s *scanner) token() (token, error) {
	switch c := s.sql[s.pos]; {
	case isDigit(c), c == '.' && isDigit(s.byteAt(s.pos+1)):
		return s.number()
	case c|0x20 == 'n' && s.byteAt(s.pos+1) == '\'': // N'text', in the national character set, which is UTF-8
		return s.str(s.pos + 1)
	case isNameByte(c) && c != '$':
		return s.word(), nil
	case c == '\'' || c == '"':
		return s.str(s.pos)
	case c == '`':
		return s.quoted()
	case c == '?':
		s.params++
		return token{kind: kindParam, end: s.pos + 1, n: s.params}, nil
	}
	if sym := symbolOf(s.sql[s.pos:], symbols...); sym != "" {
		return token{kind: kindSymbol, text: sym, end: s.pos + len(sym)}, nil
	}
	r, _ := utf8.DecodeRuneInString(s.sql[s.pos:])
	return token{}, ast.Errorf("42601", s.pos, "syntax error at or near %q", string(r))
}

// word reads a keyword or name.
func (s *scanner) word() token {
	end := s.pos
	for end < len(s.sql) && isNameByte(s.sql[end]) {
		end++
	}
	t := token{kind: kindWord, text: s.sql[s.pos:end], end: end}
	if n := len(s.out); n == 0 || !s.out[n-1].is(".") {
		t.word = lowerASCII(t.text)
	}
	return t
}

func (s *scanner) quoted() (token, error) {
	var b strings.Builder
	for i := s.pos + 1; i < len(s.sql); i++ {
		if s.sql[i] != '`' {
			b.WriteByte(s.sql[i])
			continue
		}
		if s.byteAt(i+1) == '`' {
			b.WriteByte('`')
			i++
			continue
		}
		if b.Len() == 0 {
			return token{}, ast.Errorf("42601", s.pos, "a name in backquotes is empty")
		}
		return token{kind: kindQuoted, text: b.String(), end: i + 1}, nil
	}
	return token{}, ast.Errorf("42601", s.pos, "unterminated name in backquotes")
}

// number reads digits with a point, a fraction and an exponent. A letter directly behind it is refused: to MySQL that is a
// name, or an exponent without digits, to others a number and an alias.
func (s *scanner) number() (token, error) {
	end := s.digits(s.pos)
	if s.byteAt(end) == '.' {
		end = s.digits(end + 1)
	}
	if s.byteAt(end)|0x20 == 'e' {
		from := end + 1
		if c := s.byteAt(from); c == '+' || c == '-' {
			from++
		}
		if isDigit(s.byteAt(from)) {
			end = s.digits(from)
		}
	}
	text := s.sql[s.pos:end]
	if c := s.byteAt(end) | 0x20; text == "0" && (c == 'x' || c == 'b') {
		return token{}, unsupported(s.pos, "a hexadecimal or bit literal")
	}
	if isNameByte(s.byteAt(end)) {
		return token{}, ast.Errorf("42601", s.pos, "a number is followed directly by a letter")
	}
	return token{kind: kindNumber, text: text, end: end}, nil
}

func (s *scanner) digits(pos int) int {
	for isDigit(s.byteAt(pos)) {
		pos++
	}
	return pos
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// isNameByte: letters, digits, _, $ and everything beyond ASCII.
func isNameByte(c byte) bool {
	return c|0x20 >= 'a' && c|0x20 <= 'z' || isDigit(c) || c == '_' || c == '$' || c >= 0x80
}

// lowerASCII folds letters of ASCII only, as PostgreSQL does in UTF-8.
func lowerASCII(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] >= 'A' && s[i] <= 'Z' {
			b := []byte(s)
			for ; i < len(b); i++ {
				if b[i] >= 'A' && b[i] <= 'Z' {
					b[i] |= 0x20
				}
			}
			return string(b)
		}
	}
	return s
}
