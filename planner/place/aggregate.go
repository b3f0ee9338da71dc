package place

import (
	"errors"
	"fmt"
	"iter"
	"math"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/aggregate"
	"github.com/atoll-sql/atoll/planner/ast"
	"github.com/atoll-sql/atoll/planner/plan"
	"github.com/atoll-sql/atoll/planner/sqlgen"
)

// aggregate runs whole at the shards where no group spans two of them; otherwise it is split into a partial
// aggregate where the rows are and a merge at the coordinator.
func (p *placer) aggregate(n *plan.Aggregate, in *placed) (*placed, error) {
	if in.spread == replicated {
		if out := p.onEachReplica(n, in); out != nil {
			return out, nil
		}
		in = p.oneReplica(in)
	}
	if in.order != nil {
		c := *in
		c.order = nil
		in = &c
	}
	if out, err := p.beforeTheyMeet(n, in); out != nil || err != nil {
		return out, err
	}
	whole := &plan.Aggregate{Input: in.node, Groups: n.Groups, Aggs: n.Aggs}
	if n.Sets == nil && in.spread == sharded && p.groupsStay(n, in) && p.fits(in, whole) {
		out := *in
		out.node = whole
		out.rename(n.Groups)
		out.rows = groupRows(n, in.rows)
		return &out, nil
	}
	if out, err := p.byRounds(n, in); out != nil || err != nil {
		return out, err
	}
	if out, err := p.atTheShards(n, in); out != nil || err != nil {
		return out, err
	}
	top, err := p.toCoordinator(in, "an aggregate that not every shard can compute exactly")
	if err != nil {
		return nil, err
	}
	if p.correlated(n, top.node) {
		return p.wholeAggregate(n, top)
	}
	s, err := p.split(n, byValue)
	if err != nil {
		return nil, err
	}
	return &placed{node: s.merge(s.partials(top.node)), rows: s.rows(n, top.rows)}, nil
}

// atTheShards computes the partials where the rows are: of approximate aggregates sketches if every shard can make them, else distinct
// values. It returns nil if not every shard can do either.
func (p *placer) atTheShards(n *plan.Aggregate, in *placed) (*placed, error) {
	if in.spread != sharded || p.off("partial_aggregate") {
		return nil, nil
	}
	mark := p.mark()
	for _, how := range p.waysToSplit(n, in) {
		if how.mixed {
			if out, err := p.mixed(n, in); out != nil || err != nil {
				return out, err
			}
			p.reset(mark)
			continue
		}
		s, err := p.split(n, how)
		if err != nil {
			return nil, err
		}
		if partial := s.partials(in.node); s.use(n) && p.fitsWhole(in, partial) {
			low := *in
			low.node, low.rows = partial, s.rows(n, in.rows)
			g, err := p.gather(&low, s.why(n))
			if err != nil {
				return nil, err
			}
			return &placed{node: s.merge(g), rows: low.rows}, nil
		}
		p.reset(mark)
	}
	return nil, nil
}

// groupsStay reports that rows of one group are all on one shard.
func (p *placer) groupsStay(n *plan.Aggregate, in *placed) bool {
	if len(in.shards) == 1 || in.boundTo(p.around) {
		return true
	}
	if p.off("complete_aggregate") {
		return false
	}
	if p.groupsByPlace(n, in) {
		return true
	}
	return in.fixedBy(func(yield func(plan.Expr) bool) {
		for _, g := range n.Groups {
			if !yield(g.Expr) {
				return
			}
		}
	})
}

// fixedBy reports that rows that agree in all of the expressions are on one shard.
func (r *placed) fixedBy(exprs iter.Seq[plan.Expr]) bool {
	given := map[int]bool{}
	for x := range exprs {
		if c, ok := x.(*plan.Col); ok {
			given[c.Column.ID] = true
		}
	}
	return slices.ContainsFunc(r.ways, func(w way) bool {
		return w.complete(func(_ int, ids []int) bool {
			return slices.ContainsFunc(ids, func(id int) bool { return given[id] }) && r.neverNull(ids)
		})
	})
}

// groupsByPlace reports that a group key is the shard itself, or its region where each region has one shard.
func (p *placer) groupsByPlace(n *plan.Aggregate, in *placed) bool {
	regions := map[string]bool{}
	for _, s := range in.shards {
		regions[p.env.Map.Shard(s).Region] = true
	}
	for _, g := range n.Groups {
		c, ok := g.Expr.(*plan.Col)
		if !ok || in.nullable[c.Column.ID] {
			continue
		}
		switch in.pseudo[c.Column.ID] {
		case plan.PseudoShard:
			return true
		case plan.PseudoRegion:
			if len(regions) == len(in.shards) {
				return true
			}
		}
	}
	return false
}

