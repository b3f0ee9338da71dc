package bounds

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// expr tells what is known of an expression's value for a row of the operator being walked.
func (a *analysis) expr(e plan.Expr) (known, error) {
	switch e := e.(type) {
	case *plan.Col:
		return a.column(e.Column), nil
	case *plan.Const:
		k := known{claim: exact | constSign(e)}
		if !e.Null {
			k.claim |= filled
		}
		return k, nil
	case *plan.Param:
		return known{claim: exact}, nil
	case *plan.Subquery:
		return a.subquery(e)
	}
	args, err := a.exprs(plan.Children(e))
	if err != nil {
		return known{}, err
	}
	k := a.combined(e, args)
	if e.Type().Kind == plan.Bool {
		k.claim = ordered(k.claim)
	}
	if slices.ContainsFunc(args, func(x known) bool { return x.several }) {
		switch {
		case choosing(e):
			k.several = true
		case !comparing(e):
			return known{claim: k.claim & facts, why: "equal values of " + plan.Children(e)[0].Type().String() + " are spelt in several ways"}.closed(), nil
		}
	}
	if !slices.ContainsFunc(args, func(x known) bool { return !x.exact() }) {
		return known{claim: exact | k.claim&facts, several: k.several}, nil
	}
	for _, x := range args {
		k.chosen, k.rank = k.chosen || x.chosen, k.rank || x.rank
		if k.why == "" {
			k.why = x.why
		}
	}
	return k.closed(), nil
}

