package executor

import (
	"context"

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
	// Arrived, if not nil, sees each batch before anybody else does, and which of the shard's replicas sent it ("": its own server); its error ends
	// the query. It is called from the source's goroutine.
	Arrived func(replica string, rec arrow.Record) error
	// Optional, if not nil, bounds the time of the source, and lets it be left out where Alone says that nothing else of the query reads the shard.
	Optional *Optional
	Alone    func() bool
	// Heard, if not nil, learns when the shard is heard.
	Heard *Heard
}

// read opens a source and calls send for each of its batches, restamped with schema. A batch given to send is
// valid until send returns. Errors name the shard; a panic is an error, too.
func (s Source) read(ctx context.Context, schema *arrow.Schema, m *meter, send func(arrow.Record) error) error {
	if s.Optional != nil && s.Alone != nil && s.Alone() {
		return s.readHeld(ctx, schema, m, send)
	}
	return s.readAll(ctx, schema, m, send)
}

func (s Source) readAll(ctx context.Context, schema *arrow.Schema, m *meter, send func(arrow.Record) error) error {
	return s.pull(ctx, schema, m).pump(send)
}
