package atoll

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/atoll-sql/atoll/connectors"
)

// timeLimit is a limit of the configuration on a query's time. A context that ends by it has it as its cause.
type timeLimit struct {
	key  string // of the configuration
	text string
}

// Error implements error.
func (l *timeLimit) Error() string { return l.text }

// timed is ctx with the end that the configuration gives to a statement which began at start, before its version of the map was pinned.
func (e *Engine) timed(ctx context.Context, start time.Time) (context.Context, context.CancelFunc) {
	most := e.longest()
	if most <= 0 {
		return ctx, func() {}
	}
	text := fmt.Sprintf("the query did not end in time: limits.timeout allows %v", most)
	if e.cfg.Limits.Timeout <= 0 {
		text = fmt.Sprintf("the query did not end in time: %v are allowed where the shard map can change, unless limits.timeout says otherwise", most)
	}
	return context.WithDeadlineCause(ctx, start.Add(most), &timeLimit{"limits.timeout", text})
}

// inTime plans within what the configuration allows for that, and within the time of the statement, which began at start. A plan that came too late is not used: a
// lookup that was cut short would have it ask shards that need not be asked.
func inTime[T any](ctx context.Context, e *Engine, start time.Time, plan func(context.Context) (T, error)) (T, error) {
	ctx, cancel := e.timed(ctx, start)
	defer cancel()
	if most := e.cfg.Limits.Planning; most > 0 {
		var done context.CancelFunc
		ctx, done = context.WithTimeoutCause(ctx, most, &timeLimit{"limits.planning",
			fmt.Sprintf("the query was not planned in time: limits.planning allows %v for what shards tell of their tables, and for lookups", most)})
		defer done()
	}
	p, err := plan(ctx)
	if err == nil {
		err = ctx.Err()
	}
	return p, overran(ctx, err)
}

// overran is err, or names the limit by which ctx ended if that is all that err says: an error of a shard that failed in another way stays, and so does one
// that tells what became of a write.
func overran(ctx context.Context, err error) error {
	var limit *timeLimit
	if err == nil || ctx.Err() == nil || !errors.As(context.Cause(ctx), &limit) {
		return err
	}
	var told *Error
	var shard *connectors.Error
	switch {
	case errors.As(err, &told) && (told.SQLState != "57014" || told.Limit != ""),
		told == nil && errors.As(err, &shard) && shard.Class != connectors.ClassCancelled,
		told == nil && shard == nil && !isContextEnd(err):
		return err
	}
	return &Error{SQLState: "57014", Text: limit.text, Limit: limit.key, Pos: -1, cause: err}
}
