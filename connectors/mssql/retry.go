package mssql

import (
	"context"
	"errors"

	driver "github.com/microsoft/go-mssqldb"
)

// maxAttempts bounds how often a statement is sent on another connection because the one it had was dead.
const maxAttempts = 3

// brokenError is a connection that failed, rather than the statement.
type brokenError struct {
	cause error
	// stale is true where the connection had been idle before and the server said nothing: it was likely closed.
	stale bool
}

func (e *brokenError) Error() string { return e.cause.Error() }
func (e *brokenError) Unwrap() error { return e.cause }

// again decides whether a statement that failed before its first row was seen is sent once more: on another connection (fresh) in place of one that was dead, or outside
// a snapshot that it cannot be read in. It only reads, so repeating it is safe. What passes by itself is for the caller to repeat.
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
		r.sql, r.args = r.shard.compose(r.stmt, r.isolation)
		return true, false
	}
	return false, false
}
