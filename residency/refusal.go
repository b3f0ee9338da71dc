package residency

import (
	"fmt"
	"strings"
)

// Refusal says why a plan may not run: before any data is asked for, and without any of it.
type Refusal struct {
	Rule   string // the nearest rule, "" if there is none
	Table  string
	Column string // "" where the refusal is about no column
	Shard  string
	From   string
	To     []string
	Clause string // the name of the check's clause that is not met
	Text   string
	Hint   string // what would be permitted
}

// Error implements error.
func (r *Refusal) Error() string { return r.Text }

// refuse makes the refusal of what a query does with a reference.
func (e *Env) refuse(ref *reference, at crossing, f fault) *Refusal {
	r := &Refusal{Table: ref.scan.Table, Shard: at.shard, From: at.from, To: at.to, Clause: f.clause}
	what := ref.scan.Table
	switch f.clause {
	case clauseDeny, clauseColumns, clauseFilter, clauseJoin, clauseOutput, clauseCompare, clausePseudonym, clauseKeys:
		if r.Column = f.subject; r.Column != "" {
			what += "." + r.Column
		}
	}
	where := fmt.Sprintf("%s may not leave %s for %s (%s)", what, at.from, strings.Join(at.to, " and "), at.site())
	if f.clause == clauseSource {
		f = fault{} // none of the rules is about what leaves this region
	}
	if f.rule == nil {
		r.Text = where + ": " + reasonWithout(f)
		if f.clause == "" {
			r.Clause = clauseNeedRule
		}
		return r
	}
	r.Rule = f.rule.ID
	r.Text = where + ": rule " + f.rule.ID + " " + reason(f, e)
	switch f.clause {
	case clauseDeny:
	case clausePurpose:
		r.Hint = "state the purpose, if it is the query's: --purpose " + f.rule.Purposes[0]
	case clauseRole:
		r.Hint = "state the role, if you have it: --role " + f.rule.Roles[0]
	default:
		r.Hint = e.nearest(f.rule, ref.scan.Table)
	}
	return r
}

// reasonWithout is the reason where it is no rule's.
func reasonWithout(f fault) string {
	switch f.clause {
	case clauseOutput:
		return "the policy says that the column never leaves, nor anything computed of it"
	case clauseCompare:
		return "the policy says that the column is never compared, grouped or ordered by"
	}
	return "no rule permits it"
}

// reason completes "rule r …".
func reason(f fault, e *Env) string {
	r := f.rule
	switch f.clause {
	case clauseDeny:
		return "forbids it"
	case clauseDestination:
		return "does not let it go to " + f.subject
	case clauseRecipient:
		return "lets it go to recipient " + f.subject + ", whose basis has expired"
	case clausePurpose:
		return "is for the purpose " + either(r.Purposes) + ", " + given("purpose", f.subject)
	case clauseRole:
		return "is for the role " + either(r.Roles) + ", " + given("role", f.subject)
	case clauseValid:
		return "is not valid today"
	case clauseForm:
		return "permits " + r.Form.several() + " only, and " + f.subject
	case clauseColumns:
		return "does not permit this column"
	case clauseFilter:
		return "does not permit conditions on this column"
	case clauseJoin:
		return "does not permit joins by this column"
	case clausePseudonym:
		return "permits this column as pseudonym(" + f.subject + ") only"
	case clauseKeys:
		return "does not permit groups by this column"
	case clauseShape, clauseSubquery, clauseSets:
		return "permits plain " + r.Form.several() + " only, and " + f.subject
	case clauseArgument:
		return "permits " + r.Form.several() + " of columns as they are, and what " + f.subject + " is given is computed"
	case clauseFunction:
		return "does not permit " + f.subject + " of what leaves a shard"
	case clauseAggFilter:
		return "does not permit FILTER"
	case clauseKinds:
		return "permits sketches of the kind " + either(r.Sketch.Kinds) + " only, and " + f.subject + " makes none"
	case clausePrecision:
		return fmt.Sprintf("permits sketches of a precision of %d at most", r.Sketch.Precision)
	case clauseSketchKey:
		return "permits sketches under a key of the query's purpose, and " + f.subject
	case clauseDistinct:
		if f.subject == "" {
			return "permits to count distinct values of groups that one shard has whole: of others it would have to send the values, and those that few have would not be counted"
		}
		return "does not permit " + f.subject + "(DISTINCT …)"
	case clauseDifference:
		return "permits one aggregate over a table in a query, and the table once in it: of more, the differences could tell of single rows"
	case clauseFence:
		return "permits no expression below the aggregate that could fail for single rows"
	case clauseExact:
		return "could not be proven to hold of the final statement"
	}
	return "does not permit it (" + f.clause + ")"
}

func given(what, value string) string {
	if value == "" {
		return "and the query states no " + what
	}
	return "not " + value
}

// either lists alternatives: a, b or c.
func either(list []string) string {
	last := len(list) - 1
	if last < 1 {
		return strings.Join(list, "")
	}
	return strings.Join(list[:last], ", ") + " or " + list[last]
}

// nearest is a query that a rule permits, and under which terms.
func (e *Env) nearest(r *Rule, table string) string {
	const most = 4
	first := func(list []string) []string { return list[:min(len(list), most)] }
	quoted := func(list []string) []string {
		out := make([]string, len(list))
		for i, c := range list {
			out[i] = plainName(c)
		}
		return out
	}
	var q string
	switch r.Form {
	case Rows:
		q = "SELECT " + strings.Join(quoted(first(r.Columns)), ", ") + " FROM " + plainName(table)
	case Pseudonym:
		items := []string{}
		for _, c := range first(r.Columns) {
			items = append(items, "pseudonym("+plainName(c)+")")
		}
		q = "SELECT " + strings.Join(append(items, quoted(first(r.PlainColumns))...), ", ") + " FROM " + plainName(table)
	case Aggregate:
		keys := quoted(first(r.Aggregate.GroupBy))
		items := append([]string{}, keys...)
		for _, f := range first(r.Aggregate.Functions) {
			switch {
			case f == "count":
				items = append(items, "count(*)")
			case len(r.Columns) == 0:
			case f == "count_distinct":
				items = append(items, "count(DISTINCT "+plainName(r.Columns[0])+")")
			case strings.HasPrefix(f, "regr_") || strings.HasPrefix(f, "covar_") || f == "corr":
			default:
				items = append(items, f+"("+plainName(r.Columns[0])+")")
			}
		}
		q = "SELECT " + strings.Join(items, ", ") + " FROM " + plainName(table)
		if len(keys) > 0 {
			q += " GROUP BY " + strings.Join(keys, ", ")
		}
		return fmt.Sprintf("rule %s permits, of groups of %d or more (entity: %s): %s", r.ID, r.Aggregate.Min, r.Aggregate.Entity, q)
	case Sketch:
		return nearestSketch(r, table)
	}
	return "rule " + r.ID + " permits: " + q
}

// plainName writes a name as SQL reads it, in quotes only where it needs them.
func plainName(name string) string {
	for i, c := range name {
		if c != '_' && (c < 'a' || c > 'z') && (i == 0 || c < '0' || c > '9') {
			return quoteName(name)
		}
	}
	return name
}
