package mssql

import "strings"

// tokenKind sorts the pieces of a T-SQL text as far as parameters and statements have to be found in it.
type tokenKind uint8

const (
	tokenBlank    tokenKind = iota // white space and comments
	tokenWord                      // keyword, name or number
	tokenVariable                  // @name
	tokenQuoted                    // '…', "…" or […]
	tokenOpen                      // one of these or a comment, without its end
	tokenOther                     // any other single byte
)

// scan returns the kind and end of the token that begins at pos.
func scan(sql string, pos int) (tokenKind, int) {
	switch c := sql[pos]; {
	case c <= ' ':
		return tokenBlank, pos + 1
	case c == '\'', c == '"':
		return scanQuoted(sql, pos, c)
	case c == '[':
		return scanQuoted(sql, pos, ']')
	case c == '-' && strings.HasPrefix(sql[pos:], "--"):
		if n := strings.IndexByte(sql[pos:], '\n'); n >= 0 {
			return tokenBlank, pos + n + 1
		}
		return tokenBlank, len(sql)
	case c == '/' && strings.HasPrefix(sql[pos:], "/*"):
		return scanComment(sql, pos)
	case c == '@':
		return tokenVariable, endOfWord(sql, pos+1)
	case wordByte(c):
		return tokenWord, endOfWord(sql, pos)
	}
	return tokenOther, pos + 1
}

// scanQuoted ends at the closing character, which stands for itself when doubled.
func scanQuoted(sql string, pos int, closing byte) (tokenKind, int) {
	for i := pos + 1; i < len(sql); i++ {
		if sql[i] != closing {
			continue
		}
		if i+1 == len(sql) || sql[i+1] != closing {
			return tokenQuoted, i + 1
		}
		i++
	}
	return tokenOpen, len(sql)
}

// scanComment ends a block comment; they nest.
func scanComment(sql string, pos int) (tokenKind, int) {
	depth := 0
	for i := pos; i+1 < len(sql); i++ {
		switch sql[i : i+2] {
		case "/*":
			depth++
			i++
		case "*/":
			depth--
			i++
			if depth == 0 {
				return tokenBlank, i + 1
			}
		}
	}
	return tokenOpen, len(sql)
}

func endOfWord(sql string, pos int) int {
	for pos < len(sql) && wordByte(sql[pos]) {
		pos++
	}
	return pos
}

// wordByte reports whether c can be part of an unquoted name; every byte of a letter beyond ASCII can.
func wordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_' || c == '@' || c == '#' || c == '$' || c >= 0x80
}
