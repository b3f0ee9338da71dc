package aggregate

import (
	"cmp"
	"slices"
	"sort"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
)

// topValues resolves approx_top_k(x): the k most frequent values of a group, as jsonb text
// [{"count": n, "error": e, "value": v, "certain": b}, …], by count from above, then by value; NULL for a group without values.
//
// Of each group a shard sends a list of its most frequent values: a row for each with its count there, the list's floor (no value that the
// list leaves out is more frequent at the shard; 0 if it leaves none out), and once in a list the floor again. Summed over the rows that
// arrived,
//
//	count(v)                                                            at least so often does v occur
//	error(v) = Σ floor once, over all rows − Σ floor, over the rows of v       and at most so often more:
//
// the error adds up the floors of the lists in which v does not stand. Nothing tells which list a row came from, and nothing needs to:
// lists of any parts of the rows merge, those of a grouping set's finer groups into its own as well as those of several shards.
func topValues(f *Function, o SketchOptions) bool {
	x, ok := one(f.Args)
	if !ok || !keyable(x) || o.K < 1 || o.Mixed {
		return false
	}
	f.Result = arrow.BinaryTypes.String
	f.Partials = []Partial{{Op: OpValue, Type: x}, countPartial}
	if !o.ByValue {
		n := arrow.PrimitiveTypes.Int64
		f.Partials = []Partial{{Op: OpValue, Type: x}, {Op: OpTopTimes, Type: n}, {Op: OpTopFloor, Type: n}, {Op: OpTopFloorOnce, Type: n}}
	}
	f.start = func(alloc memory.Allocator, in []arrow.Field) (accumulator, error) {
		t, err := newTally(alloc, in[0])
		return &topState{tally: t, k: o.K, exact: o.ByValue, room: func(int64) error { return nil }}, err
	}
	return true
}

// topState merges lists of frequent values.
type topState struct {
	*tally
	k     int
	exact bool // all values arrive
	room  func(int64) error

	floors []int64 // by entry: those of the lists that it stands in
	total  []int64 // by group: those of all lists
	n      int     // groups
	uppers []upper
}

// upper is the most that a value may occur.
type upper struct {
	count int64
	entry uint32
}

func (s *topState) limit(room func(int64) error) { s.room = room }

func (s *topState) grow(groups int) {
	s.n = max(s.n, groups)
	s.total = extend(s.total, groups)
}

func (s *topState) add(ids []uint32, cols []arrow.Array) error {
	entries, err := s.tally.add(ids, cols[0], column.Values[int64](cols[1]))
	if err != nil || s.exact {
		return err
	}
	s.floors = extend(s.floors, len(s.counts))
	floors, once := column.Values[int64](cols[2]), column.Values[int64](cols[3])
	for i, id := range ids {
		if cols[0].IsNull(i) {
			continue
		}
		if err := addTo(&s.floors[entries[i]], floors[i]); err != nil {
			return err
		}
		if err := addTo(&s.total[id], once[i]); err != nil {
			return err
		}
	}
	return nil
}

// missing is how often a value may occur besides what was counted.
func (s *topState) missing(group int, entry uint32) int64 {
	if s.exact {
		return 0
	}
	return s.total[group] - s.floors[entry]
}

func (s *topState) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	if err := s.arrange(s.n, s.room); err != nil {
		return nil, err
	}
	w, err := newListWriter(s.taken)
	if err != nil {
		return nil, err
	}
	return texts(alloc, to-from, s.room, func(dst []byte, i int) ([]byte, error) {
		if len(s.of(from+i)) == 0 {
			return nil, nil
		}
		return w.write(dst, s.top(from+i))
	})
}

// top are the k values of a group that were counted most often.
func (s *topState) top(group int) []listed {
	entries := s.of(group)
	slices.SortFunc(entries, func(a, b uint32) int { return cmp.Or(cmp.Compare(s.counts[b], s.counts[a]), s.compare(a, b)) })
	s.uppers = s.uppers[:0]
	for _, e := range entries {
		s.uppers = append(s.uppers, upper{s.counts[e] + s.missing(group, e), e})
	}
	slices.SortFunc(s.uppers, func(a, b upper) int { return cmp.Or(cmp.Compare(b.count, a.count), s.compare(a.entry, b.entry)) })
	out := make([]listed, min(s.k, len(entries)))
	for i := range out {
		e := entries[i]
		out[i] = listed{e, s.counts[e], s.missing(group, e), s.certain(group, e)}
	}
	return out
}

// certain reports that a value is among the k most frequent whatever the numbers within the bounds are. Fewer than k others may precede it:
// none of those that no list holds, which occur at most as often as all floors together, and fewer than k of the others by their upper bounds.
func (s *topState) certain(group int, e uint32) bool {
	least, unseen := s.counts[e], s.total[group]
	if unseen > 0 && unseen >= least {
		return false
	}
	before := sort.Search(len(s.uppers), func(i int) bool {
		u := s.uppers[i]
		return cmp.Or(cmp.Compare(least, u.count), s.compare(u.entry, e)) >= 0
	})
	if s.missing(group, e) > 0 { // it is found among those that may precede it
		before--
	}
	return before < s.k
}

func (s *topState) bytes() int64 {
	return s.tally.bytes() + int64(8*cap(s.floors)+8*cap(s.total)+16*cap(s.uppers))
}
