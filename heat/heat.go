package heat

import (
	"math"
	"sync"
	"time"
)

// Bounds of what is kept for each shard and table.
const (
	MaxParts  = 64  // parts of the key space
	MaxValues = 32  // single keys
	MaxText   = 128 // bytes of a key: a longer one is counted with its part only
)

// Key says what a statement was for.
type Key struct {
	Table string // the one whose strategy places the key
	Part  string // the part of the key space, as the shard map names it; "" where it has none
	Value string // the key itself, "" where Part says all
}

// Statement is one that was sent to a shard.
type Statement struct {
	Shard       string
	Rows, Bytes int64
	Took        time.Duration // negative where that is not known
	Failed      bool
}

// Counters count statements. They are safe for concurrent use.
type Counters struct {
	window time.Duration
	hidden bool // keys are counted, but not known

	mu     sync.RWMutex // held for writing where all shards change
	base   time.Time    // the moment in whose units everything is counted
	since  time.Time
	shards map[string]*counter
}

// counter is what is known of one shard.
type counter struct {
	mu                                  sync.Mutex
	requests, errors, rows, bytes, busy float64 // busy in seconds
	latency                             histogram
	tables                              map[string]*tableCounter
}

type tableCounter struct{ parts, values sketch }

// New makes counters that count from a moment on. hidden makes them keep marks in place of keys: they tell keys apart, and nothing else, and
// only within this process.
func New(window time.Duration, now time.Time, hidden bool) *Counters {
	return &Counters{window: window, hidden: hidden, base: now, since: now, shards: map[string]*counter{}}
}

// far is how many windows the base may lie behind: e^far is still counted exactly enough.
const far = 20

// back is how many windows a moment may lie before the base; one that lies further back says that the clock was set back.
const back = 0.25

// Observe counts a statement that ended now. It does not allocate but for a shard that is new to it.
func (c *Counters) Observe(now time.Time, s Statement) {
	k, w := c.hold(now, s.Shard)
	defer c.let(k)
	k.requests += w
	k.rows += w * float64(s.Rows)
	k.bytes += w * float64(s.Bytes)
	if s.Took >= 0 {
		k.busy += w * s.Took.Seconds()
		k.latency[bin(s.Took)] += w
	}
	if s.Failed {
		k.errors += w
	}
}

// Touch counts that a part of a statement, from 0 to 1, was for a key. The parts of one statement should not be more than it. It does not
// allocate but for a shard, a table or a key that is new to it.
func (c *Counters) Touch(now time.Time, shard string, key Key, part float64) {
	k, w := c.hold(now, shard)
	defer c.let(k)
	t := k.table(key.Table)
	if key.Part != "" {
		t.parts.add(id{part: key.Part}, part*w)
	}
	if key.Value == "" || len(key.Value) > MaxText {
		return
	}
	x := id{part: key.Part, value: key.Value}
	if c.hidden {
		x = id{part: key.Part, mark: x.hash() | 1}
	}
	t.values.add(x, part*w)
}

// hold returns a shard's counter, locked, and the weight of now. It is given back by let.
func (c *Counters) hold(now time.Time, shard string) (*counter, float64) {
	for {
		c.mu.RLock()
		if k, windows := c.shards[shard], c.windows(now); k != nil && windows <= far && windows >= -back {
			k.mu.Lock()
			return k, math.Exp(windows)
		}
		c.mu.RUnlock()
		c.mu.Lock()
		if windows := c.windows(now); windows > far || windows < -back {
			c.rebase(now)
		}
		if c.shards[shard] == nil {
			c.shards[shard] = &counter{tables: map[string]*tableCounter{}}
		}
		c.mu.Unlock()
	}
}

func (c *Counters) let(k *counter) {
	k.mu.Unlock()
	c.mu.RUnlock()
}

// windows is how long after the base a moment is.
func (c *Counters) windows(at time.Time) float64 { return float64(at.Sub(c.base)) / float64(c.window) }

// rebase counts in the units of another moment from now on. Where that is before the last one, because the clock was set back, what was counted weighs as if it
// had been counted then. The lock is held for writing.
func (c *Counters) rebase(at time.Time) {
	by := math.Exp(-max(c.windows(at), 0))
	for _, k := range c.shards {
		k.scale(by)
	}
	c.base = at
}

func (k *counter) table(name string) *tableCounter {
	t := k.tables[name]
	if t == nil {
		t = &tableCounter{sketch{size: MaxParts}, sketch{size: MaxValues}}
		k.tables[name] = t
	}
	return t
}

func (k *counter) scale(by float64) {
	for _, v := range []*float64{&k.requests, &k.errors, &k.rows, &k.bytes, &k.busy} {
		*v *= by
	}
	k.latency.scale(by)
	for _, t := range k.tables {
		t.parts.scale(by)
		t.values.scale(by)
	}
}

// Take empties the counters and returns what they held.
func (c *Counters) Take(now time.Time) *Counters {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := &Counters{window: c.window, hidden: c.hidden, base: c.base, since: c.since, shards: c.shards}
	c.shards, c.base = map[string]*counter{}, now
	return out
}

// Clone returns counters that hold the same.
func (c *Counters) Clone() *Counters {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := New(c.window, c.base, c.hidden)
	out.since = c.since
	for name, k := range c.shards {
		out.shards[name] = &counter{tables: map[string]*tableCounter{}}
		out.shards[name].merge(k, 1)
	}
	return out
}

// Marks returns the marks of hidden keys alone, which are not written to files.
func (c *Counters) Marks() *Counters {
	c.mu.RLock()
	defer c.mu.RUnlock()
	out := New(c.window, c.base, c.hidden)
	for name, k := range c.shards {
		k.mu.Lock()
		for table, t := range k.tables {
			if c.hidden && len(t.values.cells) > 0 {
				if out.shards[name] == nil {
					out.shards[name] = &counter{tables: map[string]*tableCounter{}}
				}
				out.shards[name].table(table).values.merge(&t.values, 1)
			}
		}
		k.mu.Unlock()
	}
	return out
}

// Empty reports that nothing was counted.
func (c *Counters) Empty() bool {
	c.mu.RLock()
	defer c.mu.RUnlock()
	return len(c.shards) == 0
}

// Merge adds what other counters of the same window counted. Those must not be in use by others meanwhile.
func (c *Counters) Merge(o *Counters) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if o.base.After(c.base) {
		c.rebase(o.base)
	}
	by := math.Exp(c.windows(o.base))
	if o.since.Before(c.since) {
		c.since = o.since
	}
	for name, from := range o.shards {
		k := c.shards[name]
		if k == nil {
			k = &counter{tables: map[string]*tableCounter{}}
			c.shards[name] = k
		}
		k.merge(from, by)
	}
}

func (k *counter) merge(o *counter, by float64) {
	k.requests += by * o.requests
	k.errors += by * o.errors
	k.rows += by * o.rows
	k.bytes += by * o.bytes
	k.busy += by * o.busy
	k.latency.add(&o.latency, by)
	for name, from := range o.tables {
		t := k.table(name)
		t.parts.merge(&from.parts, by)
		t.values.merge(&from.values, by)
	}
}
