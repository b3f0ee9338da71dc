package tsql

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// kind is the class of a token.
type kind uint8

const (
	end      kind = iota // behind the last token
	word                 // an unquoted identifier or keyword
	quoted               // [x] or "x"
	variable             // @x or @@x
	integer
	decimal
	float
	varchar  // 'x'
	nvarchar // N'x'
	binary   // 0x…
	symbol   // operators, punctuation, and what T-SQL has no use for
)

// token is one token of a batch; text is its meaning: quotes removed and undone, and of a word as written.
type token struct {
	kind  kind
	text  string
	upper string // of a word
	pos   int    // byte offset in the batch
}

// is tells whether the token is the keyword or symbol s, which is given in upper case.
func (t token) is(s string) bool {
	return t.kind == word && t.upper == s || t.kind == symbol && t.text == s
}

// lexer cuts a batch into tokens. The first error ends it.
type lexer struct {
	in  string
	at  int
	out []token
	err *Error
}

// lex returns the tokens of a batch, the last of kind end, or the first lexical error.
func lex(batch string) ([]token, *Error) {
	l := &lexer{in: batch, out: make([]token, 0, len(batch)/5+1)}
	for l.err == nil && l.skipBlanks() {
		l.next()
	}
	l.out = append(l.out, token{kind: end, pos: len(batch)})
	return l.out, l.err
}

func (l *lexer) fail(number int32, pos int, text string) {
	if l.err == nil {
		l.err = &Error{Number: number, Text: text, Line: Line(l.in, pos)}
	}
}

func (l *lexer) add(k kind, text string, pos int) {
	t := token{kind: k, text: text, pos: pos}
	if k == word {
		t.upper = strings.ToUpper(text)
	}
	l.out = append(l.out, t)
}

func (l *lexer) has(prefix string) bool { return strings.HasPrefix(l.in[l.at:], prefix) }

// skipBlanks skips white space and comments, and tells whether a token follows.
func (l *lexer) skipBlanks() bool {
	for l.at < len(l.in) {
		r, n := utf8.DecodeRuneInString(l.in[l.at:])
		switch {
		case unicode.IsSpace(r) || r == 0xfeff:
			l.at += n
		case l.has("--"):
			if i := strings.IndexByte(l.in[l.at:], '\n'); i >= 0 {
				l.at += i + 1
			} else {
				l.at = len(l.in)
			}
		case l.has("/*"):
			if !l.blockComment() {
				return false
			}
		default:
			return true
		}
	}
	return false
}

// blockComment skips a comment with the comments nested in it.
func (l *lexer) blockComment() bool {
	start, depth := l.at, 0
	for l.at < len(l.in) {
		switch {
		case l.has("/*"):
			depth++
			l.at += 2
		case l.has("*/"):
			depth--
			l.at += 2
		default:
			l.at++
		}
		if depth == 0 {
			return true
		}
	}
	l.fail(113, start, "Missing end comment mark '*/'.")
	return false
}

// next reads the token at l.at, which is no blank.
func (l *lexer) next() {
	c := l.in[l.at]
	r, _ := utf8.DecodeRuneInString(l.in[l.at:])
	switch {
	case c == '\'':
		l.text(varchar, l.at)
	case (c == 'N' || c == 'n') && strings.HasPrefix(l.in[l.at+1:], "'"):
		start := l.at
		l.at++
		l.text(nvarchar, start)
	case c == '[':
		l.identifier(']')
	case c == '"':
		l.identifier('"')
	case c == '@':
		l.variable()
	case startsName(r):
		start := l.at
		l.name()
		l.add(word, l.in[start:l.at], start)
		l.checkLength(l.in[start:l.at], start)
	case l.has("0x") || l.has("0X"):
		l.binary()
	case isDigit(c) || c == '.' && l.at+1 < len(l.in) && isDigit(l.in[l.at+1]):
		l.number()
	default:
		l.symbol()
	}
}

func isDigit(c byte) bool { return '0' <= c && c <= '9' }

func startsName(r rune) bool { return r == '_' || r == '#' || unicode.IsLetter(r) }

func (l *lexer) name() {
	for l.at < len(l.in) {
		r, n := utf8.DecodeRuneInString(l.in[l.at:])
		if !startsName(r) && r != '@' && r != '$' && !unicode.IsDigit(r) {
			return
		}
		l.at += n
	}
}

