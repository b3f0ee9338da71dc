package place

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// beforeTheyMeet aggregates rows of several fragments at the shards of each, as far as it can, before they meet at the
// coordinator: below a union, or below joins. It returns nil where nothing is gained or the answer could differ.
func (p *placer) beforeTheyMeet(n *plan.Aggregate, in *placed) (*placed, error) {
	if in.spread != coordinator || p.off("push_down") || p.off("partial_aggregate") || p.correlated(n, in.node) {
		return nil, nil
	}
	if out, err := p.belowUnion(n, in); out != nil || err != nil {
		return out, err
	}
	return p.belowJoins(n, in)
}

// mostMeeting bounds the inputs that are looked at: each is held against all others.
const mostMeeting = 48

// belowJoins groups rows by what joins and filters above them read, before they are gathered: eager aggregation, as Yan and
// Larson describe it. A group's partial row then joins as each of its rows would, so that the partials which come out of the
// joins, as often as they do, merge to what the rows themselves would give. What an aggregate reads of other inputs
// is counted as often as the groups beside it have rows.
func (p *placer) belowJoins(n *plan.Aggregate, in *placed) (*placed, error) {
	if p.off("eager_aggregation") {
		return nil, nil
	}
	m := &meeting{p: p, defs: map[int]plan.Expr{}, reads: map[int]bool{}}
	m.root = m.open(in.node, false)
	m.agg = m.inlined(n)
	if m.agg == nil || len(m.leaves) > mostMeeting {
		return nil, nil
	}
	var chosen []*leaf
	for _, l := range m.leaves {
		if l.from != nil && len(m.leaves) > 1 {
			chosen = append(chosen, l)
		}
	}
	next := p.next
	for chosen = m.worthwhile(chosen); len(chosen) > 0; {
		g := &grouping{meeting: m, chosen: chosen}
		top, bad, err := g.build()
		if err != nil {
			return nil, err
		}
		if top != nil {
			merge := &plan.MergeAggregate{Input: top, Keys: g.keys, Aggs: g.merges, Sets: n.Sets, SetID: n.SetID}
			return &placed{node: merge, rows: groupRows(n, in.rows)}, nil
		}
		p.next = next
		chosen = slices.DeleteFunc(chosen, func(l *leaf) bool { return l == bad })
	}
	return nil, nil
}

// meeting is a tree of joins and filters at the coordinator, with an aggregate above it. Projections in it are replaced by
// the expressions that they calculate.
type meeting struct {
	p      *placer
	root   plan.Node // of Filter and Join, down to the leaves
	leaves []*leaf
	defs   map[int]plan.Expr // of the projections' columns
	conds  []plan.Expr       // of the tree's joins and filters
	reads  map[int]bool      // the columns that they read
	agg    *plan.Aggregate   // its expressions are over the leaves' columns
}

// leaf is an input of a meeting.
type leaf struct {
	node   plan.Node
	from   *placed // what was gathered; nil if it cannot be grouped
	filled bool    // an outer join adds rows in which its columns are NULL
	cols   map[int]bool
}

// open takes a tree apart.
func (m *meeting) open(n plan.Node, filled bool) plan.Node {
	switch n := n.(type) {
	case *plan.Filter:
		in := m.open(n.Input, filled)
		return m.noted(&plan.Filter{Input: in, Conds: m.replaced(n.Conds)})
	case *plan.Project:
		if !inlinable(n.Items, m.defs) || filled && !passes(n.Items) {
			break
		}
		in := m.open(n.Input, filled)
		for _, it := range n.Items {
			if c, ok := it.Expr.(*plan.Col); !ok || c.Column.ID != it.Col.ID {
				m.defs[it.Col.ID] = plan.Substitute(it.Expr, m.defs)
			}
		}
		return in
	case *plan.Join:
		if n.Lateral {
			break
		}
		l := m.open(n.Left, filled || n.Kind == plan.Right || n.Kind == plan.Full)
		r := m.open(n.Right, filled || n.Kind == plan.Left || n.Kind == plan.Full)
		return m.noted(&plan.Join{Kind: n.Kind, Left: l, Right: r, On: m.replaced(n.On)})
	}
	l := &leaf{node: n, filled: filled, cols: map[int]bool{}}
	for _, c := range n.Columns() {
		l.cols[c.ID] = true
	}
	if g, ok := n.(*plan.Gather); ok && len(g.Keys) == 0 {
		l.from = m.p.sources[g.Fragment]
	}
	m.leaves = append(m.leaves, l)
	return n
}

func (m *meeting) noted(n plan.Node) plan.Node {
	for id := range plan.Reads(n) {
		m.reads[id] = true
	}
	m.conds = append(m.conds, plan.Expressions(n)...)
	return n
}

func (m *meeting) replaced(list []plan.Expr) []plan.Expr {
	out := make([]plan.Expr, len(list))
	for i, e := range list {
		out[i] = plan.Substitute(e, m.defs)
	}
	return out
}

// inlined returns the aggregate over the leaves' columns, without an input; nil if one of its functions is not for this.
func (m *meeting) inlined(n *plan.Aggregate) *plan.Aggregate {
	if slices.ContainsFunc(n.Aggs, func(a plan.AggAssign) bool { return len(a.Agg.Order) > 0 || ordered(a.Agg) }) {
		return nil
	}
	bare := &plan.Aggregate{Input: &plan.OneRow{}, Groups: n.Groups, Aggs: n.Aggs}
	return plan.MapExpressions(bare, func(e plan.Expr) plan.Expr { return plan.Substitute(e, m.defs) }).(*plan.Aggregate)
}

// owner returns the leaf whose columns the expressions read, nil if that is none or several.
func (m *meeting) owner(exprs ...plan.Expr) *leaf {
	used := map[int]bool{}
	for _, e := range exprs {
		plan.ColumnsOf(e, used)
	}
	for _, l := range m.leaves {
		if len(used) > 0 && within(used, l.cols) {
			return l
		}
	}
	return nil
}

func within(ids, set map[int]bool) bool {
	for id := range ids {
		if !set[id] {
			return false
		}
	}
	return true
}

// passes reports that items only choose columns.
func passes(items []plan.Assign) bool {
	return !slices.ContainsFunc(items, func(it plan.Assign) bool { _, ok := it.Expr.(*plan.Col); return !ok })
}

// maxInlined bounds the operands of an expression that takes the place of a column.
const maxInlined = 100

// inlinable reports that the items of a projection may be written out wherever they are read.
func inlinable(items []plan.Assign, defs map[int]plan.Expr) bool {
	for _, it := range items {
		size, nested := 0, false
		plan.Walk(plan.Substitute(it.Expr, defs), func(x plan.Expr) bool {
			_, sub := x.(*plan.Subquery)
			nested = nested || sub
			size++
			return size <= maxInlined
		})
		if nested || size > maxInlined {
			return false
		}
	}
	return true
}
