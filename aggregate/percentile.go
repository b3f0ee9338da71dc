package aggregate

import (
	"fmt"
	"math"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
)

// modeState finds the most frequent value; of several the first in order.
type modeState struct{ *gathered }

func (s *modeState) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	if err := s.arrange(); err != nil {
		return nil, err
	}
	rows := make([]int32, 0, to-from)
	for g := from; g < to; g++ {
		row, most := s.nullRow(), int64(0)
		for n, times := range s.sorted(g) {
			if times > most {
				row, most = int32(n), times
			}
		}
		rows = append(rows, row)
	}
	return s.pick(alloc, rows)
}

// fraction is a percentile's, or NULL.
type fraction struct {
	of   float64
	seen bool
}

// percentileState finds the value at a fraction of the sorted values: one that is there, or between two.
type percentileState struct {
	*gathered
	between  bool
	constant fraction
	travels  bool       // the fraction is the last column
	fraction []fraction // by group, if it travels
}

func (s *percentileState) add(ids []uint32, cols []arrow.Array) error {
	if s.travels {
		last := cols[len(cols)-1]
		s.fraction = extend(s.fraction, s.n)
		eachValue(ids, last, column.Values[float64](last), func(id uint32, v float64) { s.fraction[id] = fraction{v, true} })
	}
	return s.gathered.add(ids, cols)
}

func (s *percentileState) bytes() int64 { return s.gathered.bytes() + 16*int64(cap(s.fraction)) }

func (s *percentileState) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	if err := s.arrange(); err != nil {
		return nil, err
	}
	s.fraction = extend(s.fraction, s.n)
	fractions := make([]fraction, to-from)
	for i := range fractions {
		f := s.constant
		if s.travels {
			f = s.fraction[from+i]
		}
		if f.seen && !(f.of >= 0 && f.of <= 1) {
			return nil, outOfRange(fmt.Sprintf("percentile value %g is not between 0 and 1", f.of))
		}
		fractions[i] = f
	}
	if s.between {
		return s.interpolated(alloc, from, fractions)
	}
	rows := make([]int32, len(fractions))
	for i, f := range fractions {
		rows[i] = s.nullRow()
		if total := s.total(from + i); f.seen && total > 0 {
			rows[i] = s.at(from+i, max(int64(math.Ceil(f.of*float64(total))), 1))
		}
	}
	return s.pick(alloc, rows)
}

// at returns the row of the value in a place, from 1 on, of a group's order.
func (s *percentileState) at(group int, place int64) int32 {
	row := s.nullRow()
	for n, times := range s.sorted(group) {
		row = int32(n)
		if place -= times; place <= 0 {
			break
		}
	}
	return row
}

func (s *percentileState) interpolated(alloc memory.Allocator, from int, fractions []fraction) (arrow.Array, error) {
	if err := s.room(int64(9 * len(fractions))); err != nil {
		return nil, err
	}
	vals := column.Values[float64](s.taken[0])
	return fixedArray(alloc, arrow.PrimitiveTypes.Float64, len(fractions), func(i int) (float64, bool) {
		f, total := fractions[i], s.total(from+i)
		if !f.seen || total == 0 {
			return 0, false
		}
		place := float64(f.of * float64(total-1))
		low, high := math.Floor(place), math.Ceil(place)
		v := vals[s.at(from+i, int64(low)+1)]
		if low == high {
			return v, true
		}
		next := vals[s.at(from+i, int64(high)+1)]
		return v + float64((place-low)*(next-v)), true // not fused: PostgreSQL rounds in between
	}), nil
}
