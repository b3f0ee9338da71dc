package postgres

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/connectors"
)

// Commit implements [connectors.Tx]. When ctx ends the server is told so, and what it answers is what counts.
func (t *tx) Commit(ctx context.Context) error {
	if err := t.enter(ctx); err != nil {
		return err
	}
	t.state.End()
	c := t.conn
	c.rest, c.mark = 'I', ""
	told := make(chan struct{})
	unwatch := context.AfterFunc(ctx, func() {
		defer close(told)
		_ = c.net.SetDeadline(time.Now().Add(settleLimit)) // fails only where the connection is closed, which the reader finds out
		_ = c.cancel(settleLimit)
	})
	c.out = appendQuery(c.out[:0], "COMMIT")
	c.pending++
	r := &run{conn: c}
	tag, err := "", c.send()
	if err != nil {
		r.dead, err = true, &brokenError{err}
	} else {
		tag, err = t.answer(r, false)
	}
	if !unwatch() {
		<-told
		r.dead = c.net.SetDeadline(time.Time{}) != nil || r.dead
	}
	t.shard.pool.release(c, !r.dead)
	return t.verdict(ctx, tag, err)
}

// verdict is what the answer to COMMIT says about the writes.
func (t *tx) verdict(ctx context.Context, tag string, err error) error {
	var pe *pgconn.PgError
	switch {
	case err == nil && tag == "COMMIT":
		return nil
	case err == nil:
		return connectors.NewError(t.shard.name, connectors.ClassInternal, "25P02", "the server took the transaction back instead of committing it", nil)
	case !errors.As(err, &pe) || pe.SeverityUnlocalized == "FATAL" || pe.SeverityUnlocalized == "PANIC" || pe.SeverityUnlocalized == "" || strings.HasPrefix(pe.Code, "08"):
		return connectors.NewError(t.shard.name, connectors.ClassUnknown, "08007",
			"the connection was lost while the transaction was committed: whether its writes last is not known", err)
	case pe.Code == "57014" && ctx.Err() != nil:
		return ctx.Err()
	}
	return t.shard.explainWrite(err)
}

// Rollback implements [connectors.Tx].
func (t *tx) Rollback() {
	if !t.state.End() {
		return
	}
	t.state.TakeBack()
	pool := t.shard.pool
	switch {
	case t.run != nil && t.torn:
		pool.background(func() {
			t.run.interrupt()
			pool.release(t.conn, false)
		})
	case t.run != nil:
		t.conn.rest, t.conn.mark = 'I', ""
		pool.reclaim(t.run)
	default:
		select {
		case <-t.free:
			t.back()
		default: // a reader's statement is being stopped
			pool.background(func() {
				<-t.free
				t.back()
			})
		}
	}
}

// back rolls back on a connection on which nothing runs.
func (t *tx) back() {
	t.conn.rest, t.conn.mark = 'I', ""
	t.shard.pool.release(t.conn, !t.lost && t.conn.settle(settleLimit))
}
