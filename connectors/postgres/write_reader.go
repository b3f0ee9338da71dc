package postgres

import (
	"context"
	"strconv"

	"github.com/atoll-sql/atoll/connectors"
)

// Query implements [connectors.Tx].
func (t *tx) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	if err := t.enter(ctx); err != nil {
		return nil, err
	}
	t.free <- struct{}{}
	r, err := t.shard.query(ctx, t, stmt)
	if err != nil {
		return nil, t.state.Fail(err)
	}
	return t.state.Lend(r), nil
}

// acquire implements lender.
func (t *tx) acquire(ctx context.Context, fresh bool) (*conn, frame, error) {
	select {
	case <-t.free:
	case <-ctx.Done():
		return nil, frame{}, ctx.Err()
	}
	if t.lost || fresh {
		t.free <- struct{}{}
		return nil, frame{}, ioError(t.shard.name, nil)
	}
	var f frame
	if t.saves > 0 {
		f.before = append(f.before, "RELEASE SAVEPOINT "+t.conn.mark)
	}
	t.saves++
	t.conn.mark = savepoint + "_" + strconv.Itoa(t.saves)
	f.before = append(f.before, "SAVEPOINT "+t.conn.mark)
	return t.conn, f, nil
}

// release implements lender.
func (t *tx) release(c *conn, healthy bool) {
	t.lost = t.lost || !healthy || !c.idle()
	t.free <- struct{}{}
}

// reclaim implements lender.
func (t *tx) reclaim(r *run) {
	t.shard.pool.background(func() {
		r.interrupt()
		t.release(r.conn, r.conn.settle(settleLimit))
	})
}
