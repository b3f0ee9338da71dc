package aggregate

import (
	"fmt"
	"math"
	"math/big"
	"testing"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// shard computes, slowly and by definition, the partial columns that a database would send for the rows of args
// at the given positions taken as one group.
func shard(t testing.TB, alloc memory.Allocator, f *Function, args []arrow.Array, rows []int) []arrow.Array {
	t.Helper()
	var out []arrow.Array
	for _, p := range f.Partials {
		b := array.NewBuilder(alloc, p.Type)
		s := shardValue(p, args, rows)
		if singly(f) && len(rows) == 1 {
			slice := array.NewSlice(args[0], int64(rows[0]), int64(rows[0]+1))
			out = append(out, slice)
			b.Release()
			continue
		}
		if s == "" {
			b.AppendNull()
		} else if err := b.AppendValueFromString(s); err != nil {
			t.Fatalf("%s: %q: %v", p.Op, s, err)
		}
		out = append(out, b.NewArray())
		b.Release()
	}
	return out
}

// shardValue returns "" for NULL.
func shardValue(p Partial, args []arrow.Array, rows []int) string {
	if p.Op == OpCountStar {
		return fmt.Sprint(len(rows))
	}
	if len(args) == 2 {
		return shardPair(p.Op, args, rows)
	}
	x := args[p.Arg]
	var set []int
	for _, r := range rows {
		if x.IsValid(r) {
			set = append(set, r)
		}
	}
	if p.Op == OpCount {
		return fmt.Sprint(len(set))
	}
	if len(set) == 0 {
		return ""
	}
	switch p.Op {
	case OpSum, OpSumSquares:
		if p.Type.ID() == arrow.FLOAT64 {
			sum := number(x, set[0])
			for _, r := range set[1:] {
				sum += number(x, r)
			}
			return float(sum)
		}
		return exactSum(x, set, p.Op == OpSumSquares)
	case OpFloatMean, OpFloatM2:
		mean, m2 := meanAndM2(x, x, set)
		if p.Op == OpFloatMean {
			return float(mean)
		}
		return float(m2)
	}
	return fold(p.Op, x, set)
}

func float(f float64) string { return fmt.Sprint(f) }

func number(a arrow.Array, i int) float64 {
	switch a := a.(type) {
	case *array.Float32:
		return float64(a.Value(i))
	case *array.Float64:
		return a.Value(i)
	}
	panic("not a float")
}

func exactSum(x arrow.Array, set []int, squared bool) string {
	at, scale := bigs(x)
	sum := new(big.Int)
	for _, r := range set {
		v := at(r)
		if squared {
			v = new(big.Int).Mul(v, v)
		}
		sum.Add(sum, v)
	}
	if squared {
		scale *= 2
	}
	return new(big.Rat).SetFrac(sum, pow10(scale)).FloatString(scale)
}

func meanAndM2(x, y arrow.Array, set []int) (mean, m2 float64) {
	my := 0.0
	for _, r := range set {
		mean += number(x, r)
		my += number(y, r)
	}
	mean, my = mean/float64(len(set)), my/float64(len(set))
	for _, r := range set {
		m2 += (number(x, r) - mean) * (number(y, r) - my)
	}
	if math.IsInf(m2, 0) {
		m2 = math.NaN()
	}
	return mean, m2
}

func shardPair(op PartialOp, args []arrow.Array, rows []int) string {
	y, x := args[0], args[1]
	var set []int
	for _, r := range rows {
		if x.IsValid(r) && y.IsValid(r) {
			set = append(set, r)
		}
	}
	if op == OpRegrCount {
		return fmt.Sprint(len(set))
	}
	if len(set) == 0 {
		return ""
	}
	mx, sxx := meanAndM2(x, x, set)
	my, syy := meanAndM2(y, y, set)
	_, sxy := meanAndM2(x, y, set)
	return float(map[PartialOp]float64{OpRegrAvgX: mx, OpRegrAvgY: my, OpRegrSXX: sxx, OpRegrSYY: syy, OpRegrSXY: sxy}[op])
}

// singly reports the aggregates whose partials this file computes of one row only.
func singly(f *Function) bool {
	return f.Distinct || f.Kind == Min || f.Kind == Max
}

// fold is bool_* and bit_*, or the only value.
func fold(op PartialOp, x arrow.Array, set []int) string {
	if b, ok := x.(*array.Boolean); ok {
		out := b.Value(set[0])
		for _, r := range set {
			if op == OpBoolAnd {
				out = out && b.Value(r)
			} else {
				out = out || b.Value(r)
			}
		}
		return fmt.Sprint(out)
	}
	if len(set) == 1 {
		return x.ValueStr(set[0])
	}
	at, _ := bigs(x)
	out := at(set[0]).Int64()
	for _, r := range set[1:] {
		v := at(r).Int64()
		switch op {
		case OpBitAnd:
			out &= v
		case OpBitOr:
			out |= v
		case OpBitXor:
			out ^= v
		}
	}
	return fmt.Sprint(out)
}
