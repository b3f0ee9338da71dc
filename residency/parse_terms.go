package residency

import (
	"maps"
	"slices"

	"github.com/atoll-sql/atoll/internal/yamldoc"
)

// functions are the aggregates that a rule may name: those of which nobody can read a single row's value back, and those that show one and are
// therefore permitted only by name, min and max.
var functions = []string{
	"count", "count_distinct", "sum", "avg", "min", "max", "bool_and", "bool_or",
	"var_pop", "var_samp", "variance", "stddev", "stddev_pop", "stddev_samp", "covar_pop", "covar_samp", "corr",
	"regr_count", "regr_avgx", "regr_avgy", "regr_sxx", "regr_syy", "regr_sxy", "regr_slope", "regr_intercept", "regr_r2",
}

// counting are the functions whose results no single contributor can dominate: they sum nothing.
var counting = []string{"count", "count_distinct", "min", "max", "bool_and", "bool_or"}

var onSmall = []string{Drop: "drop", Remainder: "remainder", Fail: "error"}

func (p *parser) aggregate(n *yamldoc.Node, r *Rule) *AggregateTerms {
	f := p.Fields(n, "functions", "group_by", "entity", "min", "dominance", "on_small", "count_suppressed")
	if f == nil {
		return nil
	}
	out := &AggregateTerms{}
	list := f.Need("functions", "functions: [sum, count]")
	out.Functions = p.names(list, func(name string, at Position) {
		p.known(name, at, "function", functions, "functions that a rule can permit")
	})
	out.GroupBy = p.columns(f.Get("group_by"), r.Tables)
	if n := f.Need("entity", "entity: a name listed under entities"); n != nil {
		out.Entity = p.entity(n, r)
	}
	if n := f.Need("min", "min: 11"); n != nil {
		out.Min, _ = p.Integer(n, 1, mostCount)
		p.smallMinimum(n, out.Min)
	}
	if n := f.Get("dominance"); n != nil {
		out.Dominance = p.dominance(n, out.Functions)
	}
	if n := f.Get("on_small"); n != nil {
		out.OnSmall = OnSmall(max(slices.Index(onSmall, p.OneOf(n, "on_small:", onSmall...)), 0))
	}
	if n := f.Get("count_suppressed"); n != nil {
		out.CountSuppressed = p.Bool(n)
	}
	if list != nil {
		p.functionWarnings(list, out.Functions)
	}
	return out
}

// entity reads a kind of entity, which must be told by a column in each of the rule's tables.
func (p *parser) entity(n *yamldoc.Node, r *Rule) string {
	name := p.name(n)
	if !p.known(name, n.At, "kind of entity", slices.Sorted(maps.Keys(p.policy.Entities)), "the entities") || name == "" {
		return ""
	}
	for _, table := range r.Tables {
		if p.policy.Entities[name].Columns[table] == "" {
			p.Fail(n.At, "entity %s has no column in table %s, so nothing can be counted there: add one at entities.%s", name, table, name)
		}
	}
	return name
}

func (p *parser) dominance(n *yamldoc.Node, named []string) *Dominance {
	f := p.Fields(n, "largest", "percent")
	if f == nil {
		return nil
	}
	out := &Dominance{}
	if n := f.Need("largest", "largest: 2"); n != nil {
		out.Largest, _ = p.Integer(n, 1, mostCount)
	}
	if n := f.Need("percent", "percent: 85"); n != nil {
		out.Percent, _ = p.Integer(n, 1, 100)
		if out.Percent == 100 {
			p.warn(n.At, "%s: nobody has more than 100 %% of a total, so that the bound holds nothing back", n.Path)
		}
	}
	if !slices.ContainsFunc(named, func(fn string) bool { return !slices.Contains(counting, fn) }) {
		p.warn(n.KeyAt, "%s has no effect: the rule permits no function that adds values up", n.Path)
	}
	return out
}

// contradictions refuses a rule that permits what the policy's own limits on columns forbid.
func (p *parser) contradictions(f *yamldoc.Fields, r *Rule) {
	terms, sketch := f.Get("aggregate"), f.Get("sketch")
	for _, list := range []*yamldoc.Node{f.Get("columns"), f.Get("plain_columns"), terms.Child("group_by"), sketch.Child("group_by")} {
		p.contradiction(list, r, "output: never", func(l ColumnLimit) bool { return l.NoOutput })
	}
	for _, list := range []*yamldoc.Node{f.Get("filter_columns"), f.Get("join_columns"), terms.Child("group_by"), sketch.Child("group_by")} {
		p.contradiction(list, r, "compare: never", func(l ColumnLimit) bool { return l.NoCompare })
	}
}

func (p *parser) contradiction(list *yamldoc.Node, r *Rule, limit string, forbids func(ColumnLimit) bool) {
	if list == nil || list.Kind != yamldoc.List {
		return
	}
	for _, c := range list.Children {
		for _, table := range r.Tables {
			if l, ok := p.policy.Columns[ColumnName{table, c.Text}]; ok && forbids(l) {
				p.Fail(c.At, "rule %s permits what the policy forbids: %s.%s is %s at line %d; remove one of the two", r.ID, table, c.Text, limit, l.Pos.Line)
			}
		}
	}
}
