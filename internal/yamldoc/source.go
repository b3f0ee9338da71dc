package yamldoc

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Source is the text of a file, for excerpts. It is not safe for use while [Source.Hide] runs, and not changed otherwise.
type Source struct {
	name   string
	lines  []string
	hidden map[int]bool // lines that no excerpt shows
}

func newSource(name string, data []byte) *Source {
	return &Source{name: name, lines: strings.Split(string(data), "\n"), hidden: map[int]bool{}}
}

// line returns a line by number without its line break; "" if there is none.
func (s *Source) line(n int) string {
	if n < 1 || n > len(s.lines) {
		return ""
	}
	return strings.TrimSuffix(s.lines[n-1], "\r")
}

// Errorf makes an error at a place. Whatever looks like a password in the arguments or in the excerpt is masked.
func (s *Source) Errorf(at Position, format string, args ...any) *Error {
	at.Line, at.Column = max(at.Line, 1), max(at.Column, 1)
	return &Error{
		File: s.name, Line: at.Line, Column: at.Column,
		Text:    maskText(fmt.Sprintf(format, args...)),
		Excerpt: s.excerpt(at),
	}
}

// Hide keeps a line out of all later excerpts.
func (s *Source) Hide(line int) { s.hidden[line] = true }

// excerpt shows the line around a place, cut to a window where it is long.
func (s *Source) excerpt(at Position) string {
	const before, after = 60, 40
	line := maskLine(strings.ReplaceAll(s.line(at.Line), "\t", " "))
	if s.hidden[at.Line] || strings.TrimSpace(line) == "" || !utf8.ValidString(line) {
		return ""
	}
	runes, caret := []rune(line), at.Column-1
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
	margin := fmt.Sprintf("%5d | ", at.Line)
	return margin + string(runes) + "\n" + strings.Repeat(" ", len(margin)-2) + "| " + strings.Repeat(" ", caret) + "^"
}
