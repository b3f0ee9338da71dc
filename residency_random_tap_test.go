package atoll

import (
	"context"
	"io"
	"strings"
	"sync"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/logictest"
)

// sighting is one statement that reached a shard, and what came back.
type sighting struct {
	shard, sql string
	args       []string
	rows       [][]logictest.Cell
	failed     string
}

// lookout sees every statement and every batch of every shard. It may send statements to other shards in place of those that the engine
// knows of.
type lookout struct {
	mu    sync.Mutex
	seen  []*sighting
	twins map[string]connectors.Connector // by shard
}

func (l *lookout) take() []*sighting {
	l.mu.Lock()
	defer l.mu.Unlock()
	out := l.seen
	l.seen = nil
	return out
}

func (l *lookout) divert(to map[string]connectors.Connector) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.twins = to
}

// wrap is a driver whose connectors are watched.
func (l *lookout) wrap(open connectors.Opener) connectors.Opener {
	return func(cfg connectors.Config) (connectors.Connector, error) {
		inner, err := open(cfg)
		if err != nil {
			return nil, err
		}
		return &watched{inner, l, cfg.Shard}, nil
	}
}

type watched struct {
	connectors.Connector
	look  *lookout
	shard string
}

// MaxConns implements connectors.Pooled.
func (w *watched) MaxConns() int {
	if p, ok := w.Connector.(connectors.Pooled); ok {
		return p.MaxConns()
	}
	return 4
}

func (w *watched) at() connectors.Connector {
	w.look.mu.Lock()
	defer w.look.mu.Unlock()
	if t := w.look.twins[w.shard]; t != nil {
		return t
	}
	return w.Connector
}

// Query implements connectors.Connector.
func (w *watched) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	return w.look.watch(ctx, w.shard, stmt, w.at().Query)
}

// Snapshot implements connectors.Connector.
func (w *watched) Snapshot(over func() error) connectors.Snapshot {
	return &watchedSnapshot{w.at().Snapshot(over), w}
}

type watchedSnapshot struct {
	connectors.Snapshot
	of *watched
}

// Query implements connectors.Snapshot.
func (s *watchedSnapshot) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	return s.of.look.watch(ctx, s.of.shard, stmt, s.Snapshot.Query)
}

func (l *lookout) watch(ctx context.Context, shard string, stmt connectors.Statement, ask func(context.Context, connectors.Statement) (connectors.Reader, error)) (connectors.Reader, error) {
	s := &sighting{shard: shard, sql: stmt.SQL}
	for _, a := range stmt.Args {
		s.args = append(s.args, strings.Clone(a.Text))
	}
	l.mu.Lock()
	l.seen = append(l.seen, s)
	l.mu.Unlock()
	r, err := ask(ctx, stmt)
	if err != nil {
		l.mu.Lock()
		s.failed = err.Error()
		l.mu.Unlock()
		return nil, err
	}
	return &watchedReader{r, l, s, stmt.Schema}, nil
}

type watchedReader struct {
	connectors.Reader
	look   *lookout
	s      *sighting
	schema *arrow.Schema
}

// Next implements connectors.Reader.
func (r *watchedReader) Next(ctx context.Context) (arrow.Record, error) {
	rec, err := r.Reader.Next(ctx)
	r.look.mu.Lock()
	defer r.look.mu.Unlock()
	if err != nil {
		if err != io.EOF {
			r.s.failed = err.Error()
		}
		return nil, err
	}
	if rec.NumCols() == 0 {
		for range rec.NumRows() {
			r.s.rows = append(r.s.rows, nil)
		}
		return rec, nil
	}
	a, err := logictest.FromArrow(r.schema, []arrow.Record{rec})
	if err != nil {
		return nil, err
	}
	r.s.rows = append(r.s.rows, a.Rows...)
	return rec, nil
}
