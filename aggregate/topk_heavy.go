package aggregate

import (
	"cmp"
	"math"
	"math/bits"
	"slices"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
)

// HeavySketch are the measures of the count-min sketch (Cormode & Muthukrishnan, 2005) of approx_heavy_hitters: HeavyRows rows of Width
// counters. Counter (j, i), whose number is j·Width + i, counts values whose hash h has trunc(h / 65536^j) & (Width−1) = i.
type HeavySketch struct {
	Width     int64   // a power of two, at most 65536
	Parts     int64   // the share, in millionths
	Epsilon   float64 // an upper bound is too high by at most this share of the rows that the sketch counts …
	Certainty float64 // … with this probability, for each value
}

// HeavyRows is the number of rows of a [HeavySketch]: as many times 16 bits has a hash.
const HeavyRows = 4

// Millionth is what [HeavySketch].Parts counts in, so that shares are compared without rounding.
const Millionth = 1_000_000

// HeavySketchFor gives the sketch for a share: so wide that bounds are seldom too high by a tenth of the share.
func HeavySketchFor(share float64) HeavySketch {
	width := int64(256)
	for width < 1<<16 && float64(width) < 10*math.E/share {
		width *= 2
	}
	return HeavySketch{Width: width, Parts: int64(math.Round(share * Millionth)), Epsilon: math.E / float64(width), Certainty: 1 - math.Exp(-HeavyRows)}
}

// Cell is the number of the counter of row j that counts a hash.
func (s HeavySketch) Cell(j int, hash int64) int64 {
	return int64(j)*s.Width + hash/(1<<(16*j))&(s.Width-1)
}

// heavyHitters resolves approx_heavy_hitters(x): the values of at least a share of a group's rows in which x is not NULL, as jsonb text
// like that of approx_top_k. Those whose lower bound reaches the share are certain, those of which only the upper bound does are not.
//
// A shard lists, of each group, the values that have that share of its own rows there, and counts all others in a count-min sketch. A value
// that has the share of all rows has it in some part of them, or it would have less of their sum: so none is missed. A row that arrives
// is either a value's, with its hash and its count, or a counter's, whose value is NULL, with its number. The counters of all shards are
// added up; v occurs as often as the lists say, and at most so often more as the smallest of its counters says, for it was counted there
// wherever it is not listed. The rows of all are the lists' counts and those of the sketch's first row. As in [topValues] it does not
// matter which parts of the rows these come from.
func heavyHitters(f *Function, o SketchOptions) bool {
	x, ok := one(f.Args)
	if !ok || !keyable(x) || !(o.Share > 0 && o.Share <= 1) || o.Mixed {
		return false
	}
	f.Result = arrow.BinaryTypes.String
	f.Partials = []Partial{{Op: OpValue, Type: x}, countPartial}
	if !o.ByValue {
		n := arrow.PrimitiveTypes.Int64
		f.Partials = []Partial{{Op: OpTopCell, Type: n}, {Op: OpTopTimes, Type: n}, {Op: OpValue, Type: x}}
	}
	sketch, value := HeavySketchFor(o.Share), len(f.Partials)-1
	if o.ByValue {
		value = 0
	}
	f.start = func(alloc memory.Allocator, in []arrow.Field) (accumulator, error) {
		t, err := newTally(alloc, in[value])
		return &heavyState{tally: t, sketch: sketch, exact: o.ByValue, cells: newWordTable(), room: func(int64) error { return nil }}, err
	}
	return true
}

// heavyState merges lists of heavy values and sketches of the rest.
type heavyState struct {
	*tally
	sketch HeavySketch
	exact  bool // all values arrive
	room   func(int64) error

	hashes  []int64    // by entry
	cells   *wordTable // the number of a counter and its group
	numbers []int64    // by number in cells
	rest    []int64    // by group: the rows that the sketch counts
	n       int        // groups
	list    []listed
}

func (s *heavyState) limit(room func(int64) error) { s.room = room }

func (s *heavyState) grow(groups int) {
	s.n = max(s.n, groups)
	s.rest = extend(s.rest, groups)
}

func (s *heavyState) add(ids []uint32, cols []arrow.Array) error {
	counts := column.Values[int64](cols[1])
	if s.exact {
		_, err := s.tally.add(ids, cols[0], counts)
		return err
	}
	entries, err := s.tally.add(ids, cols[2], counts)
	if err != nil {
		return err
	}
	s.hashes = extend(s.hashes, len(s.counts))
	hashes := column.Values[int64](cols[0])
	for i, id := range ids {
		switch {
		case cols[0].IsNull(i):
		case cols[2].IsValid(i):
			s.hashes[entries[i]] = hashes[i]
		default:
			if err := s.count(id, hashes[i], counts[i]); err != nil {
				return err
			}
		}
	}
	return nil
}

// count adds to a counter.
func (s *heavyState) count(group uint32, cell, n int64) error {
	if len(s.numbers) >= maxEntries {
		return errTooManyGroups()
	}
	at, fresh := s.cells.insert(uint64(cell), group)
	if fresh {
		s.numbers = append(s.numbers, 0)
	}
	if cell < s.sketch.Width {
		if err := addTo(&s.rest[group], n); err != nil {
			return err
		}
	}
	return addTo(&s.numbers[at], n)
}

// missing is how often, at most, a value occurs where it is not listed.
func (s *heavyState) missing(group int, entry uint32) int64 {
	if s.exact {
		return 0
	}
	least := int64(math.MaxInt64)
	for j := range HeavyRows {
		at, ok := s.cells.find(uint64(s.sketch.Cell(j, s.hashes[entry])), uint32(group))
		if !ok {
			return 0
		}
		least = min(least, s.numbers[at])
	}
	return least
}

func (s *heavyState) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	if err := s.arrange(s.n, s.room); err != nil {
		return nil, err
	}
	w, err := newListWriter(s.taken)
	if err != nil {
		return nil, err
	}
	return texts(alloc, to-from, s.room, func(dst []byte, i int) ([]byte, error) {
		total := s.rest[from+i]
		for _, e := range s.of(from + i) {
			if err := addTo(&total, s.counts[e]); err != nil {
				return nil, err
			}
		}
		if total == 0 {
			return nil, nil
		}
		return w.write(dst, s.heavy(from+i, total))
	})
}

// heavy are the values of a group that have, or may have, their share of its rows.
func (s *heavyState) heavy(group int, total int64) []listed {
	s.list = s.list[:0]
	for _, e := range s.of(group) {
		l := listed{entry: e, count: s.counts[e], missing: s.missing(group, e)}
		l.certain = s.sketch.reaches(uint64(l.count), uint64(total))
		if l.certain || s.sketch.reaches(uint64(l.count)+uint64(l.missing), uint64(total)) {
			s.list = append(s.list, l)
		}
	}
	slices.SortFunc(s.list, func(a, b listed) int { return cmp.Or(cmp.Compare(b.count, a.count), s.compare(a.entry, b.entry)) })
	return s.list
}

// reaches reports that n is at least the share of total, without rounding.
func (s HeavySketch) reaches(n, total uint64) bool {
	nh, nl := bits.Mul64(n, Millionth)
	th, tl := bits.Mul64(total, uint64(s.Parts))
	return nh > th || nh == th && nl >= tl
}

func (s *heavyState) bytes() int64 {
	return s.tally.bytes() + s.cells.bytes() + int64(8*(cap(s.hashes)+cap(s.numbers)+cap(s.rest))+32*cap(s.list))
}

func (s *heavyState) release() {
	s.tally.release()
	s.cells, s.numbers, s.hashes, s.list = newWordTable(), nil, nil, nil
}
