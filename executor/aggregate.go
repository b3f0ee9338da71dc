package executor

import (
	"encoding/hex"
	"errors"
	"strings"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/aggregate"
	"github.com/atoll-sql/atoll/planner/plan"
)

// function resolves an aggregate over arguments of the types given.
func (b *builder) function(a plan.MergeAgg, types []arrow.DataType) (*aggregate.Function, error) {
	if a.Sketch != nil {
		return b.sketch(a, types)
	}
	if !aggregate.IsOrdered(a.Fn) {
		return aggregate.Lookup(a.Fn, types, a.Distinct)
	}
	o := aggregate.Ordering{}
	for _, k := range a.Order {
		o.Keys = append(o.Keys, aggregate.OrderKey{Arg: k.Arg, Type: k.Col.Type.Arrow(), Desc: k.Desc, NullsFirst: k.NullsFirst})
	}
	if a.Constant != nil {
		var err error
		if o.Constant, err = b.constant(a.Constant); err != nil {
			return nil, err
		}
	}
	return aggregate.LookupOrdered(a.Fn, types, a.Distinct, o)
}

// sketch resolves an approximate aggregate.
func (b *builder) sketch(a plan.MergeAgg, types []arrow.DataType) (*aggregate.Function, error) {
	var key []byte
	if a.Sketch.Hash == plan.HashKeyed {
		for _, x := range []plan.Expr{a.Sketch.Inner, a.Sketch.Outer} {
			block, err := b.constant(x)
			if err != nil {
				return nil, err
			}
			key = append(key, block.Text...)
		}
	}
	k := a.Sketch
	o := aggregate.SketchOptions{Precision: k.Precision, Hash: uint8(k.Hash), Key: key, K: k.K, Capacity: k.Capacity, Share: k.Share, Alpha: k.Alpha, Width: k.Width, ByValue: k.ByValue, Mixed: k.Mixed}
	if a.Constant != nil {
		var err error
		if o.Constant, err = b.constant(a.Constant); err != nil {
			return nil, err
		}
	}
	return aggregate.LookupSketch(a.Fn, types, o)
}

// constant gives the value of a literal or parameter; of bytea the bytes themselves.
func (b *builder) constant(x plan.Expr) (*aggregate.Constant, error) {
	c := &aggregate.Constant{}
	switch x := x.(type) {
	case *plan.Const:
		c.Text, c.Null = x.Text, x.Null
	case *plan.Param:
		if x.N < 1 || x.N > len(b.env.Args) {
			return nil, errors.New("internal error: an aggregate needs a parameter that was not given")
		}
		c.Text, c.Null = b.env.Args[x.N-1].Text, b.env.Args[x.N-1].Null
	}
	if x.Type().Kind != plan.Bytea || c.Null {
		return c, nil
	}
	digits, ok := strings.CutPrefix(c.Text, `\x`)
	v, err := hex.DecodeString(digits)
	if !ok || err != nil {
		return nil, errors.New("internal error: a constant of bytea is not in its canonical form")
	}
	c.Text = string(v)
	return c, nil
}
