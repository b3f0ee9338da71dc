package mssql

import (
	"context"
	sqldriver "database/sql/driver"
	"errors"
	"io"
	"time"

	"github.com/apache/arrow/go/v17/arrow"
	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

// reader streams the rows of one statement.
type reader struct {
	shard     *shard
	from      lender
	stmt      connectors.Statement
	isolation string
	sql       string // as sent
	args      []sqldriver.NamedValue
	// ctx is Query's: by the port's contract it governs the statement until Close, beside Next's own.
	ctx      context.Context
	start    time.Time
	attempts int // connections on which the statement was sent

	run    *run // nil once the connection has been given back
	values []sqldriver.Value
	batch  *batch
	last   arrow.Record
	err    error // io.EOF, or why the stream ended
	stats  connectors.Stats
}

func newReader(ctx context.Context, s *shard, from lender, stmt connectors.Statement, isolation string) (*reader, error) {
	if stmt.BatchRows <= 0 {
		stmt.BatchRows = connectors.DefaultBatchRows
	}
	if stmt.Alloc == nil {
		stmt.Alloc = memory.DefaultAllocator
	}
	r := &reader{shard: s, from: from, stmt: stmt, isolation: isolation, ctx: ctx, start: time.Now()}
	r.sql, r.args = s.compose(stmt, isolation)
	return r, nil
}

// begin sends the statement, and again as long as that is worth it.
func (r *reader) begin(ctx context.Context, fresh bool) error {
	for {
		err := r.try(ctx, fresh)
		if err == nil {
			return nil
		}
		if ctxErr := r.contextError(ctx); ctxErr != nil {
			return ctxErr
		}
		again := false
		if again, fresh = r.again(ctx, err); !again {
			if ctxErr := r.contextError(ctx); ctxErr != nil {
				return ctxErr
			}
			return r.shard.explain(err)
		}
	}
}

// try sends the statement on one connection and waits for the description of its rows. If it fails, the connection has
// been given back.
func (r *reader) try(ctx context.Context, fresh bool) error {
	c, opens, err := r.from.acquire(ctx, fresh)
	if err != nil {
		return err
	}
	r.attempts++
	r.run = newRun(r.ctx, c)
	defer r.watch(ctx)()
	sql, args := r.sql, r.args
	switch {
	case opens && len(secrets(r.stmt.Args)) > 0:
		err = r.run.open(r.isolation)
	case opens:
		sql, args = r.shard.locks+composeOpening(r.stmt, r.isolation), nil
	}
	if err == nil {
		err = r.run.query(sql, args)
	}
	if err != nil {
		return r.giveBack(err)
	}
	if err = r.plan(); err != nil {
		r.abandon()
		return err
	}
	if opens {
		r.from.opened()
	}
	return nil
}

// watch stops the run when ctx ends, until the function it returns is called.
func (r *reader) watch(ctx context.Context) func() {
	if ctx.Done() == nil || ctx == r.ctx {
		return func() {}
	}
	unwatch := context.AfterFunc(ctx, r.run.interrupt)
	return func() { unwatch() }
}

// plan decides how the result's columns become the schema asked for.
func (r *reader) plan() error {
	kinds, err := planColumns(r.run.rows, r.stmt.Schema)
	if err != nil {
		return err
	}
	if r.batch == nil {
		r.batch = newBatch(r.stmt, kinds)
		r.values = make([]sqldriver.Value, len(kinds))
	}
	return nil
}

// Next implements [connectors.Reader].
func (r *reader) Next(ctx context.Context) (arrow.Record, error) {
	r.dropLast()
	if r.err == nil {
		rec, err := r.next(ctx)
		if err == nil {
			return rec, nil
		}
		if r.run != nil {
			r.abandon()
		}
		r.err = r.shard.explain(err)
		r.finish()
	}
	return nil, r.err
}

// next reads until a batch is full or the stream ends.
func (r *reader) next(ctx context.Context) (arrow.Record, error) {
	for {
		if err := r.contextError(ctx); err != nil {
			return nil, err
		}
		err := r.read(ctx)
		if ctxErr := r.contextError(ctx); ctxErr != nil && err != errEnd {
			return nil, ctxErr
		}
		if err == nil || err == errEnd {
			if r.batch.rows == 0 {
				return nil, io.EOF
			}
			return r.emit(), nil
		}
		if r.run != nil { // the failure is ours: a value that does not fit
			return nil, err
		}
		again, fresh := r.again(ctx, err)
		if !again {
			return nil, err
		}
		if err := r.begin(ctx, fresh); err != nil {
			return nil, err
		}
	}
}

// contextError is the error of the call's context or of the statement's.
func (r *reader) contextError(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return r.ctx.Err()
}

// errEnd is the orderly end of the rows, compared by identity: a connection that breaks has an io.EOF as well.
var errEnd = errors.New("end of the rows")

// read fills the batch. It returns nil when that is full, errEnd at the end of the stream. After the driver's errors
// and at the end the connection has been given back.
func (r *reader) read(ctx context.Context) error {
	if r.run == nil {
		return errEnd
	}
	defer r.watch(ctx)()
	failure, err := r.fill()
	if err != nil {
		return r.giveBack(err)
	}
	return failure
}

// fill takes rows from the driver. Failure is an error over a value; err is the driver's, or its panic.
func (r *reader) fill() (failure, err error) {
	defer recovered(&err)
	rows, b := r.run.rows, r.batch
	for !b.full() {
		switch err := rows.Next(r.values); {
		case err == io.EOF && r.run.conn.usable(): // otherwise it is the connection that ended
			return nil, errEnd
		case err == io.EOF:
			return nil, io.ErrUnexpectedEOF
		case err != nil:
			return nil, err
		}
		if failure := b.append(r.values); failure != nil {
			return failure, nil
		}
	}
	return nil, nil
}

// giveBack ends a run on which the driver reported err, which may be errEnd, and says what the error is to mean.
func (r *reader) giveBack(err error) error {
	run := r.run
	quiet, err := run.settle(err)
	r.detach()
	alone := run.end()
	r.from.release(run.conn, quiet && alone, err == errEnd)
	return err
}

// abandon gives back a connection whose statement may still run.
func (r *reader) abandon() {
	r.from.reclaim(r.detach())
}

// detach ends the current run's part in the statistics.
func (r *reader) detach() *run {
	run := r.run
	r.run = nil
	r.stats.RoundTrips += int(run.conn.line.trips.Load() - run.tripsAt)
	r.stats.Bytes += run.conn.line.bytes.Load() - run.bytesAt
	return run
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
		s.RoundTrips += int(r.run.conn.line.trips.Load() - r.run.tripsAt)
		s.Bytes += r.run.conn.line.bytes.Load() - r.run.bytesAt
	}
	if s.Total == 0 {
		s.Total = time.Since(r.start)
	}
	return s
}

// Close implements [connectors.Reader].
func (r *reader) Close() error {
	r.dropLast()
	if r.run != nil {
		r.abandon()
	}
	if r.err == nil {
		r.err = connectors.NewError(r.shard.name, connectors.ClassCancelled, "", "the reader is closed", nil)
	}
	r.finish()
	return nil
}
