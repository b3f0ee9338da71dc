package aggregate

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
)

func bools(kind Kind, args []arrow.DataType) *Function {
	dt, ok := one(args)
	if !ok || dt.ID() != arrow.BOOL {
		return nil
	}
	op := OpBoolAnd
	if kind == BoolOr {
		op = OpBoolOr
	}
	return &Function{
		Result:   dt,
		Partials: []Partial{{Op: op, Type: dt}},
		start: func(memory.Allocator, []arrow.Field) (accumulator, error) {
			return &boolState{or: kind == BoolOr}, nil
		},
	}
}

// truth is what is known of a group's booleans.
type truth uint8

const (
	unseen truth = iota
	isFalse
	isTrue
)

// boolState merges by keeping the value that decides: false for AND, true for OR.
type boolState struct {
	states[truth]
	or bool
}

func (s *boolState) add(ids []uint32, cols []arrow.Array) error {
	a, ok := cols[0].(*array.Boolean)
	if !ok {
		return errWrongColumn(arrow.FixedWidthTypes.Boolean, cols[0])
	}
	for i, id := range ids {
		if a.IsNull(i) {
			continue
		}
		v := isFalse
		if a.Value(i) {
			v = isTrue
		}
		if s.of[id] == unseen || a.Value(i) == s.or {
			s.of[id] = v
		}
	}
	return nil
}

func errWrongColumn(want arrow.DataType, got arrow.Array) *Error {
	return &Error{SQLState: "XX000", Text: "a partial column is " + got.DataType().String() + " where " + want.String() + " was expected"}
}

func (s *boolState) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	b := array.NewBooleanBuilder(alloc)
	defer b.Release()
	b.Reserve(to - from)
	for _, v := range s.of[from:to] {
		if v == unseen {
			b.AppendNull()
			continue
		}
		b.Append(v == isTrue)
	}
	return b.NewArray(), nil
}

func bitwise(kind Kind, args []arrow.DataType) *Function {
	dt, ok := one(args)
	if !ok {
		return nil
	}
	var start starter
	switch dt.ID() {
	case arrow.INT16:
		start = startBits[int16](kind, dt)
	case arrow.INT32:
		start = startBits[int32](kind, dt)
	case arrow.INT64:
		start = startBits[int64](kind, dt)
	default:
		return nil
	}
	op := map[Kind]PartialOp{BitAnd: OpBitAnd, BitOr: OpBitOr, BitXor: OpBitXor}[kind]
	return &Function{Result: dt, Partials: []Partial{{Op: op, Type: dt}}, start: start}
}

type bitState[T int16 | int32 | int64] struct {
	states[extremeState[T]]
	kind Kind
	dt   arrow.DataType
}

func startBits[T int16 | int32 | int64](kind Kind, dt arrow.DataType) starter {
	return func(memory.Allocator, []arrow.Field) (accumulator, error) {
		return &bitState[T]{kind: kind, dt: dt}, nil
	}
}

func (s *bitState[T]) add(ids []uint32, cols []arrow.Array) error {
	eachValue(ids, cols[0], column.Values[T](cols[0]), func(id uint32, v T) {
		st := &s.of[id]
		switch {
		case !st.seen:
			*st = extremeState[T]{v, true}
		case s.kind == BitAnd:
			st.v &= v
		case s.kind == BitOr:
			st.v |= v
		default:
			st.v ^= v
		}
	})
	return nil
}

func (s *bitState[T]) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	return fixedArray(alloc, s.dt, to-from, func(i int) (T, bool) {
		return s.of[from+i].v, s.of[from+i].seen
	}), nil
}
