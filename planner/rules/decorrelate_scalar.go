package rules

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// grouped is what a scalar subquery became: groups to join with, on what, and its value for the joined row.
type grouped struct {
	node  *plan.Aggregate
	on    []plan.Expr
	value plan.Expr
}

// try is scalar that remembers what it made until that is used, so that a subquery looked at twice is taken apart once.
// offered are the columns of the operator's input around it; the subquery must be correlated with them alone.
func (d *decorrelator) try(s *plan.Subquery, offered map[int]bool) *grouped {
	free := plan.Free(s.Root)
	if s.Kind != plan.ScalarSubquery || len(s.Output) != 1 || len(free) == 0 || len(common(free, offered)) != len(free) {
		return nil
	}
	g, ok := d.made[s]
	if !ok && d.depth < maxDepth && !d.env.tired() {
		plan.VisitAll(s.Root, func(plan.Node) { d.env.asked++ })
		in := &decorrelator{env: d.env, depth: d.depth + 1, made: map[*plan.Subquery]*grouped{}}
		g = in.scalar(s, free)
		d.made[s] = g
	}
	return g
}

// scalar returns nil where the subquery must stay one. free are the columns around it that it reads.
func (d *decorrelator) scalar(s *plan.Subquery, free map[int]bool) *grouped {
	agg, value := aggregated(s)
	if agg == nil || !calm(agg, free) {
		return nil
	}
	p := &puller{env: d.env, free: free}
	in, ok := p.from(agg.Input)
	if !ok || len(p.keys) == 0 {
		return nil
	}
	out := &plan.Aggregate{Input: plan.Transform(in, d.operator)}
	g := &grouped{node: out, on: p.around}
	known := map[string]plan.Column{}
	for _, k := range p.keys {
		text := plan.Format(k.own)
		c, ok := known[text]
		if !ok {
			c = d.env.newColumn(nameOf(k.own), k.own.Type())
			known[text] = c
			out.Groups = append(out.Groups, plan.Assign{Col: c, Expr: k.own})
		}
		g.on = append(g.on, k.with(&plan.Col{Column: c}))
	}
	defs := map[int]plan.Expr{}
	for _, a := range agg.Aggs {
		c := d.env.newColumn(a.Col.Name, a.Col.Type)
		out.Aggs = append(out.Aggs, plan.AggAssign{Col: c, Agg: a.Agg})
		defs[a.Col.ID] = orEmpty(c, a.Agg.Fn)
	}
	g.value = plan.Substitute(value, defs)
	return g
}

// aggregated takes a subquery apart that is one ungrouped aggregate with expressions and HAVING over it: into the aggregate, and
// the subquery's value as an expression over the aggregate's columns and those around the subquery. nil where it is anything else.
func aggregated(s *plan.Subquery) (*plan.Aggregate, plan.Expr) {
	value := plan.Expr(&plan.Col{Column: s.Output[0]})
	var having []plan.Expr
	for root := s.Root; ; root = root.Inputs()[0] {
		switch n := root.(type) {
		case *plan.Project:
			value, having = plan.SubstituteItems([]plan.Expr{value}, n.Items)[0], plan.SubstituteItems(having, n.Items)
		case *plan.Filter:
			having = append(having, n.Conds...)
		case *plan.Sort:
		case *plan.Aggregate:
			cond := plan.Conjunction(having)
			if len(n.Groups) > 0 || n.Sets != nil || plan.HasSubquery(value) || cond != nil && plan.HasSubquery(cond) {
				return nil, nil
			}
			if cond != nil {
				value = &plan.Case{T: s.T, Whens: []plan.When{{Cond: cond, Then: value}}}
			}
			return n, value
		default:
			return nil, nil
		}
	}
}

// calm reports that the aggregates are of the subquery's own rows alone, give a known value over no rows, and that their
// arguments raise no errors, but that a number may be too large.
func calm(n *plan.Aggregate, free map[int]bool) bool {
	for _, a := range n.Aggs {
		if !zeroOverNothing[a.Agg.Fn] && !nullOverNothing[a.Agg.Fn] {
			return false
		}
	}
	for _, e := range plan.Expressions(n) {
		if !quiet(e) || reads(e, free) {
			return false
		}
	}
	return true
}

// quiet reports that e is total but for sums, differences and products, which only a number beyond its type makes fail.
func quiet(e plan.Expr) bool {
	own := plan.MapChildren(e, func(k plan.Expr) plan.Expr {
		if _, ok := k.(*plan.Const); ok {
			return k
		}
		return &plan.Col{Column: plan.Column{Type: k.Type()}}
	})
	c, ok := e.(*plan.Call)
	if arithmetic := ok && c.T.IsNumber() && addsUp[c.Fn]; !arithmetic && !total(own) {
		return false
	}
	return !slices.ContainsFunc(plan.Children(e), func(k plan.Expr) bool { return !quiet(k) })
}

var addsUp = nameSet("+ - * neg abs")

// The aggregates by what they give over no rows.
var (
	zeroOverNothing = nameSet("count regr_count")
	nullOverNothing = nameSet(`sum avg min max bool_and bool_or every bit_and bit_or bit_xor variance var_samp var_pop stddev stddev_samp stddev_pop
		covar_pop covar_samp corr regr_avgx regr_avgy regr_sxx regr_syy regr_sxy regr_slope regr_intercept regr_r2
		string_agg mode percentile_cont percentile_disc array_agg json_agg jsonb_agg json_object_agg jsonb_object_agg`)
)

// orEmpty reads an aggregate's column, which is NULL where the join found no group.
func orEmpty(c plan.Column, fn string) plan.Expr {
	x := plan.Expr(&plan.Col{Column: c})
	if !zeroOverNothing[fn] {
		return x
	}
	return &plan.Call{Fn: "coalesce", Args: []plan.Expr{x, &plan.Const{Text: "0", T: c.Type}}, T: c.Type}
}

// reads reports that e, or a subquery in it, reads one of the columns.
func reads(e plan.Expr, ids map[int]bool) bool {
	used := map[int]bool{}
	plan.ColumnsOf(e, used)
	return len(common(used, ids)) > 0
}

// nameOf names a column after what it is made of.
func nameOf(e plan.Expr) string {
	if c, ok := e.(*plan.Col); ok {
		return c.Column.Name
	}
	return "key"
}
