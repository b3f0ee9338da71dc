package lookup

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"
)

// The causes of errors, beside those of a fetch.
var (
	ErrClosed = errors.New("the lookup is closed")
	ErrSlow   = errors.New("a lookup took longer than its answer may be old")
)

// Fetch answers the keys that it finds; those that it does not return have no answer. It is called with each key once and at most Batch of them, and by up to Parallel
// goroutines at a time. The context ends after Timeout and with Close.
type Fetch[K comparable, V any] func(ctx context.Context, keys []K) (map[K]V, error)

// Cache remembers answers. It is safe for concurrent use. Values are shared and must not be changed. A key must equal itself, as a NaN does not.
type Cache[K comparable, V any] struct {
	fetch  Fetch[K, V]
	opts   Options
	memory *memory[K, V]
	pause  atomic.Pointer[time.Time] // keys that nobody waits for are not asked for until then; nil for no pause

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

// New returns an empty cache.
func New[K comparable, V any](fetch Fetch[K, V], options Options) (*Cache[K, V], error) {
	options, err := options.withDefaults()
	if err != nil {
		return nil, err
	}
	c := &Cache[K, V]{fetch: fetch, opts: options, memory: newMemory[K, V](options.Size), pending: map[K]*batch[K, V]{}}
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

func (c *Cache[K, V]) judge(now time.Time, found bool, asOf time.Time) freshness {
	switch a := age(now, asOf); {
	case found && a < c.opts.TTL, !found && a < c.opts.NegativeTTL:
		return fresh
	case found && a <= c.opts.MaxStale:
		return stale
	}
	return useless
}

// One returns the answer for a key, and whether it has one. It allocates nothing if the answer is remembered and young.
func (c *Cache[K, V]) One(ctx context.Context, key K) (value V, found bool, err error) {
	if a, ok := c.memory.get(key); ok && c.judge(c.opts.Now(), a.found, a.asOf) == fresh {
		return a.value, a.found, nil
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
	now := c.opts.Now()
	var missing, aged []K
	for _, key := range keys {
		a, ok := c.memory.get(key)
		f := useless
		if ok {
			f = c.judge(now, a.found, a.asOf)
		}
		if f == useless {
			missing = append(missing, key)
			continue
		}
		if a.found {
			out[key] = a.value
		}
		if f == stale {
			aged = append(aged, key)
		}
	}
	if until := c.pause.Load(); len(aged) > 0 && (until == nil || !now.Before(*until)) {
		_, _ = c.ask(aged) // nobody waits for them, and a closed cache asks for nothing
	}
	if len(missing) == 0 {
		return out, nil
	}
	return c.await(ctx, missing, out)
}

// await asks for keys and adds their answers to out.
func (c *Cache[K, V]) await(ctx context.Context, missing []K, out map[K]V) (map[K]V, error) {
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
		if age(c.opts.Now(), b.asOf) > c.opts.MaxStale {
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
	out.Keys = c.memory.len()
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
