package failover

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

const (
	window     = 256 // samples that count
	minSamples = 20  // before which nothing is hedged
)

// latency is how long a server took to its first batches, of the last statements. A statement that another server
// answered counts with the time until then.
type latency struct {
	limit atomic.Int64 // see delay

	mu   sync.Mutex
	ring [window]time.Duration
	n    int // samples there ever were
}

// observe adds a sample. Of the quantiles it keeps up to date what delay needs, now and then, where anybody hedges.
func (l *latency) observe(d time.Duration, hedged bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.ring[l.n%window] = d
	l.n++
	if hedged && l.n >= minSamples && (l.n < 64 && l.n%4 == 0 || l.n%32 == 0) {
		s := l.sorted()
		l.limit.Store(int64(min(quantile(s, 95), 2*quantile(s, 90))))
	}
}

// delay is when a statement has taken longer than nearly all do; false while there are too few to tell. It is the 95th percentile, but no more
// than twice the 90th: where one in twenty statements is much slower than the others, the 95th percentile is now that of the one kind and now of the other.
func (l *latency) delay() (time.Duration, bool) {
	d := l.limit.Load()
	return time.Duration(d), d > 0
}

// sorted returns the samples in order. The caller holds mu.
func (l *latency) sorted() []time.Duration {
	s := l.ring
	of := s[:min(l.n, window)]
	slices.Sort(of)
	return of
}

// quantile is the least sample that p percent of them do not exceed.
func quantile(sorted []time.Duration, p int) time.Duration {
	if len(sorted) == 0 {
		return 0
	}
	return sorted[max((len(sorted)*p+99)/100, 1)-1]
}

// Quantiles are those of the last few hundred statements' times to their first batch.
type Quantiles struct {
	P50, P95, P99 time.Duration
	Samples       int
}

func (l *latency) quantiles() Quantiles {
	l.mu.Lock()
	defer l.mu.Unlock()
	s := l.sorted()
	return Quantiles{quantile(s, 50), quantile(s, 95), quantile(s, 99), len(s)}
}

// trips is how many probes count for the way to a server.
const trips = 8

// trip is the time to a server and back: the least of the last probes, since one may have had to connect or to wait.
type trip struct {
	mu   sync.Mutex
	ring [trips]time.Duration
	n    int
}

func (t *trip) observe(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.ring[t.n%trips] = d
	t.n++
}

// least is 0 where nothing was measured.
func (t *trip) least() time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n == 0 {
		return 0
	}
	return slices.Min(t.ring[:min(t.n, trips)])
}
