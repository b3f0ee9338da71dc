package residency

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// UsualPrecision is the most that a rule of the form sketch permits which says nothing of precision.
const UsualPrecision = 14

// registersFn stands for the smallest hashes of the registers that a set touches, which is what a shard sends of a HyperLogLog sketch; see [foldSketch].
const registersFn = "hll_registers"

// hllFunctions are the aggregates of the kind hll, as queries and as the check's own trees name them.
var hllFunctions = []string{"approx_count_distinct", "hll_sketch", registersFn}

// groups are the terms that a rule has for groups: of aggregates, or of the sets that sketches are made of; nil for other forms.
func (r *Rule) groups() *AggregateTerms {
	switch r.Form {
	case Aggregate:
		return r.Aggregate
	case Sketch:
		return &AggregateTerms{GroupBy: r.Sketch.GroupBy, Entity: r.Sketch.Entity, Min: r.Sketch.Min}
	}
	return nil
}

// beside is the rule by which sketches leave where a rule permits them beside its aggregates; nil where it does not.
func (r *Rule) beside() *Rule {
	if r.Form != Aggregate || r.Sketch == nil || len(r.Columns) == 0 {
		return nil
	}
	out := *r
	out.Form, out.Aggregate = Sketch, nil
	return &out
}

// PerPurpose reports that sketches of a table leave under a key of the query's purpose only, by one rule at least.
func (p *Policy) PerPurpose(table string) bool {
	return slices.ContainsFunc(p.allowing(table), func(r *Rule) bool { return r.Form == Sketch && r.Sketch.Key == perPurpose })
}

// perPurpose is the key of sketches that cannot be compared with those of another purpose.
const perPurpose = "per_purpose"

// coversSketch checks the form in which sketches leave: one aggregate, of sketches alone.
func (e *Env) coversSketch(r *Rule, ref *reference, l *lineage) (clause, subject string) {
	if ref.aggregate == nil && holds(clauseForm) {
		return clauseForm, ref.barrier
	}
	calls := l.calls[ref.aggregate]
	if ref.aggregate != nil && len(calls) == 0 && holds(clauseForm) {
		return clauseForm, "values or groups would leave without one"
	}
	if clause, subject := coversGroups(r, ref); clause != "" {
		return clause, subject
	}
	for _, c := range calls {
		if clause, subject := e.coversSketchCall(r, c); clause != "" {
			return clause, subject
		}
		if plan.FormatAgg(c.agg) != plan.FormatAgg(calls[0].agg) && holds(clauseDifference) {
			return clauseDifference, ""
		}
	}
	return "", ""
}

// coversSketchCall checks one sketch.
func (e *Env) coversSketchCall(r *Rule, c call) (clause, subject string) {
	t, s := r.Sketch, c.agg.Sketch
	switch {
	case s == nil || !slices.Contains(hllFunctions, c.agg.Fn) || !slices.Contains(t.Kinds, "hll"):
		if holds(clauseKinds) {
			return clauseKinds, c.agg.Fn
		}
	case c.agg.Filter != nil && holds(clauseAggFilter):
		return clauseAggFilter, c.agg.Fn
	case !c.plain && holds(clauseArgument):
		return clauseArgument, c.agg.Fn
	case int64(s.Precision) > t.Precision && holds(clausePrecision):
		return clausePrecision, c.agg.Fn
	case t.Key == perPurpose && holds(clauseSketchKey):
		if len(e.Policy.PseudonymKey) == 0 {
			return clauseSketchKey, "the policy has no secrets.pseudonym_key"
		}
		if e.Purpose == "" {
			return clauseSketchKey, "the query states no purpose"
		}
		if !keyed(s) {
			return clauseSketchKey, "this one has none"
		}
	}
	return "", ""
}

// keyed reports that a sketch is made of hashes under the two blocks of the purpose's key, which are parameters that no query can write.
func keyed(s *plan.Sketch) bool {
	inner, ok := s.Inner.(*plan.Param)
	outer, also := s.Outer.(*plan.Param)
	return s.Hash == plan.HashKeyed && ok && also && outer.N == inner.N+1
}

// asWritten is an argument without what the binder puts around it so that equal values are the same text: a character(n) is sketched without the
// space that fills it up.
func asWritten(a plan.Agg, x plan.Expr) plan.Expr {
	c, ok := x.(*plan.Cast)
	if ok && a.Sketch != nil && c.Mod == nil && c.To.Kind == plan.Text && c.X.Type().Kind == plan.Bpchar {
		return c.X
	}
	return x
}
