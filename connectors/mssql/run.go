package mssql

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"

	driver "github.com/microsoft/go-mssqldb"
)

// run is one statement running on one connection.
type run struct {
	conn    *conn
	ctx     context.Context // the driver's: it ends when the statement is to stop
	cancel  context.CancelFunc
	unwatch func() bool // ends the watch over the statement's context
	rows    *driver.Rows
	bytesAt int64 // what the connection had received when the run began
	tripsAt int64 // its round trips then

	mu    sync.Mutex
	over  bool
	timer *time.Timer // runs once the statement is to stop
}

// newRun starts a run on c that stops when ctx ends. The driver gets a context of its own, which has no deadline: one that
// passes would cost the connection, even where the server confirms that it stopped.
func newRun(ctx context.Context, c *conn) *run {
	r := &run{conn: c, bytesAt: c.line.bytes.Load()}
	if c.used { // otherwise the login counts
		r.tripsAt = c.line.trips.Load()
	}
	r.ctx, r.cancel = context.WithCancel(context.WithoutCancel(ctx))
	r.unwatch = context.AfterFunc(ctx, r.interrupt)
	return r
}

// query sends the statement and waits for the first of the answer. The driver may panic over what a server sends.
func (r *run) query(sql string, args []sqldriver.NamedValue) (err error) {
	defer recovered(&err)
	prepared, err := r.conn.db.PrepareContext(r.ctx, sql) // the driver sends nothing yet
	if err != nil {
		return err
	}
	stmt, ok := prepared.(*driver.Stmt)
	if !ok {
		return fmt.Errorf("the driver prepared a %T", prepared)
	}
	rows, err := stmt.QueryContext(r.ctx, args)
	if err != nil {
		return err
	}
	if r.rows, ok = rows.(*driver.Rows); !ok {
		return fmt.Errorf("the driver answered with %T", rows)
	}
	return nil
}

// open opens a transaction that stays open.
func (r *run) open(isolation string) error {
	if err := r.query(opening(isolation), nil); err != nil {
		return err
	}
	if !r.drain() || !r.conn.usable() {
		return errors.New("the answer to BEGIN TRANSACTION does not end")
	}
	r.rows = nil
	return nil
}

// interrupt has the driver tell the server to stop (ATTENTION), and drops the connection if that is not confirmed in
// time. It does not wait and may be called from any goroutine, at any time.
func (r *run) interrupt() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.over || r.timer != nil {
		return
	}
	r.timer = time.AfterFunc(settleLimit, r.conn.line.kill)
	r.cancel()
}

// end closes the run's books once nothing of it is under way. It reports whether the connection was left alone.
func (r *run) end() bool {
	r.unwatch()
	r.mu.Lock()
	defer r.mu.Unlock()
	r.over = true
	r.cancel()
	return r.timer == nil || r.timer.Stop()
}

// stop ends the statement and reports whether its connection is healthy.
func (r *run) stop() bool {
	r.interrupt()
	err := r.closeRows()
	return r.end() && err == nil
}

func (r *run) closeRows() (err error) {
	defer recovered(&err)
	if r.rows == nil {
		return nil
	}
	err = r.rows.Close()
	var failed driver.Error
	var fatal driver.ServerError
	if errors.As(err, &failed) && !errors.As(err, &fatal) {
		return nil // an error of the statement that nobody will read any more
	}
	return err
}

// drain reads what follows a server's error, which is little, and reports whether the answer has ended.
func (r *run) drain() (ended bool) {
	var err error
	defer func() { ended = err == nil && ended }()
	defer recovered(&err)
	values := make([]sqldriver.Value, len(r.rows.Columns()))
	for range 16 {
		if r.rows.Next(values) == io.EOF { // nothing but the bare one is the end
			return true
		}
	}
	return false
}

// settle says, of a run on which the driver reported err, whether nothing of it is under way any more, and what the error is
// to mean. errEnd is the orderly end.
func (r *run) settle(err error) (quiet bool, meaning error) {
	var failed driver.Error
	var fatal driver.ServerError
	switch {
	case !r.conn.usable():
	case err == errEnd:
		quiet = !r.rows.HasNextResultSet()
	case errors.As(err, &failed):
		quiet = !errors.As(err, &fatal) && failed.Class < fatalSeverity && (r.rows == nil || r.drain())
	case errors.Is(err, context.Canceled):
		quiet = true // the server confirmed that it stopped
	}
	if !quiet && failed.Number == 0 && !errors.Is(err, context.Canceled) {
		err = &brokenError{cause: err, stale: r.conn.used && !r.heard()}
	}
	return quiet, err
}

// heard reports whether the server has answered anything.
func (r *run) heard() bool { return r.conn.line.bytes.Load() > r.bytesAt }
