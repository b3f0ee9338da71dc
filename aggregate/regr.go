package aggregate

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// regressions are the functions over pairs (Y, X) of float8. All but the count send all six moments, since
// PostgreSQL, too, computes all of them and fails if any overflows.
func regressions(kind Kind, args []arrow.DataType) *Function {
	if len(args) != 2 || args[0].ID() != arrow.FLOAT64 || args[1].ID() != arrow.FLOAT64 {
		return nil
	}
	count := Partial{Op: OpRegrCount, Type: arrow.PrimitiveTypes.Int64}
	if kind == RegrCount {
		return &Function{Result: arrow.PrimitiveTypes.Int64, Partials: []Partial{count}, start: startCount}
	}
	partials := []Partial{count}
	for _, op := range []PartialOp{OpRegrAvgX, OpRegrAvgY, OpRegrSXX, OpRegrSYY, OpRegrSXY} {
		partials = append(partials, Partial{Op: op, Type: float64Type})
	}
	return &Function{
		Result:   float64Type,
		Partials: partials,
		start: func(memory.Allocator, []arrow.Field) (accumulator, error) {
			return &regression{final: regrFinals[kind]}, nil
		},
	}
}

// pairs are the moments of the pairs of one group.
type pairs struct {
	n             int64
	x, y          float64 // means
	sxx, syy, sxy float64
}

type regression struct {
	states[pairs]
	final func(pairs) (float64, bool)
}

func (s *regression) add(ids []uint32, cols []arrow.Array) error {
	n := cols[0].(*array.Int64)
	var f [5]*array.Float64
	for c := range f {
		f[c] = cols[c+1].(*array.Float64)
	}
	for i, id := range ids {
		if n.IsNull(i) || n.Value(i) == 0 {
			continue
		}
		in := pairs{n: n.Value(i)}
		for c, to := range []*float64{&in.x, &in.y, &in.sxx, &in.syy, &in.sxy} {
			if f[c].IsNull(i) {
				return errIncomplete()
			}
			*to = f[c].Value(i)
		}
		if err := s.of[id].merge(in); err != nil {
			return err
		}
	}
	return nil
}

func (p *pairs) merge(in pairs) (err error) {
	total, ok := addCounts(p.n, in.n)
	if !ok {
		return outOfRange("bigint out of range")
	}
	dx, dy := in.x-p.x, in.y-p.y
	if p.sxx, err = chan2(p.sxx, in.sxx, p.n, in.n, dx, dx); err != nil {
		return err
	}
	if p.syy, err = chan2(p.syy, in.syy, p.n, in.n, dy, dy); err != nil {
		return err
	}
	if p.sxy, err = chan2(p.sxy, in.sxy, p.n, in.n, dx, dy); err != nil {
		return err
	}
	p.x, p.y = mergeMeans(p.x, in.x, p.n, in.n), mergeMeans(p.y, in.y, p.n, in.n)
	p.n = total
	return nil
}

func (s *regression) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	return fixedArray(alloc, float64Type, to-from, func(i int) (float64, bool) {
		st := s.of[from+i]
		if st.n == 0 {
			return 0, false
		}
		return s.final(st)
	}), nil
}

// regrFinals are the formulas and NULL rules of PostgreSQL 15's float.c; n is at least 1.
var regrFinals = map[Kind]func(pairs) (float64, bool){
	RegrAvgX: func(p pairs) (float64, bool) { return p.x, true },
	RegrAvgY: func(p pairs) (float64, bool) { return p.y, true },
	RegrSXX:  func(p pairs) (float64, bool) { return p.sxx, true },
	RegrSYY:  func(p pairs) (float64, bool) { return p.syy, true },
	RegrSXY:  func(p pairs) (float64, bool) { return p.sxy, true },
	CovarPop: func(p pairs) (float64, bool) { return p.sxy / float64(p.n), true },
	CovarSamp: func(p pairs) (float64, bool) {
		return p.sxy / float64(p.n-1), p.n > 1
	},
	Corr: func(p pairs) (float64, bool) {
		return p.sxy / math.Sqrt(p.sxx*p.syy), p.sxx != 0 && p.syy != 0
	},
	RegrSlope: func(p pairs) (float64, bool) { return p.sxy / p.sxx, p.sxx != 0 },
	RegrIntercept: func(p pairs) (float64, bool) {
		return p.y - p.x*p.sxy/p.sxx, p.sxx != 0
	},
	RegrR2: func(p pairs) (float64, bool) {
		if p.syy == 0 {
			return 1, p.sxx != 0
		}
		return (p.sxy * p.sxy) / (p.sxx * p.syy), p.sxx != 0
	},
}
