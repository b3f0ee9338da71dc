package residency

import (
	"fmt"
	"slices"
	"strings"
)

// permission writes the paragraph of an allow rule.
func (d *describer) permission(r *Rule) {
	d.paragraph(1, fmt.Sprintf("Rule %s, to %s", r.ID, d.each(d.receivers(r), "and")))
	d.paragraph(2, d.form(r))
	if r.beside() != nil {
		d.paragraph(2, d.sketch(r))
	}
	if r.Where != "" {
		d.paragraph(2, "Only rows count for which this is true, and not those for which it is unknown:")
		for _, l := range strings.Split(r.Where, "\n") {
			d.line(4, "%s", strings.ReplaceAll(l, "\t", " "))
		}
	}
	if text := d.uses(r); text != "" {
		d.paragraph(2, text)
	}
	d.paragraph(2, askers(r)+" "+period(r)+limitWords(r.Limits))
}

// form says in what shape data leaves.
func (d *describer) form(r *Rule) string {
	switch r.Form {
	case Rows:
		return "Rows: the values of " + d.columns(r.Columns) + ", and what is computed from them. Queries may filter, join, group and sort by them."
	case Pseudonym:
		text := "Pseudonyms of " + d.columns(r.Columns) + ", made under the policy's secret key; the values themselves stay."
		if plain := d.own(r.PlainColumns); len(plain) > 0 {
			text += " Beside them the values of " + series(plain, "and") + ", and what is computed from them; queries may filter, join, group and sort by these."
		}
		return text
	case Aggregate:
		return d.aggregate(r)
	}
	return d.sketch(r)
}

// columns lists those of a rule's columns that are the table's.
func (d *describer) columns(list []string) string {
	if own := d.own(list); len(own) > 0 {
		return series(own, "and")
	}
	return "no column of this table"
}

func (d *describer) aggregate(r *Rule) string {
	t := r.Aggregate
	text := "Aggregates only: " + series(t.Functions, "and")
	if own := d.own(r.Columns); len(own) > 0 {
		text += " of " + series(own, "and")
	} else {
		text += " of rows"
	}
	text += ", of all rows together"
	if own := d.own(t.GroupBy); len(own) > 0 {
		text += " or by " + series(own, "and")
	}
	text += fmt.Sprintf(". A group leaves only if each shard counts in its own part of it at least %d different of the kind %s (told apart by %s)", t.Min, t.Entity, d.told(t.Entity))
	if b := t.Dominance; b != nil {
		text += fmt.Sprintf(", and if %s not more than %d %% of the absolute total", map[bool]string{true: "the largest of them has", false: fmt.Sprintf("the %d largest of them have together", b.Largest)}[b.Largest == 1], b.Percent)
	}
	return text + ". " + map[OnSmall]string{
		Drop:      "Other groups are left out, and the answer says that some may be missing; a total over too few is NULL.",
		Remainder: "Other groups are put together into one, which leaves if it is itself large enough; a total over too few is NULL.",
		Fail:      "If there are other groups the whole query fails, without naming them.",
	}[t.OnSmall]
}

// uses says which columns may be used without leaving.
func (d *describer) uses(r *Rule) string {
	var parts []string
	shipped := r.PlainColumns
	if r.Form == Rows {
		shipped = r.Columns
	}
	beside := func(list []string) []string {
		return slices.DeleteFunc(slices.Clone(d.own(list)), func(c string) bool { return slices.Contains(shipped, c) })
	}
	if list := beside(r.FilterColumns); len(list) > 0 {
		parts = append(parts, "Queries may filter by "+series(list, "and")+", and compare "+plural(list, "it", "them")+" with columns of other tables.")
	}
	if list := beside(r.JoinColumns); len(list) > 0 {
		parts = append(parts, "Queries may compare "+series(list, "and")+" with columns of other tables.")
	}
	return strings.Join(parts, " ")
}

// askers says for whom and for what a rule holds.
func askers(r *Rule) string {
	text := "For any purpose, or none"
	if len(r.Purposes) > 0 {
		text = "Only for the purpose " + series(r.Purposes, "or")
	}
	if len(r.Roles) > 0 {
		return text + ", and only for callers with the role " + series(r.Roles, "or") + "."
	}
	return text + ", whatever the caller's role."
}

// period says on which days a rule holds.
func period(r *Rule) string {
	switch from, until := r.ValidFrom, r.ValidUntil; {
	case from.IsZero() && until.IsZero():
		return "Without end."
	case from.IsZero():
		return "Until " + lastDay(until) + ", that day included."
	case until.IsZero():
		return "From " + day(from) + " on, without end."
	default:
		return "From " + day(from) + " to " + lastDay(until) + ", both days included."
	}
}

func limitWords(l Limits) string {
	var parts []string
	if l.QueriesPerDay > 0 {
		parts = append(parts, count(l.QueriesPerDay, "query", "queries"))
	}
	if l.RowsPerDay > 0 {
		parts = append(parts, count(l.RowsPerDay, "row", "rows"))
	}
	if parts == nil {
		return ""
	}
	return " At most " + series(parts, "and") + " in a day of UTC."
}

// denial says what a deny rule forbids.
func (d *describer) denial(r *Rule) string {
	text := "every use of this table"
	if len(r.Columns) > 0 {
		text = "every use of " + series(r.Columns, "and")
	}
	text += " by which anything leaves"
	if len(r.From) > 0 {
		text += " " + d.each(r.From, "or")
	} else {
		text += " any region"
	}
	if len(r.To) > 0 {
		text += " for " + d.each(r.To, "or")
	}
	if len(r.Purposes) > 0 {
		text += ", for the purpose " + series(r.Purposes, "or")
	}
	if len(r.Roles) > 0 {
		text += ", by callers with the role " + series(r.Roles, "or")
	}
	return text + ". " + period(r)
}

// each lists places: a region with its jurisdiction, a jurisdiction with its regions, a recipient with what is known of it.
func (d *describer) each(names []string, and string) string {
	out := make([]string, len(names))
	for i, name := range names {
		out[i] = d.place(name)
	}
	return series(out, and)
}

func (d *describer) place(name string) string {
	w := d.policy.World
	if r := d.policy.Recipients[name]; r != nil {
		text := name + " (a recipient in " + r.Region
		if r.Basis != "" {
			text += ", basis " + r.Basis
		}
		if !r.Expires.IsZero() {
			text += ", until " + lastDay(r.Expires)
		}
		return text + ")"
	}
	switch jurisdiction, region := w.Regions[name]; {
	case region && jurisdiction != name:
		return name + " (" + jurisdiction + ")"
	case region || len(w.Regions) == 0:
		return name
	}
	return "any region of " + name + " (" + strings.Join(w.regionsOf([]string{name}), ", ") + ")"
}

// series lists words: a, b and c.
func series(words []string, and string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	return strings.Join(words[:len(words)-1], ", ") + " " + and + " " + words[len(words)-1]
}

func plural(words []string, one, many string) string {
	if len(words) == 1 {
		return one
	}
	return many
}

func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}
