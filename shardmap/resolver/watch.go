package resolver

import (
	"errors"
	"fmt"
	"sync/atomic"

	"github.com/atoll-sql/atoll/shardmap/store"
)

// errEnded stands for a store whose watch ends without saying why.
var errEnded = errors.New("the watch ended")

// watch keeps a watch on the store until Close, or until the store says that it has none to offer.
func (r *Resolver[T]) watch() {
	for failures := 0; ; {
		var told atomic.Bool
		err := r.watchOnce(func() {
			told.Store(true)
			r.watching(true, nil)
			r.ask(true)
		})
		if r.ctx.Err() != nil {
			return
		}
		if err == nil {
			err = fmt.Errorf("%s: %w", r.store, errEnded)
		}
		r.watching(false, err)
		if errors.Is(err, store.ErrNoWatch) {
			return
		}
		if told.Load() {
			failures = 0
			r.ask(true) // what happened since may have gone untold
		}
		failures++
		if r.opts.Sleep(r.ctx, r.opts.pause(failures)) != nil {
			return
		}
	}
}

// watchOnce watches until the watch is lost. A panic of the store is an error.
func (r *Resolver[T]) watchOnce(changed func()) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("%s: a panic while it was watched: %v", r.store, p)
		}
	}()
	return r.store.Watch(r.ctx, changed)
}
