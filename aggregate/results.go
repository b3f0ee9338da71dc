package aggregate

import (
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/array"
)

// Results yields the groups of a [Hash] in the order in which they were first seen. It must not be used
// after the Hash was released.
type Results struct {
	h     *Hash
	keys  []arrow.Array
	rows  int
	batch int
	at    int
	cur   arrow.Record
}

// Results ends consumption and returns the groups, in batches of batchRows rows. Call it once and Close it.
func (h *Hash) Results(batchRows int) *Results {
	h.finished = true
	r := &Results{h: h, rows: h.groups.count(), batch: max(batchRows, 1)}
	for _, v := range h.keys {
		r.keys = append(r.keys, v.Array())
	}
	return r
}

// Next returns the next batch of the output schema, valid until the next call of Next or Close; io.EOF after
// the last. A result that its type cannot hold is an [*Error] of SQLSTATE 22003.
func (r *Results) Next() (arrow.Record, error) {
	r.drop()
	if r.at >= r.rows {
		return nil, io.EOF
	}
	from, to := r.at, min(r.at+r.batch, r.rows)
	cols := make([]arrow.Array, 0, len(r.keys)+len(r.h.states))
	defer func() {
		for _, c := range cols {
			c.Release()
		}
	}()
	for _, k := range r.keys {
		cols = append(cols, array.NewSlice(k, int64(from), int64(to)))
	}
	for i, st := range r.h.states {
		col, err := st.result(r.h.alloc, from, to)
		if err != nil {
			return nil, named(err, r.h.spec.Aggs[i].Name)
		}
		cols = append(cols, col)
	}
	r.at = to
	r.cur = array.NewRecord(r.h.spec.Output, cols, int64(to-from))
	return r.cur, nil
}

func (r *Results) drop() {
	if r.cur != nil {
		r.cur.Release()
		r.cur = nil
	}
}

// Close releases the batches. It may be called at any time, more than once.
func (r *Results) Close() {
	r.drop()
	for _, k := range r.keys {
		k.Release()
	}
	r.keys, r.at = nil, r.rows
}
