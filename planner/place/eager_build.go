package place

import (
	"slices"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/aggregate"
	"github.com/atoll-sql/atoll/planner/plan"
)

// grouping is a meeting some of whose leaves are grouped before they are gathered.
type grouping struct {
	*meeting
	chosen []*leaf
	halves map[*leaf]*split // the partial aggregate of each
	counts map[*leaf]plan.Column
	pushed []plan.Assign // group keys that are calculated at a leaf

	items  []plan.Assign // the columns above the joins
	known  map[string]plan.Column
	keys   []plan.Column
	merges []plan.MergeAgg
}

// build returns the tree whose rows are to be merged. It returns nil where that cannot be done, and the leaf without which
// it might be.
func (g *grouping) build() (top plan.Node, bad *leaf, err error) {
	g.halves, g.counts, g.known = map[*leaf]*split{}, map[*leaf]plan.Column{}, map[string]plan.Column{}
	for _, l := range g.chosen {
		groups := g.groupsOf(l)
		if groups == nil {
			return nil, l, nil
		}
		s, err := g.p.split(&plan.Aggregate{Groups: groups}, byValue)
		if err != nil {
			return nil, l, err
		}
		g.halves[l] = s
	}
	if bad, err = g.counted(); bad != nil || err != nil {
		return nil, bad, err
	}
	for _, k := range g.agg.Groups {
		x := g.key(k.Expr)
		g.keys, g.items = append(g.keys, k.Col), append(g.items, plan.Assign{Col: k.Col, Expr: x})
		g.known[plan.Format(x)] = k.Col
	}
	for _, a := range g.agg.Aggs {
		if ok, err := g.add(a); !ok || err != nil {
			return nil, g.chosen[len(g.chosen)-1], err
		}
	}
	in, bad, err := g.gathered(g.root)
	if in == nil || err != nil {
		return nil, bad, err
	}
	return &plan.Project{Input: in, Items: g.items}, nil, nil
}

// groupsOf are the columns of a leaf that are read above it otherwise than by what it aggregates itself, and those group
// keys that it can calculate; nil if two of their values can be equal and yet differ, or if there are none.
func (g *grouping) groupsOf(l *leaf) []plan.Assign {
	needed := map[int]bool{}
	for id := range g.reads {
		needed[id] = true
	}
	var own []plan.Expr
	for _, k := range g.agg.Groups {
		if g.calculates(l, k.Expr) {
			own = append(own, k.Expr)
		} else {
			plan.ColumnsOf(k.Expr, needed)
		}
	}
	for _, a := range g.agg.Aggs {
		if g.home(a.Agg) != l {
			for _, x := range parts(a.Agg) {
				plan.ColumnsOf(x, needed)
			}
		}
	}
	var cols []plan.Column
	for _, c := range l.node.Columns() {
		if needed[c.ID] {
			cols = append(cols, c)
		}
	}
	groups := plan.PassOn(cols)
	for _, x := range own {
		if g.pushedKey(x) == nil {
			g.pushed = append(g.pushed, plan.Assign{Col: g.p.newColumn("key", x.Type()), Expr: x})
		}
		groups = append(groups, *g.pushedKey(x))
	}
	if len(groups) == 0 || slices.ContainsFunc(groups, func(a plan.Assign) bool { return !telling[a.Col.Type.Kind] }) {
		return nil
	}
	return groups
}

// telling are the types whose equal values are the same value.
var telling = map[plan.Kind]bool{plan.Bool: true, plan.Int2: true, plan.Int4: true, plan.Int8: true, plan.Numeric: true, plan.Text: true, plan.Bpchar: true,
	plan.Bytea: true, plan.Date: true, plan.Time: true, plan.Timestamp: true, plan.TimestampTZ: true, plan.UUID: true}

// calculates reports that a group key which is more than a column can be one of a leaf's groups instead.
func (g *grouping) calculates(l *leaf, e plan.Expr) bool {
	_, isCol := e.(*plan.Col)
	return !isCol && g.owner(e) == l && harmless(e) && (!l.filled || strict(e))
}

func (g *grouping) pushedKey(e plan.Expr) *plan.Assign {
	i := slices.IndexFunc(g.pushed, func(a plan.Assign) bool { return plan.Format(a.Expr) == plan.Format(e) })
	if i < 0 {
		return nil
	}
	return &g.pushed[i]
}

// key is a group key above the joins.
func (g *grouping) key(e plan.Expr) plan.Expr {
	if a := g.pushedKey(e); a != nil {
		return &plan.Col{Column: a.Col}
	}
	return e
}

// home is the grouped leaf that computes an aggregate's partials, nil if that is none.
func (g *grouping) home(a plan.Agg) *leaf {
	l := g.owner(parts(a)...)
	if l == nil || !slices.Contains(g.chosen, l) || a.Distinct && !repeatable[a.Fn] || !mergeable(a) || !allHarmless(parts(a)) {
		return nil
	}
	if l.filled && (slices.ContainsFunc(a.Args, func(x plan.Expr) bool { return !strict(x) }) ||
		a.Filter != nil && !never(a.Filter) || a.Star && a.Filter == nil) {
		return nil
	}
	return l
}

func parts(a plan.Agg) []plan.Expr {
	out := slices.Clone(a.Args)
	if a.Filter != nil {
		out = append(out, a.Filter)
	}
	return out
}

// repeatable are the aggregates that do not count how often a value is there.
var repeatable = map[string]bool{"min": true, "max": true, "bool_and": true, "bool_or": true, "every": true, "bit_and": true, "bit_or": true}

// indifferent reports an aggregate to which it makes no difference how often a value is there.
func indifferent(a plan.Agg) bool {
	return a.Distinct || repeatable[a.Fn] || a.Sketch != nil && a.Sketch.Precision > 0
}

