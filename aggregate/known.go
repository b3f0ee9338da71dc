package aggregate

import (
	"context"

	"github.com/apache/arrow/go/v17/arrow"
)

// ConsumeKnown merges the rows of a batch whose groups were seen before, and returns the positions of the others, valid until the next call.
// Otherwise it is as [Hash.Consume].
func (h *Hash) ConsumeKnown(ctx context.Context, rec arrow.Record) (left []int32, err error) {
	if err := h.ready(ctx); err != nil {
		return nil, err
	}
	left, h.failed = h.consumeKnown(rec)
	return left, h.failed
}

func (h *Hash) consumeKnown(rec arrow.Record) ([]int32, error) {
	n := int(rec.NumRows())
	if n == 0 {
		return nil, nil
	}
	h.ids = extend(h.ids, n)[:n]
	var err error
	if h.keyCols, err = h.columns(h.keyCols[:0], rec, h.spec.Keys); err != nil {
		return nil, err
	}
	h.known, h.left = h.groups.find(h.keyCols, h.ids, h.known[:0], h.left[:0])
	switch len(h.known) {
	case 0:
		return h.left, nil
	case n:
		return h.left, h.merge(rec, nil)
	}
	h.ids = h.ids[:len(h.known)]
	return h.left, h.merge(rec, h.known)
}

// taken are the rows of columns at the positions given. The caller releases them.
func (h *Hash) taken(cols []arrow.Array, rows []int32) ([]arrow.Array, error) {
	out := make([]arrow.Array, 0, len(cols))
	for _, c := range cols {
		a, err := takeRows(h.alloc, c, rows)
		if err != nil {
			releaseAll(out)
			return nil, &Error{SQLState: "54000", Text: err.Error()}
		}
		out = append(out, a)
	}
	return out, nil
}

func releaseAll(cols []arrow.Array) {
	for _, c := range cols {
		c.Release()
	}
}

func (oneGroup) find(_ []arrow.Array, ids []uint32, known, left []int32) ([]int32, []int32) {
	clear(ids)
	for i := range ids {
		known = append(known, int32(i))
	}
	return known, left
}

func (g *wordGroups) find(keys []arrow.Array, ids []uint32, known, left []int32) ([]int32, []int32) {
	at := 0
	g.eachWord(keys[0], func(i int, w uint64, owner uint32) {
		id, ok := g.table.find(w, owner)
		if !ok {
			left = append(left, int32(i))
			return
		}
		ids[at] = id
		at++
		known = append(known, int32(i))
	})
	return known, left
}

func (g *byteGroups) find(keys []arrow.Array, ids []uint32, known, left []int32) ([]int32, []int32) {
	g.enc.Encode(keys, len(ids), &g.encoded)
	at := 0
	for i := range ids {
		id, ok := g.table.find(g.encoded.Row(i))
		if !ok {
			left = append(left, int32(i))
			continue
		}
		ids[at] = id
		at++
		known = append(known, int32(i))
	}
	return known, left
}
