package aggregate

import (
	"bytes"
	"cmp"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
)

func extremes(kind Kind, args []arrow.DataType) *Function {
	dt, ok := one(args)
	if !ok {
		return nil
	}
	start := startExtreme(dt, kind == Max)
	if start == nil {
		return nil
	}
	op := OpMin
	if kind == Max {
		op = OpMax
	}
	return &Function{Result: dt, Partials: []Partial{{Op: op, Type: dt}}, start: start}
}

type starter = func(memory.Allocator, []arrow.Field) (accumulator, error)

// startExtreme returns nil for types that PostgreSQL 15 has no min and max of.
func startExtreme(dt arrow.DataType, most bool) starter {
	switch dt.ID() {
	case arrow.INT16:
		return ordered[int16](dt, most)
	case arrow.INT32, arrow.DATE32:
		return ordered[int32](dt, most)
	case arrow.INT64, arrow.TIME64, arrow.TIMESTAMP:
		return ordered[int64](dt, most)
	case arrow.FLOAT32:
		return compared(dt, most, func(a, b float32) int {
			return cmp.Compare(column.FloatWord(float64(a)), column.FloatWord(float64(b)))
		})
	case arrow.FLOAT64:
		return compared(dt, most, func(a, b float64) int {
			return cmp.Compare(column.FloatWord(a), column.FloatWord(b))
		})
	case arrow.DECIMAL128:
		return compared(dt, most, func(a, b [2]uint64) int { return compareWords(a[:], b[:]) })
	case arrow.DECIMAL256:
		return compared(dt, most, func(a, b [4]uint64) int { return compareWords(a[:], b[:]) })
	case arrow.INTERVAL_MONTH_DAY_NANO:
		return compared(dt, most, compareIntervals)
	case arrow.STRING:
		return func(_ memory.Allocator, in []arrow.Field) (accumulator, error) {
			return &textExtreme{most: most, blank: column.IsBpchar(in[0])}, nil
		}
	}
	return nil
}

// compareWords compares two's-complement integers, lowest word first.
func compareWords(a, b []uint64) int {
	top := len(a) - 1
	if c := cmp.Compare(int64(a[top]), int64(b[top])); c != 0 {
		return c
	}
	for i := top - 1; i >= 0; i-- {
		if c := cmp.Compare(a[i], b[i]); c != 0 {
			return c
		}
	}
	return 0
}

func compareIntervals(a, b arrow.MonthDayNanoInterval) int {
	ah, al := column.Span(a)
	bh, bl := column.Span(b)
	return cmp.Or(cmp.Compare(ah, bh), cmp.Compare(al, bl))
}

type extremeState[T any] struct {
	v    T
	seen bool
}

// orderedExtreme keeps the least or greatest of integers.
type orderedExtreme[T cmp.Ordered] struct {
	states[extremeState[T]]
	dt   arrow.DataType
	most bool
}

func ordered[T cmp.Ordered](dt arrow.DataType, most bool) starter {
	return func(memory.Allocator, []arrow.Field) (accumulator, error) {
		return &orderedExtreme[T]{dt: dt, most: most}, nil
	}
}

func (s *orderedExtreme[T]) add(ids []uint32, cols []arrow.Array) error {
	col, vals := cols[0], column.Values[T](cols[0])
	nulls := col.NullN() > 0
	for i, id := range ids {
		if nulls && col.IsNull(i) {
			continue
		}
		st, v := &s.of[id], vals[i]
		if !st.seen || (v > st.v) == s.most && v != st.v {
			*st = extremeState[T]{v, true}
		}
	}
	return nil
}

func (s *orderedExtreme[T]) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	return fixedArray(alloc, s.dt, to-from, func(i int) (T, bool) {
		return s.of[from+i].v, s.of[from+i].seen
	}), nil
}

// comparedExtreme keeps the least or greatest by a comparison of its own; of equals, the first.
type comparedExtreme[T any] struct {
	states[extremeState[T]]
	dt      arrow.DataType
	sign    int
	compare func(a, b T) int
}

func compared[T any](dt arrow.DataType, most bool, compare func(a, b T) int) starter {
	sign := -1
	if most {
		sign = 1
	}
	return func(memory.Allocator, []arrow.Field) (accumulator, error) {
		return &comparedExtreme[T]{dt: dt, sign: sign, compare: compare}, nil
	}
}

func (s *comparedExtreme[T]) add(ids []uint32, cols []arrow.Array) error {
	eachValue(ids, cols[0], column.Values[T](cols[0]), func(id uint32, v T) {
		st := &s.of[id]
		if !st.seen || s.sign*s.compare(v, st.v) > 0 {
			*st = extremeState[T]{v, true}
		}
	})
	return nil
}

func (s *comparedExtreme[T]) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	return fixedArray(alloc, s.dt, to-from, func(i int) (T, bool) {
		return s.of[from+i].v, s.of[from+i].seen
	}), nil
}

// textExtreme keeps the least or greatest text, bytewise; char(n) without its trailing blanks.
type textExtreme struct {
	states[[]byte] // nil means nothing seen
	most, blank    bool
	size           int64
}

func (s *textExtreme) add(ids []uint32, cols []arrow.Array) error {
	for i, id := range ids {
		if cols[0].IsNull(i) {
			continue
		}
		v, have := column.Text(cols[0], i), s.of[id]
		if have != nil {
			c := s.compare(v, have)
			if c == 0 || (c > 0) != s.most {
				continue
			}
		}
		was := cap(have)
		s.of[id] = append(have[:0:cap(have)], v...)
		if s.of[id] == nil {
			s.of[id] = []byte{}
		}
		s.size += int64(cap(s.of[id]) - was)
	}
	return nil
}

func (s *textExtreme) compare(a, b []byte) int {
	if s.blank {
		a, b = bytes.TrimRight(a, " "), bytes.TrimRight(b, " ")
	}
	return bytes.Compare(a, b)
}

func (s *textExtreme) bytes() int64 { return s.states.bytes() + s.size }

func (s *textExtreme) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	b := array.NewStringBuilder(alloc)
	defer b.Release()
	b.Reserve(to - from)
	for _, v := range s.of[from:to] {
		if v == nil {
			b.AppendNull()
			continue
		}
		b.BinaryBuilder.Append(v)
	}
	return b.NewArray(), nil
}
