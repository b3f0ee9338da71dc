package place

import (
	"slices"

	"github.com/atoll-sql/atoll/planner/plan"
)

// bucketBits are the bits of an order key that one round tells: it cuts an interval into 2^bucketBits buckets. Five rounds tell 65, more
// than any key has.
const bucketBits = 13

// valuesForRounds is the number of values, by estimate, that each shard would have to send at least for rounds of counts to be asked
// for instead: below it the values are fewer than the counts, or travel faster than the rounds take.
const valuesForRounds = 100_000

// ranked are the percentiles over one expression. Its rounds are their own, apart from those of other expressions.
type ranked struct {
	key   plan.Expr // the order key of a value, NULL where there is none
	ranks *plan.Ranks
	bits  int // of the domain
}

// byRounds finds exact percentiles by rounds of counts: the first counts the values in equal parts of their type's domain, each further
// one in parts of the parts that hold the ranks wanted. Nothing but counts leaves the shards, which it reads in one state. It returns
// nil where values are to travel as ever: because they are few, or because some shard cannot make order keys of them.
func (p *placer) byRounds(n *plan.Aggregate, in *placed) (*placed, error) {
	rest, lists := p.rankedOf(n, in)
	if len(lists) == 0 || !p.countsPay(n, in, lists) {
		return nil, nil
	}
	mark := p.mark()
	var out *placed
	base := n.Groups
	if len(rest) > 0 {
		var err error
		if out, err = p.aggregate(&plan.Aggregate{Input: in.node, Groups: n.Groups, Aggs: rest}, in); err == nil {
			out, err = p.toCoordinator(out, "aggregates beside percentiles")
		}
		if err != nil {
			return nil, err
		}
		base = p.renamedGroups(n.Groups)
	}
	for i, l := range lists {
		if i > 0 {
			base = p.renamedGroups(n.Groups)
		}
		top, err := p.rounds(l, base, in)
		if top == nil || err != nil {
			p.reset(mark)
			return nil, err
		}
		if out == nil {
			out = &placed{node: top, rows: groupRows(n, in.rows)}
		} else {
			out = &placed{node: besideGroups(out.node, top, n.Groups, base), rows: out.rows}
		}
	}
	out.node = plan.Exactly(out.node, n.Columns())
	return out, nil
}

// besideGroups joins the results for the same groups of two aggregates.
func besideGroups(l, r plan.Node, groups, renamed []plan.Assign) plan.Node {
	j := &plan.Join{Kind: plan.Left, Left: l, Right: r}
	if len(groups) == 0 {
		j.Kind = plan.Inner // one row each
	}
	for i := range groups {
		j.On = append(j.On, &plan.Call{Fn: "is_not_distinct", T: plan.T(plan.Bool), Args: []plan.Expr{&plan.Col{Column: groups[i].Col}, &plan.Col{Column: renamed[i].Col}}})
	}
	return j
}

func (p *placer) renamedGroups(groups []plan.Assign) []plan.Assign {
	out := make([]plan.Assign, len(groups))
	for i, g := range groups {
		out[i] = plan.Assign{Col: p.newColumn(g.Col.Name, g.Col.Type), Expr: g.Expr}
	}
	return out
}

// rankedOf takes the percentiles out of an aggregate whose rows and groups allow rounds, those over one expression together.
func (p *placer) rankedOf(n *plan.Aggregate, in *placed) (rest []plan.AggAssign, lists []*ranked) {
	switch {
	case p.off("percentile_rounds"), p.off("ship_rows"), p.off("partial_aggregate"), n.Sets != nil, in.spread != sharded,
		len(n.Groups) > 0 && !shippable(groupColumns(n.Groups)), plan.ReadsWork(in.node),
		len(plan.Free(&plan.Aggregate{Input: in.node, Groups: n.Groups, Aggs: n.Aggs})) > 0:
		return nil, nil
	}
	byKey := map[string]*ranked{}
	for _, a := range n.Aggs {
		l, w := p.rankedBy(a, in)
		if l == nil {
			rest = append(rest, a)
			continue
		}
		text := plan.Format(l.key)
		if byKey[text] == nil {
			byKey[text] = l
			lists = append(lists, l)
		}
		byKey[text].ranks.Wants = append(byKey[text].ranks.Wants, w)
	}
	return rest, lists
}

func groupColumns(groups []plan.Assign) []plan.Column {
	out := make([]plan.Column, len(groups))
	for i, g := range groups {
		out[i] = g.Col
	}
	return out
}

