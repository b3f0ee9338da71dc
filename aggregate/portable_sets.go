package aggregate

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"

	"github.com/atoll-sql/atoll/aggregate/column"
)

// What a set of values holds is written down value by value.

var (
	int64Type  = arrow.PrimitiveTypes.Int64
	uint64Type = arrow.PrimitiveTypes.Uint64
	bytesType  = arrow.BinaryTypes.Binary
)

func (s *distinctState) tables() [][]arrow.DataType {
	entry := arrow.DataType(bytesType)
	if s.words != nil {
		entry = uint64Type
	}
	out := [][]arrow.DataType{{entry}}
	if p, ok := s.inner.(portable); ok {
		out = append(out, p.tables()...)
	}
	return out
}

func (s *distinctState) save(rows int, emit saver) error {
	var err error
	if s.words != nil {
		err = s.words.save(rows, func(owners []uint32, words []uint64) error { return emit(0, owners, wrap(uint64Type, words)) })
	} else {
		err = s.set.save(rows, func(groups []uint32, _, _ int, keys arrow.Array) error { return emit(0, groups, keys) })
	}
	if err != nil {
		return err
	}
	p, ok := s.inner.(portable)
	if !ok {
		return errNotSaved
	}
	return p.save(rows, behind(1, emit))
}

func (s *distinctState) load(table int, ids []uint32, cols []arrow.Array) error {
	if table > 0 {
		p, ok := s.inner.(portable)
		if !ok {
			return errNotSaved
		}
		return p.load(table-1, ids, cols)
	}
	if s.words != nil {
		for i, w := range column.Values[uint64](cols[0]) {
			s.words.insert(w, ids[i])
		}
		return nil
	}
	for i, id := range ids {
		s.key = append(putGroup(s.key[:0], id), column.Text(cols[0], i)...)
		if _, _, err := s.set.insert(s.key); err != nil {
			return err
		}
	}
	return nil
}

// save emits pairs of owners and words, in the order of their numbers, at most rows at a time.
func (t *wordTable) save(rows int, emit func(owners []uint32, words []uint64) error) error {
	return windows(len(t.words), rows, func(from, to int) error {
		owners := make([]uint32, to-from)
		if t.owners != nil {
			copy(owners, t.owners[from:to])
		}
		return emit(owners, t.words[from:to])
	})
}

// save emits the entries from (inclusive) to to (exclusive), which begin with a group's number, in the order of their numbers: those groups and the keys
// behind them.
func (t *byteTable) save(rows int, emit func(groups []uint32, from, to int, keys arrow.Array) error) error {
	size := func(i int) int { return len(t.entry(i)) }
	return byteWindows(len(t.ends), rows, size, func(from, to int) error {
		groups := make([]uint32, to-from)
		for i := range groups {
			groups[i] = groupOf(t.entry(from + i))
		}
		return emit(groups, from, to, bytesOf(to-from, func(i int) []byte { return t.entry(from + i)[groupBytes:] }))
	})
}

// putGroup appends the number of a group, with which an entry begins.
func putGroup(key []byte, id uint32) []byte {
	return append(key, byte(id), byte(id>>8), byte(id>>16), byte(id>>24))
}

// groupOf is the group whose number an entry begins with.
func groupOf(entry []byte) uint32 {
	return uint32(entry[0]) | uint32(entry[1])<<8 | uint32(entry[2])<<16 | uint32(entry[3])<<24
}

func (g *gathered) tables() [][]arrow.DataType {
	types := []arrow.DataType{bytesType}
	if g.count >= 0 {
		types = append(types, int64Type)
	}
	for _, v := range g.values {
		types = append(types, v.Type())
	}
	return [][]arrow.DataType{types}
}

func (g *gathered) save(rows int, emit saver) error {
	for _, v := range g.values {
		g.taken = append(g.taken, v.Array())
	}
	size := func(i int) int { return len(g.key(uint32(i))) }
	return byteWindows(len(g.groups), rows, size, func(from, to int) error {
		cols := []arrow.Array{bytesOf(to-from, func(i int) []byte { return g.key(uint32(from + i)) })}
		if g.count >= 0 {
			cols = append(cols, wrap(int64Type, g.counts[from:to]))
		}
		return emit(0, g.groups[from:to], append(cols, cut(g.taken, from, to)...)...)
	})
}

func (g *gathered) load(_ int, ids []uint32, cols []arrow.Array) error {
	g.groups = append(g.groups, ids...)
	for i := range ids {
		g.arena = append(g.arena, column.Text(cols[0], i)...)
		g.ends = append(g.ends, len(g.arena))
	}
	values := cols[1:]
	if g.count >= 0 {
		g.counts = append(g.counts, column.Values[int64](cols[1])...)
		values = cols[2:]
	}
	for i, v := range g.values {
		if err := v.AppendRange(values[i], 0, len(ids)); err != nil {
			return &Error{SQLState: "54000", Text: err.Error()}
		}
	}
	return nil
}

func (s *percentileState) tables() [][]arrow.DataType {
	fractions := states[fraction]{}
	return append(s.gathered.tables(), fractions.tables()...)
}

