package bounds

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// aggregate: a group stands for the group of the same keys, of which it may lack rows.
func (a *analysis) aggregate(n *plan.Aggregate) (rel, error) {
	in, err := a.walk(n.Input)
	if err != nil {
		return in, err
	}
	groups := make([]known, len(n.Groups))
	aggs := make([]known, len(n.Aggs))
	err = a.around(in.home, func() error {
		if err := a.groups(n, groups); err != nil {
			return err
		}
		for i, g := range n.Aggs {
			var err error
			if aggs[i], err = a.agg(g.Agg, a.inGroups(n, in)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return in, err
	}
	for i, g := range n.Groups {
		if n.Sets != nil {
			groups[i].claim &^= filled
		}
		if in.rows != all {
			groups[i] = groups[i].spelt(g.Col.Type)
		}
		a.cols[g.Col.ID] = groups[i]
	}
	for i, g := range n.Aggs {
		a.cols[g.Col.ID] = aggs[i]
	}
	a.cols[n.SetID.ID] = known{claim: exact | filled}
	if len(n.Groups) == 0 && n.Sets == nil {
		return rel{one: true}, nil
	}
	if in.home = renamed(in.home, n.Groups); n.Sets != nil {
		in.home = nil
	}
	in.home, in.one = a.filledKeys(in.home), in.one && n.Sets == nil
	return in, nil
}

// groups are the keys, which must be the same in the whole answer.
func (a *analysis) groups(n *plan.Aggregate, out []known) error {
	for i, g := range n.Groups {
		k, err := a.expr(g.Expr)
		if err != nil {
			return err
		}
		if !k.exact() {
			what := "GROUP BY"
			if len(n.Aggs) == 0 {
				what = "DISTINCT, or UNION without ALL,"
			}
			return a.unsound(what, g.Expr, k, "what it groups by may be another in the whole answer")
		}
		out[i] = k
	}
	return nil
}

// inGroups is what is known of the rows within a group: those of one that lies on one shard are all there.
func (a *analysis) inGroups(n *plan.Aggregate, in rel) rel {
	if in.rows == some && n.Sets == nil && len(a.filledKeys(keyed(in.home, groupColumns(n)))) > 0 {
		return rel{}
	}
	return in
}

func groupColumns(n *plan.Aggregate) []plan.Expr {
	out := make([]plan.Expr, len(n.Groups))
	for i, g := range n.Groups {
		out[i] = g.Expr
	}
	return out
}

// keyed are the homes all columns of whose keys are among the expressions.
func keyed(homes []home, by []plan.Expr) []home {
	ids := map[int]int{}
	for _, e := range by {
		if c, ok := e.(*plan.Col); ok {
			ids[c.Column.ID] = c.Column.ID
		}
	}
	return mapped(homes, ids)
}

// agg is what is known of an aggregate over rows of which in tells.
func (a *analysis) agg(g plan.Agg, in rel) (known, error) {
	args, err := a.exprs(g.Args)
	if err != nil {
		return known{}, err
	}
	filter := known{claim: exact}
	if g.Filter != nil {
		if filter, err = a.expr(g.Filter); err != nil {
			return known{}, err
		}
		if args, err = a.passing(g); err != nil {
			return known{}, err
		}
	}
	for _, k := range g.Order {
		x, err := a.expr(k.Expr)
		if err != nil {
			return known{}, err
		}
		args = append(args, x)
	}
	k := aggregated(g, in, args, filter)
	if g.Sketch != nil && a.short && k.exact() {
		k = k.weakened(exact, "it is an estimate, which is made in another way where other shards answer")
	}
	return k, nil
}

// passing are the arguments of the rows that pass FILTER, which tells of them.
func (a *analysis) passing(g plan.Agg) ([]known, error) {
	before := a.cols
	a.cols = make(map[int]known, len(before))
	for id, k := range before {
		a.cols[id] = k
	}
	for id, c := range learnt([]plan.Expr{g.Filter}) {
		k := a.cols[id]
		k.claim |= c
		a.cols[id] = k.closed()
	}
	args, err := a.exprs(g.Args)
	a.cols = before
	return args, err
}

// aggregated: with exact arguments over the same rows it is exact. Else what counts is that rows are only added.
func aggregated(g plan.Agg, in rel, args []known, filter known) known {
	k := known{claim: signOfAggregate(g, args)}
	if in.rows == all && filter.exact() && !slices.ContainsFunc(args, func(x known) bool { return !x.exact() }) {
		k.claim |= exact
		return k
	}
	if k.why = because(g, in, args); g.Fn == "max" || g.Fn == "min" {
		k = k.spelt(g.T)
	}
	for _, x := range append(args[:len(args):len(args)], filter) {
		k.chosen = k.chosen || x.chosen
	}
	if k.chosen = k.chosen || in.rows == chosen; k.chosen || !filter.has(yes) {
		return k.closed()
	}
	rows := in.rows
	if !filter.exact() {
		rows = some
	}
	x := exact | filled
	if len(args) > 0 {
		x = args[0].claim
	}
	k.claim |= grown(g, x, rows)
	return k.closed()
}

// grown is what is known of an aggregate of values of which x tells, over rows that are the same, or some of them.
func grown(g plan.Agg, x claim, rows embedding) claim {
	keep := x & value // where one of them is a value, the result is, too
	still := claim(0)
	if rows == all {
		still = x & null // no row more, and NULL stays NULL
	}
	switch g.Fn {
	case "count", "regr_count":
		switch {
		case len(g.Args) > 1:
		case !g.Distinct && rows == all && x&(value|null) == value|null:
			return exact
		case g.Distinct && x&same == same, !g.Distinct && x&value != 0:
			return up
		}
	case "sum":
		return keep | still | summed(g, x, rows)
	case "max":
		if x&value != 0 {
			return keep | still | x&up
		}
	case "min":
		if x&value != 0 {
			return keep | still | x&down
		}
	case "bool_or":
		return keep | still | ordered(x&yes)
	case "bool_and", "every":
		return keep | still | ordered(x&no)
	case "bit_or":
		if x&(same|nonNegative) == same|nonNegative {
			return keep | still | up
		}
	case "bit_and":
		if x&(same|nonNegative) == same|nonNegative {
			return keep | still | down
		}
	case "avg", "string_agg", "array_agg", "mode", "percentile_disc", "percentile_cont":
		return keep | still
	}
	return 0
}

// summed: rows that come in addition have a sign; floating-point sums depend on the order of their terms.
func summed(g plan.Agg, x claim, rows embedding) claim {
	if !g.T.IsInteger() && g.T.Kind != plan.Numeric || x&value == 0 || g.Distinct && x&same != same {
		return 0
	}
	// As many terms over D as over D', and none that is infinite.
	alike := rows == all && x&null != 0 && !g.Distinct && g.Args[0].Type().IsInteger()
	out := claim(0)
	if alike || x&nonNegative != 0 {
		out |= x & up
	}
	if alike || x&nonPositive != 0 {
		out |= x & down
	}
	return out
}

func signOfAggregate(g plan.Agg, args []known) claim {
	switch g.Fn {
	case "count", "approx_count_distinct":
		return filled | nonNegative
	case "sum", "min", "max", "avg", "bit_or", "bit_and":
		if len(args) > 0 {
			return args[0].claim & (nonNegative | nonPositive)
		}
	}
	return 0
}

// because says why the aggregate is not exact.
func because(g plan.Agg, in rel, args []known) string {
	what := "it is " + g.Fn + " over the rows of the shards that answered"
	switch {
	case in.rows == chosen:
		return in.why
	case in.rows == all:
		for _, x := range args {
			if x.why != "" {
				return x.why
			}
		}
		return what
	}
	switch g.Fn {
	case "count":
		return "rows that are missing can only add to it"
	case "max", "bool_or":
		return "it is the greatest value of the shards that answered, NULL if they have none"
	case "min", "bool_and", "every":
		return "it is the least value of the shards that answered, NULL if they have none"
	case "sum":
		if len(args) > 0 && (args[0].has(nonNegative) || args[0].has(nonPositive)) {
			return "no row that is missing can bring it back"
		}
		return "rows that are missing may add to it or take from it"
	case "approx_count_distinct":
		return "it is an estimate over the shards that answered, and its error goes both ways"
	}
	return what
}