func (a *analysis) exprs(list []plan.Expr) ([]known, error) {
	out := make([]known, len(list))
	for i, e := range list {
		var err error
		if out[i], err = a.expr(e); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// combined is the claim of an expression that follows from those of its operands.
func (a *analysis) combined(e plan.Expr, args []known) known {
	switch e := e.(type) {
	case *plan.Call:
		return known{claim: call(e, args)}
	case *plan.Cast:
		return known{claim: cast(e, args[0])}
	case *plan.And:
		return known{claim: commonOf(args) & (yes | no | filled)}
	case *plan.Or:
		return known{claim: commonOf(args) & (yes | no | filled)}
	case *plan.Not:
		return known{claim: args[0].claim.swapped() & (up | down | value | null | yes | no | filled)}
	case *plan.IsNull:
		return known{claim: isNull(args[0].claim, e.Not)}
	case *plan.IsBool:
		return known{claim: isBool(args[0].claim, e)}
	case *plan.In:
		return known{claim: in(args, e.Not)}
	case *plan.Case:
		return known{claim: caseOf(e, args)}
	}
	return known{}
}

func commonOf(args []known) claim {
	if len(args) == 0 {
		return exact | filled
	}
	out := args[0].claim
	for _, k := range args[1:] {
		out &= k.claim
	}
	return out
}

// isNull: x IS NOT NULL, if not.
func isNull(x claim, not bool) claim {
	out := filled
	if x&null != 0 {
		out |= yes // NULL stays NULL
	}
	if x&value != 0 {
		out |= no
	}
	if not {
		out = out.swapped()
	}
	return out
}

// ordered adds to what is known of a boolean that false is less than true.
func ordered(c claim) claim {
	if c&yes != 0 {
		c |= up
	}
	if c&no != 0 {
		c |= down
	}
	return c
}

func isBool(x claim, e *plan.IsBool) claim {
	if !e.Value {
		x = x.swapped() // x IS FALSE is (NOT x) IS TRUE
	}
	out := filled | x&yes
	if x&no != 0 && x&null != 0 {
		out |= no
	}
	if e.Not {
		out = out.swapped()
	}
	return out
}

// in: what is compared must be the same. Neither true nor false comes of a NULL that decides.
func in(args []known, not bool) claim {
	out := claim(0)
	if commonOf(args)&same == same {
		out = yes | no // either is said of values only
	}
	if not {
		out = out.swapped()
	}
	return out
}

// caseOf: while the conditions decide alike, the result is one of the arms, the same one.
func caseOf(e *plan.Case, args []known) claim {
	var arms []known
	alike := true
	out := yes // each arm that may be true is reached by what stays so, and is true then
	for i, w := range e.Whens {
		cond, then := args[2*i], args[2*i+1]
		arms = append(arms, then)
		if !neverTrue(w.Then) && !(alike && cond.has(yes) && then.has(yes)) {
			out = 0
		}
		alike = alike && cond.exact()
	}
	otherwise := known{claim: exact} // NULL
	if e.Else != nil {
		otherwise = args[len(args)-1]
		if !neverTrue(e.Else) && !(alike && otherwise.has(yes)) {
			out = 0
		}
	}
	arms = append(arms, otherwise)
	common := commonOf(arms)
	if alike {
		out |= common
	}
	out |= common & facts
	if e.Else == nil {
		out &^= filled
	}
	return out
}

// neverTrue reports a constant other than true.
func neverTrue(e plan.Expr) bool {
	c, ok := stripCast(e).(*plan.Const)
	return ok && (c.Null || c.Text == "false" || c.Text == "f")
}

// subquery: what it gives for a row depends on the rows it finds for it.
func (a *analysis) subquery(e *plan.Subquery) (known, error) {
	xs, err := a.exprs(e.X)
	if err != nil {
		return known{}, err
	}
	root := e.Root
	if e.Kind == plan.ExistsSubquery {
		root = unlimited(root)
	}
	r, err := a.walk(root)
	if err != nil {
		return known{}, err
	}
	outs := make([]known, len(e.Output))
	for i, c := range e.Output {
		outs[i] = a.column(c)
	}
	k := a.found(e, r, xs, outs)
	if r.rows == chosen {
		k.chosen = true
	}
	for _, x := range append(xs, outs...) {
		k.chosen = k.chosen || x.chosen && e.Kind != plan.ExistsSubquery
		if k.why == "" && !k.exact() {
			k.why = x.why
		}
	}
	if k.why == "" && !k.exact() {
		k.why = r.why
	}
	return k, nil
}

// unlimited is the tree without a LIMIT that changes nothing to whether there is a row.
func unlimited(n plan.Node) plan.Node {
	switch x := n.(type) {
	case *plan.Limit:
		if x.Count != 0 && x.Offset == 0 {
			return unlimited(x.Input)
		}
	case *plan.Project:
		return plan.WithInputs(x, []plan.Node{unlimited(x.Input)})
	case *plan.Sort:
		return unlimited(x.Input)
	}
	return n
}

func (a *analysis) found(e *plan.Subquery, r rel, xs, outs []known) known {
	switch e.Kind {
	case plan.ExistsSubquery:
		if r.rows == all {
			return known{claim: exact | filled}
		}
		return known{claim: ordered(yes | filled), why: r.why}.closed()
	case plan.ScalarSubquery:
		return a.scalar(r, outs[0])
	}
	args := append(xs[:len(xs):len(xs)], outs...)
	wholly := !slices.ContainsFunc(args, func(k known) bool { return !k.exact() })
	if wholly && (r.rows == all || a.besides(e, r)) {
		return known{claim: exact}
	}
	k := known{}
	if len(xs) == 1 && len(outs) == 1 {
		k.claim = comparison(e.Op, xs[0].claim, outs[0].claim)
	}
	if e.Kind == plan.AnySubquery {
		k.claim &= yes
	} else {
		k.claim &= no
	}
	return k
}

// scalar is the value of the one row. Where that row may be missing, so may be the value; of several, the whole answer is an error.
func (a *analysis) scalar(r rel, out known) known {
	if out.claim&filled != 0 {
		out.claim |= value
		if !r.one || r.rows != all {
			out.claim &^= filled
		}
	}
	switch r.rows {
	case all:
		if !r.one {
			out.claim &^= filled
		}
		return out
	case some:
		out.claim &^= null
		if out.why == "" {
			out.why = r.why
		}
		return out
	}
	return known{claim: out.claim & facts &^ filled, chosen: true, why: r.why}
}

// besides reports x = ANY (…), or x <> ALL (…), of keys that lie where x does: rows elsewhere are not equal to it. Neither is NULL.
func (a *analysis) besides(e *plan.Subquery, r rel) bool {
	x, ok := e.X[0].(*plan.Col)
	if !ok || len(e.X) != 1 || !a.column(x.Column).has(filled) || r.rows != some {
		return false
	}
	if e.Kind == plan.AnySubquery && e.Op != "=" || e.Kind == plan.AllSubquery && e.Op != "<>" {
		return false
	}
	eq := &plan.Call{Fn: "=", Args: []plan.Expr{x, &plan.Col{Column: e.Output[0]}}}
	return together(a.outer, a.filledKeys(r.home), []plan.Expr{eq})
}
