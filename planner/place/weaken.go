package place

import (
	"math/big"
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/shardmap"
)

// weakener derives supersets: conditions that are true wherever another one is, and that a dialect can write
// although it cannot write the other. What the superset lets pass is checked again where the original can run.
//
// It looks at the rows for which the original is true, no others: on those for which it is false, NULL or an error
// a superset may say anything.
type weakener struct {
	// fits reports that every shard's dialect writes a condition exactly.
	fits func(plan.Expr) bool
	// nullable reports that a column may hold NULLs, so that it is worth asking.
	nullable func(id int) bool
}

// weaken returns a condition that e implies and that fits, nil if none is worth sending. Of e itself, if it
// fits, it returns e.
func (w weakener) weaken(e plan.Expr) plan.Expr {
	if w.fits(e) {
		return e
	}
	if and, ok := e.(*plan.And); ok {
		return plan.Conjunction(w.each(and.Args))
	}
	if x := w.arm(e); x != nil {
		return x
	}
	return w.notNull(e)
}

// each weakens conditions of which all must hold: those that have no superset are left out.
func (w weakener) each(conds []plan.Expr) []plan.Expr {
	var out []plan.Expr
	for _, c := range conds {
		if x := w.weaken(c); x != nil && !slices.ContainsFunc(out, func(o plan.Expr) bool { return plan.Format(o) == plan.Format(x) }) {
			out = append(out, x)
		}
	}
	return out
}

// arm is weaken without the test for NULL, which within an OR would let nearly everything pass.
func (w weakener) arm(e plan.Expr) plan.Expr {
	if w.fits(e) {
		return e
	}
	var x plan.Expr
	switch e := e.(type) {
	case *plan.And:
		var parts []plan.Expr
		for _, a := range e.Args {
			if y := w.arm(a); y != nil {
				parts = append(parts, y)
			}
		}
		x = plan.Conjunction(parts)
	case *plan.Or:
		x = w.or(e)
	case *plan.Not:
		if y := inward(e.X); y != nil {
			return w.arm(y)
		}
	case *plan.IsBool: // where it holds, x IS TRUE is x, and x IS FALSE is NOT x
		if e.Not {
			return nil
		}
		if e.Value {
			return w.arm(e.X)
		}
		return w.arm(&plan.Not{X: e.X})
	case *plan.In:
		x = span(e)
	case *plan.Call:
		if e.Fn == "like" || e.Fn == "ilike" {
			return w.pattern(e)
		}
	}
	if x == nil || !w.fits(x) {
		return nil
	}
	return x
}

// or needs a superset of every arm.
func (w weakener) or(e *plan.Or) plan.Expr {
	arms := make([]plan.Expr, len(e.Args))
	for i, a := range e.Args {
		if arms[i] = w.arm(a); arms[i] == nil {
			return nil
		}
	}
	return &plan.Or{Args: arms}
}

// inward moves a NOT one operator down, which changes nothing in SQL's logic of three values; nil where there is none.
func inward(e plan.Expr) plan.Expr {
	switch e := e.(type) {
	case *plan.Not:
		return e.X
	case *plan.And:
		return &plan.Or{Args: negated(e.Args)}
	case *plan.Or:
		return &plan.And{Args: negated(e.Args)}
	case *plan.IsNull:
		return &plan.IsNull{X: e.X, Not: !e.Not}
	case *plan.IsBool:
		return &plan.IsBool{X: e.X, Value: e.Value, Not: !e.Not}
	case *plan.In:
		return &plan.In{X: e.X, List: e.List, Not: !e.Not}
	case *plan.Call:
		if op := opposite[e.Fn]; op != "" {
			return &plan.Call{Fn: op, Args: e.Args, T: e.T}
		}
	}
	return nil
}

var opposite = map[string]string{"=": "<>", "<>": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">",
	"is_distinct": "is_not_distinct", "is_not_distinct": "is_distinct"}

func negated(list []plan.Expr) []plan.Expr {
	out := make([]plan.Expr, len(list))
	for i, x := range list {
		out[i] = &plan.Not{X: x}
	}
	return out
}

// span turns a list of constants, which may be too long for a server, into the range between the least and the
// greatest; nil if there is no such range.
func span(e *plan.In) plan.Expr {
	if e.Not {
		return nil
	}
	var lo, hi *plan.Const
	for _, x := range e.List {
		c, ok := x.(*plan.Const)
		switch {
		case !ok:
			return nil
		case c.Null:
			continue
		case lo == nil:
			lo, hi = c, c
			continue
		}
		below, ok := less(c, lo)
		above, ok2 := less(hi, c)
		if !ok || !ok2 {
			return nil
		}
		if below {
			lo = c
		}
		if above {
			hi = c
		}
	}
	if lo == nil {
		return nil
	}
	return &plan.And{Args: []plan.Expr{
		&plan.Call{Fn: ">=", Args: []plan.Expr{e.X, lo}, T: plan.T(plan.Bool)},
		&plan.Call{Fn: "<=", Args: []plan.Expr{e.X, hi}, T: plan.T(plan.Bool)},
	}}
}

// less compares two constants of one type; ok is false where their texts do not tell.
func less(a, b *plan.Const) (is, ok bool) {
	if a.T.Kind == plan.Numeric {
		x, okX := new(big.Rat).SetString(a.Text)
		y, okY := new(big.Rat).SetString(b.Text)
		return okX && okY && x.Cmp(y) < 0, okX && okY
	}
	x, errX := shardmap.ParseValue(a.T.String(), a.Text)
	y, errY := shardmap.ParseValue(b.T.String(), b.Text)
	return shardmap.Compare(x, y) < 0, errX == nil && errY == nil
}

// notNull is the least that a condition says: that the one column it reads is not NULL. Of a condition over several
// columns nothing is said, since computing with the others might have been an error.
func (w weakener) notNull(e plan.Expr) plan.Expr {
	read := map[int]bool{}
	plan.ColumnsOf(e, read)
	c := needed(e)
	if len(read) != 1 || c == nil || !w.nullable(c.Column.ID) {
		return nil
	}
	if x := (&plan.IsNull{X: c, Not: true}); w.fits(x) {
		return x
	}
	return nil
}

// lax are the functions and operators that may give a value though an argument is NULL.
var lax = map[string]bool{"coalesce": true, "greatest": true, "least": true, "concat": true, "concat_ws": true,
	"is_distinct": true, "is_not_distinct": true}

// needed returns a column without which e, which reads one column at most, is NULL; nil if there is none for certain.
func needed(e plan.Expr) *plan.Col {
	switch e := e.(type) {
	case *plan.Col:
		return e
	case *plan.Cast:
		return needed(e.X)
	case *plan.Not:
		return needed(e.X)
	case *plan.In:
		return needed(e.X)
	case *plan.And:
		return neededByAll(e.Args)
	case *plan.Or:
		return neededByAll(e.Args)
	case *plan.Call:
		if lax[e.Fn] {
			return nil
		}
		for _, a := range e.Args {
			if c := needed(a); c != nil {
				return c
			}
		}
	}
	return nil
}

func neededByAll(args []plan.Expr) *plan.Col {
	var c *plan.Col
	for _, a := range args {
		if c = needed(a); c == nil {
			return nil
		}
	}
	return c
}
