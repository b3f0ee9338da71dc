package mssql

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"sync"

	driver "github.com/microsoft/go-mssqldb"

	"github.com/atoll-sql/atoll/connectors"
)

// lender lends connections for one statement at a time.
type lender interface {
	// acquire lends a connection and says whether the statement is to open a transaction on it that stays open. Fresh
	// asks for a connection that was not idle before.
	acquire(ctx context.Context, fresh bool) (c *conn, opens bool, err error)
	// opened tells that the statement which was to open a transaction did, and runs.
	opened()
	// release takes a connection back on which nothing runs. Complete says that its statement came to its end.
	release(c *conn, healthy, complete bool)
	// reclaim stops what a connection runs and takes it back, in the background.
	reclaim(r *run)
	// repeats reports whether a statement that failed may be sent again.
	repeats() bool
}

// single lends the pool's connections for statements by themselves.
type single struct{ *pool }

func (s single) acquire(ctx context.Context, fresh bool) (*conn, bool, error) {
	c, err := s.pool.acquire(ctx, fresh)
	return c, false, err
}
func (s single) opened()                          {}
func (s single) release(c *conn, healthy, _ bool) { s.pool.release(c, healthy) }
func (s single) repeats() bool                    { return true }

// transaction lends one connection, on which one SNAPSHOT transaction stays open, to one statement after the other: a
// transaction belongs to one session here, and a session answers one statement at a time. The first statement opens it in
// its own batch, and so costs no further round trip.
//
// Where the database does not allow SNAPSHOT, statements run by themselves; and so does each that reads what cannot be read
// under SNAPSHOT.
type transaction struct {
	shard  *shard
	serial *connectors.Serial
	free   chan struct{} // holds a token while nothing runs in the transaction
	lost   chan struct{} // closed when the transaction ended too soon

	mu     sync.Mutex
	conn   *conn
	open   bool
	closed bool
}

// Snapshot implements [connectors.Connector].
func (s *shard) Snapshot(over func() error) connectors.Snapshot {
	t := &transaction{shard: s, free: make(chan struct{}, 1), lost: make(chan struct{})}
	t.serial = connectors.NewSerial(func(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
		return s.query(ctx, t, stmt, snapshot)
	}, over)
	return t
}

// Query implements [connectors.Snapshot].
func (t *transaction) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	found, err := t.shard.settings(ctx)
	if err != nil {
		return nil, err
	}
	if found.isolation() != snapshot {
		return t.shard.Query(ctx, stmt)
	}
	return t.serial.Query(ctx, stmt)
}

// acquire implements lender.
func (t *transaction) acquire(ctx context.Context, fresh bool) (*conn, bool, error) {
	t.mu.Lock()
	open, closed := t.open, t.closed
	t.mu.Unlock()
	switch {
	case closed:
		return nil, false, connectors.NewError(t.shard.name, connectors.ClassInternal, "", "the snapshot is closed", nil)
	case !open:
		c, err := t.shard.pool.acquire(ctx, fresh)
		t.mu.Lock()
		t.conn = c
		t.mu.Unlock()
		return c, true, err
	}
	select {
	case <-t.lost:
		return nil, false, connectors.NewError(t.shard.name, connectors.ClassUnavailable, "08006",
			"the transaction that keeps the query's snapshot has ended with an earlier statement", nil)
	case <-t.free:
		return t.conn, false, nil
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}

// opened implements lender.
func (t *transaction) opened() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.open = true
}

// repeats implements lender: only while no other statement has read the state.
func (t *transaction) repeats() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return !t.open
}

// release implements lender. An error may have ended the transaction, and then the next statement would read another state.
func (t *transaction) release(c *conn, healthy, complete bool) {
	switch {
	case !t.repeats() && (complete || !healthy):
		t.settled(c, healthy)
	case !t.repeats():
		t.shard.pool.background(func() { t.settled(c, c.inTransaction()) })
	case healthy:
		t.shard.pool.rollback(c)
	default:
		t.shard.pool.release(c, false)
	}
}

// reclaim implements lender.
func (t *transaction) reclaim(r *run) {
	if t.repeats() {
		t.shard.pool.background(func() { t.shard.pool.release(r.conn, r.stop() && r.conn.rollback()) })
		return
	}
	t.shard.pool.background(func() { t.settled(r.conn, r.stop() && r.conn.inTransaction()) })
}

// settled takes the connection back, on which nothing runs.
func (t *transaction) settled(c *conn, healthy bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch {
	case !healthy || !c.usable():
		close(t.lost)
		t.shard.pool.release(c, false)
	case t.closed:
		t.shard.pool.rollback(c)
	default:
		c.used = true
		t.free <- struct{}{}
	}
}

// Close implements [connectors.Snapshot].
func (t *transaction) Close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.closed = true
	select {
	case <-t.free:
		t.shard.pool.rollback(t.conn)
	default: // nothing was asked, or whoever runs a statement gives the connection back
	}
}

// rollback ends the transaction of a connection in the background and takes it back.
func (p *pool) rollback(c *conn) {
	p.background(func() { p.release(c, c.rollback()) })
}

// rollback ends the connection's transaction, if there is one, and reports whether the connection is healthy.
func (c *conn) rollback() bool {
	_, err := c.small("ROLLBACK TRANSACTION")
	var failed driver.Error
	return err == nil || errors.As(err, &failed) && failed.Number == 3903 && c.usable()
}

// inTransaction asks the server whether the transaction is still open.
func (c *conn) inTransaction() bool {
	n, err := c.small("SELECT CAST(@@TRANCOUNT AS bigint) AS n")
	return err == nil && n == int64(1)
}

// small runs a statement of our own, which answers at once with at most one value.
func (c *conn) small(sql string) (value sqldriver.Value, err error) {
	defer recovered(&err)
	ctx, cancel := context.WithTimeout(context.Background(), settleLimit)
	defer cancel()
	r := newRun(ctx, c)
	defer r.end()
	if err := r.query(sql, nil); err != nil {
		return nil, err
	}
	values := make([]sqldriver.Value, len(r.rows.Columns()))
	if len(values) == 1 {
		if err := r.rows.Next(values); err != nil {
			return nil, err
		}
		value = values[0]
	}
	if !r.drain() || !c.usable() {
		return nil, errors.New("the answer does not end")
	}
	return value, nil
}
