package aggregate

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
)

// intSum sums int64 partials without bound, so that the answer does not depend on the order of shards. What merging touches of a group is eight bytes,
// the low word of its sum: beyond the processor's caches that is what merging costs. The rest is kept apart, since hardly any group needs it.
type intSum struct {
	low []int64
	// wraps counts by group how often its low word went beyond the top of int64 less how often it went below the bottom: the sum
	// is low + wraps·2⁶⁴. It is nil until the first does.
	wraps []int64
	seen  seen
}

func (s *intSum) grow(groups int) {
	s.low = extend(s.low, groups)
	if s.wraps != nil {
		s.wraps = extend(s.wraps, groups)
	}
}

func (s *intSum) add(ids []uint32, cols []arrow.Array) error {
	col, vals := cols[0], column.Values[int64](cols[0])
	if col.NullN() > 0 {
		for i, id := range ids {
			if col.IsValid(i) {
				s.seen.add(id)
				s.plus(id, vals[i])
			}
		}
		return nil
	}
	s.seen.addAll(ids, len(s.low))
	low := s.low
	for i, v := range vals[:len(ids)] {
		id := ids[i]
		was := low[id]
		sum := was + v
		low[id] = sum
		if (was^sum)&(v^sum) < 0 {
			s.wrap(id, v)
		}
	}
	return nil
}

// plus adds v to a group.
func (s *intSum) plus(id uint32, v int64) {
	was := s.low[id]
	sum := was + v
	s.low[id] = sum
	if (was^sum)&(v^sum) < 0 {
		s.wrap(id, v)
	}
}

// wrap counts that adding v made a low word go around.
func (s *intSum) wrap(id uint32, v int64) {
	if s.wraps == nil {
		s.wraps = extend(s.wraps, len(s.low))
	}
	s.wraps[id] += v>>63 | 1
}

func (s *intSum) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	if s.wraps != nil {
		for _, n := range s.wraps[from:to] {
			if n != 0 {
				return nil, outOfRange("bigint out of range")
			}
		}
	}
	return fixedArray(alloc, int64Type, to-from, func(i int) (int64, bool) { return s.low[from+i], s.seen.has(from + i) }), nil
}

func (s *intSum) bytes() int64 { return int64(8*(cap(s.low)+cap(s.wraps))) + s.seen.bytes() }

func (s *intSum) release() { *s = intSum{} }

func (s *intSum) tables() [][]arrow.DataType { return [][]arrow.DataType{{int64Type, int64Type}} }

// save writes the low words and wraps of groups that have a value.
func (s *intSum) save(rows int, emit saver) error {
	return windows(len(s.low), rows, func(from, to int) error {
		var ids []uint32
		var low, wraps []int64
		for g := from; g < to; g++ {
			if !s.seen.has(g) {
				continue
			}
			n := int64(0)
			if s.wraps != nil {
				n = s.wraps[g]
			}
			ids, low, wraps = append(ids, uint32(g)), append(low, s.low[g]), append(wraps, n)
		}
		return emit(0, ids, wrap(int64Type, low), wrap(int64Type, wraps))
	})
}

func (s *intSum) load(_ int, ids []uint32, cols []arrow.Array) error {
	low, wraps := column.Values[int64](cols[0]), column.Values[int64](cols[1])
	for i, id := range ids {
		s.seen.add(id)
		s.low[id] = low[i]
		if wraps[i] == 0 {
			continue
		}
		if s.wraps == nil {
			s.wraps = extend(s.wraps, len(s.low))
		}
		s.wraps[id] = wraps[i]
	}
	return nil
}
