package duckdb

import (
	"context"
	"sync"
	"time"

	"github.com/atoll-sql/atoll/connectors"
)

// snapshot is the state of a database file. A file that is open here, read-only, is changed by nobody: DuckDB locks it against every other process. So all
// statements of one instance read the same state, each on a connection of its own. The snapshot keeps its instance open, and the lock with it.
//
// An instance that writes has as many states as transactions: there the statements run one after the other in one transaction.
type snapshot struct {
	c       *connector
	serial  *connectors.Serial
	opening chan struct{} // holds a token while somebody decides where the first statement runs

	mu     sync.Mutex
	db     *database // nil before the first statement, and after Close
	unpin  func()    // ends the claim on an open shard that db is
	holder *conn     // of an instance that writes: the connection with the transaction
	busy   bool      // a statement runs on the holder
	closed bool
}

// Snapshot implements connectors.Connector.
func (c *connector) Snapshot(over func() error) connectors.Snapshot {
	s := &snapshot{c: c, opening: make(chan struct{}, 1)}
	s.serial = connectors.NewSerial(s.onHolder, over)
	return s
}

// Query implements connectors.Snapshot.
func (s *snapshot) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	serial, err := s.open(ctx)
	if err != nil {
		return nil, siteError(s.c.cfg.Shard, err)
	}
	if serial {
		return s.serial.Query(ctx, stmt)
	}
	r, err := s.c.query(ctx, stmt)
	if err != nil {
		return nil, err
	}
	if err := s.join(r.conn.db); err != nil {
		return nil, r.fail(ctx, err)
	}
	return r, nil
}

// open decides, at the first statement, whose state the snapshot is, and reports whether its statements share one transaction.
func (s *snapshot) open(ctx context.Context) (serial bool, err error) {
	select {
	case s.opening <- struct{}{}:
	case <-ctx.Done():
		return false, ctx.Err()
	}
	defer func() { <-s.opening }()
	s.mu.Lock()
	closed, db, holder := s.closed, s.db, s.holder
	s.mu.Unlock()
	switch {
	case closed:
		return false, s.errClosed()
	case db != nil:
		return holder != nil, nil
	}
	c, err := s.c.pool.acquire(ctx)
	if err != nil {
		return false, err
	}
	if c.db.writable {
		if err := execute(c.c, "BEGIN TRANSACTION READ ONLY"); err != nil {
			c.broken = true
			s.c.pool.release(c)
			return false, err
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		s.c.endTransaction(c, "ROLLBACK", c.db.writable)
		return false, s.errClosed()
	}
	c.db.retain()
	s.db, s.unpin = c.db, s.c.pool.Pin(c)
	if c.db.writable {
		s.holder = c
		return true, nil
	}
	s.c.pool.release(c)
	return false, nil
}

func (s *snapshot) errClosed() error {
	return connectors.NewError(s.c.cfg.Shard, connectors.ClassInternal, "", "the snapshot is closed", nil)
}

// onHolder starts a statement in the snapshot's transaction. The one before has ended.
func (s *snapshot) onHolder(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	s.mu.Lock()
	if s.closed {
		s.mu.Unlock()
		return nil, s.errClosed()
	}
	s.busy = true
	c := s.holder
	s.mu.Unlock()
	r, err := c.query(ctx, s.c.cfg.Shard, statementOf(stmt), time.Now(), s.idle)
	if err != nil {
		return nil, err
	}
	return r, nil
}

// idle takes the holder back when a statement has ended.
func (s *snapshot) idle(*conn) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.busy = false
	if s.closed {
		s.giveUp()
	}
}

// giveUp ends the snapshot's transaction. The caller holds mu.
func (s *snapshot) giveUp() {
	s.c.endTransaction(s.holder, "ROLLBACK", true)
	s.holder = nil
}

// join checks that a statement runs in the snapshot's instance, which the first one decides.
func (s *snapshot) join(db *database) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return s.errClosed()
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
	if s.closed {
		return
	}
	s.closed = true
	if s.holder != nil && !s.busy {
		s.giveUp()
	}
	if s.db != nil {
		s.db.release()
		s.unpin()
		s.db = nil
	}
}
