package place

import (
	"strconv"

	"github.com/atoll-sql/atoll/planner/plan"
)

// registers is the part of HyperLogLog (Flajolet, Fusy, Gandouet, Meunier, 2007). The first bits of a value's hash choose its register; of a
// register it is enough to know the smallest hash, which has the most zeros behind those bits. What a group sends is one row, however
// many values it has: the smallest hashes of the registers that it touched.
func registers(p *placer, x plan.Expr, s *plan.Sketch, cols []plan.Column) func(in plan.Node, keys []plan.Assign) plan.Node {
	return func(in plan.Node, keys []plan.Assign) plan.Node {
		int8 := plan.T(plan.Int8)
		hash, register, least := p.newColumn("hash", int8), p.newColumn("register", int8), p.newColumn("least", int8)
		hashed := &plan.Project{Input: in, Items: append(keys[:len(keys):len(keys)], plan.Assign{Col: hash, Expr: s.Call(x)})}
		kept := plan.PassOn(columnsOf(keys))
		mask := &plan.Const{Text: strconv.FormatInt(-1<<(64-s.Precision), 10), T: int8}
		first := &plan.Call{Fn: "&", Args: []plan.Expr{&plan.Col{Column: hash}, mask}, T: int8}
		touched := &plan.Aggregate{Input: hashed, Groups: append(kept, plan.Assign{Col: register, Expr: first}),
			Aggs: []plan.AggAssign{{Col: least, Agg: plan.Agg{Fn: "min", Args: []plan.Expr{&plan.Col{Column: hash}}, T: int8}}}}
		return &plan.Aggregate{Input: touched, Groups: plan.PassOn(columnsOf(keys)),
			Aggs: []plan.AggAssign{{Col: cols[0], Agg: plan.Agg{Fn: "hash_pack", Args: []plan.Expr{&plan.Col{Column: least}}, T: cols[0].Type}}}}
	}
}

func columnsOf(items []plan.Assign) []plan.Column {
	out := make([]plan.Column, len(items))
	for i, a := range items {
		out[i] = a.Col
	}
	return out
}
