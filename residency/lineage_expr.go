package residency

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// conditions notes what conditions read.
func (l *lineage) conditions(list []plan.Expr, u use) {
	for _, e := range list {
		l.use(l.condition(e), u)
	}
}

// value returns what an expression is computed from, and notes what decides within it: comparisons, conditions, and subqueries.
func (l *lineage) value(e plan.Expr) []origin { return l.read(e, false) }

// condition is value for a condition as a whole: what becomes of what it reads is for the caller to note.
func (l *lineage) condition(e plan.Expr) []origin { return l.read(e, true) }

func (l *lineage) read(e plan.Expr, noted bool) []origin {
	switch e := e.(type) {
	case nil, *plan.Const, *plan.Param:
		return nil
	case *plan.Col:
		return l.cols[e.Column.ID].origins
	case *plan.Subquery:
		return l.subquery(e)
	case *plan.Case:
		var out []origin
		for _, w := range e.Whens {
			cond := l.condition(w.Cond)
			l.use(cond, useFilter)
			out = union(out, union(cond, l.read(w.Then, noted)))
		}
		return union(out, l.read(e.Else, noted))
	case *plan.Call:
		if e.Fn == pseudonymFn && len(e.Args) > 0 {
			return l.pseudonym(e)
		}
	}
	compares := !noted && e.Type().Kind == plan.Bool // it tells how its operands compare
	var out []origin
	for _, x := range plan.Children(e) {
		out = union(out, l.read(x, noted || compares))
	}
	if compares {
		l.use(out, useFilter)
	}
	return out
}

// pseudonymFn is the function that makes a pseudonym of its first argument; see package bind.
const pseudonymFn = "pseudonym"

// pseudonym is read of a column as it is, or of its text; what else is given to the function could be made to fit what somebody wants to find out.
func (l *lineage) pseudonym(e *plan.Call) []origin {
	x := e.Args[0]
	if c, ok := x.(*plan.Cast); ok && c.To.Kind == plan.Text && c.Mod == nil {
		x = c.X
	}
	read := l.value(x)
	if !l.isPlain(x, false) {
		l.guess = true // a column within it is no proof: CASE WHEN c > 0 THEN 'known' END reads one
		return read
	}
	out := slices.Clone(read)
	for i := range out {
		out[i].pseudonym = true
	}
	return out
}

func (l *lineage) subquery(e *plan.Subquery) []origin {
	l.walk(e.Root, within{barrier: "a subquery asks for its rows"})
	for _, x := range e.X {
		l.use(l.value(x), useFilter)
	}
	var out []origin
	for _, c := range e.Output {
		out = union(out, l.cols[c.ID].origins)
	}
	switch e.Kind {
	case plan.ExistsSubquery:
		return nil
	case plan.AnySubquery, plan.AllSubquery:
		l.use(out, useFilter)
	}
	return out
}

// isPlain reports that an expression is a column as its table has it; wider also lets casts pass that lose nothing.
func (l *lineage) isPlain(e plan.Expr, wider bool) bool {
	switch e := e.(type) {
	case *plan.Col:
		return l.cols[e.Column.ID].plain
	case *plan.Cast:
		return wider && e.Mod == nil && widens(e.X.Type(), e.To) && l.isPlain(e.X, true)
	}
	return false
}

// widens reports a cast between numbers to a type that tells the values of the other apart as well as that did.
func widens(from, to plan.Type) bool {
	switch {
	case from == to || from.IsInteger() && to.IsInteger() && from.Kind <= to.Kind:
		return true
	case from.IsInteger() && to.Kind == plan.Numeric:
		return to.Wide() || to.Precision-to.Scale >= plan.IntegerDigits[from.Kind]
	case from.Kind == plan.Numeric && to.Kind == plan.Numeric:
		return to.Wide() || !from.Wide() && to.Scale >= from.Scale && to.Precision-to.Scale >= from.Precision-from.Scale
	}
	return to.Kind == plan.Float8 && (from.IsInteger() || from.Kind == plan.Float4 || from.Kind == plan.Numeric)
}

// union appends what b has and a has not; a may be changed only beyond its length.
func union(a, b []origin) []origin {
	if len(a) == 0 {
		return b
	}
	out := a[:len(a):len(a)]
	for _, o := range b {
		if !slices.Contains(out, o) {
			out = append(out, o)
		}
	}
	return out
}
