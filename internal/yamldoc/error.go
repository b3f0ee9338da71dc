package yamldoc

import (
	"fmt"
	"strings"
)

// Error is one fault of a file. Its text holds no credential.
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

// Position is a place in the file, both from 1; the column counts characters.
type Position struct {
	Line, Column int
}

// Quote puts a word of the file between quotation marks, cut to a length that keeps a message readable.
func Quote(s string) string { return fmt.Sprintf("%q", shorten(s)) }

func shorten(s string) string {
	const most = 64
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}
