package move

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/atoll-sql/atoll/connectors"
)

// How often, and after how long a pause at first, a step is tried again that a key stood in the way of. The pause doubles.
const (
	mostTries  = 9
	firstPause = 10 * time.Millisecond
)

// passing reports whether a database may have refused a row for a reason that passes. While others write at From, a row is read there whose parent came
// after the parents were compared; and a DuckDB file takes a key for present that was deleted, as long as a statement older than that runs.
func passing(err error) bool {
	var e *connectors.Error
	return errors.As(err, &e) && e.Class == connectors.ClassConstraint && slices.Contains([]string{"23503", "23505"}, e.SQLState)
}

// again does a step until no passing error comes of it, but not for ever. The step must be one that may be done twice.
func again(ctx context.Context, do func() error) error {
	pause := firstPause
	for try := 1; ; try++ {
		err := do()
		if try == mostTries || !passing(err) {
			return err
		}
		if sleep(ctx, pause) != nil {
			return err
		}
		pause *= 2
	}
}

// copyAll copies the tables, from where an earlier run ended.
func (r *run) copyAll(ctx context.Context) error {
	for i, t := range r.tables {
		first := true
		err := again(ctx, func() error {
			if !first { // rows that this table refers to may be new
				if err := r.bringUp(ctx, r.tables[:i]); err != nil {
					return err
				}
			}
			first = false
			items, err := progress(ctx, r.to, r.spec.ID)
			if err != nil {
				return err
			}
			var at copied
			if text := items[itemCopy+t.name]; text != "" {
				if err := unpacked(text, &at); err != nil {
					return err
				}
			}
			return r.copyTable(ctx, t, at)
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// bringUp puts right, in tables that are copied, the rows that have come or changed since.
func (r *run) bringUp(ctx context.Context, tables []groupTable) error {
	if err := r.discover(ctx); err != nil {
		return err
	}
	for _, t := range tables {
		n, err := r.compare(ctx, t, false)
		if err != nil {
			return err
		}
		r.report.Caught += n
	}
	return nil
}

// reserve waits until the connections that the move uses at once are there for it: one that locks or lists keys beside the one that reads at From, and one at
// To. What is done under the context that it returns takes those.
func (r *run) reserve(ctx context.Context) (context.Context, func(), error) {
	if r.options.Reserve == nil {
		return ctx, func() {}, nil
	}
	need := map[string]int64{r.spec.From: 1, r.spec.To: 1}
	locks := slices.ContainsFunc(r.tables, func(t groupTable) bool { return r.from.Lock(t.name) != "" })
	if locks || len(r.spec.Keys.Buckets) > 0 {
		need[r.spec.From] = 2
	}
	return r.options.Reserve(ctx, need)
}
