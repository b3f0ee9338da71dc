package lookup

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// Pauses after failures in keys that nobody waits for: the first, doubled with each further failure up to the last.
const (
	firstPause = 50 * time.Millisecond
	lastPause  = 5 * time.Second
)

// batch is one request for keys.
type batch[K comparable, V any] struct {
	keys []K
	sent bool
	done chan struct{} // closed when the rest is known
	// To be read after done.
	asOf  time.Duration
	found map[K]V
	err   error
}

// ask has keys asked for that are not being asked for already, and returns for each the request that will answer it.
func (c *Cache[K, V]) ask(keys []K) ([]*batch[K, V], error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.closed {
		return nil, ErrClosed
	}
	out := make([]*batch[K, V], len(keys))
	for i, key := range keys {
		b := c.pending[key]
		if b == nil {
			b = c.open()
			b.keys = append(b.keys, key)
			c.pending[key] = b
		}
		out[i] = b
	}
	for c.running < c.opts.Parallel && len(c.queue) > 0 {
		c.running++
		b := c.next()
		c.work.Go(func() { c.run(b) })
	}
	return out, nil
}

// open returns the batch that takes further keys.
func (c *Cache[K, V]) open() *batch[K, V] {
	if n := len(c.queue); n > 0 && len(c.queue[n-1].keys) < c.opts.Batch {
		return c.queue[n-1]
	}
	b := &batch[K, V]{done: make(chan struct{})}
	c.queue = append(c.queue, b)
	return b
}

// next takes the first batch off the queue, to be sent.
func (c *Cache[K, V]) next() *batch[K, V] {
	b := c.queue[0]
	c.queue = c.queue[1:]
	b.sent = true
	return b
}

// run is a goroutine that sends batches until there are no more.
func (c *Cache[K, V]) run(b *batch[K, V]) {
	for b != nil {
		c.send(b)
		b = c.finish(b)
	}
}

// send asks for a batch's keys.
func (c *Cache[K, V]) send(b *batch[K, V]) {
	ctx, cancel := context.WithTimeout(c.ctx, c.opts.Timeout)
	defer cancel()
	if c.ctx.Err() != nil {
		b.err = ErrClosed
		return
	}
	c.sendBy(ctx, b, c.fetch)
	if b.err != nil && c.ctx.Err() != nil {
		b.err = ErrClosed
	}
}

// sendBy asks for a batch's keys by a fetch. A panic of it is an error.
func (c *Cache[K, V]) sendBy(ctx context.Context, b *batch[K, V], fetch Fetch[K, V]) {
	b.asOf = c.clock.age()
	defer func() {
		if p := recover(); p != nil {
			b.err = fmt.Errorf("a panic in a lookup: %v", p)
		}
	}()
	b.found, b.err = fetch(ctx, b.keys)
}

// finish remembers the answers of a batch, wakes who waits for them, and returns the next batch, if there is one.
func (c *Cache[K, V]) finish(b *batch[K, V]) *batch[K, V] {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.settle(b)
	c.rest(b.err)
	if len(c.queue) == 0 {
		c.running--
		return nil
	}
	return c.next()
}

// settle remembers the answers of a batch and wakes who waits for them. The lock is held.
func (c *Cache[K, V]) settle(b *batch[K, V]) {
	for _, key := range b.keys {
		if c.pending[key] != b {
			continue // forgotten meanwhile
		}
		delete(c.pending, key)
		if b.err == nil {
			value, ok := b.found[key]
			c.memory.put(key, answer[V]{value: value, found: ok, asOf: b.asOf})
		}
	}
	c.status.Requests++
	c.status.Asked += uint64(len(b.keys))
	c.status.Err = b.err
	close(b.done)
}

// rest makes a pause after a failure of the cache's own fetch, and ends it after a success. The lock is held.
func (c *Cache[K, V]) rest(err error) {
	if err == nil {
		c.failures = 0
		c.pause.Store(0)
		return
	}
	d := lastPause
	if c.failures < 7 { // 50 ms * 2^7 is more than the last pause
		d = firstPause << c.failures
	}
	c.failures++
	c.pause.Store(int64(c.clock.age() + d/2 + rand.N(d/2)))
}
