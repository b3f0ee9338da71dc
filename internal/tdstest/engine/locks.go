package engine

import (
	"sync"
	"time"
)

// locks says who may write. Writers hold locks on keys and rows until their transactions end; who changes definitions, or asks for a table
// lock that lasts, has the database for itself. Readers take no locks.
type locks struct {
	mu        sync.Mutex
	held      map[string]*owner
	writers   map[*owner]struct{}
	exclusive *owner
}

// owner is a transaction that writes, or a statement that does so by itself.
type owner struct {
	done  chan struct{} // closed when its locks are free
	waits []*owner      // whom it waits for, if it does
	held  []string
}

func newOwner() *owner { return &owner{done: make(chan struct{})} }

// alone takes the database, or returns who is in the way.
func (l *locks) alone(o *owner) []*owner {
	var others []*owner
	for w := range l.writers {
		if w != o {
			others = append(others, w)
		}
	}
	switch {
	case l.exclusive != nil && l.exclusive != o:
		return []*owner{l.exclusive}
	case len(others) == 0:
		l.exclusive = o
	}
	return others
}

// besides makes o one of the writers, or returns who has the database for itself.
func (l *locks) besides(o *owner) []*owner {
	if l.exclusive != nil && l.exclusive != o {
		return []*owner{l.exclusive}
	}
	l.writers[o] = struct{}{}
	return nil
}

// take locks names, all of them, or returns who holds one.
func (l *locks) take(o *owner, names []string) []*owner {
	for _, name := range names {
		if other := l.held[name]; other != nil && other != o {
			return []*owner{other}
		}
	}
	for _, name := range names {
		if l.held[name] == nil {
			l.held[name] = o
			o.held = append(o.held, name)
		}
	}
	return nil
}

// release frees all that o holds.
func (l *locks) release(o *owner) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, name := range o.held {
		delete(l.held, name)
	}
	delete(l.writers, o)
	if l.exclusive == o {
		l.exclusive = nil
	}
	close(o.done)
}

// waitsFor reports whether one of the owners waits for o, perhaps by way of others.
func (o *owner) waitsFor(from []*owner, seen map[*owner]bool) bool {
	for _, w := range from {
		if w == o {
			return true
		}
		if !seen[w] {
			seen[w] = true
			if o.waitsFor(w.waits, seen) {
				return true
			}
		}
	}
	return false
}

// acquire calls try until nobody is in the way. It waits as long as SET LOCK_TIMEOUT allows, for ever if that was not said; of those that
// wait for one another the last is told of a deadlock.
func (r *run) acquire(o *owner, try func(l *locks) []*owner) (err error) {
	var late <-chan time.Time
	if ms := r.session.number("LOCK_TIMEOUT", -1); ms >= 0 {
		timer := time.NewTimer(time.Duration(ms) * time.Millisecond)
		defer timer.Stop()
		late = timer.C
	}
	l := &r.db.locks
	for {
		l.mu.Lock()
		o.waits = try(l)
		others, dead := o.waits, o.waitsFor(o.waits, map[*owner]bool{})
		if dead {
			o.waits = nil
		}
		l.mu.Unlock()
		switch {
		case len(others) == 0:
			return nil
		case dead:
			return newError(1205, "Transaction (Process ID %d) was deadlocked on lock resources with another process and has been chosen as "+
				"the deadlock victim. Rerun the transaction.", r.session.id)
		}
		select {
		case <-others[0].done:
			continue
		case <-late:
			err = newError(1222, "Lock request time out period exceeded.")
		case <-r.ctx.Done():
			err = r.ctx.Err()
		}
		l.mu.Lock()
		o.waits = nil
		l.mu.Unlock()
		return err
	}
}
