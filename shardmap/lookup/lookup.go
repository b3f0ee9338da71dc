package lookup

import (
	"context"
	"errors"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

// The causes of errors, beside those of a fetch.
var (
	ErrClosed = errors.New("the lookup is closed")
	ErrSlow   = errors.New("a lookup took longer than its answer may be old")
	ErrMine   = errors.New("the lookup asks for nothing by itself: use GetBy")
)

// Fetch answers the keys that it finds; those that it does not return have no answer. The cache's own is called with each key once and at most Batch of them, and by up
// to Parallel goroutines at a time, and its context ends after Timeout and with Close; one that is given to [Cache.GetBy] is called by that.
type Fetch[K comparable, V any] func(ctx context.Context, keys []K) (map[K]V, error)

// Cache remembers answers. It is safe for concurrent use. Values are shared and must not be changed. A key must equal itself, as a NaN does not.
type Cache[K comparable, V any] struct {
	fetch  Fetch[K, V] // nil for none
	opts   Options
	memory *memory[K, V] // written under the lock
	clock  clock
	pause  atomic.Int64 // keys that nobody waits for are not asked for until then

	ctx  context.Context // ends with Close
	stop context.CancelFunc
	work sync.WaitGroup

	mu       sync.Mutex
	closed   bool
	pending  map[K]*batch[K, V] // that will answer the key
	queue    []*batch[K, V]     // not yet sent; only the last one takes more keys
	running  int                // requests under way
	failures int                // of requests in a row
	status   Status
}

// Status tells how a cache does.
type Status struct {
	Keys     int    // remembered
	Requests uint64 // ended
	Asked    uint64 // keys of those requests
	Err      error  // of the last request, nil if it was answered
}

// New returns an empty cache. A nil fetch stands for none: then all is asked for by who wants it, with [Cache.GetBy], and no answer is given that is older than TTL.
func New[K comparable, V any](fetch Fetch[K, V], options Options) (*Cache[K, V], error) {
	return NewHashed(fetch, maphash.Comparable[K], options)
}

// NewHashed is New for keys that have a faster hash than that of any type.
func NewHashed[K comparable, V any](fetch Fetch[K, V], hash Hash[K], options Options) (*Cache[K, V], error) {
	options, err := options.withDefaults()
	if err == nil && hash == nil {
		err = errors.New("the lookup has no hash for its keys")
	}
	if err != nil {
		return nil, err
	}
	c := &Cache[K, V]{fetch: fetch, opts: options, memory: newMemory[K, V](options.Size, hash), pending: map[K]*batch[K, V]{}}
	c.clock.begin(options.Now)
	c.ctx, c.stop = context.WithCancel(context.Background())
	return c, nil
}

// freshness is what may be done with an answer that is remembered.
type freshness uint8

const (
	fresh   freshness = iota
	stale             // may be given, and should be asked for anew
	useless           // must be asked for
)

func (c *Cache[K, V]) judge(now time.Duration, a *answer[V]) freshness {
	switch age := now - a.asOf; {
	case a.found && age < c.opts.TTL, !a.found && age < c.opts.NegativeTTL:
		return fresh
	case a.found && c.fetch != nil && age <= c.opts.MaxStale:
		return stale
	}
	return useless
}

// Peek returns what is remembered of a key and may be given, without waiting; ok is false if that is nothing. It allocates nothing if the answer is young.
func (c *Cache[K, V]) Peek(key K) (value V, found, ok bool) {
	a := c.memory.get(key)
	if a == nil {
		return value, false, false
	}
	now := c.clock.age()
	switch c.judge(now, a) {
	case useless:
		return value, false, false
	case stale:
		c.refresh(now, []K{key})
	}
	return a.value, a.found, true
}

// refresh asks for keys that nobody waits for.
func (c *Cache[K, V]) refresh(now time.Duration, keys []K) {
	if len(keys) > 0 && int64(now) >= c.pause.Load() {
		_, _ = c.ask(keys) // a closed cache asks for nothing
	}
}

// One returns the answer for a key, and whether it has one. It allocates nothing if the answer is remembered and young.
func (c *Cache[K, V]) One(ctx context.Context, key K) (value V, found bool, err error) {
	if value, found, ok := c.Peek(key); ok {
		return value, found, nil
	}
	got, err := c.Get(ctx, []K{key})
	if err != nil {
		return value, false, err
	}
	value, found = got[key]
	return value, found, nil
}

// Get returns the answers for keys; those without are not in the map, which is the caller's. Either all keys are answered or there is an error.
func (c *Cache[K, V]) Get(ctx context.Context, keys []K) (map[K]V, error) {
	out := make(map[K]V, len(keys))
	missing := c.recall(keys, func(key K, a *answer[V]) {
		if a.found {
			out[key] = a.value
		}
	})
	if len(missing) == 0 {
		return out, nil
	}
	return c.await(ctx, missing, out)
}

// recall tells of what is remembered and may be given, and returns the other keys.
func (c *Cache[K, V]) recall(keys []K, tell func(K, *answer[V])) (missing []K) {
	now := c.clock.age()
	var aged []K
	for _, key := range keys {
		a := c.memory.get(key)
		f := useless
		if a != nil {
			f = c.judge(now, a)
		}
		switch f {
		case useless:
			missing = append(missing, key)
			continue
		case stale:
			aged = append(aged, key)
		}
		tell(key, a)
	}
	c.refresh(now, aged)
	return missing
}

// await asks for keys and adds their answers to out.
func (c *Cache[K, V]) await(ctx context.Context, missing []K, out map[K]V) (map[K]V, error) {
	if c.fetch == nil {
		return nil, ErrMine
	}
	wanted, err := c.ask(missing)
	if err != nil {
		return nil, err
	}
	for i, key := range missing {
		b := wanted[i]
		select {
		case <-b.done:
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
		if b.err != nil {
			return nil, b.err
		}
		if c.clock.age()-b.asOf > c.opts.MaxStale {
			return nil, ErrSlow
		}
		if value, ok := b.found[key]; ok {
			out[key] = value
		}
	}
	return out, nil
}

// Forget drops what is remembered of keys, and what requests under way will say of them, for programs that know of a change. Who asks after Forget
// gets an answer to a question that was sent after it.
func (c *Cache[K, V]) Forget(keys ...K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, key := range keys {
		if b := c.pending[key]; b != nil && b.sent {
			delete(c.pending, key)
		}
		c.memory.remove(key)
	}
}

// Status returns the state of now.
func (c *Cache[K, V]) Status() Status {
	c.mu.Lock()
	defer c.mu.Unlock()
	out := c.status
	out.Keys = len(c.memory.ring)
	return out
}

// Close ends all requests and waits for their goroutines; who waits for an answer gets [ErrClosed]. What is young is still answered. It may be called more than once.
func (c *Cache[K, V]) Close() error {
	c.mu.Lock()
	c.closed = true
	c.mu.Unlock()
	c.stop()
	c.work.Wait()
	return nil
}
