package residency

import (
	"strconv"

	"github.com/atoll-sql/atoll/planner/plan"
)

// bounds are the terms that bound something: nobody has more than all.
func (t Threshold) bounds() []DominanceTerm {
	var out []DominanceTerm
	for _, d := range t.Dominance {
		if d.Percent < 100 {
			out = append(out, d)
		}
	}
	return out
}

// standing is what a row says of its entity in its group.
type standing struct {
	first plan.Column // 1 in one row of the entity
	share plan.Column // a hundred times what the entity contributes; of floats, what it contributes
	place plan.Column // in the first rows of known entities: 1 for the one that contributes most. In that of no known entity: 1
}

// ranked adds a standing for each bound to the rows of in, grouped by keys; beside them, further window functions.
func (g *guard) ranked(in plan.Node, keys []plan.Expr, further []plan.WindowFn) (plan.Node, []standing) {
	var ranks []standing
	var shares, places []plan.WindowFn
	for _, d := range g.t.bounds() {
		entity := columnExpr(d.Entity)
		first := g.window("first", numbering, keys, entity)
		share := g.window("share", plan.Agg{Fn: "sum", Args: []plan.Expr{d.weighed(100)}, T: d.shareType()}, keys, entity)
		zero := intExpr(plan.Int4, 0)
		place := g.window("place", numbering, keys, oneIf(&plan.IsNull{X: entity}, zero), oneIf(isFirst(first.Col), zero))
		place.Order = []plan.WindowKey{{Expr: columnExpr(share.Col), Desc: true}}
		shares, places = append(shares, first, share), append(places, place)
		ranks = append(ranks, standing{first.Col, share.Col, place.Col})
	}
	if shares = append(shares, further...); len(shares) > 0 {
		in = &plan.Window{Input: in, Fns: shares}
	}
	if len(places) > 0 {
		in = &plan.Window{Input: in, Fns: places}
	}
	return in, ranks
}

// top adds up the shares of the largest entities, each once.
func (d DominanceTerm) top(r standing) plan.Agg {
	counts := &plan.And{Args: []plan.Expr{isFirst(r.first), compared("<=", columnExpr(r.place), intExpr(plan.Int8, d.Largest))}}
	share := &plan.Case{Whens: []plan.When{{Cond: counts, Then: columnExpr(r.share)}}, T: r.share.Type}
	return plan.Agg{Fn: "sum", Args: []plan.Expr{share}, T: d.sumType()}
}

// total adds up all contributions, so weighed that the shares of the largest must not exceed it; of floats unweighed.
func (d DominanceTerm) total() plan.Agg {
	return plan.Agg{Fn: "sum", Args: []plan.Expr{d.weighed(d.Percent)}, T: d.sumType()}
}

// within is the condition that the largest do not have too much. Both sums are NULL where there are no values; NaN, which is greater than
// every number, and infinity fail it.
func (d DominanceTerm) within(top, total plan.Column) plan.Expr {
	sum := columnExpr(total)
	bound, finite := sum, plan.Expr(nil)
	if d.Arg.Type.IsFloat() {
		share := &plan.Const{Text: strconv.FormatFloat(float64(d.Percent)/100, 'f', -1, 64), T: plan.T(plan.Float8)}
		bound = &plan.Call{Fn: "*", Args: []plan.Expr{sum, share}, T: plan.T(plan.Float8)}
		none := &plan.Call{Fn: "-", Args: []plan.Expr{sum, sum}, T: plan.T(plan.Float8)}
		finite = compared("=", none, &plan.Const{Text: "0", T: plan.T(plan.Float8)})
	} else {
		digits := plan.MaxNarrow - total.Type.Scale
		most := &plan.Const{Text: nines(digits), T: total.Type}
		finite = compared("<=", sum, most)
	}
	return &plan.Or{Args: []plan.Expr{&plan.IsNull{X: sum}, &plan.And{Args: []plan.Expr{compared("<=", columnExpr(top), bound), finite}}}}
}

// weighed is what a row contributes, times a weight. Weights are applied before adding up, where there are digits to spare; of floats,
// which overflow, when the sums are compared.
func (d DominanceTerm) weighed(weight int64) plan.Expr {
	x, t := columnExpr(d.Arg), d.Arg.Type
	if t.IsFloat() {
		if t = plan.T(plan.Float8); d.Arg.Type != t {
			x = &plan.Cast{X: x, To: t}
		}
		return &plan.Call{Fn: "abs", Args: []plan.Expr{x}, T: t}
	}
	if digits := plan.IntegerDigits[t.Kind]; digits > 0 { // whose least value has no absolute one
		t = plan.NumericType(digits, 0)
		x = &plan.Cast{X: x, To: t}
	}
	x = &plan.Call{Fn: "abs", Args: []plan.Expr{x}, T: t}
	product := plan.Type{Kind: plan.Numeric}
	if !t.Wide() {
		product = plan.NumericType(t.Precision+weightDigits, t.Scale)
	}
	factor := &plan.Const{Text: strconv.FormatInt(weight, 10), T: plan.NumericType(weightDigits, 0)}
	return &plan.Call{Fn: "*", Args: []plan.Expr{x, factor}, T: product}
}

const (
	weightDigits = 3  // of 100
	shareDigits  = 28 // what SQL Server adds up to 38 digits by itself
	valueDigits  = 22 // values of which a share of shareDigits holds a thousand, however large
)

// narrow reports exact values whose weighed sums have a type with a bound. Those of others have none: SQL Server cannot compare them.
func (d DominanceTerm) narrow() bool {
	t := d.Arg.Type
	return t.IsInteger() || t.Kind == plan.Numeric && !t.Wide() && t.Precision <= valueDigits
}

func (d DominanceTerm) sumType() plan.Type   { return d.typeOf(plan.MaxNarrow) }
func (d DominanceTerm) shareType() plan.Type { return d.typeOf(shareDigits) }

func (d DominanceTerm) typeOf(digits int) plan.Type {
	switch {
	case d.Arg.Type.IsFloat():
		return plan.T(plan.Float8)
	case d.narrow():
		return plan.NumericType(digits, d.Arg.Type.Scale)
	}
	return plan.T(plan.Numeric)
}
