package report

import (
	"strings"

	"github.com/mattn/go-runewidth"
)

// Text is the report for a terminal: the goals first, then peers, figures, notes, and on what they were measured.
func (r *Report) Text() string {
	var b strings.Builder
	b.WriteString(clean(r.heading()) + "\n")
	for _, t := range r.tables() {
		b.WriteString("\n")
		t.text(&b)
	}
	if len(r.Notes) > 0 {
		b.WriteString("\nNotes\n")
		for _, n := range r.Notes {
			b.WriteString("  - " + clean(n) + "\n")
		}
	}
	b.WriteString("\n")
	conditions := r.conditions()
	conditions.Head = nil
	conditions.text(&b)
	return b.String()
}

// text writes the title, and the rows in columns.
func (t *table) text(b *strings.Builder) {
	b.WriteString(clean(t.Title) + "\n")
	rows := t.Rows
	if t.Head != nil {
		rows = append([][]string{t.Head}, rows...)
	}
	widths := make([]int, len(t.Right))
	for _, row := range rows {
		for i, cell := range row {
			widths[i] = max(widths[i], runewidth.StringWidth(clean(cell)))
		}
	}
	for _, row := range rows {
		line := " "
		for i, cell := range row {
			cell = clean(cell)
			pad := strings.Repeat(" ", widths[i]-runewidth.StringWidth(cell))
			if t.Right[i] {
				line += " " + pad + cell + " "
			} else {
				line += " " + cell + pad + " "
			}
		}
		b.WriteString(strings.TrimRight(line, " ") + "\n")
	}
}
