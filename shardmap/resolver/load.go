package resolver

import (
	"context"
	"crypto/sha256"
	"errors"

	"github.com/atoll-sql/atoll/shardmap/store"
)

// load asks the store and, if its answer is good, publishes it. Only one runs at a time.
func (r *Resolver[T]) load(ctx context.Context) error {
	sent := r.opts.Now()
	doc, err := r.store.Load(ctx)
	if err != nil {
		if errors.Is(err, store.ErrBad) {
			return r.reject(0, err)
		}
		return err
	}
	// A store whose clock is ahead cannot make a snapshot younger than the question.
	if doc.AsOf.After(r.opts.Now()) {
		doc.AsOf = sent
	}
	next, err := r.judge(doc)
	if err != nil {
		return r.reject(doc.Version, err)
	}
	r.publish(next)
	return nil
}

func (r *Resolver[T]) reject(version uint64, cause error) error {
	e := &RejectError{Store: r.store.String(), Version: version, Cause: cause}
	if held := r.held.Load(); held != nil {
		e.Held = held.Version
	}
	return e
}

// judge makes a snapshot of a document, or says why it must not be served.
func (r *Resolver[T]) judge(doc store.Document) (*Snapshot[T], error) {
	next := &Snapshot[T]{Version: doc.Version, AsOf: doc.AsOf, sum: sha256.Sum256(doc.Text)}
	held := r.held.Load()
	switch {
	case doc.AsOf.IsZero():
		return nil, ErrNoTime
	case doc.Version == 0:
		return nil, store.ErrBad
	case held == nil || held.Version < doc.Version:
		value, err := r.check(doc)
		next.Value = value
		return next, err
	case held.Version > doc.Version:
		return nil, ErrBackwards
	case held.sum != next.sum:
		return nil, ErrSameVersion
	}
	next.Value = held.Value
	if held.AsOf.After(next.AsOf) {
		next.AsOf = held.AsOf // two answers of a store that keeps some; both are true
	}
	return next, nil
}

// publish serves a snapshot and tells of a new version.
func (r *Resolver[T]) publish(next *Snapshot[T]) {
	r.hooks.Lock()
	defer r.hooks.Unlock()
	old := r.held.Load()
	r.held.Store(next)
	if old != nil && old.Version == next.Version {
		return
	}
	for _, hook := range r.hook {
		hook(old, next)
	}
}
