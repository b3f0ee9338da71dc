package postgres

import (
	"errors"
	"strings"
	"unicode/utf8"

	"github.com/pganalyze/pg_query_go/v6/parser"

	"github.com/atoll-sql/atoll/planner/ast"
)

// grammarError turns an error of the scanner or grammar into ours. Its cursor counts characters from 1, 0
// being unknown.
func grammarError(sql string, err error) error {
	var pgErr *parser.Error
	if !errors.As(err, &pgErr) {
		return ast.Errorf("XX000", -1, "the grammar failed: %v", err)
	}
	pos := byteOffset(sql, pgErr.Cursorpos)
	if strings.HasPrefix(pgErr.Message, "memory exhausted") {
		return ast.Errorf("54001", pos, "the query is nested too deeply")
	}
	return &ast.Error{SQLState: grammarState(pgErr), Text: shorten(pgErr.Message), Pos: pos}
}

// grammarState gives the SQLSTATE, which the library does not hand on, by the messages of gram.y and scan.l
// that have one other than syntax_error.
func grammarState(err *parser.Error) string {
	message := err.Message
	switch {
	case strings.Contains(message, "not yet implemented"), strings.Contains(message, "not implemented"):
		return "0A000"
	case strings.HasPrefix(message, "frame "):
		return "42P20"
	case strings.HasPrefix(message, "invalid byte sequence"):
		return "22021"
	case message == "invalid Unicode escape" && strings.HasSuffix(err.Filename, "scan.l"):
		return "22025"
	}
	return "42601"
}

// byteOffset converts a cursor in characters from 1 into an offset. At the end of the text it goes back to the
// end of its last word, where a reader looks for what is missing.
func byteOffset(sql string, cursor int) int {
	if cursor <= 0 {
		return -1
	}
	pos := 0
	for i := 1; i < cursor && pos < len(sql); i++ {
		_, size := utf8.DecodeRuneInString(sql[pos:])
		pos += size
	}
	if pos == len(sql) {
		return len(strings.TrimRight(sql, " \t\r\n\f\v;"))
	}
	return pos
}

// maxMessage bounds a message that quotes the text, such as that of an unterminated string.
const maxMessage = 120

// shorten makes a message one line of bounded length.
func shorten(message string) string {
	message = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, message)
	if utf8.RuneCountInString(message) <= maxMessage {
		return message
	}
	return string([]rune(message)[:maxMessage]) + "…"
}
