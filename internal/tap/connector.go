package tap

import (
	"context"
	"fmt"
	"io"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/ipc"

	"github.com/atoll-sql/atoll/connectors"
)

// Wrap makes a driver whose connectors record what goes in and out, for an engine that has no socket: statements and
// their parameters, the batches of answers, and what is told about tables. recorder chooses the recorder of a shard.
func Wrap(open connectors.Opener, recorder func(shard string) *Recorder) connectors.Opener {
	return func(cfg connectors.Config) (connectors.Connector, error) {
		inner, err := open(cfg)
		if err != nil {
			return nil, err
		}
		c := &connector{inner, asker{cfg.Shard, recorder(cfg.Shard), inner.Query}}
		if pool, ok := inner.(connectors.Pooled); ok {
			return &pooled{c, pool}, nil
		}
		return c, nil
	}
}

type connector struct {
	connectors.Connector
	asker
}

type pooled struct {
	*connector
	connectors.Pooled
}

// Describe implements connectors.Connector.
func (c *connector) Describe(ctx context.Context, tables []string) ([]connectors.Table, error) {
	found, err := c.Connector.Describe(ctx, tables)
	s := c.record.open(streamName(c.shard, c.record.number(), "description"), false)
	s.note(fmt.Sprintf("%+v", found))
	return found, err
}

// Query implements connectors.Connector.
func (c *connector) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	return c.ask(ctx, stmt)
}

// Snapshot implements connectors.Connector.
func (c *connector) Snapshot(over func() error) connectors.Snapshot {
	inner := c.Connector.Snapshot(over)
	return &snapshot{inner, asker{c.shard, c.record, inner.Query}}
}

type snapshot struct {
	connectors.Snapshot
	asker
}

// Query implements connectors.Snapshot.
func (s *snapshot) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	return s.ask(ctx, stmt)
}

// asker records a statement and its answer.
type asker struct {
	shard  string
	record *Recorder
	query  func(context.Context, connectors.Statement) (connectors.Reader, error)
}

func (a asker) ask(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	n := a.record.number()
	out := a.record.open(streamName(a.shard, n, "statement"), true)
	out.note(stmt.SQL)
	for _, arg := range stmt.Args {
		out.note(arg.Text)
	}
	in := a.record.open(streamName(a.shard, n, "answer"), false)
	r, err := a.query(ctx, stmt)
	if err != nil {
		in.note(err.Error())
		return nil, err
	}
	return &reader{r, in, ipc.NewWriter(in, ipc.WithSchema(stmt.Schema))}, nil
}

type reader struct {
	connectors.Reader
	in  *stream
	ipc *ipc.Writer
}

// Next implements connectors.Reader. A batch that cannot be recorded is not handed on.
func (r *reader) Next(ctx context.Context) (arrow.Record, error) {
	rec, err := r.Reader.Next(ctx)
	if err != nil {
		if err != io.EOF {
			r.in.note(err.Error())
		}
		return nil, err
	}
	if err := r.ipc.Write(rec); err != nil {
		return nil, fmt.Errorf("recording a batch: %w", err)
	}
	return rec, nil
}

// Close implements connectors.Reader.
func (r *reader) Close() error {
	err := r.Reader.Close()
	if done := r.ipc.Close(); err == nil && done != nil {
		return fmt.Errorf("recording a batch: %w", done)
	}
	return err
}
