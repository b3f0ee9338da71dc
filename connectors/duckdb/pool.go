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

	mu     sync.Mutex
	db     *database
	idle   []*conn
	closed bool
}

func newPool(size int, open func() (*database, error)) *pool {
	return &pool{open: open, slots: make(chan struct{}, size)}
}

// acquire lends a connection, waiting for one if all are lent out.
func (p *pool) acquire(ctx context.Context) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c, err := p.take()
	if err != nil {
		<-p.slots
	}
	return c, err
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
