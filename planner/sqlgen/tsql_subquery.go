package sqlgen

import (
	"strings"

	"github.com/atoll-sql/atoll/planner/plan"
)

// writes refuses what this dialect has not. The server takes no subquery where rows are grouped or make up a window.
func (tsql) writes(g *gen, form string) bool {
	switch {
	case form == "a lateral join":
		return true
	case form == "a subquery" && !g.inGroup:
		return true
	case form == "a subquery":
		form = "a subquery within an aggregate, a group key or a window"
	}
	g.unsupported("%s", form)
	return false
}

func (tsql) mixesLevels() bool { return false }

func (tsql) applied(kind plan.JoinKind, left, right string) string {
	if kind == plan.Inner {
		return left + " CROSS APPLY " + right
	}
	return left + " OUTER APPLY " + right
}

// listed reports that a comparison with a subquery is one that IN or NOT IN makes.
func listed(e *plan.Subquery) bool {
	return len(e.X) == 1 && (e.Kind == plan.AnySubquery && e.Op == "=" || e.Kind == plan.AllSubquery && e.Op == "<>")
}

// quantified writes the comparisons that IN makes. The others are rewritten before: see rewritten.
func (d tsql) quantified(g *gen, e *plan.Subquery) (string, bool) {
	if !listed(e) {
		return g.write(d.rewritten(e, false))
	}
	out, t := e.Output[0], e.X[0].Type()
	text := t.Kind == plan.Text || t.Kind == plan.Unknown
	switch k := t.Kind; {
	case text:
	case k == plan.Numeric:
		d.comparable(g, e.X[0], &plan.Col{Column: out})
	case tsqlTypes[k] == "", k == plan.Bytea, k == plan.Bpchar:
		g.unsupported("comparing %s with a subquery's rows", t)
	}
	x := ""
	if text {
		x = d.firmly(g, e.X[0])
	} else {
		x = g.operand(bare(e.X[0]))
	}
	sql := ""
	g.inside(func() {
		b := g.node(e.Root)
		if text {
			g.within(b, func() { b.cols[out.ID] = d.firmly(g, &plan.Col{Column: out}) })
		}
		sql = g.selectSQL(b, e.Output, false)
	})
	return x + not(e.Kind == plan.AllSubquery, " IN (") + sql + ")", false
}

// rewritten turns a comparison with the rows of a subquery into questions whether there are rows: one for which it is
// true or, of ALL, not true; and, unless unknown may count as false, one for which it is unknown.
func (tsql) rewritten(e *plan.Subquery, filtering bool) plan.Expr {
	c := compareRow(e.Op, e.X, e.Output)
	exists := func(cond plan.Expr) plan.Expr {
		root := &plan.Filter{Input: e.Root, Conds: []plan.Expr{cond}}
		return &plan.Subquery{Kind: plan.ExistsSubquery, Root: root, Output: e.Output, T: plan.T(plan.Bool)}
	}
	truth := func(text string, null bool) plan.Expr {
		return &plan.Const{Text: text, Null: null, T: plan.T(plan.Bool)}
	}
	all := e.Kind == plan.AllSubquery
	switch {
	case filtering && all:
		return &plan.Not{X: exists(&plan.IsBool{X: c, Value: true, Not: true})}
	case filtering:
		return exists(c)
	}
	decides, then, otherwise := c, "true", "false"
	if all {
		decides, then, otherwise = &plan.IsBool{X: c, Value: false}, "false", "true"
	}
	return &plan.Case{T: plan.T(plan.Bool), Else: truth(otherwise, false), Whens: []plan.When{
		{Cond: exists(decides), Then: truth(then, false)}, {Cond: exists(&plan.IsNull{X: c}), Then: truth("", true)}}}
}

// compareRow compares rows as PostgreSQL does: by the first columns that are not equal.
func compareRow(op string, x []plan.Expr, cols []plan.Column) plan.Expr {
	call := func(op string, i int) plan.Expr {
		return &plan.Call{Fn: op, Args: []plan.Expr{x[i], &plan.Col{Column: cols[i]}}, T: plan.T(plan.Bool)}
	}
	var parts []plan.Expr
	for i := range x {
		switch {
		case op == "=" || op == "<>" || i == len(x)-1:
			parts = append(parts, call(op, i))
		default:
			rest := &plan.And{Args: []plan.Expr{call("=", i), compareRow(op, x[i+1:], cols[i+1:])}}
			return &plan.Or{Args: []plan.Expr{call(strings.TrimSuffix(op, "="), i), rest}}
		}
	}
	switch {
	case len(parts) == 1:
		return parts[0]
	case op == "<>":
		return &plan.Or{Args: parts}
	}
	return &plan.And{Args: parts}
}
