package mssql

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"io"
	"time"

	driver "github.com/microsoft/go-mssqldb"

	"github.com/atoll-sql/atoll/connectors"
)

// beginWrite opens a transaction that writes. Whatever the statements of an earlier one left switched on ends here.
const beginWrite = "SET XACT_ABORT OFF;\nSET TRANSACTION ISOLATION LEVEL " + readCommitted + ";\nBEGIN TRANSACTION"

// Within a statement that writes, any error takes the whole transaction back at the server. What a reader leaves behind must not, so
// the option does not outlast the statement; where that fails, the next transaction switches it off.
const (
	writeHead = "SET XACT_ABORT ON;\n"
	writeTail = "\n;\nSELECT CAST(@@ROWCOUNT AS bigint) AS n, CAST(@@TRANCOUNT AS bigint) AS depth;\nSET XACT_ABORT OFF"
)

// tx is a transaction on one connection, which it lends to its readers.
type tx struct {
	shard   *shard
	conn    *conn
	free    chan struct{}      // holds a token while nothing runs on the connection
	lost    bool               // the connection is of no more use, or has no transaction; whoever sets it has the token
	targets map[string]*target // of tables written before
	giving  string             // the table whose IDENTITY_INSERT may be on at the server
	state   connectors.TxState
}

// Begin implements [connectors.Writer].
func (s *shard) Begin(ctx context.Context) (connectors.Tx, error) {
	if _, err := s.settings(ctx); err != nil { // asked for later, it would want a connection beside the transaction's
		return nil, err
	}
	fresh := false
	for attempt := 1; ; attempt++ {
		t, err := s.begin(ctx, fresh)
		if err == nil {
			return t, nil
		}
		if ctx.Err() != nil {
			return nil, connectors.Ended(ctx)
		}
		var broken *brokenError
		if fresh = errors.As(err, &broken) && broken.stale && attempt < maxAttempts; !fresh {
			return nil, s.explain(err)
		}
		// Nothing was asked of the connection but a transaction.
	}
}

func (s *shard) begin(ctx context.Context, fresh bool) (*tx, error) {
	c, err := s.writing.acquire(ctx, fresh)
	if err != nil {
		return nil, err
	}
	_, quiet, err := c.execute(ctx, s.locks+beginWrite, nil)
	if err != nil {
		s.writing.release(c, quiet && c.rollback())
		return nil, err
	}
	c.used = true
	t := &tx{shard: s, conn: c, state: connectors.NewTxState(s.name), free: make(chan struct{}, 1), targets: map[string]*target{}}
	t.free <- struct{}{}
	return t, nil
}

// enter takes the connection for one call, after a reader that was not closed.
func (t *tx) enter(ctx context.Context) error {
	if err := t.state.Usable(); err != nil {
		return err
	}
	t.state.TakeBack()
	if err := ctx.Err(); err != nil {
		return t.state.Fail(err)
	}
	select {
	case <-t.free:
	case <-ctx.Done():
		return t.state.Fail(ctx.Err())
	}
	if t.lost {
		t.free <- struct{}{}
		return t.state.Fail(connectors.NewError(t.shard.name, connectors.ClassUnavailable, "08006",
			"the transaction ended at the server with an earlier statement, or its connection broke", nil))
	}
	return nil
}

// Exec implements [connectors.Tx].
func (t *tx) Exec(ctx context.Context, sql string, args []connectors.Arg) (int64, error) {
	text, params := compose(connectors.Statement{SQL: sql, Args: args}, "")
	return t.write(ctx, text, params, "")
}

// write runs a statement that writes and returns the rows that it affected: those of the statement itself, not of its triggers.
// It may give the values of the IDENTITY column of the table giving, unless that is "".
func (t *tx) write(ctx context.Context, sql string, args []sqldriver.NamedValue, giving string) (int64, error) {
	if err := t.enter(ctx); err != nil {
		return 0, err
	}
	on, off := identityInsert(giving)
	t.giving = giving
	values, quiet, err := t.conn.execute(ctx, writeHead+on+sql+writeTail+off, args)
	if err == nil {
		t.giving = ""
	}
	t.lost = !quiet
	t.free <- struct{}{}
	switch {
	case err != nil && ctx.Err() != nil:
		return 0, t.state.Fail(connectors.Ended(ctx))
	case err != nil:
		return 0, t.state.Fail(t.shard.explain(err))
	case len(values) != 2:
		return 0, t.state.Fail(connectors.NewError(t.shard.name, connectors.ClassInternal, "08P01", "the server does not say how many rows were written", nil))
	}
	n, counted := values[0].(int64)
	if depth, _ := values[1].(int64); depth != 1 || !counted {
		return 0, t.state.Fail(connectors.NewError(t.shard.name, connectors.ClassInternal, "25000", "the statement began or ended a transaction", nil))
	}
	return n, nil
}

