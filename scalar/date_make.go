package scalar

import (
	"errors"
	"math"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"
)

var errStride = fail("0A000", "timestamps cannot be binned into intervals that contain months or years")

// makeFunctions lists functions that put dates, times and intervals together, date_bin and OVERLAPS.
func makeFunctions() []Function {
	fs := []Function{
		fn3("pg_make_time", kInt4, kInt4, kF8, kTime, func(h, m int32, sec float64) (arrow.Time64, error) {
			us, err := clockOf(h, m, sec)
			return arrow.Time64(us), err
		}),
		makeStampFn("pg_make_timestamp", kTs, nil),
		makeStampFn("pg_make_timestamptz", kTz, nil),
		makeStampFn("pg_make_timestamptz", kTz, &kText),
		fn1("pg_to_timestamp", kF8, kTz, stampOfEpoch),
		makeIntervalFn(),
		fn3("pg_date_bin", kIv, kTs, kTs, kTs, dateBin),
		fn3("pg_date_bin", kIv, kTz, kTz, kTz, dateBin),
		overlapsFn(kTs), overlapsFn(kTz),
		overlapsFn(kTime),
	}
	return fs
}

// clockOf is a time of day in microseconds; sixty seconds are the next minute.
func clockOf(h, m int32, sec float64) (int64, error) {
	if h < 0 || h > 24 || m < 0 || m > 59 || sec != sec {
		return 0, errDateRange
	}
	us := math.RoundToEven(sec * usPerSecond)
	if us < 0 || us > usPerMinute {
		return 0, errDateRange
	}
	if total := int64(h)*usPerHour + int64(m)*usPerMinute + int64(us); total <= usPerDay {
		return total, nil
	}
	return 0, errDateRange
}

// makeStampFn makes a function of year, month, day, hour, minute and seconds, and perhaps of a zone's name.
func makeStampFn(name string, k kind[arrow.Timestamp], zone *kind[string]) Function {
	ints := [5]arrow.DataType{kInt4.dt, kInt4.dt, kInt4.dt, kInt4.dt, kInt4.dt}
	args := append(ints[:], kF8.dt)
	if zone != nil {
		args = append(args, zone.dt)
	}
	return Function{Name: name, Args: args, Result: k.dt, Strict: true,
		Eval: func(alloc memory.Allocator, args []arrow.Array, rows int) (arrow.Array, error) {
			var z zoneCache
			parts, err := clockColumns(args, 6)
			if err != nil {
				return nil, err
			}
			return collect(k, alloc, rows, nullIn(args), func(i int) (arrow.Timestamp, error) {
				v, sec := parts.row(i)
				d, err := makeDate(v[0], v[1], v[2])
				if err != nil {
					return 0, err
				}
				us, err := clockOf(v[3], v[4], sec)
				if err != nil {
					return 0, err
				}
				t, err := makeStamp(int64(d), us)
				if zone == nil || err != nil {
					return t, err
				}
				loc, err := z.find(args[6].(*array.String).Value(i))
				if err != nil {
					return 0, err
				}
				return shiftStamp(t, -localOffset(time.UnixMicro(int64(t)), loc)*secondUs)
			})
		}}
}

// clockParts are the columns of integers before one of seconds.
type clockParts struct {
	ints []column[int32]
	secs column[float64]
	buf  []int32
}

// clockColumns views n arguments, of which the last is seconds.
func clockColumns(args []arrow.Array, n int) (*clockParts, error) {
	p := &clockParts{}
	var errs []error
	for i := range n - 1 {
		c, err := kInt4.in(args, i)
		p.ints, errs = append(p.ints, c), append(errs, err)
	}
	secs, err := kF8.in(args, n-1)
	p.secs, p.buf = secs, make([]int32, len(p.ints))
	return p, errors.Join(append(errs, err)...)
}

func (p *clockParts) row(i int) ([]int32, float64) {
	for j, c := range p.ints {
		p.buf[j] = c.Value(i)
	}
	return p.buf, p.secs.Value(i)
}

func nullIn(args []arrow.Array) func(int) bool {
	return func(i int) bool {
		for _, a := range args {
			if a.IsNull(i) {
				return true
			}
		}
		return false
	}
}

