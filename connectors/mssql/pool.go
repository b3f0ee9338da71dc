package mssql

import (
	"context"
	"fmt"
	"sync"
	"time"

	driver "github.com/microsoft/go-mssqldb"

	"github.com/atoll-sql/atoll/connectors"
)

// settleLimit bounds how long the server may take to confirm that it stopped a statement before its connection is dropped.
const settleLimit = 2 * time.Second

// conn is one connection to the server. One goroutine uses it at a time.
type conn struct {
	db   *driver.Conn
	line *line
	used bool // ran a statement before: the server may have closed it since
}

// usable reports whether another statement may be sent.
func (c *conn) usable() bool { return c.db.IsValid() && !c.line.dead.Load() }

// close ends the connection. The driver's own Close lets its buffers be used by others at once, which is only safe when
// nothing reads from the connection any more.
func (c *conn) close(quiet bool) {
	if quiet && c.usable() && c.line.SetDeadline(time.Now().Add(100*time.Millisecond)) == nil {
		_ = c.db.Close() // a farewell; the socket is closed below in any case
	}
	c.line.kill()
}

// pool lends connections, at most as many as it has slots, and opens them when they are first needed.
type pool struct {
	shard   string
	driver  *driver.Connector
	timeout time.Duration // of connecting
	slots   chan struct{}

	mu      sync.Mutex
	settled sync.Cond // signalled when cleaning falls
	idle    []*conn   // the last one is the one used last
	closed  bool
	// cleaning counts connections whose statement is being stopped in the background.
	cleaning int
}

func newPool(shard string, d *driver.Connector, timeout time.Duration, size int) *pool {
	p := &pool{shard: shard, driver: d, timeout: timeout, slots: make(chan struct{}, size)}
	p.settled.L = &p.mu
	return p
}

// acquire lends an idle connection, or a new one. Fresh asks for a new one in any case and drops the idle ones, which
// are likely as dead as the one that made the caller ask.
func (p *pool) acquire(ctx context.Context, fresh bool) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	c, err := p.take(ctx, fresh)
	if err != nil {
		<-p.slots
	}
	return c, err
}

// take is acquire for a caller that holds a slot.
func (p *pool) take(ctx context.Context, fresh bool) (*conn, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, connectors.NewError(p.shard, connectors.ClassInternal, "", "the connector is closed", nil)
	}
	var stale []*conn
	var c *conn
	if n := len(p.idle); fresh {
		stale, p.idle = p.idle, nil
	} else if n > 0 {
		c, p.idle = p.idle[n-1], p.idle[:n-1]
	}
	p.mu.Unlock()
	for _, old := range stale {
		old.close(true)
	}
	if c != nil {
		return c, nil
	}
	return p.connect(ctx)
}

// connect opens a connection and logs in.
func (p *pool) connect(ctx context.Context) (*conn, error) {
	a := &attempt{}
	limited, cancel := context.WithTimeout(context.WithValue(ctx, attemptKey{}, a), p.timeout)
	defer cancel()
	watching := context.AfterFunc(limited, a.giveUp)
	db, err := p.login(limited)
	inTime := watching()
	l := a.line()
	ended := ctx.Err()
	if err != nil {
		ended = connectors.Ended(ctx)
	}
	switch {
	case ended != nil:
		a.giveUp()
		return nil, ended
	case err == nil && inTime && db != nil && l != nil:
		return &conn{db: db, line: l}, nil
	}
	a.giveUp()
	if err == nil || !inTime {
		err = context.DeadlineExceeded
	}
	return nil, &connectError{err}
}

// login lets the driver connect. What a server sends can make the driver panic, which is but a failure to connect.
func (p *pool) login(ctx context.Context) (db *driver.Conn, err error) {
	defer recovered(&err)
	made, err := p.driver.Connect(ctx)
	if err != nil {
		return nil, err
	}
	db, ok := made.(*driver.Conn)
	if !ok {
		return nil, fmt.Errorf("the driver made a %T", made)
	}
	return db, nil
}

// recovered turns a panic of the driver into an error; it is deferred.
func recovered(err *error) {
	if r := recover(); r != nil {
		*err = &panicError{r}
	}
}

// panicError is a panic of the driver over what a server sent.
type panicError struct{ value any }

func (e *panicError) Error() string { return fmt.Sprintf("the driver panicked: %v", e.value) }

// release takes a connection back, on which nothing runs; one that is not healthy is closed.
func (p *pool) release(c *conn, healthy bool) {
	p.mu.Lock()
	keep := healthy && c.usable() && !p.closed
	if keep {
		c.used = true
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if !keep {
		c.close(healthy)
	}
	<-p.slots
}

// reclaim stops what a connection runs and takes it back, in the background.
func (p *pool) reclaim(r *run) {
	p.background(func() { p.release(r.conn, r.stop()) })
}

// background does something that close waits for.
func (p *pool) background(clean func()) {
	p.mu.Lock()
	p.cleaning++
	p.mu.Unlock()
	go func() {
		clean()
		p.mu.Lock()
		p.cleaning--
		p.settled.Broadcast()
		p.mu.Unlock()
	}()
}

// close closes idle connections and waits for those being reclaimed.
func (p *pool) close() {
	p.mu.Lock()
	p.closed = true
	idle := p.idle
	p.idle = nil
	for p.cleaning > 0 {
		p.settled.Wait()
	}
	p.mu.Unlock()
	for _, c := range idle {
		c.close(true)
	}
}
