package scalar

import (
	"errors"
	"fmt"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

// wide is the unscaled integer of a numeric at scale 38.
type wide = decimal256.Num

// column reads a Go value of type T per row; Arrow's arrays are columns as they stand.
type column[T any] interface {
	IsNull(int) bool
	Value(int) T
}

// sink collects results; Arrow's builders are sinks as they stand.
type sink[T any] interface {
	Append(T)
	AppendNull()
	Reserve(int)
	NewArray() arrow.Array
	Release()
}

// kind ties an Arrow type to the Go type its rows are computed in.
type kind[T any] struct {
	dt    arrow.DataType
	build func(memory.Allocator) sink[T]
}

// textSink takes text as bytes, which it copies, so that functions can reuse one buffer.
type textSink struct{ *array.StringBuilder }

func (s textSink) Append(v []byte) { s.BinaryBuilder.Append(v) }

var wideType = &arrow.Decimal256Type{Precision: 76, Scale: 38}

var (
	kBool = kind[bool]{arrow.FixedWidthTypes.Boolean, func(m memory.Allocator) sink[bool] { return array.NewBooleanBuilder(m) }}
	kInt2 = kind[int16]{arrow.PrimitiveTypes.Int16, func(m memory.Allocator) sink[int16] { return array.NewInt16Builder(m) }}
	kInt4 = kind[int32]{arrow.PrimitiveTypes.Int32, func(m memory.Allocator) sink[int32] { return array.NewInt32Builder(m) }}
	kInt8 = kind[int64]{arrow.PrimitiveTypes.Int64, func(m memory.Allocator) sink[int64] { return array.NewInt64Builder(m) }}
	kF4   = kind[float32]{arrow.PrimitiveTypes.Float32, func(m memory.Allocator) sink[float32] { return array.NewFloat32Builder(m) }}
	kF8   = kind[float64]{arrow.PrimitiveTypes.Float64, func(m memory.Allocator) sink[float64] { return array.NewFloat64Builder(m) }}
	kText = kind[string]{arrow.BinaryTypes.String, nil} // arguments; results are kOut
	kOut  = kind[[]byte]{arrow.BinaryTypes.String, func(m memory.Allocator) sink[[]byte] { return textSink{array.NewStringBuilder(m)} }}
	kBin  = kind[[]byte]{arrow.BinaryTypes.Binary, func(m memory.Allocator) sink[[]byte] {
		return array.NewBinaryBuilder(m, arrow.BinaryTypes.Binary)
	}}
	kWide = kind[wide]{wideType, func(m memory.Allocator) sink[wide] { return array.NewDecimal256Builder(m, wideType) }}
	kDate = kind[arrow.Date32]{arrow.PrimitiveTypes.Date32, func(m memory.Allocator) sink[arrow.Date32] { return array.NewDate32Builder(m) }}
	kTime = kind[arrow.Time64]{timeType, func(m memory.Allocator) sink[arrow.Time64] { return array.NewTime64Builder(m, timeType) }}
	kTs   = kind[arrow.Timestamp]{tsType, func(m memory.Allocator) sink[arrow.Timestamp] { return array.NewTimestampBuilder(m, tsType) }}
	kTz   = kind[arrow.Timestamp]{tzType, func(m memory.Allocator) sink[arrow.Timestamp] { return array.NewTimestampBuilder(m, tzType) }}
	kIv   = kind[arrow.MonthDayNanoInterval]{arrow.FixedWidthTypes.MonthDayNanoInterval, func(m memory.Allocator) sink[arrow.MonthDayNanoInterval] {
		return array.NewMonthDayNanoIntervalBuilder(m)
	}}
)

var (
	timeType = &arrow.Time64Type{Unit: arrow.Microsecond}
	tsType   = &arrow.TimestampType{Unit: arrow.Microsecond}
	tzType   = &arrow.TimestampType{Unit: arrow.Microsecond, TimeZone: "UTC"}
)

// in views an argument as a column of k's Go type.
func (k kind[T]) in(args []arrow.Array, i int) (column[T], error) {
	if i < len(args) {
		if c, ok := args[i].(column[T]); ok {
			return c, nil
		}
	}
	return nil, fmt.Errorf("scalar: argument %d is not a column of %s", i+1, k.dt)
}

// collect runs row for every row that has no NULL argument.
func collect[R any](r kind[R], alloc memory.Allocator, rows int, null func(int) bool, row func(int) (R, error)) (arrow.Array, error) {
	out := r.build(alloc)
	defer out.Release()
	out.Reserve(rows)
	for i := range rows {
		if null(i) {
			out.AppendNull()
			continue
		}
		v, err := row(i)
		switch err {
		case nil:
			out.Append(v)
		case errNull:
			out.AppendNull()
		default:
			return nil, err
		}
	}
	return out.NewArray(), nil
}

// make1 makes a function of one argument; mk is called once per batch and may set up scratch space.
func make1[A, R any](name string, a kind[A], r kind[R], mk func() func(A) (R, error)) Function {
	return Function{Name: name, Args: []arrow.DataType{a.dt}, Result: r.dt, Strict: true,
		Eval: func(alloc memory.Allocator, args []arrow.Array, rows int) (arrow.Array, error) {
			ca, err := a.in(args, 0)
			if err != nil {
				return nil, err
			}
			f := mk()
			return collect(r, alloc, rows, ca.IsNull, func(i int) (R, error) { return f(ca.Value(i)) })
		}}
}

func make2[A, B, R any](name string, a kind[A], b kind[B], r kind[R], mk func() func(A, B) (R, error)) Function {
	return Function{Name: name, Args: []arrow.DataType{a.dt, b.dt}, Result: r.dt, Strict: true,
		Eval: func(alloc memory.Allocator, args []arrow.Array, rows int) (arrow.Array, error) {
			ca, errA := a.in(args, 0)
			cb, errB := b.in(args, 1)
			if err := errors.Join(errA, errB); err != nil {
				return nil, err
			}
			f := mk()
			return collect(r, alloc, rows, func(i int) bool { return ca.IsNull(i) || cb.IsNull(i) },
				func(i int) (R, error) { return f(ca.Value(i), cb.Value(i)) })
		}}
}

func make3[A, B, C, R any](name string, a kind[A], b kind[B], c kind[C], r kind[R], mk func() func(A, B, C) (R, error)) Function {
	return Function{Name: name, Args: []arrow.DataType{a.dt, b.dt, c.dt}, Result: r.dt, Strict: true,
		Eval: func(alloc memory.Allocator, args []arrow.Array, rows int) (arrow.Array, error) {
			ca, errA := a.in(args, 0)
			cb, errB := b.in(args, 1)
			cc, errC := c.in(args, 2)
			if err := errors.Join(errA, errB, errC); err != nil {
				return nil, err
			}
			f := mk()
			return collect(r, alloc, rows, func(i int) bool { return ca.IsNull(i) || cb.IsNull(i) || cc.IsNull(i) },
				func(i int) (R, error) { return f(ca.Value(i), cb.Value(i), cc.Value(i)) })
		}}
}

func make4[A, B, C, D, R any](name string, a kind[A], b kind[B], c kind[C], d kind[D], r kind[R], mk func() func(A, B, C, D) (R, error)) Function {
	return Function{Name: name, Args: []arrow.DataType{a.dt, b.dt, c.dt, d.dt}, Result: r.dt, Strict: true,
		Eval: func(alloc memory.Allocator, args []arrow.Array, rows int) (arrow.Array, error) {
			ca, errA := a.in(args, 0)
			cb, errB := b.in(args, 1)
			cc, errC := c.in(args, 2)
			cd, errD := d.in(args, 3)
			if err := errors.Join(errA, errB, errC, errD); err != nil {
				return nil, err
			}
			f := mk()
			return collect(r, alloc, rows,
				func(i int) bool { return ca.IsNull(i) || cb.IsNull(i) || cc.IsNull(i) || cd.IsNull(i) },
				func(i int) (R, error) { return f(ca.Value(i), cb.Value(i), cc.Value(i), cd.Value(i)) })
		}}
}

// fn1, fn2 and fn3 make functions that need no scratch space.
func fn1[A, R any](name string, a kind[A], r kind[R], f func(A) (R, error)) Function {
	return make1(name, a, r, func() func(A) (R, error) { return f })
}

func fn2[A, B, R any](name string, a kind[A], b kind[B], r kind[R], f func(A, B) (R, error)) Function {
	return make2(name, a, b, r, func() func(A, B) (R, error) { return f })
}

func fn3[A, B, C, R any](name string, a kind[A], b kind[B], c kind[C], r kind[R], f func(A, B, C) (R, error)) Function {
	return make3(name, a, b, c, r, func() func(A, B, C) (R, error) { return f })
}

// text1, text2 and text3 make functions whose result is the bytes they append to an empty buffer.
func text1[A any](name string, a kind[A], f func([]byte, A) ([]byte, error)) Function {
	return make1(name, a, kOut, func() func(A) ([]byte, error) {
		var buf []byte
		return func(a A) ([]byte, error) {
			out, err := f(buf[:0], a)
			buf = keep(buf, out)
			return out, err
		}
	})
}

func text2[A, B any](name string, a kind[A], b kind[B], f func([]byte, A, B) ([]byte, error)) Function {
	return make2(name, a, b, kOut, func() func(A, B) ([]byte, error) {
		var buf []byte
		return func(a A, b B) ([]byte, error) {
			out, err := f(buf[:0], a, b)
			buf = keep(buf, out)
			return out, err
		}
	})
}

func text3[A, B, C any](name string, a kind[A], b kind[B], c kind[C], f func([]byte, A, B, C) ([]byte, error)) Function {
	return make3(name, a, b, c, kOut, func() func(A, B, C) ([]byte, error) {
		var buf []byte
		return func(a A, b B, c C) ([]byte, error) {
			out, err := f(buf[:0], a, b, c)
			buf = keep(buf, out)
			return out, err
		}
	})
}

// keep returns the larger of two buffers, for the next row.
func keep(old, grown []byte) []byte {
	if cap(grown) > cap(old) {
		return grown
	}
	return old
}

// wide1 and wide2 make functions that compute in big integers kept from row to row.
func wide1[A, R any](name string, a kind[A], r kind[R], f func(*scratch, A) (R, error)) Function {
	return make1(name, a, r, func() func(A) (R, error) {
		s := new(scratch)
		return func(a A) (R, error) { return f(s, a) }
	})
}

func wide2[A, B, R any](name string, a kind[A], b kind[B], r kind[R], f func(*scratch, A, B) (R, error)) Function {
	return make2(name, a, b, r, func() func(A, B) (R, error) {
		s := new(scratch)
		return func(a A, b B) (R, error) { return f(s, a, b) }
	})
}
