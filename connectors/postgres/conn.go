package postgres

import (
	"cmp"
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// tripConn counts the times a read follows a write: the round trips.
type tripConn struct {
	net.Conn
	wrote atomic.Bool
	trips atomic.Int64
}

// countTrips is the connection hook of pgx that puts a tripConn around each new connection.
func countTrips(_ context.Context, _ *pgconn.Config, c net.Conn) (net.Conn, error) {
	return &tripConn{Conn: c}, nil
}

func (c *tripConn) Write(p []byte) (int, error) {
	c.wrote.Store(true)
	return c.Conn.Write(p)
}

func (c *tripConn) Read(p []byte) (int, error) {
	if c.wrote.CompareAndSwap(true, false) {
		c.trips.Add(1)
	}
	return c.Conn.Read(p)
}

// conn is one connection to the server. One goroutine uses it at a time; only cancel may be called beside it.
type conn struct {
	net   *tripConn
	pg    *pgconn.PgConn // made the connection; kept for its cancel key
	wire  *wire
	stmts *statements

	out     []byte // messages to send
	pending int    // ReadyForQuery messages still to come
	tx      byte   // transaction status of the last ReadyForQuery
	rest    byte   // the status between statements: 'I', or 'T' where the connection keeps a snapshot
	mark    string // savepoint to go back to between statements of a transaction that writes; "" means savepoint
	limited bool   // its transaction has a limit of time from a statement
	used    bool   // ran a statement before: the server may have closed it since
}

// loginMessage is more than any message of a login has.
const loginMessage = 1 << 20

// wary is the hook of pgx that reads a login's messages. The driver makes room for as much as a message announces, which of what is no PostgreSQL,
// or reached us garbled, may be gigabytes.
func wary(r io.Reader, w io.Writer) *pgproto3.Frontend {
	f := pgproto3.NewFrontend(r, w)
	f.SetMaxBodyLen(loginMessage)
	return f
}

// connect opens a connection and takes it over from pgx.
func connect(ctx context.Context, cfg *pgconn.Config) (*conn, error) {
	pg, err := pgconn.ConnectConfig(ctx, cfg)
	if err != nil {
		return nil, err
	}
	// The driver reads beside a write that takes long, and such a read may still go on: it would swallow the first answer.
	if err := pg.SyncConn(ctx); err != nil {
		return nil, errors.Join(err, pg.Close(ctx))
	}
	hijacked, err := pg.Hijack()
	if err != nil {
		return nil, err
	}
	tc, ok := hijacked.Conn.(*tripConn)
	if !ok {
		tc = &tripConn{Conn: hijacked.Conn}
	}
	return &conn{net: tc, pg: pg, wire: newWire(tc), stmts: newStatements(), tx: hijacked.TxStatus, rest: 'I'}, nil
}

// cancel asks the server, over a connection of its own, to stop what this connection runs. It returns once
// the server has acted on it, so that the request cannot hit a later statement.
func (c *conn) cancel(limit time.Duration) error {
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	defer cancel()
	return c.pg.CancelRequest(ctx)
}

// send writes the collected messages.
func (c *conn) send() error {
	_, err := c.net.Write(c.out)
	if cap(c.out) > 64<<10 {
		c.out = nil
	}
	c.out = c.out[:0]
	return err
}

// receive returns the next message after noting what it changes about the connection.
func (c *conn) receive() (byte, []byte, error) {
	typ, body, err := c.wire.next()
	if err == nil {
		err = c.note(typ, body)
	}
	return typ, body, err
}

// note follows the state that outlives a statement: transaction status and prepared statements.
func (c *conn) note(typ byte, body []byte) error {
	switch typ {
	case msgReadyForQuery:
		if len(body) != 1 {
			return errMalformed
		}
		c.pending--
		c.tx = body[0]
	case msgParseComplete:
		c.stmts.parsed()
	case msgRowDescription:
		return c.stmts.described(body)
	case msgNoData:
		return c.stmts.described(nil)
	case msgError:
		c.stmts.failed()
	}
	return nil
}

// idle reports whether the connection may run another statement.
func (c *conn) idle() bool { return c.pending == 0 && c.tx == c.rest }

// cancelAgain is how long the end of a cancelled statement may take before the server is asked once more. The wait
// doubles each time.
const cancelAgain = 20 * time.Millisecond

// settle reads to the end of what was cancelled, at most for limit, and reports whether the connection is healthy. The
// server ignores a request to cancel that overtakes the statement, so it is repeated.
func (c *conn) settle(limit time.Duration) bool {
	end, wait := time.Now().Add(limit), cancelAgain
	for c.pending > 0 {
		ended, err := c.drain(min(wait, time.Until(end)))
		if ended {
			break
		}
		if err != nil || !time.Now().Before(end) || c.cancel(time.Until(end)) != nil {
			return false
		}
		wait *= 2
	}
	if c.net.SetDeadline(end) != nil {
		return false
	}
	if c.tx != c.rest && !c.rewind() {
		return false
	}
	return c.net.SetDeadline(time.Time{}) == nil
}

// drain reads for some time, and reports whether nothing is pending any more.
func (c *conn) drain(limit time.Duration) (bool, error) {
	end := time.Now().Add(limit)
	if err := c.net.SetDeadline(end); err != nil {
		return false, err
	}
	for c.pending > 0 {
		_, _, err := c.receive()
		switch {
		case errors.Is(err, os.ErrDeadlineExceeded), err == nil && c.pending > 0 && time.Now().After(end):
			return false, nil
		case err != nil:
			return false, err
		}
	}
	return true, nil
}

// drained reads until nothing is pending.
func (c *conn) drained() bool {
	for c.pending > 0 {
		if _, _, err := c.receive(); err != nil {
			return false
		}
	}
	return c.tx == c.rest
}

// rewind goes back to where the connection was before its statement.
func (c *conn) rewind() bool {
	back := "ROLLBACK"
	if c.rest == 'T' {
		back = "ROLLBACK TO SAVEPOINT " + cmp.Or(c.mark, savepoint)
	}
	c.out = appendQuery(c.out[:0], back)
	c.pending++
	return c.send() == nil && c.drained()
}

// close ends the session. The farewell is a courtesy that must not block; where it is taken, the server's process is gone when close returns,
// so that another connection made afterwards does not stand beside it.
func (c *conn) close() {
	if c.net.SetDeadline(time.Now().Add(100*time.Millisecond)) == nil && c.pending == 0 {
		if _, err := c.net.Write([]byte{'X', 0, 0, 0, 4}); err == nil {
			_, _ = io.Copy(io.Discard, c.net.Conn) // until the server hangs up
		}
	}
	_ = c.net.Close()
	c.wire.free()
}
