package failover

import (
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/atoll-sql/atoll/connectors"
)

// State is a breaker's.
type State string

const (
	Closed   State = "closed"    // statements are sent
	Open     State = "open"      // none is, for some time
	HalfOpen State = "half-open" // one is, and what becomes of it decides
)

const (
	breakerFailures = 5 // statements that fail one after the other open a breaker
	breakerFirst    = time.Second
	breakerLongest  = 30 * time.Second
)

// Failure is what a server failed with.
type Failure struct {
	Class connectors.Class
	Text  string // our own words, as of [connectors.Error]
	At    time.Time
}

// breaker keeps statements from a server that fails.
type breaker struct {
	trouble atomic.Bool // there is something to look at under mu

	mu       sync.Mutex
	state    State // "" is closed
	failures int   // statements, one after the other
	pause    time.Duration
	until    time.Time // while open
	last     *Failure
	cause    error // the last one of those that open it
}

// allow reports whether a statement may be sent. One that is sent to a half-open breaker is its probe: its first answer is to be told by tried, or
// that there was none by forgo.
func (b *breaker) allow(now time.Time) (ok, probe bool) {
	if !b.trouble.Load() {
		return true, false
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch b.state {
	case Open:
		if now.Before(b.until) {
			return false, false
		}
		b.state = HalfOpen
		return true, true
	case HalfOpen:
		return false, false
	}
	return true, false
}

// closed reports whether statements may be sent freely.
func (b *breaker) closed() bool {
	if !b.trouble.Load() {
		return true
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.state != Open && b.state != HalfOpen
}

// tried ends a half-open breaker's probe with its outcome; on others it has no effect.
func (b *breaker) tried(srv *server, e *connectors.Error, now time.Time) {
	if !b.trouble.Load() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	switch {
	case b.state != HalfOpen:
	case e != nil && srv.sick(e):
		b.remember(e, now)
		b.open(srv, now, min(2*b.pause, breakerLongest))
	default:
		b.state, b.failures, b.pause, b.cause = Closed, 0, 0, nil
		b.trouble.Store(false)
	}
}

// forgo ends a half-open breaker's probe that had no outcome: the next statement is the probe.
func (b *breaker) forgo(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == HalfOpen {
		b.state, b.until = Open, now
	}
}

// open keeps statements away for a while, give or take a tenth. A replica has to be compared again afterwards.
func (b *breaker) open(srv *server, now time.Time, pause time.Duration) {
	b.state, b.pause = Open, pause
	b.until = now.Add(pause - pause/10 + rand.N(pause/5+1))
	b.trouble.Store(true)
	srv.learn(func(s *standing) { s.alike = false })
}

// succeed notes a statement that ended well.
func (b *breaker) succeed() {
	if !b.trouble.Load() {
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.state == Open || b.state == HalfOpen {
		return // it was sent before
	}
	b.failures = 0
	b.trouble.Store(false)
}

// fail notes a statement that failed, after its retries, for the server's sake.
func (b *breaker) fail(srv *server, e *connectors.Error, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.remember(e, now)
	if b.state == Open || b.state == HalfOpen {
		return // it was sent before
	}
	b.trouble.Store(true)
	if b.failures++; b.failures >= breakerFailures {
		b.open(srv, now, breakerFirst)
	}
}

// note remembers an error that says nothing against the server.
func (b *breaker) note(e *connectors.Error, now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last = &Failure{e.Class, e.Text, now}
}

func (b *breaker) remember(e *connectors.Error, now time.Time) {
	b.last, b.cause = &Failure{e.Class, e.Text, now}, e
}