// variable reads @x or @@x; a sign without a name is a symbol.
func (l *lexer) variable() {
	start := l.at
	l.name()
	if name := l.in[start:l.at]; strings.Trim(name, "@") != "" {
		l.add(variable, name, start)
		return
	}
	l.at = start
	l.symbol()
}

// text reads a string whose opening quote is at l.at. A backslash before a line's end joins the lines, as SQL Server has it.
func (l *lexer) text(k kind, start int) {
	body, ok := l.delimited('\'')
	if !ok {
		l.fail(105, start, "Unclosed quotation mark after the character string '"+clip(body)+"'.")
		return
	}
	l.add(k, joinLines(body), start)
}

func joinLines(s string) string {
	if !strings.Contains(s, "\\") {
		return s
	}
	return strings.NewReplacer("\\\r\n", "", "\\\n", "").Replace(s)
}

func (l *lexer) identifier(quote byte) {
	start := l.at
	body, ok := l.delimited(quote)
	switch {
	case !ok:
		l.fail(105, start, "Unclosed quotation mark after the character string '"+clip(body)+"'.")
	case body == "":
		l.fail(1038, start, "An object or column name is missing or empty. For SELECT INTO statements, verify each column has a name. "+
			"For other statements, look for empty alias names. Aliases defined as \"\" or [] are not allowed. Change the alias to a valid name.")
	default:
		l.add(quoted, body, start)
		l.checkLength(body, start)
	}
}

func (l *lexer) checkLength(name string, pos int) {
	if len(name) > 128 && len([]rune(name)) > 128 {
		l.fail(103, pos, "The identifier that starts with '"+clip(name)+"' is too long. Maximum length is 128.")
	}
}

// delimited reads what stands between the delimiter at l.at and the next one that is not doubled.
func (l *lexer) delimited(quote byte) (body string, ok bool) {
	l.at++
	start, doubled := l.at, false
	for l.at < len(l.in) {
		i := strings.IndexByte(l.in[l.at:], quote)
		if i < 0 {
			break
		}
		l.at += i + 1
		if l.at < len(l.in) && l.in[l.at] == quote {
			doubled = true
			l.at++
			continue
		}
		body = l.in[start : l.at-1]
		if doubled {
			body = strings.ReplaceAll(body, string([]byte{quote, quote}), string([]byte{quote}))
		}
		return body, true
	}
	l.at = len(l.in)
	return l.in[start:], false
}

func (l *lexer) binary() {
	start := l.at
	for l.at += 2; l.at < len(l.in) && isHex(l.in[l.at]); l.at++ {
	}
	l.add(binary, l.in[start+2:l.at], start)
}

func isHex(c byte) bool { return isDigit(c) || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F' }

// number reads 12, 12., 1.2, .5, 1e3, 1.2e-3; as at the server, 1e is 1e0.
func (l *lexer) number() {
	start, k := l.at, integer
	l.digits()
	if l.at < len(l.in) && l.in[l.at] == '.' {
		k = decimal
		l.at++
		l.digits()
	}
	if l.at < len(l.in) && (l.in[l.at] == 'e' || l.in[l.at] == 'E') {
		k = float
		l.at++
		if l.at+1 < len(l.in) && (l.in[l.at] == '-' || l.in[l.at] == '+') && isDigit(l.in[l.at+1]) {
			l.at++
		}
		l.digits()
	}
	l.add(k, l.in[start:l.at], start)
}

func (l *lexer) digits() {
	for l.at < len(l.in) && isDigit(l.in[l.at]) {
		l.at++
	}
}

// symbol reads an operator, or any character that starts nothing else; :: is read whole, as the error of a server names it.
func (l *lexer) symbol() {
	for _, s := range []string{"<>", "<=", ">=", "!=", "!<", "!>", "::", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^="} {
		if l.has(s) {
			l.add(symbol, s, l.at)
			l.at += len(s)
			return
		}
	}
	_, n := utf8.DecodeRuneInString(l.in[l.at:])
	l.add(symbol, l.in[l.at:l.at+n], l.at)
	l.at += n
}

// Line returns the line, counted from 1, of a byte offset of a batch.
func Line(batch string, pos int) int {
	return 1 + strings.Count(batch[:min(max(pos, 0), len(batch))], "\n")
}

// clip shortens a text that an error quotes to what SQL Server quotes of it.
func clip(s string) string {
	n := 0
	for i := range s {
		if n == 128 {
			return s[:i]
		}
		n++
	}
	return s
}
