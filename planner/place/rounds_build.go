package place

import (
	"fmt"
	"math"
	"strconv"

	"github.com/atoll-sql/atoll/planner/plan"
)

// countingRounds are the rounds of one list of percentiles while they are placed.
type countingRounds struct {
	*ranked
	p      *placer
	in     *placed
	groups []plan.Assign // of the shards' rows, with the columns that they get at the coordinator
	value  plan.Column   // the order key of a row's value at a shard
	est    float64       // groups
}

// rounds places the rounds, all but the last as steps, and returns the last. It returns nil if some shard cannot run one.
func (p *placer) rounds(l *ranked, groups []plan.Assign, in *placed) (plan.Node, error) {
	r := &countingRounds{ranked: l, p: p, in: in, groups: groups, value: p.newColumn("value", l.key.Type())}
	r.est = max(p.combined(in, groups, groupRows(&plan.Aggregate{Groups: groups}, in.rows)), 1)
	l.ranks.Keys, l.ranks.Few = groupColumns(groups), 1<<bucketBits
	for left := l.bits; left > 0; {
		left = max(left-bucketBits, 0)
		l.ranks.Shifts = append(l.ranks.Shifts, left)
	}
	top, err := r.first()
	for round := 1; err == nil && top != nil && !top.Last(); round++ {
		top, err = r.next(top)
	}
	if top == nil || err != nil {
		return nil, err
	}
	top.Cols = groupColumns(groups)
	for _, w := range l.ranks.Wants {
		top.Cols = append(top.Cols, w.Col)
	}
	return top, nil
}

// first counts in equal parts of the type's domain.
func (r *countingRounds) first() (*plan.Narrow, error) {
	mask := &plan.Const{Text: strconv.FormatInt(-1<<r.ranks.Shifts[0], 10), T: plan.T(plan.Int8)}
	return r.counted(r.in.node, r.groups, r.masked(r.key, mask), 1)
}

// next counts in parts of what the round before has left. Its bounds travel as parameters: the groups' keys, the interval's number, its
// least key, and the bits of a key that tell the part.
func (r *countingRounds) next(before *plan.Narrow) (*plan.Narrow, error) {
	p, round := r.p, before.Round+1
	leaf := &plan.Shipped{}
	for _, g := range r.groups {
		leaf.Cols = append(leaf.Cols, p.newColumn(g.Col.Name, g.Col.Type))
	}
	interval, bound, mask := p.newColumn("interval", plan.T(plan.Int8)), p.newColumn("bound", plan.T(plan.Int8)), p.newColumn("mask", plan.T(plan.Int8))
	leaf.Cols = append(leaf.Cols, interval, bound, mask)
	for range leaf.Cols {
		leaf.Params = append(leaf.Params, p.nextParam())
	}
	leaf.Rows = p.nextParam()
	before.Cols = leaf.Cols
	keys := p.renamedGroups(r.groups)
	rows := &plan.Project{Input: r.in.node, Items: append(keys, plan.Assign{Col: r.value, Expr: r.key})}
	last := &plan.Const{Text: strconv.FormatInt(-1<<r.ranks.Shifts[before.Round-1], 10), T: plan.T(plan.Int8)}
	on := []plan.Expr{equals(r.masked(&plan.Col{Column: r.value}, last), &plan.Col{Column: bound})}
	for i, k := range keys {
		on = append(on, sameKey(&plan.Col{Column: k.Col}, &plan.Col{Column: leaf.Cols[i]})...)
	}
	join := &plan.Join{Kind: plan.Inner, Left: rows, Right: leaf, On: on}
	if !p.fits(r.in, rows) || !p.fits(r.in, leaf) || !p.fits(r.in, join) {
		return nil, nil
	}
	root, err := p.physical(before)
	if err != nil {
		return nil, err
	}
	bounds := r.intervals(r.est)
	p.steps = append(p.steps, &plan.Step{Root: root, Cols: leaf.Cols, Params: leaf.Params, Rows: leaf.Rows, MaxRows: 10 * shipRows, EstRows: bounds,
		Why: fmt.Sprintf("bounds for round %d of counts", round)})
	number := []plan.Assign{{Col: interval, Expr: &plan.Col{Column: interval}}}
	return r.counted(join, number, r.masked(&plan.Col{Column: r.value}, &plan.Col{Column: mask}), round)
}

// counted has each shard count its rows by keys and bucket, adds the numbers up, and learns from them.
func (r *countingRounds) counted(rows plan.Node, keys []plan.Assign, bucket plan.Expr, round int) (*plan.Narrow, error) {
	p := r.p
	b, count := p.newColumn("bucket", plan.T(plan.Int8)), p.newColumn("count", plan.T(plan.Int8))
	partial := &plan.Aggregate{Input: rows, Groups: append(append([]plan.Assign(nil), keys...), plan.Assign{Col: b, Expr: bucket}),
		Aggs: []plan.AggAssign{{Col: count, Agg: plan.Agg{Fn: "count", Star: true, T: count.Type}}}}
	if !p.fits(r.in, partial) {
		return nil, nil
	}
	low := *r.in
	low.node, low.order, low.rows = partial, nil, roundRows(r.est, r.in.rows)
	if further := len(r.ranks.Shifts) - 1; round > 1 && low.rows > 0 { // of which one or two find many buckets with values, and the others few
		low.rows = math.Ceil(roundRows(r.intervals(r.est), r.in.rows) / float64(further))
	}
	why := fmt.Sprintf("exact percentiles by counts instead of values, round %d of at most %d", round, len(r.ranks.Shifts))
	g, err := p.gather(&low, why)
	if err != nil {
		return nil, err
	}
	sum := p.newColumn("count", plan.T(plan.Int8))
	merge := &plan.MergeAggregate{Input: g, Keys: groupColumns(partial.Groups), Aggs: []plan.MergeAgg{{Col: sum, Fn: "count", Partials: []plan.Column{count}}}}
	return &plan.Narrow{Input: merge, Ranks: r.ranks, Round: round}, nil
}

// masked is the bucket of an order key: its high bits.
func (*countingRounds) masked(key, mask plan.Expr) plan.Expr {
	if c, ok := mask.(*plan.Const); ok && c.Text == "-1" {
		return key
	}
	return &plan.Call{Fn: "&", Args: []plan.Expr{key, mask}, T: plan.T(plan.Int8)}
}

func equals(l, r plan.Expr) plan.Expr {
	return &plan.Call{Fn: "=", Args: []plan.Expr{l, r}, T: plan.T(plan.Bool)}
}

// sameKey has NULL equal NULL. No engine finds rows by that alone, so an equality that follows from it stands beside it.
func sameKey(l, r plan.Expr) []plan.Expr {
	same := &plan.Call{Fn: "is_not_distinct", Args: []plan.Expr{l, r}, T: plan.T(plan.Bool)}
	some, ok := someValue[l.Type().Kind]
	if !ok {
		return []plan.Expr{same}
	}
	c := &plan.Const{Text: some, T: l.Type()}
	filled := func(x plan.Expr) plan.Expr { return &plan.Call{Fn: "coalesce", Args: []plan.Expr{x, c}, T: x.Type()} }
	return []plan.Expr{equals(filled(l), filled(r)), same}
}

// someValue is any value of a type.
var someValue = map[plan.Kind]string{plan.Int2: "0", plan.Int4: "0", plan.Int8: "0", plan.Numeric: "0", plan.Text: "", plan.Date: "2000-01-01",
	plan.UUID: "00000000-0000-0000-0000-000000000000", plan.Timestamp: "2000-01-01 00:00:00"}
