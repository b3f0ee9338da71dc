package postgres

import (
	"context"
	"errors"
	"strings"
	"sync"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/connectors"
)

// snapshot lends connections on which all statements read one state. The first statement's transaction exports it, in the
// same round trip, and stays open; its connection, the holder, runs further statements whenever it is free. The others
// run on connections of the pool, in transactions that take the state over, again in the same round trip. Where the server
// exports nothing, all run on the holder, one after the other.
type snapshot struct {
	shard  *shard
	serial *connectors.Serial
	turn   chan struct{} // whose token the statement holds that opens the snapshot
	free   chan struct{} // holds a token while the holder runs nothing
	lost   chan struct{} // closed when the holder broke

	mu     sync.Mutex
	holder *conn
	opened bool
	closed bool
	single bool   // all run on the holder
	id     string // of the exported state
}

// Snapshot implements [connectors.Connector].
func (s *shard) Snapshot(over func() error) connectors.Snapshot {
	n := &snapshot{shard: s, single: s.exportless.Load(),
		turn: make(chan struct{}, 1), free: make(chan struct{}, 1), lost: make(chan struct{})}
	n.serial = connectors.NewSerial(n.start, over)
	return n
}

// Query implements [connectors.Snapshot].
func (n *snapshot) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	select {
	case n.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	first := true
	pass := func() {
		if first {
			<-n.turn
			first = false
		}
	}
	defer pass()
	opened, single := n.status()
	if !opened && !single {
		r, err := n.start(ctx, stmt)
		if !refused(err) {
			return r, err
		}
		n.shard.exportless.Store(true)
		n.mu.Lock()
		n.single, single = true, true
		n.mu.Unlock()
	}
	pass()
	if single {
		return n.serial.Query(ctx, stmt)
	}
	return n.start(ctx, stmt)
}

func (n *snapshot) status() (opened, single bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.opened, n.single
}

func (n *snapshot) start(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	return n.shard.query(ctx, n, stmt)
}

// refused reports that the server has no snapshots to export, or none for this login.
func refused(err error) bool {
	var before *prefaceError
	var pe *pgconn.PgError
	if !errors.As(err, &before) || !errors.As(before.cause, &pe) {
		return false
	}
	return strings.HasPrefix(pe.Code, "42") || strings.HasPrefix(pe.Code, "0A")
}

// acquire implements lender.
func (n *snapshot) acquire(ctx context.Context, fresh bool) (*conn, frame, error) {
	n.mu.Lock()
	opened, single, closed, id := n.opened, n.single, n.closed, n.id
	n.mu.Unlock()
	switch {
	case closed:
		return nil, frame{}, connectors.NewError(n.shard.name, connectors.ClassInternal, "", "the snapshot is closed", nil)
	case !opened:
		return n.first(ctx, fresh, single)
	}
	slots := n.shard.pool.Slots()
	if single {
		slots = nil
	}
	select {
	case <-n.lost: // even if there is a place
		return nil, frame{}, snapshotError(n.shard.name, nil)
	case <-n.free: // rather than another connection
		return n.holder, frame{limits: true}, nil
	default:
	}
	select {
	case <-n.lost:
		return nil, frame{}, snapshotError(n.shard.name, nil)
	case <-n.free:
		return n.holder, frame{limits: true}, nil
	case slots <- struct{}{}:
		c, err := n.shard.pool.seated(ctx, fresh)
		return c, frame{before: []string{begin, "SET TRANSACTION SNAPSHOT '" + id + "'"}, commits: true, limits: true}, err
	case <-ctx.Done():
		return nil, frame{}, ctx.Err()
	}
}

// first lends the connection that opens the snapshot.
func (n *snapshot) first(ctx context.Context, fresh, single bool) (*conn, frame, error) {
	c, err := n.shard.pool.acquire(ctx, fresh)
	if err != nil {
		return nil, frame{}, err
	}
	n.mu.Lock()
	n.holder = c
	n.mu.Unlock()
	f := frame{before: []string{begin, "SELECT pg_catalog.pg_export_snapshot()", "SAVEPOINT " + savepoint}, opened: n.open, limits: true}
	if single {
		f.before = []string{begin, "SAVEPOINT " + savepoint}
	}
	return c, f, nil
}

// open notes that the holder's transaction reads the state that all are to read.
func (n *snapshot) open(id string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.opened, n.id = true, id
	n.holder.rest = 'T'
}

// keeps reports whether c keeps the snapshot. A connection that was to open it and did not is the pool's again.
func (n *snapshot) keeps(c *conn) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.holder == c && !n.opened {
		n.holder = nil
	}
	return n.holder == c
}

// release implements lender.
func (n *snapshot) release(c *conn, healthy bool) {
	if !n.keeps(c) {
		n.shard.pool.release(c, healthy)
		return
	}
	n.settled(c, healthy && c.idle())
}

// reclaim implements lender.
func (n *snapshot) reclaim(r *run) {
	if !n.keeps(r.conn) {
		n.shard.pool.reclaim(r)
		return
	}
	n.shard.pool.background(func() {
		r.interrupt()
		n.settled(r.conn, r.conn.settle(settleLimit))
	})
}

// settled takes the holder back, on which nothing runs.
func (n *snapshot) settled(c *conn, healthy bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	switch {
	case !healthy:
		n.holder = nil
		close(n.lost)
		n.shard.pool.release(c, false)
	case n.closed:
		n.giveUp()
	default:
		c.used = true
		n.free <- struct{}{}
	}
}

// giveUp ends the holder's transaction in the background. The caller holds mu.
func (n *snapshot) giveUp() {
	c := n.holder
	n.holder = nil
	c.rest = 'I'
	n.shard.pool.background(func() { n.shard.pool.release(c, c.settle(settleLimit)) })
}

// Close implements [connectors.Snapshot].
func (n *snapshot) Close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
	select {
	case <-n.free:
		n.giveUp()
	default: // nothing was asked, or whoever runs a statement on the holder gives it back
	}
}
