package report

import "strings"

// Markdown is the report for documentation: what Text says, as tables.
func (r *Report) Markdown() string {
	var b strings.Builder
	b.WriteString("## " + escapeMarkdown(r.heading()) + "\n")
	for _, t := range r.tables() {
		t.markdown(&b)
	}
	if len(r.Notes) > 0 {
		b.WriteString("\n### Notes\n\n")
		for _, n := range r.Notes {
			b.WriteString("- " + escapeMarkdown(n) + "\n")
		}
	}
	conditions := r.conditions()
	conditions.markdown(&b)
	return b.String()
}

func (t *table) markdown(b *strings.Builder) {
	b.WriteString("\n### " + escapeMarkdown(t.Title) + "\n\n")
	markdownRow(b, t.Head)
	for _, right := range t.Right {
		if right {
			b.WriteString("|---:")
		} else {
			b.WriteString("|---")
		}
	}
	b.WriteString("|\n")
	for _, row := range t.Rows {
		markdownRow(b, row)
	}
}

func markdownRow(b *strings.Builder, cells []string) {
	for _, cell := range cells {
		b.WriteString("| " + escapeMarkdown(cell) + " ")
	}
	b.WriteString("|\n")
}

// markdownEscapes keep text what it is between the bars of a table. Underscores within words and single angles to the right mean nothing in Markdown.
var markdownEscapes = strings.NewReplacer(`\`, `\\`, "|", `\|`, "*", `\*`, "`", "\\`", "[", `\[`, "<", "&lt;", "&", "&amp;")

func escapeMarkdown(text string) string { return markdownEscapes.Replace(clean(text)) }
