package aggregate

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
)

var float64Type = arrow.PrimitiveTypes.Float64

// floatVariances is var_* and stddev_* of floats: count, mean and the sum of squared deviations, merged by
// Chan's formula, never sums of squares.
func floatVariances(kind Kind) *Function {
	return &Function{
		Result: float64Type,
		Partials: []Partial{
			{Op: OpCount, Type: arrow.PrimitiveTypes.Int64},
			{Op: OpFloatMean, Type: float64Type},
			{Op: OpFloatM2, Type: float64Type},
		},
		start: func(memory.Allocator, []arrow.Field) (accumulator, error) {
			return &floatVariance{kind: kind}, nil
		},
	}
}

// moments are the count, mean and squared deviations of the floats of one group.
type moments struct {
	n        int64
	mean, m2 float64
}

type floatVariance struct {
	states[moments]
	kind Kind
}

func (s *floatVariance) add(ids []uint32, cols []arrow.Array) error {
	n, mean, m2 := cols[0].(*array.Int64), cols[1].(*array.Float64), cols[2].(*array.Float64)
	for i, id := range ids {
		if n.IsNull(i) || n.Value(i) == 0 {
			continue
		}
		if mean.IsNull(i) || m2.IsNull(i) {
			return errIncomplete()
		}
		st := &s.of[id]
		total, ok := addCounts(st.n, n.Value(i))
		if !ok {
			return outOfRange("bigint out of range")
		}
		dev, err := chan2(st.m2, m2.Value(i), st.n, n.Value(i), mean.Value(i)-st.mean, mean.Value(i)-st.mean)
		if err != nil {
			return err
		}
		*st = moments{total, mergeMeans(st.mean, mean.Value(i), st.n, n.Value(i)), dev}
	}
	return nil
}

// errIncomplete reports a shard that counted values but sent no mean of them.
func errIncomplete() *Error {
	return &Error{SQLState: "XX000", Text: "a shard sent a count without its moments"}
}

func addCounts(a, b int64) (int64, bool) {
	return a + b, b >= 0 && a <= math.MaxInt64-b
}

// chan2 merges two sums of products of deviations, given the differences of the means in both variables. As in
// PostgreSQL, NaN stands for "an infinity or NaN was among the values", and only finite values overflow.
func chan2(a, b float64, na, nb int64, dx, dy float64) (float64, error) {
	if na == 0 {
		return b, nil
	}
	if math.IsNaN(a) || math.IsNaN(b) {
		return math.NaN(), nil
	}
	share := float64(na) * (float64(nb) / (float64(na) + float64(nb)))
	out := a + b + dx*dy*share
	if math.IsInf(out, 0) || math.IsNaN(out) {
		return 0, errFloatOverflow()
	}
	return out, nil
}

// mergeMeans combines means so that neither an infinity nor the size of a sum spoils a representable mean.
func mergeMeans(a, b float64, na, nb int64) float64 {
	if na == 0 {
		return b
	}
	if isSpecial(a) || isSpecial(b) {
		return a + b
	}
	n := float64(na) + float64(nb)
	if sum := a*float64(na) + b*float64(nb); !math.IsInf(sum, 0) {
		return sum / n // exact for sums that are
	}
	return a*(float64(na)/n) + b*(float64(nb)/n)
}

func isSpecial(f float64) bool { return math.IsInf(f, 0) || math.IsNaN(f) }

func (s *floatVariance) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	return fixedArray(alloc, float64Type, to-from, func(i int) (float64, bool) {
		st := s.of[from+i]
		n := st.n
		if s.kind == VarSamp || s.kind == StddevSamp {
			n--
		}
		if n <= 0 {
			return 0, false
		}
		v := st.m2 / float64(n)
		if s.kind == StddevPop || s.kind == StddevSamp {
			v = math.Sqrt(v)
		}
		return v, true
	}), nil
}

// floatAverages is avg of floats: the sum over the count, both in float8.
func floatAverages() *Function {
	return &Function{
		Result: float64Type,
		Partials: []Partial{
			{Op: OpSum, Type: float64Type},
			{Op: OpCount, Type: arrow.PrimitiveTypes.Int64},
		},
		start: func(memory.Allocator, []arrow.Field) (accumulator, error) { return &floatAverage{}, nil },
	}
}

type floatAverage struct {
	sum   floatSum
	count countState
}

func (s *floatAverage) grow(groups int) {
	s.sum.grow(groups)
	s.count.grow(groups)
}

func (s *floatAverage) add(ids []uint32, cols []arrow.Array) error {
	if err := s.sum.add(ids, cols[:1]); err != nil {
		return err
	}
	return s.count.add(ids, cols[1:])
}

func (s *floatAverage) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	return fixedArray(alloc, float64Type, to-from, func(i int) (float64, bool) {
		n := s.count.of[from+i]
		sum := 0 + s.sum.of[from+i].sum // PostgreSQL starts from 0 here, so -0 becomes 0
		return sum / float64(n), n > 0
	}), nil
}

func (s *floatAverage) bytes() int64 { return s.sum.bytes() + s.count.bytes() }

func (s *floatAverage) release() {
	s.sum.release()
	s.count.release()
}

// float64s reads a numeric column of single values as float8.
func float64s(col arrow.Array) []float64 {
	out := make([]float64, col.Len())
	switch a := col.(type) {
	case *array.Float32:
		for i, v := range a.Float32Values() {
			out[i] = float64(v)
		}
	case *array.Float64:
		copy(out, column.Values[float64](a))
	}
	return out
}
