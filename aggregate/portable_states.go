package aggregate

import (
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/aggregate/column"
	"github.com/atoll-sql/atoll/aggregate/hll"
)

// The states of fixed size are written down as the bytes that they are in memory. S must hold no pointers: who embeds states of others says
// itself how they are written.

func (s *states[S]) tables() [][]arrow.DataType {
	var zero S
	return [][]arrow.DataType{{&arrow.FixedSizeBinaryType{ByteWidth: int(unsafe.Sizeof(zero))}}}
}

func (s *states[S]) save(rows int, emit saver) error {
	dt := s.tables()[0][0]
	return windows(len(s.of), rows, func(from, to int) error {
		return emit(0, numbers(from, to), wrap(dt, s.of[from:to]))
	})
}

func (s *states[S]) load(_ int, ids []uint32, cols []arrow.Array) error {
	for i, st := range column.Values[S](cols[0]) {
		s.of[ids[i]] = st
	}
	return nil
}

func (s *floatAverage) tables() [][]arrow.DataType {
	return append(s.sum.states.tables(), s.count.states.tables()...)
}

func (s *floatAverage) save(rows int, emit saver) error {
	if err := s.sum.save(rows, emit); err != nil {
		return err
	}
	return s.count.save(rows, behind(1, emit))
}

func (s *floatAverage) load(table int, ids []uint32, cols []arrow.Array) error {
	if table == 0 {
		return s.sum.load(0, ids, cols)
	}
	return s.count.load(0, ids, cols)
}

func (s *exactMoments) tables() [][]arrow.DataType {
	out := s.states.tables()
	if s.squared {
		out = append(out, s.squares.tables()...)
	}
	return out
}

func (s *exactMoments) save(rows int, emit saver) error {
	if err := s.states.save(rows, emit); err != nil {
		return err
	}
	return s.squares.save(rows, behind(1, emit)) // nothing where there are no groups of them
}

func (s *exactMoments) load(table int, ids []uint32, cols []arrow.Array) error {
	if table == 0 {
		return s.states.load(0, ids, cols)
	}
	return s.squares.load(0, ids, cols)
}

// behind numbers the tables of a part that follow n of another.
func behind(n int, emit saver) saver {
	return func(table int, ids []uint32, cols ...arrow.Array) error { return emit(n+table, ids, cols...) }
}

func (s *textExtreme) tables() [][]arrow.DataType {
	return [][]arrow.DataType{{arrow.BinaryTypes.Binary}}
}

func (s *textExtreme) save(rows int, emit saver) error {
	size := func(i int) int { return len(s.of[i]) }
	return byteWindows(len(s.of), rows, size, func(from, to int) error {
		var ids []uint32
		for g := from; g < to; g++ {
			if s.of[g] != nil {
				ids = append(ids, uint32(g))
			}
		}
		return emit(0, ids, bytesOf(len(ids), func(i int) []byte { return s.of[ids[i]] }))
	})
}

func (s *textExtreme) load(_ int, ids []uint32, cols []arrow.Array) error {
	for i, id := range ids {
		s.of[id] = append([]byte{}, column.Text(cols[0], i)...)
		s.size += int64(cap(s.of[id]))
	}
	return nil
}

func (s *sketches) tables() [][]arrow.DataType { return [][]arrow.DataType{{arrow.BinaryTypes.Binary}} }

func (s *sketches) save(rows int, emit saver) error {
	size := func(i int) int {
		if s.of[i] == nil {
			return 0
		}
		return s.of[i].Size()
	}
	return byteWindows(len(s.of), rows, size, func(from, to int) error {
		var ids []uint32
		for g := from; g < to; g++ {
			if s.of[g] != nil {
				ids = append(ids, uint32(g))
			}
		}
		var buf []byte
		return emit(0, ids, bytesOf(len(ids), func(i int) []byte {
			buf = s.of[ids[i]].Append(buf[:0])
			return buf
		}))
	})
}

func (s *sketches) load(_ int, ids []uint32, cols []arrow.Array) error {
	for i, id := range ids {
		sk, err := hll.Parse(column.Text(cols[0], i))
		if err != nil {
			return errNotSaved
		}
		s.of[id] = sk
		s.held += sketchBytes + sk.Bytes()
	}
	return nil
}