// neverNull reports that a key column of a way holds no NULL here. Rows whose key is NULL may live on any shard, so
// that their group may span several.
func (r *placed) neverNull(ids []int) bool {
	for _, id := range ids {
		if r.notNull[id] || !r.facts[id].IsAll() {
			return true
		}
	}
	return false
}

// groupRows guesses the number of groups: one, or the square root of the rows.
func groupRows(n *plan.Aggregate, rows float64) float64 {
	switch {
	case len(n.Groups) == 0:
		return 1
	case rows < 0:
		return rows
	}
	return math.Ceil(math.Sqrt(rows))
}

// split is an aggregate in two halves.
type split struct {
	p      *placer
	groups []plan.Assign    // the partial's groups: those of the aggregate, then distinct values
	aggs   []plan.AggAssign // the partial's aggregates
	keys   []plan.Column
	merges []plan.MergeAgg
	byKey  map[string]plan.Column
	sets   [][]int
	setID  plan.Column

	how     manner
	added   bool // an aggregate of distinct values is added up
	ordered bool // values travel to be put in order
	parts   []*part
	byPart  map[string]*part
}

// manner is a choice of what partials are.
type manner struct {
	disjoint func(plan.Expr) bool // that no two shards have a value in common, nil where that is of no use
	sketches bool                 // approximate aggregates are made where the rows are; else of their distinct values
	mixed    bool                 // shards that cannot make sketches send distinct values
}

// byValue is the manner that any site can follow.
var byValue = manner{}

