package pool

import (
	"context"
	"errors"
)

// ErrClosed is what a closed pool answers.
var ErrClosed = errors.New("the pool is closed")

// Spec says how a pool makes and ends connections. Its functions are called from any goroutine.
type Spec[C comparable] struct {
	Name string // of the shard; pools of the same name are one shard to the budget, "" is one of its own
	Size int    // connections lent at the same time, at least 1
	// Beside, if not nil, is a pool for connections of another kind to the same shard: Size bounds those that both lend together, and is that
	// pool's.
	Beside *Pool[C]
	Budget *Budget // nil for one of the pool's own, without bounds
	// Dial opens a connection. Its errors are returned as they are.
	Dial func(ctx context.Context) (C, error)
	// Usable reports whether a connection that came back healthy may be lent again.
	Usable func(c C) bool
	// End closes a connection, on which nothing runs if it is quiet. It returns within a fraction of a second.
	End func(c C, quiet bool)
}

// Pool lends the connections of one shard. Callers beyond its size wait; idle connections are lent again, the one used last first. It is
// safe for concurrent use.
type Pool[C comparable] struct{ core *core }

// New makes a pool that opens nothing yet.
func New[C comparable](s Spec[C]) *Pool[C] {
	if s.Budget == nil {
		s.Budget = NewBudget(Limits{}, nil)
	}
	p := &core{budget: s.Budget, slots: make(chan struct{}, max(s.Size, 1)), lent: map[any]*Reservation{}}
	if p.name = s.Name; s.Name == "" {
		p.name = p
	}
	if s.Beside != nil {
		p.slots = s.Beside.core.slots
	}
	p.dial = func(ctx context.Context) (any, error) { return s.Dial(ctx) }
	p.usable = func(c any) bool { return s.Usable(c.(C)) }
	p.end = func(c any, quiet bool) { s.End(c.(C), quiet) }
	p.settled.L = &s.Budget.mu
	s.Budget.mu.Lock()
	defer s.Budget.mu.Unlock()
	s.Budget.members++
	return &Pool[C]{p}
}

// Acquire lends an idle connection, or a new one. Fresh asks for a new one in any case and drops the idle ones, which are
// likely as dead as the one that made the caller ask. The caller gives it back by Release. It fails with [ErrClosed], with what Dial
// returned, or with ctx's own error.
func (p *Pool[C]) Acquire(ctx context.Context, fresh bool) (C, error) {
	return typed[C](p.core.acquire(ctx, fresh))
}

// Slots is where a caller takes one of the pool's places by sending, to call Seated with it: for who waits for something else at the same time.
func (p *Pool[C]) Slots() chan<- struct{} { return p.core.slots }

// Seated is Acquire for a caller that has sent to Slots. If there is an error the place is given back.
func (p *Pool[C]) Seated(ctx context.Context, fresh bool) (C, error) {
	return typed[C](p.core.seated(ctx, fresh))
}

func typed[C comparable](c any, err error) (C, error) {
	if err != nil {
		var none C
		return none, err
	}
	return c.(C), nil
}

// Release takes a connection back; one that is not healthy is closed. One that was taken back before is left alone.
func (p *Pool[C]) Release(c C, healthy bool) { p.core.release(c, healthy) }

// Pin keeps the pool counted as open, and its connections from being closed to make room for another shard, until unpin is called; c is lent. What c
// was lent under covers the pin, too. It is for what outlives connections, and takes up the shard but no connection.
func (p *Pool[C]) Pin(c C) (unpin func()) { return p.core.pin(c) }

// Background does something that Close waits for.
func (p *Pool[C]) Background(clean func()) { p.core.background(clean) }

// Drop closes the idle connections.
func (p *Pool[C]) Drop() { p.core.drop() }

// Idle returns the idle connections, the one used last at the end; they may be lent or closed at any time.
func (p *Pool[C]) Idle() []C {
	p.core.budget.mu.Lock()
	defer p.core.budget.mu.Unlock()
	var out []C
	for _, k := range p.core.idle {
		out = append(out, k.conn.(C))
	}
	return out
}

// Settled reports that no connection is lent and nothing goes on in the background.
func (p *Pool[C]) Settled() bool {
	p.core.budget.mu.Lock()
	defer p.core.budget.mu.Unlock()
	return p.core.busy == 0 && p.core.cleaning == 0
}

// Size is the number of connections that may be lent at the same time.
func (p *Pool[C]) Size() int { return cap(p.core.slots) }

// Close closes idle connections and waits for what goes on in the background. Those still lent are closed when they come back.
// It may be called more than once.
func (p *Pool[C]) Close() { p.core.close() }
