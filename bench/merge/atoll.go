package merge

import (
	"context"
	"errors"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/aggregate"
	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/executor"
)

// merger merges an input and gives the result to each, batch by batch.
type merger interface {
	merge(ctx context.Context, each func(arrow.Record) error) error
	close() error
}

// ours is the executor's merge.
type ours struct {
	state *state
	in    *input
}

func (m *ours) close() error { return nil }

func (m *ours) merge(ctx context.Context, each func(arrow.Record) error) error {
	if m.state.sorted() {
		return m.streams(ctx, each)
	}
	return m.groups(ctx, each)
}

func (m *ours) groups(ctx context.Context, each func(arrow.Record) error) error {
	h, err := aggregate.NewHash(memory.DefaultAllocator, m.state.hash)
	if err != nil {
		return err
	}
	defer h.Release()
	for _, rec := range m.in.inTurn() {
		if err := h.Consume(ctx, rec); err != nil {
			return err
		}
	}
	r := h.Results(connectors.DefaultBatchRows)
	defer r.Close()
	return pull(r.Next, each)
}

// pull gives batches to each until there are no more.
func pull(next func() (arrow.Record, error), each func(arrow.Record) error) error {
	for {
		rec, err := next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if err := each(rec); err != nil {
			return err
		}
	}
}

func (m *ours) streams(ctx context.Context, each func(arrow.Record) error) (err error) {
	spec := executor.MergeSpec{Schema: m.state.input, Keys: m.state.keys, Limit: int64(m.state.limit)}
	for _, recs := range m.in.shards {
		open := func(context.Context) (connectors.Reader, error) {
			return &stream{schema: m.state.input, recs: recs}, nil
		}
		spec.Sources = append(spec.Sources, executor.Source{Shard: "memory", Open: open})
	}
	op, err := executor.NewOrderedMerge(spec)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, op.Close()) }()
	return pull(func() (arrow.Record, error) { return op.Next(ctx) }, func(rec arrow.Record) error {
		defer rec.Release()
		return each(rec)
	})
}

// stream reads batches that are in memory: a shard's, or an input of DuckDB's.
type stream struct {
	schema *arrow.Schema
	recs   []arrow.Record
}

// Schema is that of the batches.
func (s *stream) Schema() *arrow.Schema { return s.schema }

// Next returns the next batch, which the input owns.
func (s *stream) Next(context.Context) (arrow.Record, error) {
	if len(s.recs) == 0 {
		return nil, io.EOF
	}
	rec := s.recs[0]
	s.recs = s.recs[1:]
	return rec, nil
}

// Stats says that nothing was sent.
func (s *stream) Stats() connectors.Stats { return connectors.Stats{} }

// Close does nothing.
func (s *stream) Close() error { return nil }
