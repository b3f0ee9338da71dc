package postgres

import (
	"context"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/connectors"
)

// settleLimit bounds how long a cancelled statement may hold its connection before it is discarded.
const settleLimit = 5 * time.Second

// pool lends connections, at most as many as it has slots, and opens them when they are first needed.
type pool struct {
	shard string
	cfg   *pgconn.Config
	slots chan struct{}

	mu      sync.Mutex
	settled sync.Cond // signalled when cleaning falls
	idle    []*conn   // the last one is the one used last
	closed  bool
	// cleaning counts connections whose statement is being stopped in the background.
	cleaning int
}

func newPool(shard string, cfg *pgconn.Config, size int) *pool {
	p := &pool{shard: shard, cfg: cfg, slots: make(chan struct{}, size)}
	p.settled.L = &p.mu
	return p
}

// acquire lends an idle connection, or a new one. Fresh asks for a new one in any case and drops the idle
// ones, which are likely as dead as the one that made the caller ask.
func (p *pool) acquire(ctx context.Context, fresh bool) (*conn, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	select {
	case p.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return p.seated(ctx, fresh)
}

// seated is acquire for a caller that holds a slot, which it loses if there is an error.
func (p *pool) seated(ctx context.Context, fresh bool) (*conn, error) {
	c, err := p.take(ctx, fresh)
	if err != nil {
		<-p.slots
	}
	return c, err
}

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
		old.close()
	}
	if c != nil {
		return c, nil
	}
	c, err := connect(ctx, p.cfg)
	if err != nil {
		if ended := connectors.Ended(ctx); ended != nil {
			return nil, ended
		}
		return nil, connectError(p.shard, err)
	}
	return c, nil
}

// release takes a connection back; one that is not healthy is closed.
func (p *pool) release(c *conn, healthy bool) {
	p.mu.Lock()
	keep := healthy && c.idle() && !p.closed
	if keep {
		c.used = true
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if !keep {
		c.close()
	}
	<-p.slots
}

// reclaim stops what a connection runs and takes it back, in the background.
func (p *pool) reclaim(r *run) {
	p.background(func() {
		r.interrupt()
		p.release(r.conn, r.conn.settle(settleLimit))
	})
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
		c.close()
	}
}
