package mssql

import (
	"context"
	"errors"
	"fmt"
	"time"

	driver "github.com/microsoft/go-mssqldb"

	"github.com/atoll-sql/atoll/connectors"
	pools "github.com/atoll-sql/atoll/connectors/pool"
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

// pool lends the connections of one shard.
type pool struct {
	*pools.Pool[*conn]
	shard   string
	driver  *driver.Connector
	timeout time.Duration // of connecting
}

// newPool makes a pool for cfg's shard. One beside another shares that one's size.
func newPool(cfg connectors.Config, d *driver.Connector, timeout time.Duration, size int, beside *pool) *pool {
	p := &pool{shard: cfg.Shard, driver: d, timeout: timeout}
	spec := pools.Spec[*conn]{Name: cfg.Shard, Size: size, Budget: cfg.Budget, Dial: p.connect, Usable: (*conn).reusable, End: (*conn).close}
	if beside != nil {
		spec.Beside = beside.Pool
	}
	p.Pool = pools.New(spec)
	return p
}

// reusable reports whether the connection may run another statement, and notes that it ran one.
func (c *conn) reusable() bool {
	c.used = true
	return c.usable()
}

// acquire lends an idle connection, or a new one. Fresh asks for a new one in any case and drops the idle ones, which
// are likely as dead as the one that made the caller ask.
func (p *pool) acquire(ctx context.Context, fresh bool) (*conn, error) {
	c, err := p.Acquire(ctx, fresh)
	if errors.Is(err, pools.ErrClosed) {
		err = connectors.NewError(p.shard, connectors.ClassInternal, "", "the connector is closed", nil)
	}
	return c, err
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
func (p *pool) release(c *conn, healthy bool) { p.Release(c, healthy) }

// reclaim stops what a connection runs and takes it back, in the background.
func (p *pool) reclaim(r *run) {
	p.background(func() { p.release(r.conn, r.stop()) })
}

// background does something that close waits for.
func (p *pool) background(clean func()) { p.Background(clean) }

// close closes idle connections and waits for those being reclaimed.
func (p *pool) close() { p.Close() }
