package aggregate

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
)

// keyable reports whether values of a type can be told apart, as group keys or by DISTINCT.
func keyable(dt arrow.DataType) bool {
	_, err := column.NewEncoder([]column.Key{{Field: arrow.Field{Type: dt}}})
	return err == nil
}

// deduplicated is the DISTINCT form of f: shards send the values, grouped by them, and f's plain form
// accumulates here those not seen before in their group.
func deduplicated(f *Function) *Function {
	out := *f
	out.Distinct = true
	out.lifted = f.Partials
	out.Partials = []Partial{{Op: OpValue, Type: f.Args[0]}}
	plain := f.start
	out.start = func(alloc memory.Allocator, in []arrow.Field) (accumulator, error) {
		return startDistinct(alloc, in[0], out.lifted, plain)
	}
	return &out
}

// distinctState passes each value of a group to the plain aggregate once. Its set is keyed by (group,
// value), equal values being those PostgreSQL calls equal.
type distinctState struct {
	alloc memory.Allocator
	inner accumulator
	parts []Partial
	words *wordTable // for values of one word
	enc   *column.Encoder
	set   *byteTable // for others

	scratch  []uint64
	encoded  column.Encoded
	key      []byte
	freshRow []int32
	freshID  []uint32
}

func startDistinct(alloc memory.Allocator, in arrow.Field, parts []Partial, plain starter) (accumulator, error) {
	s := &distinctState{alloc: alloc, parts: parts}
	fields := make([]arrow.Field, len(parts))
	for i, p := range parts {
		fields[i] = fieldOf("", p.Type)
	}
	var err error
	if s.inner, err = plain(alloc, fields); err != nil {
		return nil, err
	}
	if column.IsWord(in.Type) {
		s.words = newWordTable()
		return s, nil
	}
	s.set = newByteTable()
	s.enc, err = column.NewEncoder([]column.Key{{Field: in}})
	return s, err
}

func (s *distinctState) grow(groups int) { s.inner.grow(groups) }

func (s *distinctState) add(ids []uint32, cols []arrow.Array) error {
	s.freshRow, s.freshID = s.freshRow[:0], s.freshID[:0]
	if s.words != nil {
		if s.words.n+len(ids) > maxEntries {
			return errTooManyGroups()
		}
		s.findWords(ids, cols[0])
	} else if err := s.findBytes(ids, cols[0]); err != nil {
		return err
	}
	if len(s.freshRow) == 0 {
		return nil
	}
	vals, err := takeRows(s.alloc, cols[0], s.freshRow)
	if err != nil {
		return err
	}
	defer vals.Release()
	lifted := make([]arrow.Array, 0, len(s.parts))
	defer func() {
		for _, a := range lifted {
			a.Release()
		}
	}()
	for _, p := range s.parts {
		a, err := lift(s.alloc, p, vals)
		if err != nil {
			return err
		}
		lifted = append(lifted, a)
	}
	return s.inner.add(s.freshID, lifted)
}

func (s *distinctState) findWords(ids []uint32, col arrow.Array) {
	s.scratch = column.Words(col, s.scratch)
	nulls := col.NullN() > 0
	for i, id := range ids {
		if nulls && col.IsNull(i) {
			continue
		}
		if _, fresh := s.words.insert(s.scratch[i], id); fresh {
			s.freshRow, s.freshID = append(s.freshRow, int32(i)), append(s.freshID, id)
		}
	}
}

func (s *distinctState) findBytes(ids []uint32, col arrow.Array) error {
	s.enc.Encode([]arrow.Array{col}, len(ids), &s.encoded)
	for i, id := range ids {
		if col.IsNull(i) {
			continue
		}
		s.key = append(putGroup(s.key[:0], id), s.encoded.Row(i)...)
		_, fresh, err := s.set.insert(s.key)
		if err != nil {
			return err
		}
		if fresh {
			s.freshRow, s.freshID = append(s.freshRow, int32(i)), append(s.freshID, id)
		}
	}
	return nil
}

func (s *distinctState) result(alloc memory.Allocator, from, to int) (arrow.Array, error) {
	return s.inner.result(alloc, from, to)
}

func (s *distinctState) bytes() int64 {
	n := s.inner.bytes() + s.encoded.Bytes() + int64(8*cap(s.scratch))
	if s.words != nil {
		return n + s.words.bytes()
	}
	return n + s.set.bytes()
}

func (s *distinctState) release() {
	s.inner.release()
	s.words, s.set = newWordTable(), newByteTable()
}
