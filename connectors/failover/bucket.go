package failover

import (
	"sync"
	"time"
)

// A shard's retries: enough for some queries that meet a server which wakes, and of a busy shard's load no more than a fifth.
const (
	retryBurst = 40
	retryShare = 0.2 // for each statement
	retryRate  = 1.0 // for each second
)

// A shard's hedges: of its load no more than a twentieth, at any time since it was opened.
const (
	hedgeBurst = 16
	hedgeShare = 0.05
)

// bucket is a budget that fills with a shard's statements and with time. It counts when it is asked.
type bucket struct {
	most        float64
	share, rate float64 // tokens for each statement, and for each second

	mu     sync.Mutex
	tokens float64
	seen   int64     // statements counted
	at     time.Time // time counted
}

// take takes a token, if there is one, given the statements until now.
func (b *bucket) take(statements int64, now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.tokens += float64(statements-b.seen)*b.share + now.Sub(b.at).Seconds()*b.rate
	b.tokens = min(b.tokens, b.most)
	b.seen, b.at = statements, now
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}
