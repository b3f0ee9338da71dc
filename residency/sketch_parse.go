package residency

import (
	"github.com/atoll-sql/atoll/internal/yamldoc"
)

// kinds are the sketches that a rule may permit. Of the others the values leave (approx_top_k, approx_heavy_hitters), or so few values a bucket that
// without small ones the answer would be another (approx_percentile).
var kinds = []string{"hll"}

// The precision of sketches, as approx_count_distinct takes it.
const leastPrecision, mostPrecision = 4, 18

// sketch reads the terms of sketches. Beside aggregates they are those of the aggregates where they say nothing else.
func (p *parser) sketch(n *yamldoc.Node, r *Rule) *SketchTerms {
	f := p.Fields(n, "kinds", "group_by", "entity", "min", "key", "precision")
	if f == nil {
		return nil
	}
	out := &SketchTerms{Precision: UsualPrecision}
	if r.Aggregate != nil {
		out.GroupBy, out.Entity = r.Aggregate.GroupBy, r.Aggregate.Entity
	}
	out.Kinds = p.names(f.Need("kinds", "kinds: [hll]"), func(name string, at Position) {
		p.known(name, at, "kind of sketch", kinds, "the kinds")
	})
	if n := f.Get("group_by"); n != nil {
		out.GroupBy = p.columns(n, r.Tables)
	}
	if n := f.Get("entity"); n != nil {
		out.Entity = p.entity(n, r)
	} else if r.Form == Sketch {
		f.Need("entity", "entity: a name listed under entities")
	}
	if n := f.Need("min", "min: 1000"); n != nil {
		out.Min, _ = p.Integer(n, 1, mostCount)
		p.smallMinimum(n, out.Min)
	}
	if r.Aggregate != nil && len(r.Columns) == 0 {
		p.warn(n.KeyAt, "no sketch leaves: %s is of no column, add columns to the rule", n.Path)
	}
	if n := f.Get("key"); n != nil {
		out.Key = p.OneOf(n, "key:", perPurpose, "none")
		p.sketchKey(n, r, out)
	}
	if n := f.Get("precision"); n != nil {
		out.Precision, _ = p.Integer(n, leastPrecision, mostPrecision)
	}
	return out
}

// sketchKey reports a key that there is not: a rule of sketches alone would permit nothing.
func (p *parser) sketchKey(n *yamldoc.Node, r *Rule, t *SketchTerms) {
	const needs = `key: per_purpose needs a secret: add secrets: {pseudonym_key: "${VARIABLE}"}`
	switch {
	case t.Key == "none":
		t.Key = ""
	case t.Key == "" || p.hasKey:
	case r.Form == Sketch:
		p.Fail(n.At, needs)
	default:
		p.warn(n.At, "no sketch leaves: %s", needs)
	}
}
