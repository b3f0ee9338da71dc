package postgres

import (
	"context"
	"errors"
	"io"
	"slices"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/atoll-sql/atoll/connectors"
)

// maxAttempts bounds how often a statement is sent again before its first row was seen.
const maxAttempts = 3

// reader streams the rows of one statement.
type reader struct {
	shard *shard
	from  lender
	stmt  connectors.Statement
	// ctx is Query's: by the port's contract it governs the statement until Close, beside Next's own.
	ctx      context.Context
	start    time.Time
	attempts int

	run   *run // nil once the connection has been given back
	batch *batch
	last  arrow.Record
	err   error // io.EOF, or why the stream ended
	stats connectors.Stats
}

func newReader(ctx context.Context, s *shard, from lender, stmt connectors.Statement) *reader {
	if stmt.BatchRows <= 0 {
		stmt.BatchRows = connectors.DefaultBatchRows
	}
	if stmt.Alloc == nil {
		stmt.Alloc = memory.DefaultAllocator
	}
	return &reader{shard: s, from: from, stmt: stmt, ctx: ctx, start: time.Now()}
}

// begin sends the statement. A connection that fails at once is replaced, for the idle ones may be dead.
func (r *reader) begin(ctx context.Context, fresh bool) error {
	if len(r.stmt.Args) > 65535 {
		return connectors.NewError(r.shard.name, connectors.ClassLimit, "54000", "more than 65535 parameters", nil)
	}
	for {
		c, f, err := r.from.acquire(ctx, fresh)
		if err != nil {
			return err
		}
		reused := c.used // whoever has the connection after a failure may change it
		err = r.send(c, f)
		var unknown *unknownTypesError
		var broken *brokenError
		var again *outdatedError
		switch {
		case err == nil:
			return nil
		case ctx.Err() != nil:
			return ctx.Err()
		case errors.As(err, &unknown) && r.attempts < maxAttempts:
			if err := r.shard.learnTypes(ctx, r.from, unknown.oids); err != nil {
				return err
			}
		case errors.As(err, &broken) && reused && r.attempts < maxAttempts:
			fresh = true
		case errors.As(err, &again) && r.attempts < maxAttempts:
		default:
			return r.shard.explain(err)
		}
	}
}

// send starts a run on c and writes the statement. If it fails, the connection has been given back.
func (r *reader) send(c *conn, f frame) error {
	r.attempts++
	known := c.stmts.bySQL[r.stmt.SQL]
	f, limit := r.limited(c, f)
	r.run = &run{conn: c, frame: f, limit: limit, began: time.Now(), cached: known != nil, reused: c.used, tripsAt: c.net.trips.Load(), stopped: make(chan struct{})}
	if !c.used {
		r.run.tripsAt = 0 // login and all
	}
	r.run.unwatch = context.AfterFunc(r.ctx, r.run.interrupt)
	if known != nil {
		if err := r.plan(known.columns); err != nil {
			r.release()
			return err
		}
	}
	r.run.stmt = c.appendStatement(r.stmt, f)
	if err := c.send(); err != nil {
		r.discard()
		if ctxErr := r.ctx.Err(); ctxErr != nil {
			return ctxErr
		}
		return &brokenError{err}
	}
	if f.opened == nil {
		return nil
	}
	return r.open(known)
}

// limited adds the limit of the statement's time to its frame, and returns what that is.
func (r *reader) limited(c *conn, f frame) (frame, time.Duration) {
	if !f.limits {
		return f, r.shard.limits.session
	}
	sql, limit := r.shard.limits.limit(r.ctx, c.limited && c.rest == 'T')
	if sql != "" {
		f.before = append(slices.Clip(f.before), sql)
		c.limited = true
	}
	return f, limit
}

// open waits until the server is about to execute the statement. Until then nobody reads the transaction's state, and the
// statement can be tried again in another one.
func (r *reader) open(known *prepared) error {
	err := r.receive()
	if err == nil {
		r.run.told = true
		r.run.frame.opened(r.run.state)
		return nil
	}
	var pe *pgconn.PgError
	switch server := errors.As(err, &pe); {
	case r.run.dead && server && r.run.reused && closedWhileIdle(pe.Code):
		err = &brokenError{err}
	case server && known != nil && outdated(pe.Code):
		r.run.conn.stmts.forget(known)
		err = &outdatedError{err}
	}
	if r.run.dead {
		r.discard()
	} else {
		r.stop()
	}
	if r.batch != nil {
		r.batch.free()
		r.batch = nil
	}
	return err
}

// Next implements [connectors.Reader].
func (r *reader) Next(ctx context.Context) (arrow.Record, error) {
	r.dropLast()
	if r.err == nil {
		rec, err := r.next(ctx)
		if err == nil {
			return rec, nil
		}
		r.end(err)
	}
	return nil, r.err
}

// next reads until a batch is full or the stream ends.
func (r *reader) next(ctx context.Context) (arrow.Record, error) {
	if err := r.contextError(ctx); err != nil {
		return nil, err
	}
	for {
		err := r.read(ctx)
		if again, retryErr := r.again(ctx, err); again {
			continue
		} else if retryErr != nil {
			err = retryErr
		}
		if ctxErr := r.contextError(ctx); ctxErr != nil && !errors.Is(err, io.EOF) {
			return nil, ctxErr
		}
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, err
		}
		if r.batch == nil || r.batch.rows == 0 {
			return nil, io.EOF
		}
		return r.emit(), nil
	}
}