// rankedBy is what rounds would count for one aggregate; nil for another than a percentile, or of other values than have order keys.
func (p *placer) rankedBy(a plan.AggAssign, in *placed) (*ranked, plan.Want) {
	w := plan.Want{Col: a.Col, Between: a.Agg.Fn == "percentile_cont"}
	if !w.Between && a.Agg.Fn != "percentile_disc" || a.Agg.Distinct || len(a.Agg.Args) != 2 || !constant(a.Agg.Args[1]) ||
		slices.ContainsFunc([]plan.Expr{a.Agg.Args[0], a.Agg.Filter}, func(e plan.Expr) bool { return e != nil && plan.HasSubquery(e) }) {
		return nil, w
	}
	x := a.Agg.Args[0]
	if w.Between {
		x = exactNumber(x) // its values are in the order of the doubles that they become
	}
	bits := keyBits(x, in)
	if bits == 0 && w.Between {
		x = a.Agg.Args[0]
		bits = keyBits(x, in)
	}
	if bits == 0 {
		return nil, w
	}
	w.Desc, w.Fraction = a.Agg.Order[0].Desc, a.Agg.Args[1]
	l := &ranked{bits: bits, key: &plan.Call{Fn: plan.OrderKey, Args: []plan.Expr{x}, T: plan.T(plan.Int8)}, ranks: &plan.Ranks{Of: x.Type()}}
	if a.Agg.Filter != nil {
		l.key = &plan.Case{T: l.key.Type(), Whens: []plan.When{{Cond: a.Agg.Filter, Then: l.key}}}
	}
	return l, w
}

// exactNumber is what a double was made of, if that is an exact number.
func exactNumber(x plan.Expr) plan.Expr {
	if c, ok := x.(*plan.Cast); ok && c.To.Kind == plan.Float8 && (c.X.Type().IsInteger() || c.X.Type().Kind == plan.Numeric) {
		return c.X
	}
	return x
}

// keyBits are the bits that order keys of an expression differ in, 0 where it has none. Of a numeric the declared digits of a
// column count: those that follow for an expression bound what is shown of it.
func keyBits(x plan.Expr, in *placed) int {
	switch t := x.Type(); t.Kind {
	case plan.Int2:
		return 16
	case plan.Int4, plan.Date:
		return 32
	case plan.Time:
		return 38 // microseconds to 24:00, and a sign
	case plan.Int8, plan.Timestamp, plan.TimestampTZ, plan.Float4, plan.Float8:
		return 64
	case plan.Numeric:
		if c, ok := x.(*plan.Col); ok && !t.Wide() && t.Precision <= 18 && scanned(in.node, c.Column.ID) {
			return t.Precision*10/3 + 2 // 2^(10/3) is more than 10
		}
	}
	return 0
}

// scanned reports a column as a table has it.
func scanned(root plan.Node, id int) bool {
	found := false
	plan.Visit(root, func(n plan.Node) {
		if s, ok := n.(*plan.Scan); ok {
			found = found || slices.ContainsFunc(s.Cols, func(c plan.ScanCol) bool { return c.Column.ID == id && !c.Pseudo })
		}
	})
	return found
}

// countsPay weighs the values that a shard would send against the counts of as many rounds as there can be.
func (p *placer) countsPay(n *plan.Aggregate, in *placed, lists []*ranked) bool {
	if p.off("estimates") {
		return true
	}
	groups := p.combined(in, n.Groups, groupRows(n, in.rows))
	values, counts := 0.0, 0.0
	for _, l := range lists {
		values += p.combined(in, append([]plan.Assign{{Expr: l.key}}, n.Groups...), in.rows)
		counts += roundRows(groups, in.rows) + roundRows(l.intervals(groups), in.rows)
	}
	return in.rows > 0 && values >= valuesForRounds && values >= counts
}

// intervals estimates how many are open after a round.
func (l *ranked) intervals(groups float64) float64 {
	n := 0
	for _, w := range l.ranks.Wants {
		n++
		if w.Between {
			n++
		}
	}
	return max(groups, 1) * float64(n)
}

// combined estimates how many combinations of values there are at a shard; otherwise where nothing tells.
func (p *placer) combined(in *placed, items []plan.Assign, otherwise float64) float64 {
	out := 1.0
	for _, it := range items {
		d := p.distinct(in.node, it.Expr)
		if d < 0 {
			return otherwise
		}
		out *= d
	}
	return min(out, in.rows)
}

// roundRows estimates the counts of a round: no more than buckets, or than rows.
func roundRows(intervals, rows float64) float64 {
	if rows < 0 {
		return rows
	}
	return min(intervals*(1<<bucketBits), rows)
}
