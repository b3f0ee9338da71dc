package residency

import (
	"slices"
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// measures are the columns by which a group passes, in the order of the threshold's items.
type measures struct {
	entities   []plan.Column
	tops, sums []plan.Column
}

// pass returns the conditions under which a group passes; none of them is ever unknown.
func (g *guard) pass(m measures) []plan.Expr {
	var out []plan.Expr
	for i, e := range g.t.Entities {
		out = append(out, compared(">=", columnExpr(m.entities[i]), intExpr(plan.Int8, e.Min)))
	}
	for j, d := range g.t.bounds() {
		out = append(out, d.within(m.tops[j], m.sums[j]))
	}
	return out
}

// measured is the aggregate with what decides about its groups.
func (g *guard) measured(agg *plan.Aggregate) (*plan.Aggregate, measures) {
	in, ranks := g.ranked(agg.Input, groupKeys(agg), nil)
	out := &plan.Aggregate{Input: in, Groups: agg.Groups, Aggs: slices.Clone(agg.Aggs)}
	add := func(name string, a plan.Agg) plan.Column {
		c := g.column(name, a.T)
		out.Aggs = append(out.Aggs, plan.AggAssign{Col: c, Agg: a})
		return c
	}
	var m measures
	for _, e := range g.t.Entities {
		m.entities = append(m.entities, add("entities", plan.Agg{Fn: "count", Distinct: true, Args: []plan.Expr{columnExpr(e.Col)}, T: plan.T(plan.Int8)}))
	}
	for j, d := range g.t.bounds() {
		m.tops = append(m.tops, add("top", d.top(ranks[j])))
		m.sums = append(m.sums, add("total", d.total()))
	}
	return out, m
}

// merged is the aggregate of the groups that pass, and of one in which all others are, with the group whose keys are NULL.
func (g *guard) merged(agg *plan.Aggregate) *plan.Aggregate {
	in, passes := g.marked(agg)
	items := plan.PassOn(agg.Input.Columns())
	out := &plan.Aggregate{Aggs: agg.Aggs}
	for _, k := range agg.Groups {
		own := g.column(k.Col.Name, k.Col.Type)
		key := &plan.Case{Whens: []plan.When{{Cond: passes, Then: k.Expr}}, T: k.Col.Type}
		items = append(items, plan.Assign{Col: own, Expr: key})
		out.Groups = append(out.Groups, plan.Assign{Col: k.Col, Expr: columnExpr(own)})
	}
	out.Input = &plan.Project{Input: in, Items: items}
	return out
}

// marked is the aggregate's input with columns that tell of each row whether its group passes, and the condition that says so.
func (g *guard) marked(agg *plan.Aggregate) (plan.Node, plan.Expr) {
	keys := groupKeys(agg)
	var nth []plan.WindowFn
	for _, e := range g.t.Entities {
		nth = append(nth, g.window("nth", numbering, keys, columnExpr(e.Col)))
	}
	in, ranks := g.ranked(agg.Input, keys, nth)
	var m measures
	var fns []plan.WindowFn
	add := func(name string, a plan.Agg) plan.Column {
		f := g.window(name, a, keys)
		fns = append(fns, f)
		return f.Col
	}
	for i, e := range g.t.Entities {
		first := &plan.And{Args: []plan.Expr{isFirst(nth[i].Col), &plan.IsNull{X: columnExpr(e.Col), Not: true}}}
		m.entities = append(m.entities, add("entities", plan.Agg{Fn: "count", Args: []plan.Expr{oneIf(first, nil)}, T: plan.T(plan.Int8)}))
	}
	for j, d := range g.t.bounds() {
		m.tops = append(m.tops, add("top", d.top(ranks[j])))
		m.sums = append(m.sums, add("total", d.total()))
	}
	if len(fns) > 0 {
		in = &plan.Window{Input: in, Fns: fns}
	}
	return in, &plan.And{Args: g.pass(m)}
}

func groupKeys(agg *plan.Aggregate) []plan.Expr {
	var keys []plan.Expr
	for _, k := range agg.Groups {
		keys = append(keys, k.Expr)
	}
	return keys
}

// window is a function over the rows that agree in keys and by.
func (g *guard) window(name string, a plan.Agg, keys []plan.Expr, by ...plan.Expr) plan.WindowFn {
	return plan.WindowFn{Col: g.column(name, a.T), Agg: a, Partition: slices.Concat(keys, by)}
}

// numbering numbers rows from 1.
var numbering = plan.Agg{Fn: "row_number", T: plan.T(plan.Int8)}

func columnExpr(c plan.Column) plan.Expr { return &plan.Col{Column: c} }

func intExpr(k plan.Kind, v int64) plan.Expr {
	return &plan.Const{Text: strconv.FormatInt(v, 10), T: plan.T(k)}
}

func compared(op string, l, r plan.Expr) plan.Expr {
	return &plan.Call{Fn: op, Args: []plan.Expr{l, r}, T: plan.T(plan.Bool)}
}

func isFirst(c plan.Column) plan.Expr { return compared("=", columnExpr(c), intExpr(plan.Int8, 1)) }

// oneIf is 1 where a condition holds, else otherwise, which may be nil for NULL.
func oneIf(cond, otherwise plan.Expr) plan.Expr {
	return &plan.Case{Whens: []plan.When{{Cond: cond, Then: intExpr(plan.Int4, 1)}}, Else: otherwise, T: plan.T(plan.Int4)}
}

// nines is the greatest whole number of so many digits.
func nines(digits int) string { return strings.Repeat("9", digits) }
