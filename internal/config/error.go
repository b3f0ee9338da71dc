package config

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error is one fault of a configuration file. Its text holds no credential.
type Error struct {
	File         string
	Line, Column int    // from 1; the column counts characters
	Text         string // what is wrong and what to do
	Excerpt      string // the line and a caret below it, without a final newline; may be empty
}

// Error implements error: place and text on the first line, then the excerpt.
func (e *Error) Error() string {
	s := fmt.Sprintf("%s:%d:%d: %s", e.File, e.Line, e.Column, e.Text)
	if e.Excerpt != "" {
		s += "\n" + e.Excerpt
	}
	return s
}

// Errors lists the faults of one file in the order of their places; it is never empty.
type Errors []*Error

// Error implements error.
func (e Errors) Error() string {
	parts := make([]string, len(e))
	for i, one := range e {
		parts[i] = one.Error()
	}
	return strings.Join(parts, "\n")
}

// Unwrap makes errors.As find the single faults.
func (e Errors) Unwrap() []error {
	out := make([]error, len(e))
	for i, one := range e {
		out[i] = one
	}
	return out
}

// position is a place in the file, both from 1; the column counts characters.
type position struct {
	line, column int
}

// source is the text of the file, for excerpts.
type source struct {
	name  string
	lines []string
}

func newSource(name string, data []byte) *source {
	return &source{name: name, lines: strings.Split(string(data), "\n")}
}

// line returns a line by number without its line break; "" if there is none.
func (s *source) line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	return strings.TrimSuffix(s.lines[n-1], "\r")
}

// errorf makes an error at a place. Whatever looks like a password in the arguments or in the excerpt is masked.
func (s *source) errorf(at position, format string, args ...any) *Error {
	at.line, at.column = max(at.line, 1), max(at.column, 1)
	return &Error{
		File: s.name, Line: at.line, Column: at.column,
		Text:    maskText(fmt.Sprintf(format, args...)),
		Excerpt: s.excerpt(at),
	}
}

// excerpt shows the line around a place, cut to a window where it is long.
func (s *source) excerpt(at position) string {
	const before, after = 60, 40
	line := maskLine(strings.ReplaceAll(s.line(at.line), "\t", " "))
	if strings.TrimSpace(line) == "" || !utf8.ValidString(line) {
		return ""
	}
	runes, caret := []rune(line), at.column-1
	caret = min(caret, len(runes))
	if from := caret - before; from > 0 {
		runes, caret = append([]rune("…"), runes[from:]...), before+1
	}
	if to := caret + after; to < len(runes) {
		runes = append(runes[:to:to], '…')
	}
	for i, r := range runes {
		if r < ' ' || r == 0x7f {
			runes[i] = '?'
		}
	}
	margin := fmt.Sprintf("%5d | ", at.line)
	return margin + string(runes) + "\n" + strings.Repeat(" ", len(margin)-2) + "| " + strings.Repeat(" ", caret) + "^"
}

// shorten cuts a text to a length that keeps a message readable.
func shorten(s string) string {
	const most = 64
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

func quote(s string) string { return fmt.Sprintf("%q", shorten(s)) }
