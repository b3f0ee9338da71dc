package lookup

import (
	"sync/atomic"
	"time"
)

// clock tells how old a cache is. It never goes back. The system's monotonic clock stands still while a machine sleeps, and reading the wall clock as well takes
// twice as long; so the wall clock is looked at once in a lookInterval, and what it is ahead is added.
type clock struct {
	start  time.Time
	now    func() time.Time // nil for the system's
	ahead  atomic.Int64     // of the wall clock, nanoseconds
	looked atomic.Int64     // when the wall clock was looked at, nanoseconds of the monotonic clock since start
}

// lookInterval is how long after a sleep of the machine its answers may still seem as young as before it.
const lookInterval = 100 * time.Millisecond

func (c *clock) begin(now func() time.Time) {
	c.now = now
	if c.start = time.Now(); now != nil {
		c.start = now()
	}
}

// age is how long ago the cache was made, by the monotonic or the wall clock, whichever says more. The wall clock may be set back.
func (c *clock) age() time.Duration {
	if c.now != nil {
		return c.look(c.now())
	}
	d := time.Since(c.start)
	if int64(d)-c.looked.Load() > int64(lookInterval) {
		return c.look(time.Now())
	}
	return d + time.Duration(c.ahead.Load())
}

func (c *clock) look(now time.Time) time.Duration {
	d := now.Sub(c.start)
	ahead := int64(now.Round(0).Sub(c.start.Round(0)) - d)
	for old := c.ahead.Load(); ahead > old && !c.ahead.CompareAndSwap(old, ahead); old = c.ahead.Load() {
		continue
	}
	c.looked.Store(int64(d))
	return d + time.Duration(c.ahead.Load())
}