func makeIntervalFn() Function {
	args := []arrow.DataType{kInt4.dt, kInt4.dt, kInt4.dt, kInt4.dt, kInt4.dt, kInt4.dt, kF8.dt}
	return Function{Name: "pg_make_interval", Args: args, Result: kIv.dt, Strict: true,
		Eval: func(alloc memory.Allocator, args []arrow.Array, rows int) (arrow.Array, error) {
			parts, err := clockColumns(args, 7)
			if err != nil {
				return nil, err
			}
			return collect(kIv, alloc, rows, nullIn(args), func(i int) (iv, error) {
				v, sec := parts.row(i)
				if us := math.RoundToEven(sec * usPerSecond); us >= math.MinInt64/2 && us <= math.MaxInt64/2 {
					clock := int64(v[4])*usPerHour + int64(v[5])*usPerMinute + int64(us)
					return span{int64(v[0])*12 + int64(v[1]), int64(v[2])*7 + int64(v[3]), clock}.interval()
				}
				return iv{}, errDateRange
			})
		}}
}

// stampOfEpoch counts seconds since 1970. The rounding is that of seconds since 2000, as in PostgreSQL.
func stampOfEpoch(v float64) (arrow.Timestamp, error) {
	const since2000 = 10957 * 86400
	switch {
	case v != v:
		return 0, errDateRange
	case math.IsInf(v, 1):
		return stampInfinity, nil
	case math.IsInf(v, -1):
		return stampMinusInfinity, nil
	}
	us := math.RoundToEven((v - since2000) * usPerSecond)
	if math.Abs(us) >= math.MaxInt64 {
		return 0, errDateRange
	}
	return makeStamp(10957, int64(us))
}

// dateBin cuts time into strides from origin on and returns the beginning of the one that holds t.
func dateBin(stride iv, t, origin arrow.Timestamp) (arrow.Timestamp, error) {
	s := spanOf(stride)
	width := s.days*usPerDay + s.us
	switch {
	case infiniteStamp(t):
		return t, nil
	case infiniteStamp(origin):
		return 0, errDateRange
	case s.months != 0:
		return 0, errStride
	case width <= 0:
		return 0, errDateRange
	}
	diff := int64(t) - int64(origin)
	if (diff < 0) != (t < origin) {
		return 0, errDateRange
	}
	start := int64(t) - floorMod(diff, width)
	if start > int64(t) {
		return 0, errDateRange
	}
	days, us := splitStamp(arrow.Timestamp(start))
	return makeStamp(days, us)
}

// overlapsFn makes (s1, e1) OVERLAPS (s2, e2), whose ends may stand in either order and may be NULL.
func overlapsFn[T arrow.Timestamp | arrow.Time64](k kind[T]) Function {
	return Function{Name: "pg_overlaps", Args: []arrow.DataType{k.dt, k.dt, k.dt, k.dt}, Result: kBool.dt,
		Eval: func(alloc memory.Allocator, args []arrow.Array, rows int) (arrow.Array, error) {
			var cols [4]column[T]
			for i := range cols {
				c, err := k.in(args, i)
				if err != nil {
					return nil, err
				}
				cols[i] = c
			}
			end := func(c column[T], i int) *T {
				if c.IsNull(i) {
					return nil
				}
				v := c.Value(i)
				return &v
			}
			return collect(kBool, alloc, rows, func(int) bool { return false }, func(i int) (bool, error) {
				return overlaps(end(cols[0], i), end(cols[1], i), end(cols[2], i), end(cols[3], i))
			})
		}}
}

// overlaps answers errNull where an end that is NULL would decide.
func overlaps[T arrow.Timestamp | arrow.Time64](s1, e1, s2, e2 *T) (bool, error) {
	s1, e1 = inOrder(s1, e1)
	s2, e2 = inOrder(s2, e2)
	if s1 == nil || s2 == nil {
		return false, errNull
	}
	if *s1 > *s2 {
		s1, e1, s2, e2 = s2, e2, s1, e1
	}
	switch { // s1 <= s2
	case *s1 < *s2 && e1 == nil:
		return false, errNull
	case *s1 < *s2 && *s2 < *e1:
		return true, nil
	case e1 == nil || e2 == nil:
		return false, errNull
	}
	return *s1 == *s2, nil
}

// inOrder puts the smaller end first, and one that is NULL last.
func inOrder[T arrow.Timestamp | arrow.Time64](a, b *T) (*T, *T) {
	if a == nil || b != nil && *a > *b {
		return b, a
	}
	return a, b
}
