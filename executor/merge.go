package executor

import (
	"context"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"golang.org/x/sync/errgroup"

	"github.com/atoll-sql/atoll/aggregate/column"
	"github.com/atoll-sql/atoll/connectors"
)

// SortKey is one column of an order.
type SortKey struct {
	Column     int
	Desc       bool
	NullsFirst bool // whatever Desc says
}

// MergeSpec says what an [OrderedMerge] reads.
type MergeSpec struct {
	Schema  *arrow.Schema // of every source; batches of equal types are restamped with it
	Sources []Source      // each sorted by Keys as PostgreSQL with C collation sorts
	Keys    []SortKey
	// Limit is the most rows wanted; once they are out the shards are stopped. 0 means all.
	Limit     int64
	BatchRows int // most rows per batch; 0 means connectors.DefaultBatchRows
	// BatchBytes is about how many bytes of the sources' batches make a batch full; 0 means connectors.DefaultBatchBytes.
	BatchBytes int64
	Alloc      memory.Allocator
}

// OrderedMerge merges sorted streams into one. All sources are open at once; each is read ahead by up to two
// batches in a goroutine of its own. Equal rows come in the order of the sources. A source that turns out
// not to be sorted is an error, as is any error of a shard: the first one stops all.
type OrderedMerge struct {
	operator
	meters
	spec    MergeSpec
	cancel  context.CancelFunc
	group   *errgroup.Group
	streams []*sortedStream
	heap    mergeHeap
	out     *runCollector
	remain  int64
}

// NewOrderedMerge makes a merge; nothing is opened before the first Next. An error names a key whose type has no
// order or a column that cannot be collected.
func NewOrderedMerge(spec MergeSpec) (*OrderedMerge, error) {
	if spec.BatchRows <= 0 {
		spec.BatchRows = connectors.DefaultBatchRows
	}
	if spec.BatchBytes <= 0 {
		spec.BatchBytes = connectors.DefaultBatchBytes
	}
	if spec.Alloc == nil {
		spec.Alloc = memory.DefaultAllocator
	}
	m := &OrderedMerge{
		operator: operator{schema: spec.Schema}, meters: newMeters(spec.Sources), spec: spec, remain: NoLimit,
	}
	if spec.Limit > 0 {
		m.remain = spec.Limit
	}
	keys := make([]column.Key, len(spec.Keys))
	for i, k := range spec.Keys {
		keys[i] = column.Key{Field: spec.Schema.Field(k.Column), Desc: k.Desc, NullsFirst: k.NullsFirst}
	}
	for i, s := range spec.Sources {
		enc, err := column.NewEncoder(keys)
		if err != nil {
			return nil, err
		}
		m.streams = append(m.streams, newSortedStream(i, s, enc, spec))
	}
	var err error
	if m.out, err = newRunCollector(spec.Alloc, spec.Schema); err != nil {
		return nil, err
	}
	return m, nil
}

// Next implements Operator.
func (m *OrderedMerge) Next(ctx context.Context) (arrow.Record, error) { return m.next(ctx, m.produce) }

func (m *OrderedMerge) produce(ctx context.Context) (arrow.Record, error) {
	if m.cancel == nil {
		if err := m.start(ctx); err != nil {
			return nil, err
		}
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	want := int(min(int64(m.spec.BatchRows), m.remain))
	for m.out.rows < want && m.out.bytes < m.spec.BatchBytes && len(m.heap) > 0 {
		if err := m.step(ctx, want-m.out.rows); err != nil {
			return nil, err
		}
	}
	if m.out.rows == 0 {
		m.stop() // the limit is reached: nobody needs the rest
		return nil, io.EOF
	}
	m.remain -= int64(m.out.rows)
	if m.remain == 0 {
		m.cancel()
	}
	return m.out.flush()
}

// start opens all sources and waits for the first batch of each.
func (m *OrderedMerge) start(ctx context.Context) error {
	work, cancel := context.WithCancel(ctx)
	m.cancel = cancel
	m.group, work = errgroup.WithContext(work)
	for i, s := range m.streams {
		m.group.Go(func() error { return s.run(work, m.schema, m.meters[i]) })
	}
	for _, s := range m.streams {
		more, err := m.advance(ctx, s)
		if err != nil {
			return err
		}
		if more {
			m.heap.push(s)
		}
	}
	return nil
}

// step takes the rows of the first stream that precede all other streams', at most as many as given.
func (m *OrderedMerge) step(ctx context.Context, most int) error {
	s := m.heap[0]
	n := s.precede(m.heap.second(), most)
	m.out.add(s.cur, s.row, s.row+n)
	s.row += n
	if s.row < s.cur.rows {
		m.heap.fix()
		return nil
	}
	if m.remain == int64(m.out.rows) {
		return nil // the last row is out: don't wait for a batch nobody wants
	}
	more, err := m.advance(ctx, s)
	switch {
	case err != nil:
		return err
	case more:
		m.heap.fix()
	default:
		m.heap.pop()
	}
	return nil
}

// advance waits for the next batch of a stream; false is its end.
func (m *OrderedMerge) advance(ctx context.Context, s *sortedStream) (bool, error) {
	if s.cur != nil {
		s.cur.release()
		s.cur, s.row = nil, 0
	}
	select {
	case b, ok := <-s.ready:
		if ok {
			s.cur = b
			return true, nil
		}
		if s.failed == nil {
			return false, nil
		}
	case <-ctx.Done():
	}
	if err := ctx.Err(); err != nil {
		m.cancel()
		return false, err
	}
	// Wait would block behind streams that have a batch to hand over; they must see the end first. What they say of being ended may
	// reach the group before the failure that ended them.
	m.cancel()
	err := m.group.Wait()
	if s.failed != nil && connectors.ClassOf(s.failed) != connectors.ClassCancelled {
		err = s.failed
	}
	return false, err
}

// stop ends all goroutines and releases what they had ready.
func (m *OrderedMerge) stop() {
	if m.cancel == nil {
		return
	}
	m.cancel()
	for _, s := range m.streams {
		s.drain()
	}
	_ = m.group.Wait() // an error came through Next, or is of no interest to who stopped reading
	m.heap = nil
}

// Close implements Operator.
func (m *OrderedMerge) Close() error {
	if m.shut() {
		m.stop()
		m.out.release()
	}
	return nil
}