// contextError is the error of the call's context or of the statement's.
func (r *reader) contextError(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return r.ctx.Err()
}

// read fills the batch. It returns nil when that is full, io.EOF at the end of the stream.
func (r *reader) read(ctx context.Context) error {
	if r.run == nil {
		return io.EOF
	}
	unwatch := func() bool { return true }
	if ctx.Done() != nil && ctx != r.ctx {
		unwatch = context.AfterFunc(ctx, r.run.interrupt)
	}
	err := r.receive()
	if !unwatch() {
		r.run.doomed = true
	}
	if errors.Is(err, io.EOF) {
		r.release()
	}
	return err
}

// receive is read without watching the context or giving the connection back.
func (r *reader) receive() error {
	var failure error // the server's; the rest of its answer is still read
	c := r.run.conn
	for c.pending > 0 {
		if failure == nil && r.run.opening() {
			return nil
		}
		typ, body, err := c.receive()
		switch {
		case err != nil:
			r.run.dead = true
			if failure != nil { // after a fatal error the server closes the connection
				return failure
			}
			return &brokenError{err}
		case typ == msgBindComplete:
			r.run.bound++
		case typ == msgCommandComplete:
			r.run.done++
		case typ == msgDataRow && r.run.done < len(r.run.frame.before):
			if r.run.state, err = snapshotID(body); err != nil {
				return &brokenError{err}
			}
		case typ == msgDataRow:
			r.stats.Bytes += int64(headerLen + len(body))
			if err := r.batch.append(body); err != nil {
				return err
			}
			if r.batch.full() {
				return nil
			}
		case typ == msgRowDescription || typ == msgNoData:
			if err := r.plan(r.run.stmt.columns); err != nil {
				return err
			}
		case typ == msgError && failure == nil:
			pe, err := parseError(body)
			if err != nil {
				return &brokenError{err}
			}
			failure = r.run.blame(expired(pe, r.run.began, r.run.limit))
		}
		r.run.heard = r.run.heard || typ != msgError
	}
	if failure != nil {
		return failure
	}
	return io.EOF
}

// plan decides how the result's columns become the schema asked for.
func (r *reader) plan(columns []wireColumn) error {
	if r.batch != nil {
		return nil
	}
	decoders, err := r.shard.planColumns(columns, r.stmt.Schema)
	if err != nil {
		return err
	}
	r.batch = newBatch(r.stmt, decoders)
	return nil
}

// emit hands out the batch's rows.
func (r *reader) emit() arrow.Record {
	r.last = r.batch.take()
	r.stats.Rows += r.last.NumRows()
	if r.stats.FirstBatch == 0 {
		r.stats.FirstBatch = time.Since(r.start)
	}
	return r.last
}

func (r *reader) dropLast() {
	if r.last != nil {
		r.last.Release()
		r.last = nil
	}
}

// brokenError marks a failure of the connection rather than of the statement.
type brokenError struct{ cause error }

func (e *brokenError) Error() string { return e.cause.Error() }
func (e *brokenError) Unwrap() error { return e.cause }

// end records why the stream ended and gives the connection back.
func (r *reader) end(err error) {
	r.err = r.shard.explain(err)
	switch {
	case r.run == nil:
	case r.run.dead:
		r.discard()
	default:
		r.stop()
	}
	r.finish()
}

// explain turns what ended a stream into an error of the port.
func (s *shard) explain(err error) error {
	var broken *brokenError
	var pe *pgconn.PgError
	var ce *connectors.Error
	var before *prefaceError
	var late *expiredError
	switch {
	case errors.As(err, &before):
		return snapshotError(s.name, before)
	case errors.As(err, &late):
		return expiredText(s.name, late)
	case errors.As(err, &broken):
		return ioError(s.name, broken.cause)
	case errors.Is(err, io.EOF), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return err
	case errors.As(err, &ce):
		if ce.Shard == "" {
			ce.Shard = s.name
		}
		return ce
	case errors.As(err, &pe):
		return serverError(s.name, pe)
	}
	return connectors.NewError(s.name, connectors.ClassInternal, "", "the connector failed", err)
}

// finish closes the books and frees what was not handed out.
func (r *reader) finish() {
	if r.stats.Total == 0 {
		r.stats.Total = time.Since(r.start)
	}
	if r.batch != nil {
		r.batch.free()
		r.batch = nil
	}
}

// Stats implements [connectors.Reader].
func (r *reader) Stats() connectors.Stats {
	s := r.stats
	if r.run != nil {
		s.RoundTrips += int(r.run.conn.net.trips.Load() - r.run.tripsAt)
	}
	if s.Total == 0 {
		s.Total = time.Since(r.start)
	}
	return s
}

// errClosed is what Next says after Close.
var errClosed = errors.New("the reader is closed")

// Close implements [connectors.Reader].
func (r *reader) Close() error {
	r.dropLast()
	if r.run != nil {
		r.stop()
	}
	if r.err == nil {
		r.err = connectors.NewError(r.shard.name, connectors.ClassCancelled, "", errClosed.Error(), nil)
	}
	r.finish()
	return nil
}
