package report

import (
	"encoding/json"
	"fmt"
	"strings"
)

// JSON is the comparison for programs.
func (c *Comparison) JSON() ([]byte, error) {
	text, err := json.MarshalIndent(c, "", " ")
	if err != nil {
		return nil, fmt.Errorf("writing the comparison as JSON: %w", err)
	}
	return append(text, '\n'), nil
}

// Text is the comparison for a terminal: what may make it worthless first, then a table for each series, and what only one report has.
func (c *Comparison) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "atoll bench %s: A of %s, B of %s\n", clean(c.Bench), c.Started[0], c.Started[1])
	fmt.Fprintf(&b, "Medians with %g %% confidence intervals; differences by the Mann-Whitney U test at alpha %g, \"~\" where chance may explain them.\n", c.Level*100, c.Alpha)
	c.warn(&b)
	for _, t := range c.tables() {
		b.WriteString("\n")
		t.text(&b)
	}
	b.WriteString("\n" + c.summary() + "\n")
	for _, n := range c.Notes {
		b.WriteString(clean(n) + ".\n")
	}
	return b.String()
}

// warn names what else differs.
func (c *Comparison) warn(b *strings.Builder) {
	if len(c.Warnings) == 0 {
		return
	}
	b.WriteString("\nNot measured under the same conditions:\n")
	for _, w := range c.Warnings {
		b.WriteString("  - " + clean(w) + "\n")
	}
}

func (c *Comparison) tables() []table {
	var names []string
	of := map[string][]*Change{}
	for i := range c.Changes {
		ch := &c.Changes[i]
		if of[ch.A.Name] == nil {
			names = append(names, ch.A.Name)
		}
		of[ch.A.Name] = append(of[ch.A.Name], ch)
	}
	var out []table
	for _, name := range names {
		out = append(out, changeTable(name, of[name]))
	}
	for i, list := range c.Only {
		if len(list) == 0 {
			continue
		}
		t := table{Title: "Only in " + "AB"[i:i+1], Right: []bool{false, false, true}}
		for _, s := range list {
			t.Rows = append(t.Rows, []string{s.Name, labelText(s.Labels), s.text()})
		}
		out = append(out, t)
	}
	return out
}

func changeTable(name string, list []*Change) table {
	t := table{Title: name}
	samples := make([]*Series, len(list))
	for i, ch := range list {
		samples[i] = &Series{Labels: ch.A.Labels}
	}
	labels := labelNames(samples)
	for _, l := range labels {
		t.column(l, numeric(samples, l))
	}
	for _, head := range []string{"A", "B", "B against A"} {
		t.column(head, true)
	}
	t.column("", false)
	t.column("", false)
	for i, ch := range list {
		var row []string
		for _, l := range labels {
			row = append(row, samples[i].Label(l))
		}
		t.Rows = append(t.Rows, append(row, ch.A.text(), ch.B.text(), ch.delta(), ch.word(), ch.remark()))
	}
	return t
}

func labelText(labels []Label) string {
	var parts []string
	for _, l := range labels {
		parts = append(parts, l.Name+" "+l.Value)
	}
	return strings.Join(parts, ", ")
}

// text is the median with its interval.
func (s *Sample) text() string {
	if s.Median == nil {
		return "–"
	}
	return fmt.Sprintf("%s ±%s", show(s.Unit, *s.Median), strings.Replace(s.Range, "%", " %", 1))
}

func (c *Change) delta() string {
	switch {
	case c.Verdict == "":
		return "–"
	case c.Verdict == Same:
		return Same
	case c.Percent == nil:
		return "?"
	}
	return fmt.Sprintf("%+.2f %%", *c.Percent)
}

func (c *Change) word() string {
	if c.Verdict == Better || c.Verdict == Worse {
		return c.Verdict
	}
	return ""
}

func (c *Change) remark() string {
	var parts []string
	if c.P != nil {
		n := fmt.Sprintf("n=%d", c.A.N)
		if c.A.N != c.B.N {
			n = fmt.Sprintf("n=%d+%d", c.A.N, c.B.N)
		}
		parts = append(parts, fmt.Sprintf("p=%.3f %s", *c.P, n))
	}
	return strings.Join(append(parts, c.Remarks...), "; ")
}

// summary counts, and says how many differences chance alone would make.
func (c *Comparison) summary() string {
	count := map[string]int{}
	for _, ch := range c.Changes {
		count[ch.Verdict]++
	}
	text := fmt.Sprintf("%d better, %d worse, %d without a difference that can be told", count[Better], count[Worse], count[Same])
	if n := count[Other]; n > 0 {
		text += fmt.Sprintf(", %d different where neither is better", n)
	}
	if n := count[""]; n > 0 {
		text += fmt.Sprintf(", %d that cannot be compared", n)
	}
	tested := len(c.Changes) - count[""]
	if chance := float64(tested) * c.Alpha; chance >= 1 {
		text += fmt.Sprintf(".\nOf %d series tested, about %.0f would seem different by chance alone", tested, chance)
	}
	return text + "."
}
