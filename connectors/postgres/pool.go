package postgres

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/connectors"
	pools "github.com/atoll-sql/atoll/connectors/pool"
)

// settleLimit bounds how long a cancelled statement may hold its connection before it is discarded.
const settleLimit = 5 * time.Second

// pool lends the connections of one shard.
type pool struct {
	*pools.Pool[*conn]
	shard string
}

func newPool(shard string, cfg *pgconn.Config, limits *timeouts, size int, budget *pools.Budget) *pool {
	return &pool{shard: shard, Pool: pools.New(pools.Spec[*conn]{
		Name: shard, Size: size, Budget: budget,
		Dial: func(ctx context.Context) (*conn, error) {
			c, err := connect(ctx, limits.without(cfg))
			if limits.refuses(cfg, err) {
				c, err = connect(ctx, limits.without(cfg))
			}
			if err == nil {
				return c, nil
			}
			if ended := connectors.Ended(ctx); ended != nil {
				return nil, ended
			}
			return nil, connectError(shard, err)
		},
		Usable: (*conn).reusable,
		End:    func(c *conn, _ bool) { c.close() },
	})}
}

// reusable reports whether the connection may run another statement, and notes that it ran one.
func (c *conn) reusable() bool {
	c.used = true
	return c.idle()
}

// acquire lends an idle connection, or a new one. Fresh asks for a new one in any case and drops the idle
// ones, which are likely as dead as the one that made the caller ask.
func (p *pool) acquire(ctx context.Context, fresh bool) (*conn, error) {
	c, err := p.Acquire(ctx, fresh)
	return c, p.closed(err)
}

// seated is acquire for a caller that has sent to Slots, which is taken back if there is an error.
func (p *pool) seated(ctx context.Context, fresh bool) (*conn, error) {
	c, err := p.Seated(ctx, fresh)
	return c, p.closed(err)
}

func (p *pool) closed(err error) error {
	if errors.Is(err, pools.ErrClosed) {
		return connectors.NewError(p.shard, connectors.ClassInternal, "", "the connector is closed", nil)
	}
	return err
}

// release takes a connection back; one that is not healthy is closed.
func (p *pool) release(c *conn, healthy bool) { p.Release(c, healthy) }

// reclaim stops what a connection runs and takes it back, in the background.
func (p *pool) reclaim(r *run) {
	p.background(func() {
		r.interrupt()
		p.release(r.conn, r.conn.settle(settleLimit))
	})
}

// background does something that close waits for.
func (p *pool) background(clean func()) { p.Background(clean) }

// close closes idle connections and waits for those being reclaimed.
func (p *pool) close() { p.Close() }
