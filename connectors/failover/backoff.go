package failover

import (
	"context"
	"errors"
	"math/rand/v2"
	"strings"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/pool"
)

// pace is how what failed is tried again: the wait doubles from first to longest, and nothing is tried again that would begin later
// than total after the first failure of its kind.
type pace struct {
	first, longest, total time.Duration
}

var (
	// paceFailure is for a server that is gone or has too much to do just now, and says nothing of when that will be over.
	paceFailure = pace{50 * time.Millisecond, 400 * time.Millisecond, 1500 * time.Millisecond}
	// paceWaking is for a server that says it will serve again; its total is what the error says. To wait much longer is the caller's decision.
	paceWaking = pace{300 * time.Millisecond, 8 * time.Second, 0}
	// paceConflict is for a statement that lost against another one, which is over by now.
	paceConflict = pace{2 * time.Millisecond, 50 * time.Millisecond, 500 * time.Millisecond}
)

// passing returns the error of a server that the same statement may not meet a second time, and how it is tried again; nil if
// trying again is wrong or of no use.
func passing(err error) (*connectors.Error, pace) {
	var e *connectors.Error
	if !errors.As(err, &e) || !e.SafeToRetry() {
		return nil, pace{}
	}
	switch p := e.Patience(); {
	case p > 0:
		wake := paceWaking
		wake.total = p
		return e, wake
	case e.Class == connectors.ClassConflict:
		return e, paceConflict
	case strings.HasPrefix(e.SQLState, "54"): // a limit of the server's program, which stays
		return nil, pace{}
	}
	return e, paceFailure
}

// backoff counts the waits of one statement.
type backoff struct {
	start time.Time // the first failure
	of    pace
	began time.Time // the first failure of this pace
	n     int
}

// next returns how long to wait before what failed now is tried again; false if that has been tried for long enough. Half of a wait is random, so that
// many clients do not come back together.
func (b *backoff) next(p pace, now time.Time) (time.Duration, bool) {
	if b.start.IsZero() {
		b.start = now
	}
	if p != b.of {
		b.of, b.began, b.n = p, now, 0
	}
	d := p.longest
	if b.n < 16 {
		d = min(p.first<<b.n, p.longest)
	}
	b.n++
	d = d/2 + rand.N(d/2+1)
	if p.first == paceWaking.first {
		return d, now.Sub(b.start)+d <= p.total
	}
	return d, now.Sub(b.began)+d <= p.total && now.Sub(b.start)+d <= connectors.Waking
}

// sleep waits, or returns ctx's error.
func sleep(ctx context.Context, c pool.Clock, d time.Duration) error {
	over := make(chan struct{})
	t := c.AfterFunc(d, func() { close(over) })
	select {
	case <-over:
		return nil
	case <-ctx.Done():
		t.Stop()
		return ctx.Err()
	}
}
