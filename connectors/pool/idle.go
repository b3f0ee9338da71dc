package pool

import (
	"container/list"
	"slices"
	"sync"
	"time"
)

// parked is an idle connection.
type parked struct {
	conn  any
	pool  *core
	until time.Time     // when it is closed for not being used; zero for never
	place *list.Element // in the budget's list
}

// park keeps a connection that came back. The caller holds budget.mu.
func (p *core) park(c any) {
	b := p.budget
	k := &parked{conn: c, pool: p}
	if b.limits.Idle > 0 {
		k.until = b.clock.Now().Add(b.limits.Idle)
	}
	k.place = b.parked.PushBack(k)
	p.idle = append(p.idle, k)
	b.wind()
}

// unpark takes the connection used last, nil if there is none. The caller holds budget.mu.
func (p *core) unpark() *parked {
	if len(p.idle) == 0 {
		return nil
	}
	return p.withdraw(len(p.idle) - 1)
}

// withdraw takes one idle connection, which its budget's list has as well. The caller holds budget.mu.
func (p *core) withdraw(i int) *parked {
	k := p.idle[i]
	p.idle = slices.Delete(p.idle, i, i+1)
	p.budget.parked.Remove(k.place)
	p.budget.wind()
	return k
}

// unparkAll takes all idle connections. The caller holds budget.mu.
func (p *core) unparkAll() []*parked {
	all := p.idle
	p.idle = nil
	for _, k := range all {
		p.budget.parked.Remove(k.place)
	}
	p.budget.wind()
	return all
}

// drop closes the idle connections.
func (p *core) drop() {
	p.budget.mu.Lock()
	stale := p.unparkAll()
	p.budget.mu.Unlock()
	p.budget.shut(stale)
}

// shutAtOnce bounds the connections that are closed at the same time.
const shutAtOnce = 16

// shut closes connections that were taken, and counts them out.
func (b *Budget) shut(all []*parked) {
	var g sync.WaitGroup
	turn := make(chan struct{}, shutAtOnce)
	for _, k := range all {
		turn <- struct{}{}
		g.Go(func() {
			defer func() { <-turn }()
			k.pool.end(k.conn, true)
			b.mu.Lock()
			defer b.mu.Unlock()
			k.pool.count(-1)
		})
	}
	g.Wait()
}

// wind keeps a timer for the next connection to be closed for not being used, and none where there is nothing to close. The caller
// holds mu.
func (b *Budget) wind() {
	if b.limits.Idle < 0 {
		return
	}
	first := b.parked.Front()
	switch {
	case first == nil && b.timer != nil:
		b.timer.Stop()
		b.timer = nil
	case first != nil && b.timer == nil:
		b.timer = b.clock.AfterFunc(first.Value.(*parked).until.Sub(b.clock.Now()), b.sweep)
	}
}

// sweep closes what nobody used for too long.
func (b *Budget) sweep() {
	b.mu.Lock()
	if b.timer != nil {
		b.timer.Stop() // it may be a later one
		b.timer = nil
	}
	now := b.clock.Now()
	var old []*parked
	for e := b.parked.Front(); e != nil; e = b.parked.Front() {
		k := e.Value.(*parked)
		if k.until.After(now) {
			break
		}
		k.pool.withdraw(slices.Index(k.pool.idle, k))
		k.pool.cleaning++
		old = append(old, k)
	}
	b.wind()
	b.mu.Unlock()
	b.shut(old)
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, k := range old {
		k.pool.cleaned(1)
	}
}
