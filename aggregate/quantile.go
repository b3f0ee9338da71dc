package aggregate

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
)

// quantiles resolves approx_percentile(x, fraction): the value of percentile_disc(fraction), known by the bucket that it is in. Shards send how
// many values are in each bucket that they have any in, or, by value, the values. Equal buckets are added up, so merging is associative and
// commutative, and does not make the answer worse.
func quantiles(f *Function, o SketchOptions) bool {
	b, ok := bucketing(f.Args[0], o)
	if !ok || len(f.Args) != 2 || f.Args[1].ID() != arrow.FLOAT64 || o.Constant == nil || o.Mixed {
		return false
	}
	at := fraction{}
	if !o.Constant.Null {
		v, err := strconv.ParseFloat(o.Constant.Text, 64)
		if err != nil {
			return false
		}
		at = fraction{v, true}
	}
	f.Result = b.result
	f.Partials = []Partial{{Op: OpBucket, Type: b.number}, {Op: OpBucketCount, Type: arrow.PrimitiveTypes.Int64}}
	if o.ByValue {
		f.Partials = []Partial{{Op: OpValue, Type: f.Args[0]}, countPartial}
	}
	f.start = func(memory.Allocator, []arrow.Field) (accumulator, error) {
		return &quantileState{buckets: b, at: at, byValue: o.ByValue, known: newWordTable(), room: func(int64) error { return nil }}, nil
	}
	return true
}

// quantileState counts values by group and bucket. Its memory grows with the buckets that groups have values in.
type quantileState struct {
	buckets buckets
	at      fraction
	byValue bool
	room    func(extra int64) error
	n       int // groups

	// What arrived, by its number: the group, the bucket, and how many values.
	known  *wordTable
	groups []uint32
	bucket []int64
	counts []int64

	// Made when the first result is asked for.
	starts []int    // by group: where its numbers begin in member
	member []uint32 // numbers, group by group

	scratch []int64
}

func (s *quantileState) limit(room func(extra int64) error) { s.room = room }

func (s *quantileState) grow(groups int) { s.n = max(s.n, groups) }

func (s *quantileState) add(ids []uint32, cols []arrow.Array) error {
	if len(s.groups)+len(ids) > maxEntries {
		return errTooManyGroups()
	}
	s.scratch = slices.Grow(s.scratch[:0], len(ids))[:len(ids)]
	if s.byValue {
		s.buckets.of(cols[0], s.scratch)
	} else {
		bucketNumbers(cols[0], s.scratch)
	}
	counts := column.Values[int64](cols[1])
	for i, id := range ids {
		if cols[0].IsNull(i) || cols[1].IsNull(i) {
			continue
		}
		n, fresh := s.known.insert(uint64(s.scratch[i]), id)
		if fresh {
			s.groups, s.bucket, s.counts = append(s.groups, id), append(s.bucket, s.scratch[i]), append(s.counts, 0)
		}
		if counts[i] < 0 || s.counts[n] > math.MaxInt64-counts[i] {
			return outOfRange("bigint out of range")
		}
		s.counts[n] += counts[i]
	}
	return nil
}

// bucketNumbers reads the numbers of buckets that arrive.
func bucketNumbers(col arrow.Array, dst []int64) {
	if col.DataType().ID() == arrow.INT64 {
		copy(dst, column.Values[int64](col))
		return
	}
	for i, v := range column.Values[int32](col) {
		dst[i] = int64(v)
	}
}

// arrange puts the numbers of each group together.
func (s *quantileState) arrange() error {
	if s.starts != nil {
		return nil
	}
	if err := s.room(int64(16*(s.n+1) + 4*len(s.groups))); err != nil {
		return err
	}
	s.starts = make([]int, s.n+1)
	for _, id := range s.groups {
		s.starts[id+1]++
	}
	for i := range s.n {
		s.starts[i+1] += s.starts[i]
	}
	s.member = make([]uint32, len(s.groups))
	next := slices.Clone(s.starts)
	for n, id := range s.groups {
		s.member[next[id]] = uint32(n)
		next[id]++
	}
	return nil
}

func (s *quantileState) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	if err := s.arrange(); err != nil {
		return nil, err
	}
	if s.at.seen && !(s.at.of >= 0 && s.at.of <= 1) {
		return nil, outOfRange(fmt.Sprintf("percentile value %g is not between 0 and 1", s.at.of))
	}
	if err := s.room(int64(9 * (to - from))); err != nil {
		return nil, err
	}
	out := make([]int64, to-from)
	known := make([]bool, to-from)
	for i := range out {
		var err error
		if out[i], known[i], err = s.find(from + i); err != nil {
			return nil, err
		}
	}
	return s.buckets.values(alloc, out, known), nil
}

// find returns the bucket that holds the fraction of a group; none if the group has no values.
func (s *quantileState) find(group int) (int64, bool, error) {
	list := s.member[s.starts[group]:s.starts[group+1]]
	var total int64
	for _, n := range list {
		if s.counts[n] > math.MaxInt64-total {
			return 0, false, outOfRange("bigint out of range")
		}
		total += s.counts[n]
	}
	if !s.at.seen || total == 0 {
		return 0, false, nil
	}
	slices.SortFunc(list, func(a, b uint32) int { return cmp.Compare(s.bucket[a], s.bucket[b]) })
	place := max(int64(math.Ceil(s.at.of*float64(total))), 1)
	last := int64(0)
	for _, n := range list {
		if s.counts[n] == 0 {
			continue
		}
		last = s.bucket[n]
		if place -= s.counts[n]; place <= 0 {
			break
		}
	}
	return last, true, nil
}

func (s *quantileState) bytes() int64 {
	return s.known.bytes() + int64(4*cap(s.groups)+8*cap(s.bucket)+8*cap(s.counts)+8*cap(s.starts)+4*cap(s.member)+8*cap(s.scratch))
}

func (s *quantileState) release() {
	s.known = newWordTable()
	s.groups, s.bucket, s.counts, s.starts, s.member, s.scratch = nil, nil, nil, nil, nil, nil
}

// floatValues makes the results of a bucketing of numbers.
func floatValues(alloc memory.Allocator, list []int64, known []bool, value func(int64) float64) arrow.Array {
	return fixedArray(alloc, arrow.PrimitiveTypes.Float64, len(list), func(i int) (float64, bool) { return value(list[i]), known[i] })
}

// eachFloat calls fn for the values of a column of numbers as floats; that of a NULL means nothing.
func eachFloat(col arrow.Array, fn func(i int, v float64)) {
	at := func(i int) float64 { return 0 }
	switch a := col.(type) {
	case *array.Int16:
		at = func(i int) float64 { return float64(a.Value(i)) }
	case *array.Int32:
		at = func(i int) float64 { return float64(a.Value(i)) }
	case *array.Int64:
		at = func(i int) float64 { return float64(a.Value(i)) }
	case *array.Float32:
		at = func(i int) float64 { return float64(a.Value(i)) }
	case *array.Float64:
		at = func(i int) float64 { return a.Value(i) }
	case *array.Decimal128:
		scale := a.DataType().(*arrow.Decimal128Type).Scale
		at = func(i int) float64 { return a.Value(i).ToFloat64(scale) }
	case *array.Decimal256:
		scale := a.DataType().(*arrow.Decimal256Type).Scale
		at = func(i int) float64 { return a.Value(i).ToFloat64(scale) }
	}
	for i := range col.Len() {
		fn(i, at(i))
	}
}
