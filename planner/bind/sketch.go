package bind

import (
	"strconv"

	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
)

// approximate are the aggregates that are estimated from sketches, which PostgreSQL does not have; with what else Atoll adds to its aggregates.
var approximate = map[string]bool{"approx_count_distinct": true, "hll_sketch": true, "hll_merge": true, "approx_top_k": true, "approx_heavy_hitters": true,
	"approx_percentile": true, "approx_median": true}

// The least, the greatest and the usual precision of HyperLogLog: it has 2^precision registers.
const (
	minPrecision   = 4
	maxPrecision   = 18
	usualPrecision = 14
)

// approximateCall binds the arguments of an approximate aggregate.
func (b *binder) approximateCall(e *ast.FuncCall, v *env, agg *plan.Agg) error {
	switch {
	case e.WithinGroup:
		return errorAt(e, "42883", "%s is not an ordered-set aggregate: it cannot have WITHIN GROUP", e.Name)
	case e.Star:
		return errorAt(e, "42883", "function %s(*) does not exist", e.Name)
	case len(e.OrderBy) > 0:
		return errorAt(e, "42883", "the result of %s does not depend on an order: remove ORDER BY", e.Name)
	}
	switch e.Name {
	case "hll_merge":
		return b.mergedSketch(e, v, agg)
	case "approx_percentile", "approx_median":
		return b.approxPercentile(e, v, agg)
	case "approx_top_k":
		return b.topValues(e, v, agg)
	case "approx_heavy_hitters":
		return b.heavyHitters(e, v, agg)
	}
	return b.distinctSketch(e, v, agg)
}

// distinctSketch binds approx_count_distinct and hll_sketch. DISTINCT changes nothing. A sketch that is kept is made of the hash that all
// engines have, so that it can be merged with any other.
func (b *binder) distinctSketch(e *ast.FuncCall, v *env, agg *plan.Agg) error {
	if len(e.Args) != 1 && len(e.Args) != 2 {
		return errorAt(e, "42883", "function %s takes a value and, if wanted, a precision from %d to %d", e.Name, minPrecision, maxPrecision)
	}
	x, err := b.typedFor(e.Args[0], v, false)
	if err != nil {
		return err
	}
	if x.Type().Kind == plan.JSON {
		return errorAt(e.Args[0], "42883", "could not identify an equality operator for type json")
	}
	if err := groupable(e.Args[0], e.Name+" of", x.Type()); err != nil {
		return err
	}
	s := &plan.Sketch{Precision: usualPrecision}
	if len(e.Args) == 2 {
		if s.Precision, err = wholeLiteral(e.Args[1], "the precision of "+e.Name, minPrecision, maxPrecision); err != nil {
			return err
		}
	}
	agg.T = plan.T(plan.Int8)
	if e.Name == "hll_sketch" {
		agg.T, s.Hash = plan.T(plan.Bytea), plan.HashPortable
	}
	if b.opts.KeyedSketches && len(b.opts.Pseudonym) > 0 {
		s.Hash = plan.HashKeyed
		s.Inner, s.Outer = b.pseudonymBlocks()
	}
	agg.Args, agg.Sketch, agg.Distinct = []plan.Expr{comparisonKey(x)}, s, false
	s.Of = e.Name + "(" + spoken(x) + ")"
	return nil
}

// mergedSketch binds hll_merge. A sketch merged twice changes nothing.
func (b *binder) mergedSketch(e *ast.FuncCall, v *env, agg *plan.Agg) error {
	if len(e.Args) != 1 {
		return errorAt(e, "42883", "function hll_merge takes a sketch that hll_sketch or hll_merge gave")
	}
	x, err := b.expr(e.Args[0], v)
	if err != nil {
		return err
	}
	if x.Type().Kind == plan.Unknown {
		if x, err = b.coerce(e.Args[0], x, plan.T(plan.Bytea)); err != nil {
			return err
		}
	}
	if x.Type().Kind != plan.Bytea {
		return errorAt(e.Args[0], "42883", "function hll_merge(%s) does not exist: sketches are bytea", x.Type().Kind)
	}
	agg.Args, agg.T, agg.Distinct = []plan.Expr{x}, plan.T(plan.Bytea), false
	agg.Sketch = &plan.Sketch{ByValue: true, Of: "hll_merge(" + spoken(x) + ")"}
	return nil
}

// estimated makes approx_count_distinct of count(DISTINCT x), where that was asked for and x has a hash.
func (b *binder) estimated(e *ast.FuncCall) *ast.FuncCall {
	if !b.opts.Approximate || e.Name != "count" || !e.Distinct || len(e.Args) != 1 || e.Over != nil {
		return e
	}
	out := *e
	out.Name, out.OrderBy = "approx_count_distinct", nil
	return &out
}

// spoken names an argument to people.
func spoken(x plan.Expr) string {
	switch x := x.(type) {
	case *plan.Col:
		return x.Column.Name
	case *plan.Cast:
		return spoken(x.X)
	}
	return "…"
}

// wholeLiteral reads an argument that must stand in the text as an integer within bounds.
func wholeLiteral(e ast.Expr, what string, least, most int) (int, error) {
	lit, ok := e.(*ast.Literal)
	if ok && lit.Kind == ast.LitInt {
		if n, err := strconv.Atoi(lit.Text); err == nil && n >= least && n <= most {
			return n, nil
		}
	}
	return 0, errorAt(e, "22023", "%s must be a literal from %d to %d", what, least, most)
}
