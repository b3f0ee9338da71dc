package place

import (
	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/aggregate"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
)

// takesValues reports an aggregate to which, where values arrive, no row is left out but has no value.
func takesValues(a plan.Agg) bool { return aggregate.IsOrdered(a.Fn) || a.Sketch != nil }

// sketchOf is how the merge of an approximate aggregate gets its values; nil for other aggregates.
func (s *split) sketchOf(a plan.Agg) *plan.Sketch {
	if a.Sketch == nil {
		return nil
	}
	out := *a.Sketch
	out.ByValue = out.ByValue || !s.how.sketches || builders[a.Fn] == nil
	out.Mixed = s.how.mixed && !out.ByValue && out.Precision > 0 // of HyperLogLog, which hashes what arrives
	switch {
	case out.Precision == 0 && out.Share == 0:
	case out.Hash == plan.HashKeyed:
		out.HashWhy = "a residency rule asks for a key of the purpose"
	case out.Hash == plan.HashPortable:
		out.HashWhy = "sketches that are kept can be merged with any other's"
	case s.p.hashesFast(a.Args[0].Type()):
		out.HashWhy = "all shards of the query's tables have PostgreSQL's hash of " + a.Args[0].Type().String()
	default:
		out.Hash, out.HashWhy = plan.HashPortable, "not all shards of the query's tables have PostgreSQL's hash of "+a.Args[0].Type().String()
	}
	if a.Fn == "approx_top_k" && !out.ByValue && s.how.disjoint != nil && s.how.disjoint(a.Args[0]) {
		out.Apart, out.Capacity, s.added = true, out.K, true
	}
	return &out
}

// sketchFunction resolves an approximate aggregate, and completes what the merge must know of it.
func (s *split) sketchFunction(a plan.Agg, types []arrow.DataType, m *plan.MergeAgg) (*aggregate.Function, error) {
	if m.Sketch.ByValue {
		s.ordered = true
	}
	k := m.Sketch
	o := aggregate.SketchOptions{Precision: k.Precision, Hash: uint8(k.Hash), K: k.K, Capacity: k.Capacity, Share: k.Share, Alpha: k.Alpha, Width: k.Width, ByValue: k.ByValue, Mixed: k.Mixed}
	if len(a.Args) > 1 && constant(a.Args[1]) {
		m.Constant, o.Constant = a.Args[1], &aggregate.Constant{Null: true} // its value is of no concern yet
	}
	return aggregate.LookupSketch(a.Fn, types, o)
}

// hashesFast reports that every shard of every table in the statement has the fast hash of a type; so the statement's hashes do not depend
// on which shards are asked in the end.
func (p *placer) hashesFast(t plan.Type) bool {
	if known, ok := p.fast[t]; ok {
		return known
	}
	fast := true
	probe := &plan.Project{Input: &plan.OneRow{}, Items: []plan.Assign{{Col: plan.Column{Name: "hash", Type: plan.T(plan.Int8)},
		Expr: (&plan.Sketch{}).Call(&plan.Const{Null: true, T: t})}}}
	plan.VisitAll(p.root, func(n plan.Node) {
		scan, ok := n.(*plan.Scan)
		if !ok || !fast {
			return
		}
		t, ok := p.env.Map.Table(scan.Table)
		if !ok {
			return
		}
		for _, i := range t.Scheme().Shards {
			if sh := p.env.Catalog.Shard(p.env.Map.Shard(i).Name); sh != nil && sh.Err == nil && sqlgen.Check(probe, site(sh)) != nil {
				fast = false
			}
		}
	})
	p.fast[t] = fast
	return fast
}
