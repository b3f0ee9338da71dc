package residency

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// covers returns the first clause by which a rule does not permit what a tree does with a reference; "" if it permits it.
func (e *Env) covers(r *Rule, ref *reference, l *lineage) (clause, subject string) {
	switch r.Form {
	case Rows:
		return coversColumns(ref, r.Columns, r.Columns, r)
	case Pseudonym:
		return coversColumns(ref, r.PlainColumns, r.Columns, r)
	case Aggregate:
		return coversAggregate(r, ref, l)
	}
	return e.coversSketch(r, ref, l)
}

// coversColumns checks a form in which values leave: plain are the columns that leave as they are, hidden those whose
// pseudonyms may.
func coversColumns(ref *reference, plain, hidden []string, r *Rule) (clause, subject string) {
	in := func(column string, lists ...[]string) bool {
		return slices.ContainsFunc(lists, func(list []string) bool { return slices.Contains(list, column) })
	}
	for _, c := range ref.columns {
		switch {
		case c.uses&^(useFilter|useJoin) != 0 && !in(c.column, plain):
			if r.Form == Pseudonym && in(c.column, hidden) {
				if holds(clausePseudonym) {
					return clausePseudonym, c.column
				}
			} else if holds(clauseColumns) {
				return clauseColumns, c.column
			}
		case c.uses&useFilter != 0 && !in(c.column, plain, r.FilterColumns) && holds(clauseFilter):
			return clauseFilter, c.column
		case c.uses&useJoin != 0 && !in(c.column, plain, r.FilterColumns, r.JoinColumns) && holds(clauseJoin):
			return clauseJoin, c.column
		case c.pseudonyms != 0 && !in(c.column, hidden) && holds(clauseColumns):
			return clauseColumns, c.column
		}
	}
	return "", ""
}

// coversAggregate checks the form in which aggregates leave.
func coversAggregate(r *Rule, ref *reference, l *lineage) (clause, subject string) {
	if ref.aggregate == nil && holds(clauseForm) {
		return clauseForm, ref.barrier
	}
	if clause, subject := coversGroups(r, ref); clause != "" || ref.aggregate == nil {
		return clause, subject
	}
	for _, call := range l.calls[ref.aggregate] {
		if clause, subject := coversCall(r.Aggregate, call); clause != "" {
			return clause, subject
		}
	}
	return "", ""
}

// coversGroups checks what the forms of groups have in common: by which columns there are groups, of which arguments, over which rows.
func coversGroups(r *Rule, ref *reference) (clause, subject string) {
	t := r.groups()
	for _, c := range ref.columns {
		switch {
		case (c.uses|c.pseudonyms)&useKey != 0 && !slices.Contains(t.GroupBy, c.column) && holds(clauseKeys):
			return clauseKeys, c.column
		case (c.uses|c.pseudonyms)&useArgument != 0 && !slices.Contains(r.Columns, c.column) && holds(clauseColumns):
			return clauseColumns, c.column
		case (c.uses|c.pseudonyms)&useFilter != 0 && !slices.Contains(r.FilterColumns, c.column) && holds(clauseFilter):
			return clauseFilter, c.column
		case (c.uses|c.pseudonyms)&useJoin != 0 && !slices.Contains(r.FilterColumns, c.column) && !slices.Contains(r.JoinColumns, c.column) && holds(clauseJoin):
			return clauseJoin, c.column
		case (c.uses|c.pseudonyms)&(useValue|useOrder) != 0 && holds(clauseForm):
			return clauseForm, "column " + c.column + " is not aggregated"
		}
	}
	return "", ""
}

// coversCall checks one aggregate. Functions intersect across tables: what an aggregate reads of other tables counts as well.
func coversCall(t *AggregateTerms, c call) (clause, subject string) {
	name := c.agg.Fn
	if c.agg.Distinct && name == "count" {
		name = "count_distinct"
	}
	switch {
	case c.agg.Filter != nil && holds(clauseAggFilter):
		return clauseAggFilter, c.agg.Fn
	case c.agg.Distinct && name != "count_distinct" && name != "min" && name != "max" && holds(clauseDistinct):
		return clauseDistinct, c.agg.Fn
	case !c.plain && !(c.squares() && t.varies()) && holds(clauseArgument):
		return clauseArgument, c.agg.Fn
	case slices.Contains(t.Functions, name):
	case name == partialM2 && t.varies():
	case holds(clauseFunction):
		return clauseFunction, name
	}
	return "", ""
}

// partialM2 is the partial aggregate of float variances; see package sqlgen.
const partialM2 = "atoll_m2"

// varies reports that the rule permits a variance or what follows from it: the sums of squares that shards send for it are no more.
func (t *AggregateTerms) varies() bool {
	return slices.ContainsFunc(t.Functions, func(f string) bool {
		return slices.Contains([]string{"variance", "var_pop", "var_samp", "stddev", "stddev_pop", "stddev_samp"}, f)
	})
}

// squares reports sum(x*x) for a column x: a partial of variances.
func (c *call) squares() bool {
	if c.agg.Fn != "sum" || len(c.agg.Args) != 1 || len(c.args) != 1 {
		return false
	}
	m, ok := c.agg.Args[0].(*plan.Call)
	return ok && m.Fn == "*" && len(m.Args) == 2 && isColumn(m.Args[0]) && plan.Format(m.Args[0]) == plan.Format(m.Args[1])
}

// isColumn reports a column under casts that lose nothing.
func isColumn(e plan.Expr) bool {
	for {
		switch x := e.(type) {
		case *plan.Col:
			return true
		case *plan.Cast:
			if x.Mod != nil || !widens(x.X.Type(), x.To) {
				return false
			}
			e = x.X
		default:
			return false
		}
	}
}

// limited returns the first column of a reference that is used as no rule can permit.
func (e *Env) limited(ref *reference) (clause, subject string) {
	if len(e.Policy.Columns) == 0 {
		return "", ""
	}
	for _, c := range ref.columns {
		limit, ok := e.Policy.Columns[ColumnName{ref.scan.Table, c.column}]
		all := c.uses | c.pseudonyms | c.later
		switch {
		case !ok:
		case limit.NoOutput && all&(useValue|useArgument|useKey) != 0 && holds(clauseOutput):
			return clauseOutput, c.column
		case limit.NoCompare && all&compares != 0 && holds(clauseCompare):
			return clauseCompare, c.column
		}
	}
	return "", ""
}

// denied returns the deny rule that forbids what is done with a reference, and the column concerned, if there is one.
func (e *Env) denied(ref *reference, at edge) (*Rule, string) {
	if !holds(clauseDeny) {
		return nil, ""
	}
	for _, r := range e.Policy.forbidding(ref.scan.Table) {
		if !e.forbids(r, at) {
			continue
		}
		if len(r.Columns) == 0 {
			return r, ""
		}
		for _, c := range ref.columns {
			if slices.Contains(r.Columns, c.column) {
				return r, c.column
			}
		}
	}
	return nil, ""
}
