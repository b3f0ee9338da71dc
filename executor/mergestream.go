package executor

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sort"
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/aggregate/column"
)

// errUnsorted is a shard whose order is not the merger's.
var errUnsorted = errors.New("rows came out of order: its collation or its order of NULLs is not what calibration reported")

// sortedBatch is a batch with the encoded keys of its rows. It is shared by the stream and the runs of rows
// that wait to be copied from it, all in the consumer's goroutine.
type sortedBatch struct {
	rec   arrow.Record
	keys  *column.Encoded
	rows  int
	holds atomic.Int32
	// rowBytes is what a row takes on average.
	rowBytes int64
	free     chan<- *column.Encoded
}

func (b *sortedBatch) retain() { b.holds.Add(1) }

func (b *sortedBatch) release() {
	if b.holds.Add(-1) > 0 {
		return
	}
	b.rec.Release()
	select {
	case b.free <- b.keys:
	default:
	}
}

// sortedStream is one source of a merge: its goroutine encodes keys and checks the order, the consumer
// holds the current batch and row.
type sortedStream struct {
	at     int // among the sources: breaks ties
	source Source
	enc    *column.Encoder
	cols   []int
	last   []byte // key of the last row encoded

	ready  chan *sortedBatch // closed at the end, after failed was written
	free   chan *column.Encoded
	failed error

	cur *sortedBatch
	row int
}

func newSortedStream(at int, source Source, enc *column.Encoder, spec MergeSpec) *sortedStream {
	s := &sortedStream{at: at, source: source, enc: enc,
		ready: make(chan *sortedBatch, 1), free: make(chan *column.Encoded, 4)}
	for _, k := range spec.Keys {
		s.cols = append(s.cols, k.Column)
	}
	return s
}

func (s *sortedStream) run(ctx context.Context, schema *arrow.Schema, m *meter) error {
	defer close(s.ready)
	s.failed = s.source.read(ctx, schema, m, func(rec arrow.Record) error {
		b, err := s.encode(rec)
		if err != nil {
			return err
		}
		select {
		case s.ready <- b:
			return nil
		case <-ctx.Done():
			b.release()
			return ctx.Err()
		}
	})
	return s.failed
}

func (s *sortedStream) encode(rec arrow.Record) (*sortedBatch, error) {
	b := &sortedBatch{rec: rec, rows: int(rec.NumRows()), free: s.free}
	b.rowBytes = sizeOf(rec) / int64(max(b.rows, 1))
	select {
	case b.keys = <-s.free:
	default:
		b.keys = &column.Encoded{}
	}
	cols := make([]arrow.Array, len(s.cols))
	for i, c := range s.cols {
		cols[i] = rec.Column(c)
	}
	s.enc.Encode(cols, b.rows, b.keys)
	last := s.last
	for i := range b.rows {
		k := b.keys.Row(i)
		if bytes.Compare(last, k) > 0 {
			return nil, shardError(s.source.Shard, errUnsorted)
		}
		last = k
	}
	s.last = slices.Clone(last)
	rec.Retain()
	b.retain()
	return b, nil
}

// drain releases all batches once the stream was cancelled.
func (s *sortedStream) drain() {
	if s.cur != nil {
		s.cur.release()
		s.cur = nil
	}
	for b := range s.ready {
		b.release()
	}
}

func (s *sortedStream) key() []byte { return s.cur.keys.Row(s.row) }

func (s *sortedStream) before(o *sortedStream) bool {
	c := bytes.Compare(s.key(), o.key())
	return c < 0 || c == 0 && s.at < o.at
}

// precede counts the rows from the current one on, at least one and at most the given number, that come
// before the current row of other, which may be nil. Long runs are found by doubling steps.
func (s *sortedStream) precede(other *sortedStream, most int) int {
	most = min(most, s.cur.rows-s.row)
	if other == nil {
		return most
	}
	limit, ties := other.key(), 0
	if s.at < other.at {
		ties = 1 // equal rows of ours come first
	}
	fits := func(i int) bool { return bytes.Compare(s.cur.keys.Row(s.row+i), limit) < ties }
	n, step := 1, 1
	for n < most && fits(min(n+step, most)-1) {
		n = min(n+step, most)
		step *= 2
	}
	upTo := min(n+step, most)
	return n + sort.Search(upTo-n, func(i int) bool { return !fits(n + i) })
}

// mergeHeap is a binary heap of streams by their current rows.
type mergeHeap []*sortedStream

func (h *mergeHeap) push(s *sortedStream) {
	*h = append(*h, s)
	all := *h
	for i := len(all) - 1; i > 0 && all[i].before(all[(i-1)/2]); i = (i - 1) / 2 {
		all[i], all[(i-1)/2] = all[(i-1)/2], all[i]
	}
}

func (h *mergeHeap) pop() {
	all := *h
	last := len(all) - 1
	all[0], all[last] = all[last], nil
	*h = all[:last]
	if last > 0 {
		h.fix()
	}
}

// fix restores the order after the first stream has moved on.
func (h mergeHeap) fix() {
	for i := 0; ; {
		least := i
		for c := 2*i + 1; c <= 2*i+2 && c < len(h); c++ {
			if h[c].before(h[least]) {
				least = c
			}
		}
		if least == i {
			return
		}
		h[i], h[least] = h[least], h[i]
		i = least
	}
}

// second is the stream after the first, or nil.
func (h mergeHeap) second() *sortedStream {
	switch {
	case len(h) < 2:
		return nil
	case len(h) == 2 || h[1].before(h[2]):
		return h[1]
	}
	return h[2]
}
