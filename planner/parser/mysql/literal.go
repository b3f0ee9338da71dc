package mysql

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/ast"
)

// escapes are the characters after a backslash that mean another; \% and \_ keep their backslash, every other character
// loses it.
var escapes = map[byte]byte{'b': '\b', 'n': '\n', 'r': '\r', 't': '\t', 'Z': 0x1a}

// str reads a string that begins at from, with its quote.
func (s *scanner) str(from int) (token, error) {
	quote := s.sql[from]
	var b strings.Builder
	for i := from + 1; i < len(s.sql); i++ {
		c := s.sql[i]
		switch {
		case c == quote && s.byteAt(i+1) != quote:
			return token{kind: kindString, text: b.String(), end: i + 1}, nil
		case c == quote:
			i++
			b.WriteByte(c)
		case c != '\\':
			b.WriteByte(c)
		case i+1 == len(s.sql):
			// the end of the text says it all
		default:
			i++
			if s.sql[i] == '0' {
				return token{}, ast.Errorf("22021", i-1, `a string contains a NUL character (\0), which no text can hold`)
			}
			b.WriteString(unescape(s.sql[i]))
		}
	}
	return token{}, ast.Errorf("42601", from, "unterminated quoted string")
}

func unescape(c byte) string {
	if c == '%' || c == '_' {
		return string([]byte{'\\', c})
	}
	if e, ok := escapes[c]; ok {
		c = e
	}
	return string([]byte{c})
}

// joinLiterals makes one token of what MySQL reads as one literal: strings side by side, and DATE, TIME or TIMESTAMP before a
// string. A string behind an operand is an alias.
func joinLiterals(toks []token) []token {
	out := toks[:0]
	for i := 0; i < len(toks); i++ {
		t := toks[i]
		if isTemporalWord(&t) && i+1 < len(toks) && toks[i+1].kind == kindString && !aliasPlace(out) {
			i++
			out = append(out, token{kind: kindTemporal, pos: t.pos, end: toks[i].end, text: toks[i].text, word: t.word})
			continue
		}
		if last := len(out) - 1; t.kind == kindString && last >= 0 && out[last].kind == kindString && !aliasPlace(out[:last]) {
			out[last].text += t.text
			out[last].end = t.end
			continue
		}
		out = append(out, t)
	}
	return out
}

func isTemporalWord(t *token) bool {
	return t.kind == kindWord && (t.word == "date" || t.word == "time" || t.word == "timestamp")
}

// aliasPlace says whether what follows these tokens can only be an alias or an operator.
func aliasPlace(before []token) bool {
	return len(before) > 0 && (operandEnd(&before[len(before)-1]) || before[len(before)-1].is("as"))
}

// operandEnd says whether a token can end an operand.
func operandEnd(t *token) bool {
	switch t.kind {
	case kindSymbol:
		return t.text == ")"
	case kindWord:
		return !keywords[t.word] || t.word == "end" || t.word == "null" || t.word == "true" || t.word == "false"
	}
	return true
}

// number makes a literal of a number token. An exponent makes it a double precision, as in MySQL; a point a
// decimal; an integer beyond 64 bits is a decimal too.
func number(text string, negative bool, pos ast.Pos) ast.Expr {
	isDecimal := strings.ContainsAny(text, ".")
	isFloat := strings.ContainsAny(text, "eE")
	if !isDecimal && !isFloat {
		text = strings.TrimLeft(text[:len(text)-1], "0") + text[len(text)-1:]
		isDecimal = beyondInt64(text, negative)
	}
	if negative {
		text = "-" + text
	}
	out := &ast.Literal{Pos: pos, Kind: ast.LitInt, Text: text}
	if isDecimal || isFloat {
		out.Kind = ast.LitNumeric
	}
	if isFloat {
		return cast(out, "double precision")
	}
	return out
}

// beyondInt64 compares digits without leading zeros with the greatest or, negated, the least integer of 64 bits.
func beyondInt64(digits string, negative bool) bool {
	limit := "9223372036854775807"
	if negative {
		limit = "9223372036854775808"
	}
	return len(digits) > len(limit) || len(digits) == len(limit) && digits > limit
}

// cast makes CAST(x AS name), at x's place.
func cast(x ast.Expr, name string, mods ...int) *ast.Cast {
	pos := posOf(x)
	return &ast.Cast{Pos: pos, X: x, Type: &ast.TypeName{Pos: pos, Name: name, Mods: mods}}
}

func intLiteral(pos ast.Pos, digits string) *ast.Literal {
	return &ast.Literal{Pos: pos, Kind: ast.LitInt, Text: digits}
}
