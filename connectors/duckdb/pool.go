package duckdb

import (
	"context"
	"errors"
	"sync"

	pools "github.com/atoll-sql/atoll/connectors/pool"
)

// errClosed is the failure of whoever asks a closed pool for a connection.
var errClosed = errors.New("closed")

// pool lends the connections of one database. It opens the database for the first of them, and the database closes with the last one, when nobody
// used them for some time or others need the room, or after a fatal error; the next connection opens it again. What lives in memory
// only stays open.
type pool struct {
	*pools.Pool[*conn]
	open func(writing bool) (*database, error)
	turn chan struct{} // holds a token while somebody waits to open the database for writing

	mu      sync.Mutex
	db      *database // the one opened last; nil before, and after a fatal error
	writers int       // callers that need it to be open for writing
}

// newPool makes a pool of a file.
func newPool(name string, size int, budget *pools.Budget, open func(writing bool) (*database, error)) *pool {
	p := &pool{open: open, turn: make(chan struct{}, 1)}
	p.Pool = pools.New(pools.Spec[*conn]{
		Name: name, Size: size, Budget: budget, Dial: p.connect, Usable: p.usable,
		End: func(c *conn, _ bool) { c.close() },
	})
	return p
}

// newLastingPool makes a pool of a database that stays open.
func newLastingPool(size int, open func() (*database, error)) *pool {
	return newPool("", size, pools.NewBudget(pools.Limits{Idle: -1}, nil), func(bool) (*database, error) { return open() })
}

// writerKey marks the context of who needs a connection that writes.
type writerKey struct{}

// connect makes a connection, and opens the database if it is not.
func (p *pool) connect(ctx context.Context) (*conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	db, err := p.openedLocked(ctx.Value(writerKey{}) != nil)
	if err != nil {
		return nil, err
	}
	defer db.release() // the connection has a reference of its own
	return db.connect()
}

// openedLocked returns the open database, to be released. Of one that is closing it waits for the end: a process that closes a file
// lets go of all its locks on it.
func (p *pool) openedLocked(write bool) (*database, error) {
	if p.db != nil && p.db.retainOpen() {
		return p.db, nil
	}
	if p.db != nil {
		<-p.db.gone
		p.db = nil
	}
	db, err := p.open(write || p.writers > 0)
	if err != nil && !write && p.writers > 0 {
		db, err = p.open(false)
	}
	if err != nil {
		return nil, err
	}
	p.db = db
	return db, nil
}

// usable reports whether a connection that came back may be lent again.
func (p *pool) usable(c *conn) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	inTheWay := p.writers > 0 && !c.db.writable
	return !c.broken && !c.fatal && c.db == p.db && !inTheWay
}

// acquire lends a connection, waiting for one if all are lent out.
func (p *pool) acquire(ctx context.Context) (*conn, error) {
	c, err := p.Acquire(ctx, false)
	return c, closedError(err)
}

func closedError(err error) error {
	if errors.Is(err, pools.ErrClosed) {
		return errClosed
	}
	return err
}

// acquireWriter is acquire for a connection that writes. It waits until no connection is lent out and no snapshot is open, for one process must not have
// a file open twice; whoever reads meanwhile is not held up.
func (p *pool) acquireWriter(ctx context.Context) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-p.turn }()
	p.wanted(1)
	defer p.wanted(-1)
	for {
		if err := p.closeReading(ctx); err != nil {
			return nil, err
		}
		c, err := p.Acquire(context.WithValue(ctx, writerKey{}, true), false)
		if err != nil {
			return nil, closedError(err)
		}
		if c.db.writable {
			return c, nil
		}
		p.release(c) // who reads was faster
	}
}

func (p *pool) wanted(n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writers += n
}

// closeReading waits until the database is not open for reading only.
func (p *pool) closeReading(ctx context.Context) error {
	for {
		p.mu.Lock()
		db := p.db
		p.mu.Unlock()
		if db == nil || db.writable {
			return nil
		}
		p.Drop()
		select {
		case <-db.gone:
			return nil
		case <-db.released: // perhaps by a connection that is idle now
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// release takes a connection back.
func (p *pool) release(c *conn) {
	if c.fatal {
		p.forget(c.db)
	}
	p.Release(c, true)
}

// forget has the next connection open the database anew. The one given closes once the connections lent out are back.
func (p *pool) forget(db *database) {
	p.mu.Lock()
	current := p.db == db
	if current {
		p.db = nil
	}
	p.mu.Unlock()
	if current {
		p.Drop()
	}
}

// close refuses further loans. The database closes when the last connection is back.
func (p *pool) close() { p.Close() }
