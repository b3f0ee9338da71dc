package ast

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error is an error in a query's text, found by a parser or the binder. All doors show it in the same way.
type Error struct {
	SQLState string // five characters
	Text     string // one line, without position
	Pos      int    // byte offset into the query text, -1 when unknown
	Hint     string // what to do instead, "" if there is nothing to say
}

// Errorf makes an Error without a hint.
func Errorf(sqlState string, pos int, format string, args ...any) *Error {
	return &Error{SQLState: sqlState, Text: fmt.Sprintf(format, args...), Pos: pos}
}

// Unsupported makes the error for what is not supported yet; what names it, beginning in lower case or
// with a keyword.
func Unsupported(pos int, what string) *Error {
	return &Error{SQLState: "0A000", Text: what + " is not supported yet", Pos: pos}
}

// Error implements error; it gives the text only. Use Render where the query is at hand.
func (e *Error) Error() string { return e.Text }

// snippetWidth is the greatest number of characters of the query's line that Render shows.
const snippetWidth = 100

// Render returns the error with its place in query, the text that was parsed, over several lines without a
// final newline:
//
//	column "amout" does not exist (line 2, column 8)
//	  SELECT amout
//	         ^
//	hint: …
//
// Lines and columns count from 1, columns in characters. Without a position the middle is left out.
func (e *Error) Render(query string) string {
	var b strings.Builder
	b.WriteString(e.Text)
	if e.Pos >= 0 {
		pos := min(e.Pos, len(query))
		line, col := LineColumn(query, pos)
		text, caret := snippet(query, pos)
		fmt.Fprintf(&b, " (line %d, column %d)\n  %s\n  %s^", line, col, text, strings.Repeat(" ", caret))
	}
	if e.Hint != "" {
		b.WriteString("\nhint: " + e.Hint)
	}
	return b.String()
}

// LineColumn converts a byte offset into a line and a column, both from 1, the column in characters. An
// offset beyond the text counts as its end.
func LineColumn(query string, pos int) (line, column int) {
	before := query[:min(max(pos, 0), len(query))]
	start := strings.LastIndexByte(before, '\n') + 1
	return strings.Count(before, "\n") + 1, utf8.RuneCountInString(before[start:]) + 1
}

// snippet cuts the line around pos to at most snippetWidth characters and returns it with the caret's
// column, from 0. Every control character becomes a space, so that the caret stays below its character.
func snippet(query string, pos int) (text string, caret int) {
	start := strings.LastIndexByte(query[:pos], '\n') + 1
	end := len(query)
	if i := strings.IndexByte(query[pos:], '\n'); i >= 0 {
		end = pos + i
	}
	left, cutLeft := lastRunes(query[start:pos], snippetWidth/2)
	right, cutRight := firstRunes(strings.TrimRight(query[pos:end], "\r"), snippetWidth-utf8.RuneCountInString(left))
	if cutLeft {
		left = "…" + left
	}
	if cutRight {
		right += "…"
	}
	return blankControls(left + right), utf8.RuneCountInString(left)
}

// lastRunes returns the last n characters of s, and whether that left any out.
func lastRunes(s string, n int) (string, bool) {
	i := len(s)
	for ; n > 0 && i > 0; n-- {
		_, size := utf8.DecodeLastRuneInString(s[:i])
		i -= size
	}
	return s[i:], i > 0
}

// firstRunes returns the first n characters of s, and whether that left any out.
func firstRunes(s string, n int) (string, bool) {
	i := 0
	for ; n > 0 && i < len(s); n-- {
		_, size := utf8.DecodeRuneInString(s[i:])
		i += size
	}
	return s[:i], i < len(s)
}

func blankControls(s string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, s)
}
