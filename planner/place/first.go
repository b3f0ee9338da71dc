package place

import (
	"slices"
	"strconv"

	"github.com/atoll-sql/atoll/planner/plan"
)

// ranks are the functions whose value for a row is the larger, the more rows come before it: among some of the rows it is
// at most what it is among all.
var ranks = map[string]bool{"row_number": true, "rank": true, "dense_rank": true}

// rankedFirst serves a filter at the coordinator that keeps the first rows of each partition, as DISTINCT ON, WITH TIES and
// conditions on row_number, rank or dense_rank do: each shard sends those that would be among them by its own rows.
// The coordinator ranks again what arrives.
func (p *placer) rankedFirst(n *plan.Filter, in *placed) (*placed, error) {
	if p.off("push_down") || p.off("top_n") || p.off("ranked_first") {
		return in, nil
	}
	node, err := p.ranked(in.node, n.Conds)
	if node == nil || err != nil {
		return in, err
	}
	return onTop(node, in), nil
}

// ranked goes through projections down to the window; it returns nil where nothing is gained.
func (p *placer) ranked(n plan.Node, conds []plan.Expr) (plan.Node, error) {
	switch n := n.(type) {
	case *plan.Project:
		if !inlinable(n.Items, nil) {
			return nil, nil
		}
		x, err := p.ranked(n.Input, plan.SubstituteItems(conds, n.Items))
		if x == nil || err != nil {
			return nil, err
		}
		return plan.WithInputs(n, []plan.Node{x}), nil
	case *plan.Window:
		if p.correlated(n, n.Input) || !alike(n.Fns) {
			return nil, nil
		}
		at, most := p.rankBound(conds, n)
		if at < 0 {
			return nil, nil
		}
		x, err := p.rankedBelow(n.Input, n.Fns[at], most)
		if x == nil || err != nil {
			return nil, err
		}
		return plan.WithInputs(n, []plan.Node{x}), nil
	}
	return nil, nil
}

// alike reports that all functions rank the same partitions by the same order, so that rows far behind concern none of those
// in front.
func alike(fns []plan.WindowFn) bool {
	key := func(f plan.WindowFn) string {
		text := ""
		for _, x := range f.Partition {
			text += plan.Format(x) + "\n"
		}
		for _, k := range f.Order {
			text += "\nby " + plan.Format(k.Expr) + strconv.FormatBool(k.Desc) + strconv.FormatBool(k.NullsFirst)
		}
		return text
	}
	return !slices.ContainsFunc(fns, func(f plan.WindowFn) bool {
		return !ranks[f.Agg.Fn] || f.Agg.Filter != nil || key(f) != key(fns[0])
	})
}

// rankBound finds the function whose value the conditions bound the most, and by what; -1 if they bound none.
func (p *placer) rankBound(conds []plan.Expr, w *plan.Window) (at int, most int64) {
	at = -1
	for _, c := range conds {
		cmp, ok := c.(*plan.Call)
		if !ok || flipped[cmp.Fn] == "" {
			continue
		}
		x, bound, op := cmp.Args[0], cmp.Args[1], cmp.Fn
		if _, isCol := bound.(*plan.Col); isCol {
			x, bound, op = bound, x, flipped[op]
		}
		v, ok := p.integer(bound)
		if op == "<" {
			v--
		}
		if !ok || op != "=" && op != "<" && op != "<=" || v < 1 {
			continue
		}
		for i, f := range w.Fns {
			if isColumn(x, f.Col.ID) && (at < 0 || v < most) {
				at, most = i, v
			}
		}
	}
	return at, most
}

// integer is the value of a literal or parameter of an integer type.
func (p *placer) integer(e plan.Expr) (int64, bool) {
	if !e.Type().IsInteger() {
		return 0, false
	}
	text := ""
	switch e := uncast(e).(type) {
	case *plan.Const:
		text = e.Text
	case *plan.Param:
		if e.N > len(p.env.Params) || p.env.Params[e.N-1] == nil {
			return 0, false
		}
		text = *p.env.Params[e.N-1]
	}
	v, err := strconv.ParseInt(text, 10, 64)
	return v, err == nil
}

// rankedBelow goes down to what was gathered; it returns nil where nothing is gained.
func (p *placer) rankedBelow(n plan.Node, f plan.WindowFn, most int64) (plan.Node, error) {
	switch n := n.(type) {
	case *plan.Project:
		if !inlinable(n.Items, nil) {
			return nil, nil
		}
		x, err := p.rankedBelow(n.Input, redefined(f, n.Items), most)
		if x == nil || err != nil {
			return nil, err
		}
		return plan.WithInputs(n, []plan.Node{x}), nil
	case *plan.SetOp:
		if n.Kind != plan.UnionAll {
			return nil, nil
		}
		in, gained := slices.Clone(n.In), false
		for i := range in {
			x, err := p.rankedBelow(in[i], redefined(f, n.Renamed(i)), most)
			if err != nil {
				return nil, err
			}
			if x != nil {
				in[i], gained = x, true
			}
		}
		if gained {
			return plan.WithInputs(n, in), nil
		}
	case *plan.Gather:
		return p.rankedGathered(n, f, most)
	}
	return nil, nil
}

// redefined is a function that speaks of what defines the columns that it spoke of.
func redefined(f plan.WindowFn, items []plan.Assign) plan.WindowFn {
	defs := plan.Definitions(items)
	return f.Mapped(func(e plan.Expr) plan.Expr { return plan.Substitute(e, defs) })
}

// rankedGathered gathers what each shard ranks first.
func (p *placer) rankedGathered(g *plan.Gather, f plan.WindowFn, most int64) (plan.Node, error) {
	r := p.sources[g.Fragment]
	if r == nil || len(g.Keys) > 0 {
		return nil, nil
	}
	f.Col = p.newColumn(f.Agg.Fn, f.Col.Type)
	ranked := &plan.Window{Input: r.node, Fns: []plan.WindowFn{f}}
	bound := &plan.Const{Text: strconv.FormatInt(most, 10), T: f.Col.Type}
	kept := &plan.Filter{Input: ranked, Conds: []plan.Expr{&plan.Call{Fn: "<=", Args: []plan.Expr{&plan.Col{Column: f.Col}, bound}, T: plan.T(plan.Bool)}}}
	if !p.fits(r, ranked) || !p.fits(r, kept) {
		return nil, nil
	}
	low := *r
	low.node = &plan.Project{Input: kept, Items: plan.PassOn(r.node.Columns())}
	low.rows = p.rankedRows(r, f, most)
	return p.gather(&low, "the first rows of each partition and shard are enough")
}

// rankedRows estimates how many rows of each shard rank first.
func (p *placer) rankedRows(r *placed, f plan.WindowFn, most int64) float64 {
	rows := float64(most)
	for _, x := range f.Partition {
		d := p.distinct(r.node, x)
		if d < 0 {
			return r.rows
		}
		rows *= d
	}
	if r.rows >= 0 {
		rows = min(rows, r.rows)
	}
	return rows
}
