package residency

import (
	"math/bits"
	"strconv"

	"github.com/atoll-sql/atoll/planner/plan"
)

// registers are the operators that make what a shard sends of a HyperLogLog sketch:
//
//	aggregate by [keys] computing s=hash_pack(least)
//	  aggregate by [keys, register=hash & mask] computing least=min(hash)
//	    project keys, hash=hash_…(x)
//	      rows
//
// The check looks at them as at one aggregate over the rows, of one function that stands for all of it: agg.
type registers struct {
	agg                   *plan.Aggregate
	hash, register, least plan.Column
}

// foldSketch puts the aggregate that stands for registers in their place, where a tree makes any above whose way is unary. What is not exactly
// their form stays what it is: aggregates of hashes, which no rule but one of rows permits.
func foldSketch(root plan.Node) (plan.Node, *registers) {
	if r := registersOf(root); r != nil {
		return r.agg, r
	}
	in := root.Inputs()
	if len(in) != 1 {
		return root, nil
	}
	below, r := foldSketch(in[0])
	if r == nil {
		return root, nil
	}
	return plan.WithInputs(root, []plan.Node{below}), r
}

// unfold is the tree whose registers are made again; root itself if r is nil.
func (r *registers) unfold(root plan.Node) plan.Node {
	if r == nil {
		return root
	}
	if a, ok := root.(*plan.Aggregate); ok && isRegisters(a) {
		return r.over(a)
	}
	return plan.WithInputs(root, []plan.Node{r.unfold(root.Inputs()[0])})
}

// isRegisters reports an aggregate that stands for registers.
func isRegisters(a *plan.Aggregate) bool { return len(a.Aggs) == 1 && a.Aggs[0].Agg.Fn == registersFn }

// over makes the operators for an aggregate that stands for them.
func (r *registers) over(agg *plan.Aggregate) plan.Node {
	s, own := agg.Aggs[0].Agg.Sketch, agg.Aggs[0]
	keys := make([]plan.Column, len(agg.Groups))
	for i, g := range agg.Groups {
		keys[i] = g.Col
	}
	int8 := plan.T(plan.Int8)
	items := append(agg.Groups[:len(keys):len(keys)], plan.Assign{Col: r.hash, Expr: s.Call(own.Agg.Args[0])})
	mask := &plan.Const{Text: strconv.FormatInt(-1<<(64-s.Precision), 10), T: int8}
	first := &plan.Call{Fn: "&", Args: []plan.Expr{columnExpr(r.hash), mask}, T: int8}
	touched := &plan.Aggregate{Input: &plan.Project{Input: agg.Input, Items: items}, Groups: append(plan.PassOn(keys), plan.Assign{Col: r.register, Expr: first}),
		Aggs: []plan.AggAssign{{Col: r.least, Agg: plan.Agg{Fn: "min", Args: []plan.Expr{columnExpr(r.hash)}, T: int8}}}}
	return &plan.Aggregate{Input: touched, Groups: plan.PassOn(keys),
		Aggs: []plan.AggAssign{{Col: own.Col, Agg: plan.Agg{Fn: "hash_pack", Args: []plan.Expr{columnExpr(r.least)}, T: own.Agg.T}}}}
}

// registersOf reads the operators from n down; nil if n is something else. What it reads wrongly makes other operators.
func registersOf(n plan.Node) *registers {
	packed, ok := n.(*plan.Aggregate)
	if !ok || len(packed.Aggs) != 1 || packed.Aggs[0].Agg.Fn != "hash_pack" {
		return nil
	}
	touched, ok := packed.Input.(*plan.Aggregate)
	if !ok || len(touched.Aggs) != 1 || len(touched.Groups) != len(packed.Groups)+1 {
		return nil
	}
	hashed, ok := touched.Input.(*plan.Project)
	if !ok || len(hashed.Items) != len(touched.Groups) {
		return nil
	}
	last := len(packed.Groups)
	x, s := hashOf(hashed.Items[last].Expr, touched.Groups[last].Expr)
	if s == nil {
		return nil
	}
	own := packed.Aggs[0]
	r := &registers{hash: hashed.Items[last].Col, register: touched.Groups[last].Col, least: touched.Aggs[0].Col}
	r.agg = &plan.Aggregate{Input: hashed.Input, Groups: hashed.Items[:last:last],
		Aggs: []plan.AggAssign{{Col: own.Col, Agg: plan.Agg{Fn: registersFn, Args: []plan.Expr{x}, Sketch: s, T: own.Agg.T}}}}
	like := &likeness{input: hashed.Input, theirs: map[int]plan.Column{}, taken: map[int]bool{}}
	if !like.same(n, r.over(r.agg)) {
		return nil
	}
	return r
}

// hashOf reads what is hashed, and how, from the hash and the register that it falls into; nil if they are something else.
func hashOf(hash, register plan.Expr) (x plan.Expr, s *plan.Sketch) {
	h, ok := hash.(*plan.Call)
	first, also := register.(*plan.Call)
	if !ok || !also || len(h.Args) == 0 || len(first.Args) != 2 {
		return nil, nil
	}
	mask, ok := first.Args[1].(*plan.Const)
	if !ok {
		return nil, nil
	}
	m, err := strconv.ParseInt(mask.Text, 10, 64)
	if err != nil || m == 0 {
		return nil, nil
	}
	s = &plan.Sketch{Precision: 64 - bits.TrailingZeros64(uint64(m))}
	for _, kind := range []plan.HashKind{plan.HashFast, plan.HashPortable, plan.HashKeyed} {
		if h.Fn != kind.Fn() {
			continue
		}
		if s.Hash = kind; kind == plan.HashKeyed && len(h.Args) == 3 {
			s.Inner, s.Outer = h.Args[1], h.Args[2]
		}
		return h.Args[0], s
	}
	return nil, nil
}