// Commit implements [connectors.Tx]. A commit that was sent is not stopped any more: when ctx ends the server is given a little time to
// answer, and what it answers is what counts.
func (t *tx) Commit(ctx context.Context) error {
	if err := t.enter(ctx); err != nil {
		return err
	}
	t.state.End()
	patient, giveUp := context.WithCancel(context.WithoutCancel(ctx))
	defer giveUp()
	defer context.AfterFunc(ctx, func() { time.AfterFunc(settleLimit, giveUp) })()
	_, quiet, err := t.conn.execute(patient, "COMMIT TRANSACTION", nil)
	t.shard.writing.release(t.conn, quiet && (err == nil || t.conn.rollback()))
	if err == nil {
		return nil
	}
	var failed driver.Error
	if quiet && errors.As(err, &failed) && decisive(failed).Class < 17 {
		return t.shard.explain(err)
	}
	return connectors.NewError(t.shard.name, connectors.ClassUnknown, "08007",
		"the connection was lost while the transaction was committed: whether its writes last is not known", endless(err))
}

// Rollback implements [connectors.Tx].
func (t *tx) Rollback() {
	if !t.state.End() {
		return
	}
	t.state.TakeBack()
	select {
	case <-t.free:
		t.back()
	default: // a reader's statement is being stopped
		t.shard.writing.background(func() {
			<-t.free
			t.back()
		})
	}
}

// back takes the transaction back on a connection on which nothing runs.
func (t *tx) back() {
	t.shard.writing.release(t.conn, t.conn.usable() && t.conn.rollback() && t.conn.numbers(t.giving))
}

// execute runs a statement to its end and returns the last row that it answers with, nil where there is none. Quiet says that the connection
// can be used on.
func (c *conn) execute(ctx context.Context, sql string, args []sqldriver.NamedValue) (last []sqldriver.Value, quiet bool, err error) {
	r := newRun(ctx, c)
	last, err = r.through(sql, args)
	quiet, err = r.settle(err)
	quiet = r.end() && quiet
	if err == errEnd {
		err = nil
	}
	return last, quiet, err
}

// through reads a statement's results, all of them, to the end, which is errEnd.
func (r *run) through(sql string, args []sqldriver.NamedValue) (last []sqldriver.Value, err error) {
	defer recovered(&err)
	if err := r.query(sql, args); err != nil {
		return nil, err
	}
	values := make([]sqldriver.Value, len(r.rows.Columns()))
	for {
		err := r.rows.Next(values)
		switch {
		case err == nil:
			last = append(last[:0], values...)
			continue
		case err != io.EOF:
			return nil, err
		case !r.conn.usable():
			return nil, io.ErrUnexpectedEOF
		case !r.rows.HasNextResultSet():
			return last, errEnd
		}
		if err := r.rows.NextResultSet(); err != nil {
			return nil, err
		}
		last, values = nil, make([]sqldriver.Value, len(r.rows.Columns()))
	}
}

// Query implements [connectors.Tx].
func (t *tx) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	if err := t.enter(ctx); err != nil {
		return nil, err
	}
	t.free <- struct{}{}
	r, err := t.shard.query(ctx, t, stmt, "")
	if err != nil {
		return nil, t.state.Fail(err)
	}
	return t.state.Lend(r), nil
}

// acquire implements lender.
func (t *tx) acquire(ctx context.Context, _ bool) (*conn, bool, error) {
	select {
	case <-t.free:
		return t.conn, false, nil
	case <-ctx.Done():
		return nil, false, ctx.Err()
	}
}

// opened implements lender.
func (t *tx) opened() {}

// repeats implements lender: an error may have ended the transaction, and then the statement would run outside it.
func (t *tx) repeats() bool { return false }

// release implements lender.
func (t *tx) release(_ *conn, healthy, _ bool) {
	t.lost = t.lost || !healthy
	t.free <- struct{}{}
}

// reclaim implements lender.
func (t *tx) reclaim(r *run) {
	t.shard.writing.background(func() { t.release(r.conn, r.stop() && r.conn.inTransaction(), false) })
}
