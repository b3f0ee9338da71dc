package postgres

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5/pgconn"
)

// detach ends the current run's watch and its part in the statistics. It reports whether nobody has
// interrupted the run, nor will.
func (r *reader) detach() (*run, bool) {
	run := r.run
	r.run = nil
	r.stats.RoundTrips += int(run.conn.net.trips.Load() - run.tripsAt)
	return run, run.unwatch() && !run.doomed && !run.interrupted()
}

// release gives back a connection whose statement has ended.
func (r *reader) release() {
	if run, quiet := r.detach(); quiet {
		r.from.release(run.conn, true)
	} else {
		r.from.reclaim(run)
	}
}

// discard gives back a connection that is broken.
func (r *reader) discard() {
	if run, quiet := r.detach(); quiet {
		r.from.release(run.conn, false)
	} else {
		r.from.reclaim(run) // whoever interrupts it works on the connection
	}
}

// stop gives back a connection whose statement may still run. What has arrived may already be the end.
func (r *reader) stop() {
	c := r.run.conn
	for c.pending > 0 && !r.run.interrupted() {
		typ, body, ok := c.wire.buffered()
		if !ok {
			break
		}
		if c.note(typ, body) != nil {
			r.discard()
			return
		}
	}
	if c.idle() {
		r.release()
		return
	}
	run, _ := r.detach()
	r.from.reclaim(run)
}

// again decides whether a statement that failed before its first row is worth sending once more, and does
// so. The statement only reads, so repeating it is safe.
func (r *reader) again(ctx context.Context, failure error) (bool, error) {
	if failure == nil || r.run == nil || r.attempts >= maxAttempts || r.run.interrupted() ||
		r.stats.Rows > 0 || r.batch != nil && r.batch.rows > 0 {
		return false, nil
	}
	var broken *brokenError
	var pe *pgconn.PgError
	var unknown *unknownTypesError
	fresh := false
	var before *prefaceError
	switch {
	case errors.As(failure, &before):
		return false, nil
	case r.run.reused && !r.run.heard &&
		(errors.As(failure, &broken) || errors.As(failure, &pe) && closedWhileIdle(pe.Code)):
		r.discard() // the server closed the connection while it was idle
		fresh = true
	case errors.As(failure, &pe) && r.run.cached && outdated(pe.Code) && r.run.conn.pending == 0:
		r.run.conn.stmts.forget(r.run.stmt)
		r.stop()
	case errors.As(failure, &unknown):
		r.stop()
		if err := r.shard.learnTypes(ctx, r.from, unknown.oids); err != nil {
			return false, err
		}
	default:
		return false, nil
	}
	if r.batch != nil {
		r.batch.free()
		r.batch = nil
	}
	if err := r.begin(ctx, fresh); err != nil {
		return false, err
	}
	return true, nil
}

func closedWhileIdle(code string) bool { return code == "57P01" || code == "57P02" || code == "57P05" }

// outdated reports a prepared statement that the server has lost, or whose plan no longer fits.
func outdated(code string) bool { return code == "26000" || code == "0A000" }
