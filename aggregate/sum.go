package aggregate

import (
	"math"
	"math/bits"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
)

func sums(_ Kind, args []arrow.DataType) *Function {
	dt, ok := one(args)
	if !ok {
		return nil
	}
	if isFloat(dt) {
		return &Function{
			Result:   dt,
			Partials: []Partial{{Op: OpSum, Type: arrow.PrimitiveTypes.Float64}},
			start: func(memory.Allocator, []arrow.Field) (accumulator, error) {
				return &floatSum{result32: dt.ID() == arrow.FLOAT32}, nil
			},
		}
	}
	if dt.ID() == arrow.INTERVAL_MONTH_DAY_NANO {
		return intervalSums(dt)
	}
	sum := exact(dt)
	if sum == nil {
		return nil
	}
	return &Function{
		Result:   sum,
		Partials: []Partial{{Op: OpSum, Type: sum}},
		start: func(memory.Allocator, []arrow.Field) (accumulator, error) {
			if sum.ID() == arrow.INT64 {
				return &intSum{}, nil
			}
			return &decimalSum{dt: sum}, nil
		},
	}
}

// int128 is a sum of int64 that no number of rows overflows.
type int128 struct {
	lo   uint64
	hi   int64
	seen bool
}

// add adds v.
func (n *int128) add(v int64) {
	var carry uint64
	n.lo, carry = bits.Add64(n.lo, uint64(v), 0)
	n.hi += v>>63 + int64(carry)
	n.seen = true
}

type decimalState struct {
	acc  int320
	seen bool
}

// decimalSum sums decimals of one scale.
type decimalSum struct {
	states[decimalState]
	dt arrow.DataType
}

func (s *decimalSum) add(ids []uint32, cols []arrow.Array) error {
	return addDecimals(ids, cols[0], func(id uint32) *int320 {
		s.of[id].seen = true
		return &s.of[id].acc
	})
}

// addDecimals adds each value of an exact numeric column to the sum that at gives for its group.
func addDecimals(ids []uint32, col arrow.Array, at func(id uint32) *int320) error {
	switch col.DataType().ID() {
	case arrow.INT64:
		eachValue(ids, col, column.Values[int64](col), func(id uint32, v int64) { at(id).add64(v) })
	case arrow.DECIMAL128:
		eachValue(ids, col, column.Values[[2]uint64](col), func(id uint32, v [2]uint64) { at(id).add128(v) })
	case arrow.DECIMAL256:
		eachValue(ids, col, column.Values[[4]uint64](col), func(id uint32, v [4]uint64) { at(id).add256(v) })
	default:
		return &Error{SQLState: "XX000", Text: "a sum of " + col.DataType().String() + " cannot be merged"}
	}
	return nil
}

func (s *decimalSum) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	wide := s.dt.ID() == arrow.DECIMAL256
	for i := range s.of[from:to] {
		if !s.of[from+i].acc.fits(wide) {
			return nil, outOfRange("numeric sum has more digits than Atoll holds")
		}
	}
	if wide {
		return fixedArray(alloc, s.dt, to-from, func(i int) ([4]uint64, bool) {
			st := &s.of[from+i]
			return [4]uint64(st.acc[:4]), st.seen
		}), nil
	}
	return fixedArray(alloc, s.dt, to-from, func(i int) ([2]uint64, bool) {
		st := &s.of[from+i]
		return [2]uint64(st.acc[:2]), st.seen
	}), nil
}

type floatState struct {
	sum  float64
	seen bool
}

// floatSum sums floats; as in PostgreSQL a finite sum that becomes infinite is an error.
type floatSum struct {
	states[floatState]
	result32 bool
}

func (s *floatSum) add(ids []uint32, cols []arrow.Array) error {
	col, vals := cols[0], column.Values[float64](cols[0])
	nulls := col.NullN() > 0
	for i, id := range ids {
		if nulls && col.IsNull(i) {
			continue
		}
		st, v := &s.of[id], vals[i]
		if !st.seen {
			*st = floatState{v, true} // not 0 + v: the sum of -0 is -0
			continue
		}
		sum := st.sum + v
		if math.IsInf(sum, 0) && !math.IsInf(st.sum, 0) && !math.IsInf(v, 0) {
			return errFloatOverflow()
		}
		st.sum = sum
	}
	return nil
}

func errFloatOverflow() *Error { return outOfRange("value out of range: overflow") }

func (s *floatSum) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	if !s.result32 {
		return fixedArray(alloc, arrow.PrimitiveTypes.Float64, to-from, func(i int) (float64, bool) {
			return s.of[from+i].sum, s.of[from+i].seen
		}), nil
	}
	for _, st := range s.of[from:to] {
		if math.IsInf(float64(float32(st.sum)), 0) && !math.IsInf(st.sum, 0) {
			return nil, errFloatOverflow()
		}
	}
	return fixedArray(alloc, arrow.PrimitiveTypes.Float32, to-from, func(i int) (float32, bool) {
		return float32(s.of[from+i].sum), s.of[from+i].seen
	}), nil
}
