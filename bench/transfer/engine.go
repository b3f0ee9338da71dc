package transfer

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

// Atoll is the reader that everything is about; the others are what it is held to.
const Atoll = "atoll"

// reader reads all rows of a table, connecting anew if that is what its engine's readers do.
type reader struct {
	engine string // as the report shows it
	name   string
	setup  string // how it reads, for the report
	read   func(ctx context.Context, t *table) (brought, error)
	// warm is read once before read is measured; nil is read itself.
	warm func(ctx context.Context, t *table) (brought, error)
	// counts is what bytes of brought are compared by in the warm-up: readers with the same word must bring as many. "" compares nothing.
	counts string
}

// brought is what one read of a table brought.
type brought struct {
	rows  int64 // -1 where the reader does not say
	bytes int64 // payload on the wire, 0 where it is not counted
	arrow int64 // bytes in Arrow batches, of the reader [Atoll]
}

// engine holds tables and has readers. One goroutine uses it.
type engine interface {
	// version is the server's, for people.
	version(ctx context.Context) (string, error)
	// fill makes a table; drop removes it.
	fill(ctx context.Context, t *table) error
	drop(ctx context.Context, t *table) error
	// totals has the engine itself count and sum the rows.
	totals(ctx context.Context, t *table) (totals, error)
	dialect() int
	// table is a table's name as SQL has it.
	table() string
	readers() []reader
	// arrow opens what Atoll reads through, at the engine's address of that name; done is called when it has been read.
	arrow(engine string) (c connectors.Connector, done func() error, err error)
	// close stops what was started and removes what was made, also after the context's end.
	close(ctx context.Context) error
}

// readArrow reads a table through a connector, and tells each batch to see unless that is nil.
func readArrow(ctx context.Context, e engine, name string, t *table, see func(rec arrow.Record)) (b brought, err error) {
	c, done, err := e.arrow(name)
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, done()) }()
	r, err := c.Query(ctx, connectors.Statement{SQL: t.selects(), Schema: t.schema(e.dialect())})
	if err != nil {
		return b, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	for {
		rec, err := r.Next(ctx)
		if errors.Is(err, io.EOF) {
			b.bytes = r.Stats().Bytes
			return b, nil
		}
		if err != nil {
			return b, err
		}
		b.rows, b.arrow = b.rows+rec.NumRows(), b.arrow+arrowBytes(rec)
		if see != nil {
			see(rec)
		}
	}
}

// atoll is the reader [Atoll] of an engine.
func atoll(e engine, name, setup string) reader {
	return reader{engine: name, name: Atoll, setup: setup, counts: "frames",
		read: func(ctx context.Context, t *table) (brought, error) { return readArrow(ctx, e, name, t, nil) }}
}

// anew is a connector for one read.
func anew(c connectors.Connector, err error) (connectors.Connector, func() error, error) {
	if err != nil {
		return nil, nil, err
	}
	return c, c.Close, nil
}

// verify holds what Atoll reads to what the engine says of its rows.
func verify(ctx context.Context, e engine, name string, t *table) error {
	want, err := e.totals(ctx, t)
	if err != nil {
		return fmt.Errorf("having %s count its rows: %w", name, err)
	}
	var got totals
	if _, err := readArrow(ctx, e, name, t, func(rec arrow.Record) { got.add(rec, t.columns) }); err != nil {
		return err
	}
	if got != want || got.rows != t.rows {
		return fmt.Errorf("%s, %s: Atoll read %+v, and the engine says %+v of %d rows: nothing is measured of wrong rows", name, t.kind, got, want, t.rows)
	}
	return nil
}
