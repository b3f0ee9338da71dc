package place

import (
	"slices"

	"github.com/atoll-sql/atoll/aggregate"
	"github.com/atoll-sql/atoll/planner/plan"
)

// part is a sub-select of its own over the rows of an aggregate: what a shard makes of them for one sketch.
type part struct {
	cols []plan.Column // the sketch's partial columns
	// build returns a node whose columns are those of keys, then cols. It has at least one row for each group of the rows; in those
	// without values the first of cols is NULL.
	build func(in plan.Node, keys []plan.Assign) plan.Node
	// values are the last of cols where the shards that cannot make the sketch send x itself; else nil.
	values plan.Expr
}

// builders make the parts, by the aggregate's name. x is NULL where FILTER leaves a row out.
var builders = map[string]func(p *placer, x plan.Expr, s *plan.Sketch, cols []plan.Column) func(in plan.Node, keys []plan.Assign) plan.Node{
	"approx_count_distinct": registers,
	"hll_sketch":            registers,
	"approx_percentile":     histogram,
	"approx_top_k":          topList,
	"approx_heavy_hitters":  heavyList,
}

// apart gives an approximate aggregate its part, shared by all that need the same.
func (s *split) apart(a plan.AggAssign, sk *plan.Sketch, f *aggregate.Function) ([]plan.Column, error) {
	bare := a.Agg
	bare.Args, bare.Sketch = bare.Args[:1], sk
	key := plan.FormatAgg(bare)
	if pt, ok := s.byPart[key]; ok {
		return pt.cols, nil
	}
	pt := &part{}
	for i, partial := range f.Partials {
		t, err := plan.TypeOf(f.PartialField(i, ""))
		if err != nil {
			return nil, err
		}
		pt.cols = append(pt.cols, s.p.newColumn(partialName(a.Col.Name, partial.Op), t))
	}
	x := where(a.Agg.Filter, a.Agg.Args[0])
	pt.build = builders[a.Agg.Fn](s.p, x, sk, pt.cols)
	if sk.Mixed {
		pt.values = x
	}
	s.parts, s.byPart[key] = append(s.parts, pt), pt
	return pt.cols, nil
}

// partials computes what the merge takes over the rows of in. Several parts become a union, to each of whose branches the columns of the
// others are NULL, and counts zero; so merging them is merging what one statement with all of them would have sent.
func (s *split) partials(in plan.Node) plan.Node { return s.over(in, false) }

// over is partials, of the sketches or, where there are, of the values that are sent instead.
func (s *split) over(in plan.Node, values bool) plan.Node {
	plain := &plan.Aggregate{Input: in, Groups: s.groups, Aggs: s.aggs}
	if len(s.parts) == 0 {
		return plain
	}
	keys := s.groups[:len(s.keys)]
	var branches []plan.Node
	if s.hasPlain() {
		branches = append(branches, plain)
	}
	for _, pt := range s.parts {
		if values && pt.values != nil {
			value := plan.Assign{Col: pt.cols[len(pt.cols)-1], Expr: pt.values}
			branches = append(branches, &plan.Aggregate{Input: in, Groups: append(keys[:len(keys):len(keys)], value)})
			continue
		}
		branches = append(branches, pt.build(in, keys))
	}
	cols := s.columns()
	if len(branches) == 1 && len(branches[0].Columns()) == len(cols) {
		return branches[0]
	}
	for i, b := range branches {
		branches[i] = plan.Renumbered(s.padded(b, cols), s.p.again)
	}
	if len(branches) == 1 {
		return branches[0]
	}
	return &plan.SetOp{Kind: plan.UnionAll, In: branches, Cols: cols}
}

// hasPlain reports a part of ordinary partials.
func (s *split) hasPlain() bool { return len(s.aggs) > 0 || len(s.groups) > len(s.keys) }

// columns are those of the partials.
func (s *split) columns() []plan.Column {
	out := slices.Clone(s.keys)
	if s.hasPlain() {
		out = (&plan.Aggregate{Groups: s.groups, Aggs: s.aggs}).Columns()
	}
	for _, pt := range s.parts {
		out = append(out[:len(out):len(out)], pt.cols...)
	}
	return out
}

// mixed has the shards that can make the sketches do so, and the others send distinct values. It returns nil where that is of no use, or where
// an aggregate takes values in no other way than from all.
func (p *placer) mixed(n *plan.Aggregate, in *placed) (*placed, error) {
	s, err := p.split(n, manner{sketches: true, mixed: true})
	if err != nil || slices.ContainsFunc(s.parts, func(pt *part) bool { return pt.values == nil }) {
		return nil, err
	}
	made, sent := *in, *in
	made.node, made.shards, sent.node, sent.shards = s.over(in.node, false), nil, s.over(in.node, true), nil
	live := 0
	for _, shard := range in.shards {
		alone := *in
		switch alone.shards = []int{shard}; {
		case p.left(shard): // nobody stands in for it who has rows of his own
			made.shards = append(made.shards, shard)
		case p.fitsWhole(&alone, made.node):
			made.shards = append(made.shards, shard)
			live++
		default:
			sent.shards = append(sent.shards, shard)
		}
	}
	if live == 0 || len(sent.shards) == 0 || !p.fitsWhole(&sent, sent.node) {
		return nil, nil
	}
	made.rows, sent.rows, sent.all = s.rows(n, in.rows), in.rows, sent.shards
	made.all = slices.DeleteFunc(slices.Clone(in.all), func(shard int) bool { return slices.Contains(sent.shards, shard) })
	union := &plan.SetOp{Kind: plan.UnionAll, Cols: s.columns()}
	for _, r := range []*placed{&made, &sent} {
		why := s.why(n)
		if r == &sent {
			why = "distinct values are hashed at the coordinator: the shard lacks a hash that the others have"
		}
		g, err := p.gather(r, why)
		if err != nil {
			return nil, err
		}
		union.In = append(union.In, g)
	}
	return &placed{node: s.merge(union), rows: made.rows + sent.rows}, nil
}

// padded gives a branch all columns of the union.
func (s *split) padded(branch plan.Node, cols []plan.Column) plan.Node {
	own := map[int]bool{}
	for _, c := range branch.Columns() {
		own[c.ID] = true
	}
	counts := map[int]bool{}
	for _, a := range s.aggs {
		counts[a.Col.ID] = a.Agg.Fn == "count" || a.Agg.Fn == "regr_count"
	}
	out := &plan.Project{Input: branch}
	for _, c := range cols {
		it := plan.Assign{Col: c, Expr: &plan.Col{Column: c}}
		switch {
		case own[c.ID]:
		case counts[c.ID]:
			it = plan.Assign{Col: s.p.again(c), Expr: &plan.Const{Text: "0", T: c.Type}}
		default:
			it = plan.Assign{Col: s.p.again(c), Expr: &plan.Const{Null: true, T: c.Type}}
		}
		out.Items = append(out.Items, it)
	}
	return out
}

// again makes a column like c.
func (p *placer) again(c plan.Column) plan.Column { return p.newColumn(c.Name, c.Type) }
