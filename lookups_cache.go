package atoll

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/atoll-sql/atoll/shardmap"
)

// What zero values of [shardmap.Cache] stand for.
const (
	lookupTTL         = 10 * time.Second
	lookupNegativeTTL = time.Second
	lookupSize        = 100_000
)

// found is what a directory or an index table said of one value. It is never changed.
type found struct {
	shards []int              // of a directory: those that it names for the key; none if it does not list it
	keys   [][]shardmap.Value // of an index: the sharding keys of the value's rows; the zero Value stands for NULL
	rows   int                // that it has of the value
	open   bool               // it says nothing that can be relied on: a shard that the table has not, or too many keys
}

// lookupKey is a value, and the callers who may know of it the same.
type lookupKey struct {
	class uint32
	value shardmap.Value
}

// kept is an answer that is remembered.
type kept struct {
	until int64       // when it is too old, in nanoseconds since the cache began
	one   int32       // the only shard that a directory names, -1 for any other answer; here, so that a key is routed without looking further
	used  atomic.Bool // since the hand came by
	at    int         // in the ring
	*found
}

// lookupCache remembers answers for as long as they may be used, counted from before they were asked for. It holds no more than size; of those over, one that was
// not used lately gives way. It is safe for concurrent use.
type lookupCache struct {
	off           bool
	ttl, negative time.Duration
	size          int
	age           func() time.Duration // of the cache

	mu      sync.RWMutex
	entries map[lookupKey]*kept
	ring    []lookupKey
	hand    int
	flights map[lookupKey]*flight
}

// flight is a question under way, whose answer others wait for.
type flight struct {
	done  chan struct{}
	found *found // written before done is closed; nil if it failed
	err   error
}

// newLookupCache is empty. Its clock is now, or that of the system if there is none, which is faster to read.
func newLookupCache(c shardmap.Cache, now func() time.Time) *lookupCache {
	start := time.Now()
	age := func() time.Duration { return time.Since(start) }
	if now != nil {
		start = now()
		age = func() time.Duration { return now().Sub(start) }
	}
	out := &lookupCache{off: c.Off, ttl: lookupTTL, size: lookupSize, age: age,
		entries: map[lookupKey]*kept{}, flights: map[lookupKey]*flight{}}
	if c.TTL > 0 {
		out.ttl = c.TTL
	}
	if out.negative = min(lookupNegativeTTL, out.ttl); c.NegativeTTL > 0 {
		out.negative = min(c.NegativeTTL, out.ttl)
	}
	if c.Size > 0 {
		out.size = c.Size
	}
	return out
}

// get returns an answer that is young enough, nil if there is none. It does not allocate.
func (c *lookupCache) get(k lookupKey) *found {
	if e := c.young(k); e != nil {
		return e.found
	}
	return nil
}

// one is the only shard that a directory is remembered to name. It does not allocate.
func (c *lookupCache) one(k lookupKey) (shard int, ok bool) {
	e := c.young(k)
	if e == nil || e.one < 0 {
		return 0, false
	}
	return int(e.one), true
}

func (c *lookupCache) young(k lookupKey) *kept {
	c.mu.RLock()
	e := c.entries[k]
	c.mu.RUnlock()
	if e == nil || int64(c.age()) >= e.until {
		return nil
	}
	if !e.used.Load() {
		e.used.Store(true)
	}
	return e
}

// put remembers an answer to a question that was asked when the cache was of an age. The caller holds mu.
func (c *lookupCache) put(k lookupKey, f *found, asked time.Duration) {
	if c.off {
		return
	}
	life := c.ttl
	if f.rows == 0 {
		life = c.negative
	}
	e := &kept{found: f, until: int64(asked + life), one: -1}
	if len(f.shards) == 1 && !f.open {
		e.one = int32(f.shards[0])
	}
	if old := c.entries[k]; old != nil {
		e.at = old.at
		c.entries[k] = e
		return
	}
	if len(c.ring) < c.size {
		e.at = len(c.ring)
		c.ring = append(c.ring, k)
		c.entries[k] = e
		return
	}
	for c.entries[c.ring[c.hand]].used.Swap(false) {
		c.hand = (c.hand + 1) % len(c.ring)
	}
	delete(c.entries, c.ring[c.hand])
	e.at = c.hand
	c.ring[c.hand] = k
	c.entries[k] = e
	c.hand = (c.hand + 1) % len(c.ring)
}

// resolve returns what is said of each value. Of those not remembered, one caller at a time asks, for all who want them; of a caller who gave up, another one takes
// over. The error is of the questions that failed; what was found stands beside it.
func (c *lookupCache) resolve(ctx context.Context, class uint32, values []shardmap.Value,
	ask func(context.Context, []shardmap.Value) (map[shardmap.Value]*found, error)) (map[shardmap.Value]*found, int, error) {
	out, asked := map[shardmap.Value]*found{}, 0
	var failed error
	for rest := values; len(rest) > 0 && failed == nil; {
		mine, theirs := c.board(class, rest, out)
		asked += len(mine) + len(theirs)
		if len(mine) > 0 {
			if err := c.fly(ctx, class, mine, out, ask); err != nil {
				failed = err
			}
		}
		rest = nil
		for v, f := range theirs {
			select {
			case <-f.done:
			case <-ctx.Done():
				return out, asked, ctx.Err()
			}
			switch {
			case f.found != nil:
				out[v] = f.found
			case isContextEnd(f.err):
				rest = append(rest, v)
				asked--
			case failed == nil:
				failed = f.err
			}
		}
	}
	return out, asked, failed
}

// board takes what is remembered, and parts the rest into values to ask for and values that others are asking for.
func (c *lookupCache) board(class uint32, values []shardmap.Value, out map[shardmap.Value]*found) (mine []shardmap.Value, theirs map[shardmap.Value]*flight) {
	theirs = map[shardmap.Value]*flight{}
	c.mu.Lock()
	defer c.mu.Unlock()
	now := int64(c.age())
	if c.off { // nor does anybody wait for a question that was sent before theirs
		return values, theirs
	}
	for _, v := range values {
		k := lookupKey{class, v}
		if e := c.entries[k]; e != nil && now < e.until {
			out[v] = e.found
		} else if f := c.flights[k]; f != nil {
			theirs[v] = f
		} else {
			c.flights[k] = &flight{done: make(chan struct{})}
			mine = append(mine, v)
		}
	}
	return mine, theirs
}

// fly asks, and tells everybody.
func (c *lookupCache) fly(ctx context.Context, class uint32, values []shardmap.Value, out map[shardmap.Value]*found,
	ask func(context.Context, []shardmap.Value) (map[shardmap.Value]*found, error)) error {
	asked := c.age()
	answers, err := ask(ctx, values)
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, v := range values {
		k := lookupKey{class, v}
		if err == nil {
			out[v] = answers[v]
			c.put(k, answers[v], asked)
		}
		if f := c.flights[k]; f != nil && !c.off {
			delete(c.flights, k)
			f.found, f.err = answers[v], err
			if err != nil {
				f.found = nil
			}
			close(f.done)
		}
	}
	return err
}
