package pool

import (
	"context"
	"sync"
)

// core is a pool without the type of its connections.
type core struct {
	budget *Budget
	name   any // of its shard
	slots  chan struct{}
	dial   func(ctx context.Context) (any, error)
	usable func(conn any) bool
	end    func(conn any, quiet bool)

	// Guarded by budget.mu:
	settled  sync.Cond // signalled when cleaning falls
	idle     []*parked // the last one is the one used last
	lent     map[any]*Reservation
	open     int // connections that exist, are being opened or being closed
	busy     int // of them, those lent or being opened
	pins     int
	cleaning int // what goes on in the background
	closed   bool
}

// acquire lends a connection; see [Pool.Acquire].
func (p *core) acquire(ctx context.Context, fresh bool) (any, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	r, err := p.budget.cover(ctx, p)
	if err != nil {
		return nil, err
	}
	select {
	case p.slots <- struct{}{}:
		return p.lend(ctx, fresh, r)
	case <-ctx.Done():
		p.uncover(r)
		return nil, ctx.Err()
	}
}

// seated is acquire for a caller that holds a slot. It must not wait in line with that, for who is served before may wait for the slot.
func (p *core) seated(ctx context.Context, fresh bool) (any, error) {
	b := p.budget
	if !b.bounded() {
		return p.lend(ctx, fresh, nil)
	}
	b.mu.Lock()
	r := b.coverNow(b.reservation(ctx), p)
	b.mu.Unlock()
	if r != nil {
		return p.lend(ctx, fresh, r)
	}
	<-p.slots
	return p.acquire(ctx, fresh)
}

// lend takes a connection for a caller that holds a slot and a promise, which it loses if there is an error.
func (p *core) lend(ctx context.Context, fresh bool, r *Reservation) (any, error) {
	c, err := p.take(ctx, fresh, r)
	if err != nil {
		p.uncover(r)
		<-p.slots
	}
	return c, err
}

// uncover gives a promise of one connection back.
func (p *core) uncover(r *Reservation) {
	if r == nil {
		return
	}
	p.budget.mu.Lock()
	defer p.budget.mu.Unlock()
	r.back(p, 1)
}

func (p *core) take(ctx context.Context, fresh bool, r *Reservation) (any, error) {
	if fresh {
		p.drop()
	}
	if c, err := p.room(ctx, fresh, r); c != nil || err != nil {
		return c, err
	}
	c, err := p.dial(ctx)
	p.budget.mu.Lock()
	defer p.budget.mu.Unlock()
	if err != nil {
		p.busy--
		p.count(-1)
		return nil, err
	}
	p.lent[c] = r
	return c, nil
}

// count changes the number of open connections. The caller holds budget.mu.
func (p *core) count(n int) {
	p.budget.open += n
	p.recount(n, 0)
}

// recount changes what is open of the pool, or stays so for a pin. The caller holds budget.mu.
func (p *core) recount(open, pins int) {
	b := p.budget
	was := p.open+p.pins > 0
	p.open += open
	p.pins += pins
	switch now := p.open+p.pins > 0; {
	case now && !was:
		b.held[p.name]++
	case was && !now:
		if b.held[p.name]--; b.held[p.name] == 0 {
			delete(b.held, p.name)
		}
	}
	if open+pins < 0 {
		b.wake()
	}
}

// release takes a connection back; see [Pool.Release].
func (p *core) release(c any, healthy bool) {
	b := p.budget
	usable := healthy && p.usable(c)
	b.mu.Lock()
	r, ok := p.lent[c]
	if !ok {
		b.mu.Unlock()
		return // it came back before
	}
	delete(p.lent, c)
	p.busy--
	if usable && !p.closed {
		p.park(c)
		b.wake()
	} else {
		b.mu.Unlock()
		p.end(c, healthy)
		b.mu.Lock()
		p.count(-1)
	}
	if r != nil {
		r.back(p, 1)
	}
	b.mu.Unlock()
	<-p.slots
}

// pin keeps a pool counted as open; see [Pool.Pin].
func (p *core) pin(c any) (unpin func()) {
	b := p.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	r := p.lent[c]
	p.recount(0, 1)
	if r != nil {
		r.use(p)
	}
	return sync.OnceFunc(func() {
		b.mu.Lock()
		defer b.mu.Unlock()
		p.recount(0, -1)
		if r != nil {
			r.back(p, 0)
		}
	})
}

// background does something that close waits for.
func (p *core) background(clean func()) {
	b := p.budget
	b.mu.Lock()
	p.cleaning++
	b.mu.Unlock()
	go func() {
		clean()
		b.mu.Lock()
		defer b.mu.Unlock()
		p.cleaned(1)
	}()
}

// cleaned ends n things that went on in the background. The caller holds budget.mu.
func (p *core) cleaned(n int) {
	p.cleaning -= n
	p.settled.Broadcast()
}

// close closes idle connections and waits for what goes on in the background.
func (p *core) close() {
	b := p.budget
	b.mu.Lock()
	if !p.closed {
		p.closed = true
		b.members--
	}
	idle := p.unparkAll()
	for p.cleaning > 0 {
		p.settled.Wait()
	}
	b.wake()
	b.mu.Unlock()
	b.shut(idle)
}
