package resolver

import "time"

// Status tells how it goes between a resolver and its store.
type Status struct {
	Store   string
	Version uint64        // that is held, 0 for none
	AsOf    time.Time     // of the snapshot held
	Age     time.Duration // of the snapshot held

	Err      error     // why the last request confirmed nothing: a [RejectError], or an error of the store; nil after one that did
	Since    time.Time // of the first failure in a row; zero if Err is nil
	Requests uint64    // answered or failed, in all
	Failures uint64    // those that confirmed nothing

	Watching bool  // whether the store would tell of a change now
	WatchErr error // why it would not
}

// Status returns the state of now.
func (r *Resolver[T]) Status() Status {
	r.mu.Lock()
	out := r.status
	r.mu.Unlock()
	if held := r.held.Load(); held != nil {
		out.Version, out.AsOf, out.Age = held.Version, held.AsOf, age(r.opts.Now(), held.AsOf)
	}
	return out
}

// note records how a request ended. The lock is held.
func (r *Resolver[T]) note(err error) {
	now := r.opts.Now()
	r.status.Requests++
	if err == nil {
		r.status.Err, r.status.Since, r.failures = nil, time.Time{}, 0
		r.notUntil.Store(nil)
		return
	}
	if r.status.Err == nil {
		r.status.Since = now
	}
	r.status.Err = err
	r.status.Failures++
	r.failures++
	until := now.Add(r.opts.pause(r.failures))
	r.notUntil.Store(&until)
}

func (r *Resolver[T]) watching(yes bool, err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status.Watching, r.status.WatchErr = yes, err
}

func (r *Resolver[T]) lastFault() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.status.Err
}
