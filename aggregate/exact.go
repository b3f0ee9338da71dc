package aggregate

import (
	"errors"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/decimal256"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
	"github.com/atoll-sql/atoll/scalar"
)

// averages is avg: of exact numerics the sum over the count by PostgreSQL's numeric division.
func averages(_ Kind, args []arrow.DataType) *Function {
	dt, ok := one(args)
	if !ok {
		return nil
	}
	if isFloat(dt) {
		return floatAverages()
	}
	sum := exact(dt)
	if sum == nil {
		return nil
	}
	return &Function{
		Result:   Wide,
		Partials: []Partial{{Op: OpSum, Type: sum}, {Op: OpCount, Type: arrow.PrimitiveTypes.Int64}},
		start: func(memory.Allocator, []arrow.Field) (accumulator, error) {
			return newExactMoments(scalarAvg, false, dt, sum), nil
		},
	}
}

// variances is var_* and stddev_*: exact for exact numerics, from the sums of the values and of their squares.
func variances(kind Kind, args []arrow.DataType) *Function {
	dt, ok := one(args)
	if !ok {
		return nil
	}
	if isFloat(dt) {
		return floatVariances(kind)
	}
	sum := exact(dt)
	if sum == nil {
		return nil
	}
	return &Function{
		Result: Wide,
		Partials: []Partial{
			{Op: OpSum, Type: sum}, {Op: OpCount, Type: arrow.PrimitiveTypes.Int64}, {Op: OpSumSquares, Type: Wide},
		},
		start: func(memory.Allocator, []arrow.Field) (accumulator, error) {
			return newExactMoments(exactFinals[kind], true, dt, sum), nil
		},
	}
}

// exactFinal makes a result of a count, a sum and a sum of squares; false is NULL.
type exactFinal func(n int64, sum, squares scalar.Decimal) (scalar.Decimal, bool, error)

var exactFinals = map[Kind]exactFinal{
	VarPop: scalar.VarPop, VarSamp: scalar.VarSamp, StddevPop: scalar.StddevPop, StddevSamp: scalar.StddevSamp,
}

func scalarAvg(n int64, sum, _ scalar.Decimal) (scalar.Decimal, bool, error) {
	return scalar.Avg(n, sum)
}

// exactState holds a count and the sum of values.
type exactState struct {
	n   int64
	sum int320
}

// exactMoments merges (sum, count) or (sum, count, sum of squares) of exact numerics.
type exactMoments struct {
	states[exactState]
	squares states[int320] // their sums, at scale 38; without groups where there are none
	final   exactFinal
	squared bool
	scale   int // of the sums
	// shown is the display scale of PostgreSQL's sum, which its division takes into account: that of the
	// argument's type, or -1 where the type has none and the digits of the sum tell.
	shown int
}

func newExactMoments(final exactFinal, squared bool, arg, sum arrow.DataType) *exactMoments {
	s := &exactMoments{final: final, squared: squared, scale: scaleOf(sum), shown: scaleOf(arg)}
	if arg.ID() == arrow.DECIMAL256 {
		s.shown = -1
	}
	return s
}

func scaleOf(dt arrow.DataType) int {
	if d, ok := dt.(arrow.DecimalType); ok {
		return int(d.GetScale())
	}
	return 0
}

func (s *exactMoments) grow(groups int) {
	s.states.grow(groups)
	if s.squared {
		s.squares.grow(groups)
	}
}

func (s *exactMoments) bytes() int64 { return s.states.bytes() + s.squares.bytes() }

func (s *exactMoments) release() {
	s.states.release()
	s.squares.release()
}

func (s *exactMoments) add(ids []uint32, cols []arrow.Array) error {
	if err := addDecimals(ids, cols[0], func(id uint32) *int320 { return &s.of[id].sum }); err != nil {
		return err
	}
	if s.squared {
		if err := addDecimals(ids, cols[2], func(id uint32) *int320 { return &s.squares.of[id] }); err != nil {
			return err
		}
	}
	return s.addCounts(ids, cols[1])
}

func (s *exactMoments) addCounts(ids []uint32, col arrow.Array) error {
	ok := true
	eachValue(ids, col, column.Values[int64](col), func(id uint32, v int64) {
		sum, fits := addCounts(s.of[id].n, v)
		s.of[id].n, ok = sum, ok && fits
	})
	if !ok {
		return outOfRange("bigint out of range")
	}
	return nil
}

func (s *exactMoments) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	var failed error
	out := fixedArray(alloc, Wide, to-from, func(i int) ([4]uint64, bool) {
		if s.of[from+i].n == 0 || failed != nil {
			return [4]uint64{}, false
		}
		v, ok, err := s.finish(from + i)
		failed = err
		return v.Array(), ok
	})
	if failed == nil {
		return out, nil
	}
	out.Release()
	var e *scalar.Error
	if errors.As(failed, &e) {
		return nil, &Error{SQLState: e.SQLState, Text: e.Text}
	}
	return nil, failed
}

// finish makes the result of a group that has values.
func (s *exactMoments) finish(group int) (decimal256.Num, bool, error) {
	st := &s.of[group]
	var squares int320
	if s.squared {
		squares = s.squares.of[group]
	} else if v, fits := st.sum.int64(); fits && s.shown == s.scale {
		if avg, ok := scalar.SmallAvg(st.n, v, s.scale); ok {
			return avg, true, nil
		}
	}
	if !st.sum.fits(true) || !squares.fits(true) {
		return decimal256.Num{}, false, outOfRange("numeric sum has more digits than Atoll holds")
	}
	sum := scalar.NewDecimal(st.sum.big(), s.scale)
	switch {
	case s.shown < 0:
		sum = scalar.DecimalFromWide(st.sum.num256(), 0)
	case s.shown < s.scale:
		sum = sum.Round(s.shown)
	}
	v, ok, err := s.final(st.n, sum, scalar.DecimalFromWide(squares.num256(), 0))
	if err != nil || !ok {
		return decimal256.Num{}, false, err
	}
	wide, err := v.Wide()
	return wide, true, err
}
