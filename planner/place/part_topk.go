package place

import (
	"strconv"

	"github.com/atoll-sql/atoll/aggregate"
	"github.com/atoll-sql/atoll/planner/plan"
)

// topList is the part of approx_top_k: the most frequent values of a group, with their numbers and how often, at most, a value occurs that
// is not among them. Of a group without values the one row is that of NULL, which occurs no times and comes last elsewhere. Where no two shards
// have a value in common, a value that another shard lists occurs no times here: the floor is 0.
func topList(p *placer, x plan.Expr, s *plan.Sketch, cols []plan.Column) func(in plan.Node, keys []plan.Assign) plan.Node {
	value, count, floor, once := cols[0], cols[1], cols[2], cols[3]
	return func(in plan.Node, keys []plan.Assign) plan.Node {
		rank, next := p.newColumn("rank", plan.T(plan.Int8)), p.newColumn("next", plan.T(plan.Int8))
		group := expressions(columnsOf(keys))
		counted := countedValues(in, keys, value, x, count)
		ranked := &plan.Window{Input: counted, Fns: []plan.WindowFn{{Col: rank, Agg: plan.Agg{Fn: "row_number", T: rank.Type}, Partition: group,
			Order: []plan.WindowKey{{Expr: read(count), Desc: true, NullsFirst: true}, {Expr: read(value)}}}}}
		items := plan.PassOn(append(columnsOf(keys), value, count))
		if s.Apart {
			list := &plan.Filter{Input: ranked, Conds: []plan.Expr{compare("<=", read(rank), whole(int64(s.Capacity)))}}
			return &plan.Project{Input: list, Items: append(items, plan.Assign{Col: floor, Expr: whole(0)}, plan.Assign{Col: once, Expr: whole(0)})}
		}
		some := &plan.Filter{Input: ranked, Conds: []plan.Expr{compare("<=", read(rank), whole(int64(s.Capacity)+1))}}
		leftOut := pick(compare(">", read(rank), whole(int64(s.Capacity))), read(count), nil)
		floored := &plan.Window{Input: some, Fns: []plan.WindowFn{{Col: next, Agg: plan.Agg{Fn: "max", Args: []plan.Expr{leftOut}, T: next.Type}, Partition: group}}}
		list := &plan.Filter{Input: floored, Conds: []plan.Expr{compare("<=", read(rank), whole(int64(s.Capacity)))}}
		least := &plan.Call{Fn: "coalesce", Args: []plan.Expr{read(next), whole(0)}, T: floor.Type}
		return &plan.Project{Input: list, Items: append(items, plan.Assign{Col: floor, Expr: least},
			plan.Assign{Col: once, Expr: pick(compare("=", read(rank), whole(1)), least, whole(0))})}
	}
}

// heavyList is the part of approx_heavy_hitters: the values with their share of a group's rows at the shard, with their hashes, and the
// counters of a count-min sketch of all others, whose values are NULL; see [aggregate.HeavySketch]. NULL, which occurs no times, has no
// hash and no counter; its row is there for groups without values.
func heavyList(p *placer, x plan.Expr, s *plan.Sketch, cols []plan.Column) func(in plan.Node, keys []plan.Assign) plan.Node {
	sketch, int8, sums := aggregate.HeavySketchFor(s.Share), plan.T(plan.Int8), plan.NumericType(plan.MaxNarrow, 0)
	cell, count, value := cols[0], cols[1], cols[2]
	return func(in plan.Node, keys []plan.Assign) plan.Node {
		one, times, hash, total := p.again(value), p.again(count), p.newColumn("hash", int8), p.newColumn("total", sums)
		sum, base, divisor := p.newColumn("sum", sums), p.newColumn("base", int8), p.newColumn("divisor", int8)
		kept := columnsOf(keys)
		counted := countedValues(in, keys, one, x, times)
		hashed := &plan.Project{Input: counted, Items: append(plan.PassOn(counted.Columns()), plan.Assign{Col: hash, Expr: s.Call(read(one))})}
		totalled := &plan.Window{Input: hashed, Fns: []plan.WindowFn{{Col: total, Agg: plan.Agg{Fn: "sum", Args: []plan.Expr{read(times)}, T: sums}, Partition: expressions(kept)}}}
		// Numbers of rows are whole, so that the most rows of which a value has its share are so, too: nothing is rounded.
		most := &plan.Cast{X: integer("/", integer("*", read(times), whole(aggregate.Millionth)), whole(sketch.Parts)), To: sums}
		heavy, light := compare(">=", most, read(total)), compare("<", most, read(total))
		rows := &plan.Values{Cols: []plan.Column{base, divisor}}
		for j := range int64(aggregate.HeavyRows) {
			rows.Rows = append(rows.Rows, []plan.Expr{whole(j * sketch.Width), whole(1 << (16 * j))})
		}
		each := &plan.Filter{Input: &plan.Join{Kind: plan.Inner, Left: totalled, Right: rows},
			Conds: []plan.Expr{&plan.Or{Args: []plan.Expr{compare("=", read(base), whole(0)), light}}}}
		number := integer("+", read(base), integer("&", integer("/", read(hash), read(divisor)), whole(sketch.Width-1)))
		summed := &plan.Aggregate{Input: each,
			Groups: append(plan.PassOn(kept), plan.Assign{Col: cell, Expr: pick(heavy, read(hash), number)}, plan.Assign{Col: value, Expr: pick(heavy, read(one), nil)}),
			Aggs:   []plan.AggAssign{{Col: sum, Agg: plan.Agg{Fn: "sum", Args: []plan.Expr{read(times)}, T: sum.Type}}}}
		return &plan.Project{Input: summed, Items: append(plan.PassOn(append(kept[:len(kept):len(kept)], cell)),
			plan.Assign{Col: count, Expr: &plan.Cast{X: read(sum), To: int8}}, plan.Assign{Col: value, Expr: read(value)})}
	}
}

// countedValues counts the rows of each value of x in each group; NULL, too, has a row, and the number 0.
func countedValues(in plan.Node, keys []plan.Assign, value plan.Column, x plan.Expr, count plan.Column) plan.Node {
	return &plan.Aggregate{Input: in, Groups: append(keys[:len(keys):len(keys)], plan.Assign{Col: value, Expr: x}),
		Aggs: []plan.AggAssign{{Col: count, Agg: plan.Agg{Fn: "count", Args: []plan.Expr{x}, T: count.Type}}}}
}

func read(c plan.Column) plan.Expr { return &plan.Col{Column: c} }

func expressions(cols []plan.Column) []plan.Expr {
	out := make([]plan.Expr, len(cols))
	for i, c := range cols {
		out[i] = read(c)
	}
	return out
}

func whole(n int64) plan.Expr {
	return &plan.Const{Text: strconv.FormatInt(n, 10), T: plan.T(plan.Int8)}
}

func compare(op string, l, r plan.Expr) plan.Expr {
	return &plan.Call{Fn: op, Args: []plan.Expr{l, r}, T: plan.T(plan.Bool)}
}

func integer(op string, l, r plan.Expr) plan.Expr {
	return &plan.Call{Fn: op, Args: []plan.Expr{l, r}, T: plan.T(plan.Int8)}
}

// pick is then where cond is true, else otherwise, which may be nil for NULL.
func pick(cond, then, otherwise plan.Expr) plan.Expr {
	return &plan.Case{T: then.Type(), Whens: []plan.When{{Cond: cond, Then: then}}, Else: otherwise}
}