func (p *placer) split(n *plan.Aggregate, how manner) (*split, error) {
	s := &split{p: p, how: how, sets: n.Sets, setID: n.SetID, byKey: map[string]plan.Column{}, byPart: map[string]*part{}, groups: append([]plan.Assign(nil), n.Groups...)}
	for _, g := range n.Groups {
		s.keys = append(s.keys, g.Col)
	}
	for _, a := range n.Aggs {
		if err := s.add(a); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func (s *split) merge(in plan.Node) plan.Node {
	return &plan.MergeAggregate{Input: in, Keys: s.keys, Aggs: s.merges, Sets: s.sets, SetID: s.setID}
}

func (s *split) add(a plan.AggAssign) error {
	m := plan.MergeAgg{Col: a.Col, Fn: a.Agg.Fn, Distinct: a.Agg.Distinct, Sketch: s.sketchOf(a.Agg)}
	var types []arrow.DataType
	for _, x := range a.Agg.Args {
		m.ArgTypes = append(m.ArgTypes, x.Type())
		types = append(types, x.Type().Arrow())
	}
	f, err := s.function(a.Agg, types, &m)
	if err != nil {
		var ae *aggregate.Error
		if errors.As(err, &ae) {
			return &ast.Error{SQLState: ae.SQLState, Text: ae.Text, Pos: -1}
		}
		return err
	}
	if !arrow.TypeEqual(f.Result, a.Col.Type.Arrow()) {
		return fmt.Errorf("internal error: %s is %s for the binder and %s for the merge", a.Agg.Fn, a.Col.Type, f.Result)
	}
	if m.Sketch != nil && !m.Sketch.ByValue {
		m.Partials, err = s.apart(a, m.Sketch, f)
		s.merges = append(s.merges, m)
		return err
	}
	for i, part := range f.Partials {
		t, err := partialType(f, i, a.Agg)
		if err != nil {
			return err
		}
		c, err := s.partial(a, part, t)
		if err != nil {
			return err
		}
		m.Partials = append(m.Partials, c)
	}
	m.Order = orderColumns(m, f)
	s.merges = append(s.merges, m)
	return nil
}

// partialType is the type of the column of one partial. Arrow's does not tell character(n), of which min and max are, from text.
func partialType(f *aggregate.Function, i int, a plan.Agg) (plan.Type, error) {
	if op := f.Partials[i].Op; (op == aggregate.OpMin || op == aggregate.OpMax) && len(a.Args) == 1 && a.Args[0].Type().Kind == plan.Bpchar {
		return a.Args[0].Type(), nil
	}
	return plan.TypeOf(f.PartialField(i, ""))
}

// partial returns the column of one partial, shared by all aggregates that need the same.
func (s *split) partial(a plan.AggAssign, part aggregate.Partial, t plan.Type) (plan.Column, error) {
	if part.Op == aggregate.OpValue {
		return s.value(a.Agg, part.Arg), nil
	}
	call := a.Agg
	if takesValues(call) {
		call.Filter, call.Args = nil, call.Args[part.Arg:] // what FILTER leaves out has no value
	}
	agg, err := partialAgg(call, part, t)
	if err != nil {
		return plan.Column{}, err
	}
	agg.Distinct = s.addsUp(call)
	key := plan.FormatAgg(agg)
	c, ok := s.byKey[key]
	if !ok {
		name := a.Col.Name
		if part.Op == aggregate.OpCountStar && takesValues(a.Agg) {
			name = "count"
		}
		c = s.p.newColumn(partialName(name, part.Op), t)
		s.byKey[key] = c
		s.aggs = append(s.aggs, plan.AggAssign{Col: c, Agg: agg})
	}
	return c, nil
}

func partialName(name string, op aggregate.PartialOp) string {
	if name == string(op) || op == aggregate.OpCountStar {
		return name
	}
	return name + "_" + string(op)
}

// value groups by an argument of a distinct or ordered aggregate as well, or by an item of its order: what arrives are its
// distinct values.
func (s *split) value(a plan.Agg, arg int) plan.Column {
	x := operand(a, arg)
	if a.Filter != nil {
		x = &plan.Case{T: x.Type(), Whens: []plan.When{{Cond: a.Filter, Then: x}}}
	}
	for _, g := range s.groups {
		if plan.Format(g.Expr) == plan.Format(x) {
			return g.Col
		}
	}
	c := s.p.newColumn("value", x.Type())
	s.groups = append(s.groups, plan.Assign{Col: c, Expr: x})
	return c
}

var sameOp = map[aggregate.PartialOp]string{
	aggregate.OpCount: "count", aggregate.OpMin: "min", aggregate.OpMax: "max", aggregate.OpBoolAnd: "bool_and",
	aggregate.OpBoolOr: "bool_or", aggregate.OpBitAnd: "bit_and", aggregate.OpBitOr: "bit_or", aggregate.OpBitXor: "bit_xor",
	aggregate.OpRegrCount: "regr_count", aggregate.OpRegrAvgX: "regr_avgx", aggregate.OpRegrAvgY: "regr_avgy",
	aggregate.OpRegrSXX: "regr_sxx", aggregate.OpRegrSYY: "regr_syy", aggregate.OpRegrSXY: "regr_sxy",
}

// partialAgg puts a partial into the words that the dialects know.
func partialAgg(a plan.Agg, part aggregate.Partial, t plan.Type) (plan.Agg, error) {
	out := plan.Agg{Args: a.Args, Filter: a.Filter, T: t}
	if fn, ok := sameOp[part.Op]; ok {
		out.Fn = fn
		return out, nil
	}
	if part.Op == aggregate.OpCountStar {
		return plan.Agg{Fn: "count", Star: true, Filter: a.Filter, T: t}, nil
	}
	x := a.Args[part.Arg]
	switch part.Op {
	case aggregate.OpSum:
		out.Fn = "sum"
		if x.Type().Kind == plan.Float4 {
			x = &plan.Cast{X: x, To: plan.T(plan.Float8)}
		}
	case aggregate.OpSumSquares:
		x = numeric(x)
		out.Fn = "sum"
		x = &plan.Call{Fn: "*", Args: []plan.Expr{x, x}, T: plan.NumericType(2*x.Type().Precision, 2*x.Type().Scale)}
	case aggregate.OpFloatMean:
		out.Fn, x = "avg", float(x)
	case aggregate.OpFloatM2:
		out.Fn, x = sqlgen.FloatM2, float(x)
	default:
		return out, fmt.Errorf("internal error: no SQL for the partial aggregate %s", part.Op)
	}
	out.Args = []plan.Expr{x}
	return out, nil
}

func float(x plan.Expr) plan.Expr {
	if x.Type().Kind == plan.Float8 {
		return x
	}
	return &plan.Cast{X: x, To: plan.T(plan.Float8)}
}

// numeric makes integers exact decimals, so that their squares cannot overflow.
func numeric(x plan.Expr) plan.Expr {
	if d := plan.IntegerDigits[x.Type().Kind]; d > 0 {
		return &plan.Cast{X: x, To: plan.NumericType(d, 0)}
	}
	return x
}
