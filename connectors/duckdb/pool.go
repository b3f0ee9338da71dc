package duckdb

import (
	"context"
	"errors"
	"sync"
)

// errClosed is the failure of whoever asks a closed pool for a connection.
var errClosed = errors.New("closed")

// pool lends the connections of one database, which it opens at the first need and again after a fatal error.
type pool struct {
	open  func() (*database, error)
	slots chan struct{} // bounds the connections lent out
	turn  chan struct{} // holds a token while somebody waits to open the database for writing

	mu      sync.Mutex
	db      *database
	idle    []*conn
	closed  bool
	writing bool // the database is opened for writing
}

func newPool(size int, open func() (*database, error)) *pool {
	return &pool{open: open, slots: make(chan struct{}, size), turn: make(chan struct{}, 1)}
}

// acquire lends a connection, waiting for one if all are lent out.
func (p *pool) acquire(ctx context.Context) (*conn, error) {
	return p.seated(ctx, func(context.Context) error { return nil })
}

// acquireWriter is acquire for a connection that writes.
func (p *pool) acquireWriter(ctx context.Context) (*conn, error) { return p.seated(ctx, p.reopen) }

// seated lends a connection once there is a slot for it and what is to be made ready is.
func (p *pool) seated(ctx context.Context, ready func(context.Context) error) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	var c *conn
	err := ready(ctx)
	if err == nil {
		c, err = p.take()
	}
	if err != nil {
		<-p.slots
	}
	return c, err
}

// reopen opens the database for writing, from now on. It waits until no connection is lent out and no snapshot is open, for one process must not have
// a file open twice; whoever reads meanwhile is not held up.
func (p *pool) reopen(ctx context.Context) error {
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-p.turn }()
	for {
		busy, err := p.tryReopen()
		if busy == nil {
			return err
		}
		select {
		case <-busy:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// tryReopen returns what tells that it is worth trying again, nil if there is nothing to wait for.
func (p *pool) tryReopen() (<-chan struct{}, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.writing {
		return nil, nil
	}
	if p.db != nil {
		for _, c := range p.idle {
			c.close()
		}
		p.idle = nil
		if !p.db.sole() {
			return p.db.released, nil
		}
		p.dropLocked()
	}
	p.writing = true
	db, err := p.open()
	if err != nil {
		p.writing = false
		return nil, err
	}
	p.db = db
	return nil, nil
}

func (p *pool) take() (*conn, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, errClosed
	}
	if p.db == nil {
		db, err := p.open()
		if err != nil {
			return nil, err
		}
		p.db = db
	}
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		return c, nil
	}
	return p.db.connect()
}

// release takes a connection back.
func (p *pool) release(c *conn) {
	p.mu.Lock()
	if c.fatal && p.db == c.db {
		p.dropLocked()
	}
	keep := !p.closed && !c.broken && !c.fatal && c.db == p.db
	if keep {
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if !keep {
		c.close()
	}
	<-p.slots
}

// dropLocked lets go of the database, which closes once the connections lent out are back.
func (p *pool) dropLocked() {
	for _, c := range p.idle {
		c.close()
	}
	p.idle = nil
	if p.db != nil {
		p.db.release()
		p.db = nil
	}
}

// close refuses further loans. The database closes when the last connection is back.
func (p *pool) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.closed = true
	p.dropLocked()
}
