package resolver

import (
	"context"
	"fmt"
)

// flight is one request to the store, for all who wait for it.
type flight struct {
	done chan struct{} // closed at the end
	err  error         // to be read after done
}

func newFlight() *flight { return &flight{done: make(chan struct{})} }

func (f *flight) wait(ctx context.Context) error {
	select {
	case <-f.done:
		return f.err
	default:
	}
	select {
	case <-f.done:
		return f.err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// ask returns the request that is under way, or begins one. After says that the question must be sent after now: behind a request that is under way
// another one is queued.
func (r *Resolver[T]) ask(after bool) *flight {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.closed:
		f := newFlight()
		f.err = ErrClosed
		close(f.done)
		return f
	case r.running == nil:
		r.begin(newFlight())
		return r.running
	case !after:
		return r.running
	case r.queued == nil:
		r.queued = newFlight()
	}
	return r.queued
}

// begin sends a request. The lock is held, and no other request is under way.
func (r *Resolver[T]) begin(f *flight) {
	r.running = f
	r.busy.Store(true)
	r.work.Go(func() { r.fly(f) })
}

// fly is the goroutine of a request.
func (r *Resolver[T]) fly(f *flight) {
	err := r.request()
	if r.ctx.Err() != nil && err != nil {
		err = ErrClosed
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.note(err)
	f.err = err
	defer close(f.done) // who waits finds everything as it is after the request
	r.running = nil
	r.busy.Store(false)
	next := r.queued
	r.queued = nil
	switch {
	case next == nil:
	case r.closed:
		next.err = ErrClosed
		close(next.done)
	default:
		r.begin(next)
	}
}

// request asks the store once and publishes its answer. A panic of the check or a hook is an error.
func (r *Resolver[T]) request() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: a panic while its shard map was read: %v", r.store, p)
		}
	}()
	ctx, cancel := context.WithTimeout(r.ctx, r.opts.Timeout)
	defer cancel()
	return r.load(ctx)
}
