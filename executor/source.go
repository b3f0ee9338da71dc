package executor

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/debug"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// Source is one shard's part of a fragment.
type Source struct {
	Shard string
	// Open starts the statement. Its context governs the reader until that is closed.
	Open func(ctx context.Context) (connectors.Reader, error)
	// After, if not nil, runs once all rows have arrived.
	After func(ctx context.Context) error
	// Arrived, if not nil, sees each batch before anybody else does; its error ends the query. It is called from the source's goroutine.
	Arrived func(rec arrow.Record) error
}

// read opens a source and calls send for each of its batches, restamped with schema. A batch given to send is
// valid until send returns. Errors name the shard; a panic is an error, too.
func (s Source) read(ctx context.Context, schema *arrow.Schema, m *meter, send func(arrow.Record) error) error {
	err := s.stream(ctx, schema, m, send)
	if err == nil && s.After != nil {
		return s.After(ctx)
	}
	return err
}

func (s Source) stream(ctx context.Context, schema *arrow.Schema, m *meter, send func(arrow.Record) error) (err error) {
	m.state.Store(int32(Running))
	defer func() {
		if v := recover(); v != nil {
			err = &PanicError{Where: "reading shard " + s.Shard, Value: v, Stack: debug.Stack()}
		}
		m.state.Store(int32(Done))
		if err != nil {
			m.state.Store(int32(Failed))
		}
	}()
	r, err := s.Open(ctx)
	if err != nil {
		return shardError(s.Shard, err)
	}
	defer func() {
		m.observe(r.Stats())
		if closeErr := r.Close(); closeErr != nil && err == nil {
			err = shardError(s.Shard, closeErr)
		}
	}()
	for {
		rec, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return shardError(s.Shard, err)
		}
		m.observe(r.Stats())
		m.batches.Add(1)
		if err := s.deliver(rec, schema, send); err != nil {
			return err
		}
	}
}

func (s Source) deliver(rec arrow.Record, schema *arrow.Schema, send func(arrow.Record) error) error {
	stamped, err := Restamp(rec, schema)
	if err != nil {
		return shardError(s.Shard, fmt.Errorf("unexpected columns: %w", err))
	}
	defer stamped.Release()
	if s.Arrived != nil {
		if err := s.Arrived(stamped); err != nil {
			return err
		}
	}
	return send(stamped)
}
