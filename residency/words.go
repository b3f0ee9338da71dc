package residency

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// Describe says in words what may leave of a table at a moment, and to where: for each region from which some of it may, a paragraph for each rule
// that holds, then what is forbidden, which rules do not hold, and where all of it stays. It is text of several lines for whoever answers for the
// policy; the file is what counts.
func (p *Policy) Describe(table string, now time.Time) string {
	d := &describer{policy: p, table: table, now: now}
	d.line(0, "%s: what may leave its region on %s (UTC)", table, day(now))
	d.line(0, "Policy %s, version %d, SHA-256 %s", p.File, p.Version, p.Hash)
	if len(p.World.Tables) > 0 && !slices.Contains(p.World.Tables, table) {
		d.section("There is no such table in the configuration, so nothing of it can be asked for.")
		return d.String()
	}
	d.allowed()
	d.forbidden()
	d.notNow()
	d.staying()
	return d.String()
}

// describer writes the description of one table.
type describer struct {
	strings.Builder
	policy *Policy
	table  string
	now    time.Time
}

const (
	pageWidth = 100
	indent    = 2
)

// line writes a line as it is, without space at its end.
func (d *describer) line(depth int, format string, args ...any) {
	d.WriteString(strings.TrimRight(strings.Repeat(" ", depth*indent)+fmt.Sprintf(format, args...), " ") + "\n")
}

// section begins a part with its title.
func (d *describer) section(format string, args ...any) {
	d.WriteString("\n")
	d.paragraph(0, fmt.Sprintf(format, args...))
}

// paragraph writes text in lines of the page's width.
func (d *describer) paragraph(depth int, text string) {
	line, width := "", pageWidth-depth*indent
	for _, word := range strings.Fields(text) {
		if line != "" && len([]rune(line))+1+len([]rune(word)) > width {
			d.line(depth, "%s", line)
			line = ""
		}
		line += " " + word
		line = strings.TrimPrefix(line, " ")
	}
	if line != "" {
		d.line(depth, "%s", line)
	}
}

// holding are the rules of an effect about the table that hold today.
func (d *describer) holding(effect Effect) []*Rule {
	var out []*Rule
	for _, r := range d.policy.Rules {
		if r.Effect == effect && d.about(r) && d.why(r) == "" {
			out = append(out, r)
		}
	}
	return out
}

func (d *describer) about(r *Rule) bool {
	return slices.Contains(r.Tables, d.table) || r.Effect == Deny && len(r.Tables) == 0
}

// why says for what reason a rule does not hold today; "" if it holds.
func (d *describer) why(r *Rule) string {
	switch {
	case r.over(d.now):
		return "it held until " + lastDay(r.ValidUntil)
	case r.early(d.now):
		return "it does not hold before " + day(r.ValidFrom)
	case r.Effect == Allow && len(r.To) > 0 && len(d.receivers(r)) == 0:
		return "the basis of everybody to whom it permits something has ended"
	}
	return ""
}

// receivers are the places and recipients of a rule, without recipients that have expired.
func (d *describer) receivers(r *Rule) []string {
	return slices.DeleteFunc(slices.Clone(r.To), func(name string) bool {
		recipient := d.policy.Recipients[name]
		return r.Effect == Allow && recipient != nil && recipient.expired(d.now)
	})
}

// origins are the regions from which a rule permits something: those of the configuration in which there is something, or what the rule names.
func (d *describer) origins(r *Rule) []string {
	if len(d.policy.World.Regions) == 0 {
		return r.From
	}
	return slices.DeleteFunc(d.policy.World.regionsOf(r.From), func(region string) bool { return !d.policy.World.reaches(region) })
}

// own are those of a rule's columns that are the table's, where that is known.
func (d *describer) own(list []string) []string {
	columns, known := d.policy.World.Columns[d.table]
	if !known {
		return list
	}
	return slices.DeleteFunc(slices.Clone(list), func(c string) bool { return !slices.Contains(columns, c) })
}

