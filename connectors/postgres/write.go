package postgres

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/connectors"
)

// beginWrite opens a transaction that writes. Notices are kept away: who streams rows does not read, and a trigger may raise one for each.
const beginWrite = "BEGIN TRANSACTION ISOLATION LEVEL READ COMMITTED READ WRITE; SET LOCAL client_min_messages TO error"

const (
	msgCopyIn  = 'G'
	msgCopyOut = 'H'
)

// tx is a transaction on one connection. It lends that connection to its readers, in front of each of which stands a savepoint: what is left of a
// reader closed early, or of one that is tried again, is taken back to there and nothing else is lost. Each savepoint has a name of its own: where a reader is
// stopped before the server has made its savepoint, the way back fails, rather than lead to an older one and undo what was written since.
type tx struct {
	shard   *shard
	conn    *conn
	free    chan struct{}                // holds a token while nothing runs on the connection
	lost    bool                         // the connection broke; whoever sets it has the token
	saves   int                          // savepoints made; all but the last are gone
	run     *run                         // a statement that was interrupted and keeps the connection
	torn    bool                         // a message may be half sent
	targets map[string]map[string]target // columns of tables written before, which cannot change any more
	state   connectors.TxState
}

// Begin implements [connectors.Writer].
func (s *shard) Begin(ctx context.Context) (connectors.Tx, error) {
	fresh := false
	for attempt := 1; ; attempt++ {
		c, err := s.pool.acquire(ctx, fresh)
		if err != nil {
			return nil, err
		}
		reused := c.used
		t := &tx{shard: s, conn: c, state: connectors.NewTxState(s.name), free: make(chan struct{}, 1), targets: map[string]map[string]target{}}
		t.free <- struct{}{}
		c.rest = 'T'
		_, err = t.exchange(ctx, false, func() error {
			c.out = appendQuery(c.out[:0], s.limits.begun(beginWrite))
			return c.send()
		})
		if err == nil {
			return t, nil
		}
		t.Rollback()
		var broken *brokenError
		var pe *pgconn.PgError
		isServer := errors.As(err, &pe)
		switch {
		case reused && attempt < maxAttempts && (errors.As(err, &broken) || isServer && closedWhileIdle(pe.Code)):
			fresh = true // nothing was asked of the connection but a transaction
		case isServer && pe.Code == "0A000": // what a standby answers to READ WRITE
			return nil, readOnly(s.name, pe)
		default:
			return nil, s.explainWrite(err)
		}
	}
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
		return t.state.Fail(ioError(t.shard.name, nil))
	}
	return nil
}

// exchange sends one group of messages and reads the answer to its end. It returns the tag of the last command that completed. copies
// is true where the group holds the rows of a COPY. The error is the server's own, a broken connection's or the context's.
func (t *tx) exchange(ctx context.Context, copies bool, send func() error) (string, error) {
	if err := t.enter(ctx); err != nil {
		return "", err
	}
	r := t.watch(ctx)
	t.conn.pending++
	if err := send(); err != nil {
		r.dead, t.torn = true, true
		return "", t.leave(ctx, r, &brokenError{err})
	}
	tag, err := t.answer(r, copies)
	return tag, t.leave(ctx, r, err)
}

// watch has the end of ctx stop what runs on the connection.
func (t *tx) watch(ctx context.Context) *run {
	r := &run{conn: t.conn, stopped: make(chan struct{})}
	r.unwatch = context.AfterFunc(ctx, r.interrupt)
	return r
}

// answer reads until the server waits for the next message.
func (t *tx) answer(r *run, copies bool) (tag string, err error) {
	for t.conn.pending > 0 {
		typ, body, readErr := t.conn.receive()
		switch {
		case readErr != nil:
			r.dead = true
			if err == nil {
				err = &brokenError{readErr}
			}
			return tag, err
		case typ == msgCommandComplete:
			tag = string(bytes.TrimRight(body, "\x00"))
		case typ == msgError && err == nil:
			pe, parseErr := parseError(body)
			if parseErr != nil {
				return tag, &brokenError{parseErr}
			}
			err = pe
		case (typ == msgCopyIn || typ == msgCopyOut) && !copies: // the server waits for rows, or sends some, and nobody knows of them
			r.dead = true
			return tag, connectors.NewError(t.shard.name, connectors.ClassSchema, "", "COPY is no statement that Exec runs", nil)
		}
	}
	if err == nil && t.conn.tx != t.conn.rest {
		err = connectors.NewError(t.shard.name, connectors.ClassInternal, "25000", "the statement ended the transaction that it runs in", nil)
	}
	return tag, err
}

// leave ends a call of exchange. A statement that was interrupted keeps the connection until Rollback takes it over.
func (t *tx) leave(ctx context.Context, r *run, err error) error {
	if !r.unwatch() || r.interrupted() {
		t.run = r
		return t.state.Fail(connectors.Ended(ctx))
	}
	t.lost = r.dead
	t.free <- struct{}{}
	if err != nil {
		return t.state.Fail(err)
	}
	return nil
}

// Exec implements [connectors.Tx]. The statement is not kept prepared: a pooler may have given the transaction another session than
// the one that prepared it.
func (t *tx) Exec(ctx context.Context, sql string, args []connectors.Arg) (int64, error) {
	if len(args) > 65535 {
		return 0, t.state.Fail(connectors.NewError(t.shard.name, connectors.ClassLimit, "54000", "more than 65535 parameters", nil))
	}
	tag, err := t.exchange(ctx, false, func() error {
		c := t.conn
		c.out = appendBind(appendParse(c.out[:0], "", sql), "", args)
		c.out = appendSync(appendExecute(c.out))
		return c.send()
	})
	if err != nil {
		return 0, t.shard.explainWrite(err)
	}
	return affected(tag), nil
}

// affected is the number of rows in the tag of a command that writes.
func affected(tag string) int64 {
	command, _, _ := strings.Cut(tag, " ")
	switch command {
	case "INSERT", "UPDATE", "DELETE", "MERGE", "COPY":
		n, err := strconv.ParseInt(tag[strings.LastIndexByte(tag, ' ')+1:], 10, 64)
		if err == nil {
			return n
		}
	}
	return 0
}
