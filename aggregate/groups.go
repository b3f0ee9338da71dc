package aggregate

import (
	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate/column"
)

// grouper numbers the groups of key columns in order of first sight.
type grouper interface {
	// assign writes the group of each row into ids and returns the rows that opened a new group, valid until
	// the next call.
	assign(keys []arrow.Array, ids []uint32) (fresh []int32, err error)
	// find appends the rows of groups that are known to known, and the others to left; the groups of the former come first in ids.
	find(keys []arrow.Array, ids []uint32, known, left []int32) ([]int32, []int32)
	count() int
	bytes() int64
}

func newGrouper(keys []arrow.Field) (grouper, error) {
	switch {
	case len(keys) == 0:
		return oneGroup{}, nil
	case len(keys) == 1 && column.IsWord(keys[0].Type):
		return &wordGroups{table: newWordTable()}, nil
	}
	cols := make([]column.Key, len(keys))
	for i, f := range keys {
		cols[i] = column.Key{Field: f}
	}
	enc, err := column.NewEncoder(cols)
	return &byteGroups{enc: enc, table: newByteTable()}, err
}

// oneGroup is the aggregate without keys: one group, even over no rows.
type oneGroup struct{}

func (oneGroup) assign(_ []arrow.Array, ids []uint32) ([]int32, error) {
	clear(ids)
	return nil, nil
}

func (oneGroup) count() int   { return 1 }
func (oneGroup) bytes() int64 { return 0 }

// wordGroups groups by one column whose values fit a word. NULL, which has no word, is a word of its own owner.
type wordGroups struct {
	table *wordTable
	words []uint64
	fresh []int32
}

func (g *wordGroups) assign(keys []arrow.Array, ids []uint32) ([]int32, error) {
	col := keys[0]
	if g.table.n+len(ids) > maxEntries {
		return nil, errTooManyGroups()
	}
	g.fresh = g.fresh[:0]
	if col.NullN() == 0 {
		g.words = column.Words(col, g.words)
		g.fresh = g.table.insertAll(g.words, ids, g.fresh)
		return g.fresh, nil
	}
	g.eachWord(col, func(i int, w uint64, owner uint32) {
		id, isNew := g.table.insert(w, owner)
		ids[i] = id
		if isNew {
			g.fresh = append(g.fresh, int32(i))
		}
	})
	return g.fresh, nil
}

// eachWord calls fn for every row: a NULL is the word 0 of an owner of its own.
func (g *wordGroups) eachWord(col arrow.Array, fn func(i int, w uint64, owner uint32)) {
	g.words = column.Words(col, g.words)
	if col.NullN() == 0 {
		for i, w := range g.words {
			fn(i, w, 0)
		}
		return
	}
	for i, w := range g.words {
		if col.IsNull(i) {
			fn(i, 0, 1)
			continue
		}
		fn(i, w, 0)
	}
}

func (g *wordGroups) count() int { return g.table.n }

func (g *wordGroups) bytes() int64 { return g.table.bytes() + int64(8*cap(g.words)) }

// byteGroups groups by any keys through their encoding.
type byteGroups struct {
	enc     *column.Encoder
	table   *byteTable
	encoded column.Encoded
	fresh   []int32
}

func (g *byteGroups) assign(keys []arrow.Array, ids []uint32) ([]int32, error) {
	g.enc.Encode(keys, len(ids), &g.encoded)
	var err error
	g.fresh, err = g.table.insertAll(g.encoded.Row, ids, g.fresh[:0])
	return g.fresh, err
}

func (g *byteGroups) count() int { return len(g.table.ends) }

func (g *byteGroups) bytes() int64 { return g.table.bytes() + g.encoded.Bytes() }

// keyStore keeps the key values of each group as they were first seen, in columns.
type keyStore []*column.Vector

func newKeyStore(alloc memory.Allocator, keys []arrow.Field) (keyStore, error) {
	var out keyStore
	for _, f := range keys {
		v, err := column.NewVector(alloc, f.Type)
		if err != nil {
			out.release()
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func (s keyStore) add(keys []arrow.Array, rows []int32) error {
	for i, v := range s {
		if err := v.AppendRows(keys[i], rows); err != nil {
			return &Error{SQLState: "54000", Text: err.Error()}
		}
	}
	return nil
}

func (s keyStore) bytes() (n int64) {
	for _, v := range s {
		n += v.Bytes()
	}
	return n
}

func (s keyStore) release() {
	for _, v := range s {
		v.Release()
	}
}
