package report

import (
	"strings"

	"gonum.org/v1/plot/text"
	"gonum.org/v1/plot/vg"
)

// shorten cuts a text to a width, and shows that it did.
func shorten(s text.Style, t string, width vg.Length) string {
	if s.Width(t) <= width {
		return t
	}
	runes := []rune(t)
	low, high := 0, len(runes) // so many fit, so many do not
	for high-low > 1 {
		if mid := (low + high) / 2; s.Width(string(runes[:mid])+"…") <= width {
			low = mid
		} else {
			high = mid
		}
	}
	return string(runes[:low]) + "…"
}

// wrap breaks a text between words into at most three lines of a width; what is left is cut off.
func wrap(s text.Style, t string, width vg.Length) []string {
	const most = 3
	var lines []string
	for _, word := range strings.Fields(t) {
		if n := len(lines); n > 0 && (n == most || s.Width(lines[n-1]+" "+word) <= width) {
			lines[n-1] += " " + word
		} else {
			lines = append(lines, word)
		}
	}
	for i := range lines {
		lines[i] = shorten(s, lines[i], width)
	}
	return lines
}
