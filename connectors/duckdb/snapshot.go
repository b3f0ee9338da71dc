package duckdb

import (
	"context"
	"sync"

	"github.com/atoll-sql/atoll/connectors"
)

// snapshot is the state of a database file. A file that is open here, read-only, is changed by nobody: DuckDB locks it
// against every other process. So all statements of one instance read the same state, each on a connection of its own. The
// snapshot keeps its instance open, and the lock with it.
type snapshot struct {
	c *connector

	mu     sync.Mutex
	db     *database // nil before the first statement, and after Close
	closed bool
}

// Snapshot implements connectors.Connector.
func (c *connector) Snapshot(func() error) connectors.Snapshot { return &snapshot{c: c} }

// Query implements connectors.Snapshot.
func (s *snapshot) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	r, err := s.c.query(ctx, stmt)
	if err != nil {
		return nil, err
	}
	if err := s.join(r.conn.db); err != nil {
		return nil, r.fail(ctx, err)
	}
	return r, nil
}

// join checks that a statement runs in the snapshot's instance, which the first one decides.
func (s *snapshot) join(db *database) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return connectors.NewError(s.c.cfg.Shard, connectors.ClassInternal, "", "the snapshot is closed", nil)
	case s.db == nil:
		db.retain()
		s.db = db
	case s.db != db:
		return connectors.NewError(s.c.cfg.Shard, connectors.ClassUnavailable, "08006",
			s.c.file()+" was opened anew while a query read it, after a failure of DuckDB", nil)
	}
	return nil
}

// Close implements connectors.Snapshot.
func (s *snapshot) Close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.closed = true
	if s.db != nil {
		s.db.release()
		s.db = nil
	}
}
