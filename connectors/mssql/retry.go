package mssql

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	driver "github.com/microsoft/go-mssqldb"
)

const (
	// maxAttempts bounds how often a statement is sent on another connection because the one it had was dead.
	maxAttempts = 3
)

// backoff says how long to wait before what a busy or waking server refused is tried again.
type backoff struct {
	first, longest time.Duration // the wait doubles from one to the other
	total          time.Duration // nothing is tried again that would begin later than this
}

// A paused serverless database takes up to a minute to wake; to wait much longer is the caller's decision.
var defaultBackoff = backoff{first: 300 * time.Millisecond, longest: 8 * time.Second, total: 60 * time.Second}

// wait returns how long to wait before the n-th repetition, counted from 0. Half of it is random, so that many clients
// do not come back together.
func (b backoff) wait(n int) time.Duration {
	d := b.longest
	if n < 16 {
		d = min(b.first<<n, b.longest)
	}
	return d/2 + rand.N(d/2+1)
}

// brokenError is a connection that failed, rather than the statement.
type brokenError struct {
	cause error
	// stale is true where the connection had been idle before and the server said nothing: it was likely closed.
	stale bool
}

func (e *brokenError) Error() string { return e.cause.Error() }
func (e *brokenError) Unwrap() error { return e.cause }

// again decides whether a statement that failed before its first row was seen is worth sending once more; if so it has
// waited as long as needed. It only reads, so repeating it is safe. Fresh asks for a new connection.
func (r *reader) again(ctx context.Context, failure error) (again, fresh bool) {
	if r.stats.Rows > 0 || r.batch != nil && r.batch.rows > 0 || r.contextError(ctx) != nil {
		return false, false
	}
	var broken *brokenError
	if errors.As(failure, &broken) && r.from.repeats() && broken.stale && r.attempts < maxAttempts {
		return true, true
	}
	var failed driver.Error
	if !errors.As(failure, &failed) {
		return false, false
	}
	if r.isolation == snapshot && outsideSnapshots(failed) {
		r.isolation, r.from = readCommitted, single{r.shard.pool}
		r.sql, r.args = compose(r.stmt, r.isolation)
		return true, false
	}
	if !transient(failed) || !r.from.repeats() {
		return false, false
	}
	wait := r.shard.pause.wait(r.repeats)
	if time.Since(r.start)+wait > r.shard.pause.total || endsWithin(ctx, wait) || endsWithin(r.ctx, wait) {
		return false, false // the refusal says more than a context that ends while waiting
	}
	r.repeats++
	return r.sleep(ctx, wait), false
}

// endsWithin reports that ctx ends before the time given has passed.
func endsWithin(ctx context.Context, d time.Duration) bool {
	end, limited := ctx.Deadline()
	return limited && time.Until(end) < d
}

// sleep waits, and reports whether neither context ended meanwhile.
func (r *reader) sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
	case <-r.ctx.Done():
	}
	return false
}