func (s *percentileState) save(rows int, emit saver) error {
	if err := s.gathered.save(rows, emit); err != nil {
		return err
	}
	fractions := states[fraction]{s.fraction}
	return fractions.save(rows, behind(1, emit))
}

func (s *percentileState) load(table int, ids []uint32, cols []arrow.Array) error {
	if table == 0 {
		return s.gathered.load(0, ids, cols)
	}
	s.fraction = extend(s.fraction, s.n)
	fractions := states[fraction]{s.fraction}
	return fractions.load(0, ids, cols)
}

func (s *quantileState) tables() [][]arrow.DataType {
	return [][]arrow.DataType{{int64Type, int64Type}}
}

func (s *quantileState) save(rows int, emit saver) error {
	return windows(len(s.groups), rows, func(from, to int) error {
		return emit(0, s.groups[from:to], wrap(int64Type, s.bucket[from:to]), wrap(int64Type, s.counts[from:to]))
	})
}

func (s *quantileState) load(_ int, ids []uint32, cols []arrow.Array) error {
	buckets, counts := column.Values[int64](cols[0]), column.Values[int64](cols[1])
	for i, id := range ids {
		if _, fresh := s.known.insert(uint64(buckets[i]), id); !fresh {
			return errNotSaved
		}
		s.groups, s.bucket, s.counts = append(s.groups, id), append(s.bucket, buckets[i]), append(s.counts, counts[i])
	}
	return nil
}

// saveTally writes the values of a tally with a number more of each; extra has none where all are 0.
func (t *tally) saveTally(rows int, extra []int64, emit saver) error {
	values := t.values.Array()
	defer values.Release()
	extra = extend(extra, len(t.counts))
	return t.table.save(rows, func(groups []uint32, from, to int, keys arrow.Array) error {
		return emit(0, groups, keys, array.NewSlice(values, int64(from), int64(to)), wrap(int64Type, t.counts[from:to]), wrap(int64Type, extra[from:to]))
	})
}

func (t *tally) loadTally(extra []int64, ids []uint32, cols []arrow.Array) ([]int64, error) {
	for i, id := range ids {
		t.key = append(putGroup(t.key[:0], id), column.Text(cols[0], i)...)
		_, fresh, err := t.table.insert(t.key)
		if err != nil {
			return nil, err
		}
		if !fresh {
			return nil, errNotSaved
		}
	}
	t.counts = append(t.counts, column.Values[int64](cols[2])...)
	extra = append(extend(extra, len(t.counts)-len(ids))[:len(t.counts)-len(ids)], column.Values[int64](cols[3])...)
	if err := t.values.AppendRange(cols[1], 0, len(ids)); err != nil {
		return nil, &Error{SQLState: "54000", Text: err.Error()}
	}
	return extra, nil
}

func (t *tally) tallyTable() []arrow.DataType {
	return []arrow.DataType{bytesType, t.values.Type(), int64Type, int64Type}
}

func (s *topState) tables() [][]arrow.DataType {
	total := states[int64]{}
	return append([][]arrow.DataType{s.tallyTable()}, total.tables()...)
}

func (s *topState) save(rows int, emit saver) error {
	if err := s.saveTally(rows, s.floors, emit); err != nil {
		return err
	}
	total := states[int64]{s.total}
	return total.save(rows, behind(1, emit))
}

func (s *topState) load(table int, ids []uint32, cols []arrow.Array) (err error) {
	if table == 0 {
		s.floors, err = s.loadTally(s.floors, ids, cols)
		return err
	}
	total := states[int64]{s.total}
	return total.load(0, ids, cols)
}

func (s *heavyState) tables() [][]arrow.DataType {
	rest := states[int64]{}
	return append([][]arrow.DataType{s.tallyTable(), {uint64Type, int64Type}}, rest.tables()...)
}

func (s *heavyState) save(rows int, emit saver) error {
	if err := s.saveTally(rows, s.hashes, emit); err != nil {
		return err
	}
	err := s.cells.save(rows, func(owners []uint32, words []uint64) error {
		counts := make([]int64, len(words))
		for i, w := range words {
			at, _ := s.cells.find(w, owners[i])
			counts[i] = s.numbers[at]
		}
		return emit(1, owners, wrap(uint64Type, words), wrap(int64Type, counts))
	})
	if err != nil {
		return err
	}
	rest := states[int64]{s.rest}
	return rest.save(rows, behind(2, emit))
}

func (s *heavyState) load(table int, ids []uint32, cols []arrow.Array) (err error) {
	switch table {
	case 0:
		s.hashes, err = s.loadTally(s.hashes, ids, cols)
		return err
	case 1:
		counts := column.Values[int64](cols[1])
		for i, w := range column.Values[uint64](cols[0]) {
			if _, fresh := s.cells.insert(w, ids[i]); !fresh {
				return errNotSaved
			}
			s.numbers = append(s.numbers, counts[i])
		}
		return nil
	}
	rest := states[int64]{s.rest}
	return rest.load(0, ids, cols)
}
