package aggregate

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
)

// intervalState sums months, days and time apart, as PostgreSQL does.
type intervalState struct {
	months, days int64
	time         int128
}

// intervalSum sums intervals.
type intervalSum struct{ states[intervalState] }

func intervalSums(dt arrow.DataType) *Function {
	return &Function{
		Result:   dt,
		Partials: []Partial{{Op: OpSum, Type: dt}},
		start:    func(memory.Allocator, []arrow.Field) (accumulator, error) { return &intervalSum{}, nil },
	}
}

func (s *intervalSum) add(ids []uint32, cols []arrow.Array) error {
	eachValue(ids, cols[0], column.Values[arrow.MonthDayNanoInterval](cols[0]), func(id uint32, v arrow.MonthDayNanoInterval) {
		st := &s.of[id]
		st.months += int64(v.Months)
		st.days += int64(v.Days)
		st.time.add(v.Nanoseconds)
	})
	return nil
}

func (s *intervalSum) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	for _, st := range s.of[from:to] {
		if st.months != int64(int32(st.months)) || st.days != int64(int32(st.days)) || st.time.hi != int64(st.time.lo)>>63 {
			return nil, &Error{SQLState: "22008", Text: "interval out of range"}
		}
	}
	return fixedArray(alloc, arrow.FixedWidthTypes.MonthDayNanoInterval, to-from, func(i int) (arrow.MonthDayNanoInterval, bool) {
		st := &s.of[from+i]
		return arrow.MonthDayNanoInterval{Months: int32(st.months), Days: int32(st.days), Nanoseconds: int64(st.time.lo)}, st.time.seen
	}), nil
}