// exact are the other aggregates whose partials, of integers and numerics, cannot fail where the whole would not. A sum of
// floats can: it overflows over rows that a join drops.
var exact = map[string]bool{"sum": true, "avg": true, "bit_xor": true, "var_pop": true, "var_samp": true, "variance": true,
	"stddev_pop": true, "stddev_samp": true, "stddev": true}

func mergeable(a plan.Agg) bool {
	return a.Fn == "count" || repeatable[a.Fn] || exact[a.Fn] && !slices.ContainsFunc(a.Args, func(x plan.Expr) bool {
		t := x.Type()
		return !t.IsInteger() && t.Kind != plan.Numeric
	})
}

func ordered(a plan.Agg) bool { return aggregate.IsOrdered(a.Fn) }

// counted has each grouped leaf count its rows, unless nobody asks how often a group is there.
func (g *grouping) counted() (*leaf, error) {
	for _, l := range g.chosen {
		if !slices.ContainsFunc(g.agg.Aggs, func(a plan.AggAssign) bool { return g.home(a.Agg) != l && !indifferent(a.Agg) }) {
			continue
		}
		s := g.halves[l]
		star := plan.AggAssign{Col: g.p.newColumn("count", plan.T(plan.Int8)), Agg: plan.Agg{Fn: "count", Star: true, T: plan.T(plan.Int8)}}
		if err := s.add(star); err != nil {
			return l, err
		}
		g.counts[l] = s.merges[len(s.merges)-1].Partials[0]
	}
	return nil, nil
}

// times is how many rows a row above the joins stands for, but for those of one leaf; nil for one.
func (g *grouping) times(but *leaf) plan.Expr {
	var out plan.Expr
	for _, l := range g.chosen {
		c, ok := g.counts[l]
		if !ok || l == but {
			continue
		}
		var n plan.Expr = &plan.Col{Column: c}
		if l.filled {
			n = &plan.Case{T: c.Type, Whens: []plan.When{{Cond: &plan.IsNull{X: n}, Then: oneRow}}, Else: n}
		}
		if out == nil {
			out = n
		} else {
			out = &plan.Call{Fn: "*", Args: []plan.Expr{out, n}, T: plan.T(plan.Int8)}
		}
	}
	return out
}

var oneRow = &plan.Const{Text: "1", T: plan.T(plan.Int8)}

// add adds the merge of an aggregate; false if it cannot be put together here.
func (g *grouping) add(a plan.AggAssign) (bool, error) {
	byValues := &split{p: g.p, how: byValue}
	m := plan.MergeAgg{Col: a.Col, Fn: a.Agg.Fn, Distinct: a.Agg.Distinct, Sketch: byValues.sketchOf(a.Agg)}
	var types []arrow.DataType
	for _, x := range a.Agg.Args {
		m.ArgTypes, types = append(m.ArgTypes, x.Type()), append(types, x.Type().Arrow())
	}
	f, err := byValues.function(a.Agg, types, &m)
	if err != nil {
		return false, nil // the usual way says what is wrong
	}
	home := g.home(a.Agg)
	var sent []plan.Column
	if home != nil {
		s := g.halves[home]
		if err := s.add(a); err != nil {
			return false, err
		}
		sent = s.merges[len(s.merges)-1].Partials
	}
	for i, part := range f.Partials {
		t, err := partialType(f, i, a.Agg)
		if err != nil {
			return false, err
		}
		var x plan.Expr
		if home != nil {
			x = repeated(part.Op, &plan.Col{Column: sent[i]}, g.times(home))
		} else {
			x = single(a.Agg, part, t, g.times(nil))
		}
		if x == nil {
			return false, nil
		}
		m.Partials = append(m.Partials, g.column(x, partialName(a.Col.Name, part.Op)))
	}
	g.merges = append(g.merges, m)
	return true, nil
}

// column offers an expression above the joins, once; the name is for one that is no column by itself.
func (g *grouping) column(x plan.Expr, name string) plan.Column {
	key := plan.Format(x)
	if c, ok := g.known[key]; ok {
		return c
	}
	var out plan.Column
	if c, ok := x.(*plan.Col); ok {
		out = c.Column
	} else {
		out = g.p.newColumn(name, x.Type())
	}
	g.known[key] = out
	g.items = append(g.items, plan.Assign{Col: out, Expr: x})
	return out
}

// gathered rebuilds the tree over the grouped leaves.
func (g *grouping) gathered(n plan.Node) (plan.Node, *leaf, error) {
	if at := slices.IndexFunc(g.leaves, func(l *leaf) bool { return l.node == n }); at >= 0 {
		l := g.leaves[at]
		if g.halves[l] == nil {
			return n, nil, nil
		}
		out, err := g.grouped(l)
		return out, l, err
	}
	in := n.Inputs()
	out := make([]plan.Node, len(in))
	for i, x := range in {
		y, bad, err := g.gathered(x)
		if y == nil || err != nil {
			return nil, bad, err
		}
		out[i] = y
	}
	return plan.WithInputs(n, out), nil, nil
}

// grouped gathers a leaf's groups; nil if its shards cannot compute them.
func (g *grouping) grouped(l *leaf) (plan.Node, error) {
	s := g.halves[l]
	low := *l.from
	partial := &plan.Aggregate{Input: low.node, Groups: s.groups, Aggs: s.aggs}
	if low.order != nil || !g.p.fits(&low, partial) {
		return nil, nil
	}
	low.node, low.rows = partial, g.groupRows(l, s.groups)
	return g.p.gather(&low, "its groups meet their join partners")
}
