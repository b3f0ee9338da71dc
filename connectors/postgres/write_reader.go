package postgres

import (
	"context"
	"errors"
	"io"
	"strconv"

	"github.com/apache/arrow/go/v17/arrow"

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
		return nil, t.fail(err)
	}
	t.reader = &txReader{r, t}
	return t.reader, nil
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

// txReader tells its transaction of failures.
type txReader struct {
	connectors.Reader
	tx *tx
}

// Next implements [connectors.Reader].
func (r *txReader) Next(ctx context.Context) (arrow.Record, error) {
	rec, err := r.Reader.Next(ctx)
	if err != nil && !errors.Is(err, io.EOF) && r.tx.reader == r {
		return nil, r.tx.fail(err)
	}
	return rec, err
}

// Close implements [connectors.Reader].
func (r *txReader) Close() error {
	if r.tx.reader == r {
		r.tx.reader = nil
	}
	return r.Reader.Close()
}
