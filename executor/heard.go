package executor

import (
	"sync/atomic"
	"time"
)

// clock is the moment that the times of this package count from. It is the process's, for only differences are told.
var clock = time.Now()

// moment is a time as nanoseconds after clock, never 0, which stands for none.
func moment() int64 { return max(int64(time.Since(clock)), 1) }

// at is the time of a moment, zero for none.
func at(m int64) time.Time {
	if m == 0 {
		return time.Time{}
	}
	return clock.Add(time.Duration(m))
}

// Heard is when the shards of a query were last heard: a batch, or that there are no more. It is shared by all sources of a plan, and safe for
// concurrent use. What the query takes from then on is the coordinator's own doing.
type Heard struct{ last atomic.Int64 }

// Last is when a shard was last heard; zero if none has been.
func (h *Heard) Last() time.Time { return at(h.last.Load()) }

func (h *Heard) note(m int64) {
	for before := h.last.Load(); before < m; before = h.last.Load() {
		if h.last.CompareAndSwap(before, m) {
			return
		}
	}
}
