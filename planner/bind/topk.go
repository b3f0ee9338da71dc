package bind

import (
	"errors"
	"math/big"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// What approx_top_k and approx_heavy_hitters may be asked for.
const (
	mostTop       = 10_000  // values
	mostCapacity  = 100_000 // values that a shard sends for a group
	usualCapacity = 100     // at least, and ten times as many as are asked for
	leastShare    = "0.0001"
	shareParts    = 1_000_000 // a share is a whole number of these
)

// topValues binds approx_top_k(x, k [, capacity]).
func (b *binder) topValues(e *ast.FuncCall, v *env, agg *plan.Agg) error {
	if len(e.Args) != 2 && len(e.Args) != 3 {
		return errorAt(e, "42883", "function approx_top_k takes a value, how many of the most frequent to list and, if wanted, how many each shard sends")
	}
	x, err := b.countedValue(e, v)
	if err != nil {
		return err
	}
	s := &plan.Sketch{Of: e.Name + "(" + spoken(x) + ")"}
	if s.K, err = wholeLiteral(e.Args[1], "the number of values of approx_top_k", 1, mostTop); err != nil {
		return err
	}
	s.Capacity = min(max(10*s.K, usualCapacity), mostCapacity)
	if len(e.Args) == 3 {
		if s.Capacity, err = wholeLiteral(e.Args[2], "the capacity of approx_top_k, the number of values that each shard sends,", s.K, mostCapacity); err != nil {
			return err
		}
	}
	agg.Args, agg.T, agg.Sketch = []plan.Expr{x}, plan.T(plan.JSONB), s
	return nil
}

// heavyHitters binds approx_heavy_hitters(x, share).
func (b *binder) heavyHitters(e *ast.FuncCall, v *env, agg *plan.Agg) error {
	if len(e.Args) != 2 {
		return errorAt(e, "42883", "function approx_heavy_hitters takes a value and the least share of the rows that it is to have")
	}
	x, err := b.countedValue(e, v)
	if err != nil {
		return err
	}
	share, err := shareLiteral(e.Args[1])
	if err != nil {
		return err
	}
	agg.Args, agg.T, agg.Sketch = []plan.Expr{x}, plan.T(plan.JSONB), &plan.Sketch{Share: share, Of: e.Name + "(" + spoken(x) + ")"}
	return nil
}

// countedValue binds what is counted: a value that engines can tell from others, and that JSON can show as PostgreSQL would.
func (b *binder) countedValue(e *ast.FuncCall, v *env) (plan.Expr, error) {
	if e.Distinct {
		return nil, errorAt(e, "42883", "%s counts how often values occur: with DISTINCT each would occur once", e.Name)
	}
	x, err := b.typedFor(e.Args[0], v, false)
	if err != nil {
		return nil, err
	}
	switch k := x.Type().Kind; k {
	case plan.JSON:
		return nil, errorAt(e.Args[0], "42883", "could not identify an equality operator for type json")
	case plan.JSONB, plan.Array:
		err := unsupported(e.Args[0], e.Name+" of "+x.Type().String())
		if out, ok := errors.AsType[*ast.Error](err); ok {
			out.Hint = "cast it to text"
		}
		return nil, err
	}
	return comparisonKey(x), nil
}

// shareLiteral reads a share, which must stand in the text: bounds are compared without rounding, so it has at most six decimals.
func shareLiteral(e ast.Expr) (float64, error) {
	lit, ok := e.(*ast.Literal)
	if ok && (lit.Kind == ast.LitInt || lit.Kind == ast.LitNumeric) && len(lit.Text) < 64 {
		least, _ := new(big.Rat).SetString(leastShare)
		share, ok := new(big.Rat).SetString(lit.Text)
		if ok && share.Cmp(least) >= 0 && share.Cmp(big.NewRat(1, 1)) <= 0 && new(big.Rat).Mul(share, big.NewRat(shareParts, 1)).IsInt() {
			f, _ := share.Float64()
			return f, nil
		}
	}
	return 0, errorAt(e, "22023", "the share of approx_heavy_hitters must be a literal from %s to 1 with at most 6 decimals", leastShare)
}