// allowed writes the rules that permit something, regions with the same rules together.
func (d *describer) allowed() {
	rules := d.holding(Allow)
	var sets [][]*Rule
	regions := map[int][]string{}
	for _, region := range d.regions(rules) {
		set := slices.DeleteFunc(slices.Clone(rules), func(r *Rule) bool { return !slices.Contains(d.origins(r), region) })
		i := slices.IndexFunc(sets, func(other []*Rule) bool { return slices.Equal(set, other) })
		if i < 0 {
			i = len(sets)
			sets = append(sets, set)
		}
		regions[i] = append(regions[i], region)
	}
	for i, set := range sets {
		d.section("From %s", d.each(regions[i], "and"))
		for _, r := range set {
			d.line(1, "")
			d.permission(r)
		}
	}
}

// regions are those from which any of the rules permits something, in order.
func (d *describer) regions(rules []*Rule) []string {
	var out []string
	for _, r := range rules {
		out = append(out, d.origins(r)...)
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// forbidden writes what no rule above can permit.
func (d *describer) forbidden() {
	rules := d.holding(Deny)
	noOutput, noCompare := d.limited(func(l ColumnLimit) bool { return l.NoOutput }), d.limited(func(l ColumnLimit) bool { return l.NoCompare })
	if len(rules) == 0 && noOutput == nil && noCompare == nil {
		return
	}
	d.section("Whatever is said above")
	for _, r := range rules {
		d.line(1, "")
		d.line(1, "Rule %s forbids", r.ID)
		d.paragraph(2, d.denial(r))
	}
	if noOutput != nil {
		d.line(1, "")
		d.paragraph(1, series(noOutput, "and")+plural(noOutput, " leaves", " leave")+" in no form, nor does anything computed from "+plural(noOutput, "it.", "them."))
	}
	if noCompare != nil {
		d.line(1, "")
		d.paragraph(1, "No query by which anything leaves may filter, join, group or sort by "+series(noCompare, "or")+".")
	}
}

// limited are the table's columns under a limit, in order.
func (d *describer) limited(forbids func(ColumnLimit) bool) []string {
	var out []string
	for name, l := range d.policy.Columns {
		if name.Table == d.table && forbids(l) {
			out = append(out, name.Column)
		}
	}
	slices.Sort(out)
	return out
}

// notNow writes the rules about the table that do not hold today.
func (d *describer) notNow() {
	first := true
	for _, r := range d.policy.Rules {
		why := d.why(r)
		if why == "" || !d.about(r) {
			continue
		}
		if first {
			d.section("Rules that do not hold on this day")
			d.line(1, "")
			first = false
		}
		d.paragraph(1, fmt.Sprintf("Rule %s %s nothing: %s.", r.ID, verb(r), why))
	}
}

// staying writes what does not leave at all: columns that no rule names, and regions that no rule lets anything out of.
func (d *describer) staying() {
	rules := d.holding(Allow)
	if len(d.regions(rules)) == 0 {
		d.section("Nothing of %s leaves any region.", d.table)
		return
	}
	d.section("What stays")
	d.line(1, "")
	if all, known := d.policy.World.Columns[d.table]; !known {
		d.paragraph(1, "Every other column, and every other use of these columns.")
	} else if rest := d.unnamed(all, rules); len(rest) > 0 {
		d.paragraph(1, "No rule names "+series(rest, "or")+": "+plural(rest, "it leaves", "they leave")+" in no form. Every other use of the other columns stays as well.")
	} else {
		d.paragraph(1, "Every other use of these columns.")
	}
	var closed []string
	for region := range d.policy.World.Regions {
		if !slices.Contains(d.regions(rules), region) && d.policy.World.reaches(region) {
			closed = append(closed, region)
		}
	}
	if slices.Sort(closed); len(closed) > 0 {
		d.paragraph(1, "Nothing of "+d.table+" leaves "+d.each(closed, "or")+".")
	}
}

// unnamed are the columns that none of the rules names.
func (d *describer) unnamed(all []string, rules []*Rule) []string {
	return slices.DeleteFunc(slices.Sorted(slices.Values(all)), func(column string) bool {
		return slices.ContainsFunc(rules, func(r *Rule) bool {
			lists := [][]string{r.Columns, r.PlainColumns, r.FilterColumns, r.JoinColumns}
			if r.Aggregate != nil {
				lists = append(lists, r.Aggregate.GroupBy)
			}
			if r.Sketch != nil {
				lists = append(lists, r.Sketch.GroupBy)
			}
			return slices.Contains(slices.Concat(lists...), column)
		})
	})
}
