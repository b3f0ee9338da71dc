package aggregate

import (
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
)

func counts(_ Kind, args []arrow.DataType) *Function {
	f := &Function{Result: arrow.PrimitiveTypes.Int64, start: startCount}
	switch len(args) {
	case 0:
		f.Partials = []Partial{{Op: OpCountStar, Type: arrow.PrimitiveTypes.Int64}}
	case 1:
		f.Partials = []Partial{{Op: OpCount, Type: arrow.PrimitiveTypes.Int64}}
	default:
		return nil
	}
	return f
}

// countState adds counts; a group without rows counts 0.
type countState struct{ states[int64] }

func startCount(memory.Allocator, []arrow.Field) (accumulator, error) { return &countState{}, nil }

func (s *countState) add(ids []uint32, cols []arrow.Array) error {
	vals := column.Values[int64](cols[0])
	nulls := cols[0].NullN() > 0
	for i, id := range ids {
		if nulls && cols[0].IsNull(i) {
			continue
		}
		v := vals[i]
		if v < 0 || s.of[id] > math.MaxInt64-v {
			return outOfRange("bigint out of range")
		}
		s.of[id] += v
	}
	return nil
}

func (s *countState) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	return fixedArray(alloc, arrow.PrimitiveTypes.Int64, to-from, func(i int) (int64, bool) {
		return s.of[from+i], true
	}), nil
}
