package pool

import (
	"container/list"
	"context"
	"slices"
)

// request stands in line for a reservation.
type request struct {
	conns   int
	named   map[any]bool
	more    int
	place   *list.Element // in the line; nil once it left
	ready   chan struct{} // closed when granted is set
	granted *Reservation

	// Of one connection:
	pool *core
	of   *Reservation // the caller's own, which has none left just now; nil if it has none
}

// promise makes a reservation if there is room and nobody waits, else nil. The caller holds mu.
func (b *Budget) promise(q *request) *Reservation {
	if b.line.Len() > 0 || !b.room(q) {
		return nil
	}
	return b.reserved(q)
}

// room reports whether what a request asks for can be promised beside all that is. The caller holds mu.
func (b *Budget) room(q *request) bool {
	shards := len(b.named) + b.unnamed + q.more
	for s := range q.named {
		if b.named[s] == 0 {
			shards++
		}
	}
	return b.limits.Allow(b.promised+q.conns, shards)
}

// reserved makes the reservation that a request asks for. The caller holds mu.
func (b *Budget) reserved(q *request) *Reservation {
	b.promised += q.conns
	b.unnamed += q.more
	for s := range q.named {
		b.named[s]++
	}
	r := &Reservation{budget: b, conns: q.conns, named: q.named, more: q.more, on: map[any]int{}}
	if q.pool != nil { // it ends when the connection comes back
		r.lend(q.pool)
		r.over = true
	}
	return r
}

// one asks for one connection of a pool.
func one(p *core) *request { return &request{conns: 1, named: map[any]bool{p.name: true}, pool: p} }

// cover finds under which promise a caller may have one more connection of a pool, and counts it: its own, or one made for this
// connection alone, for which it waits in line. A caller who has lent all that was promised it waits for the first of both: to stop a
// statement takes a moment, while which its connection is not back. There is none, and no error, where the budget has no bounds.
func (b *Budget) cover(ctx context.Context, p *core) (*Reservation, error) {
	if !b.bounded() {
		return nil, nil
	}
	b.mu.Lock()
	own := b.reservation(ctx)
	if r := b.coverNow(own, p); r != nil {
		b.mu.Unlock()
		return r, nil
	}
	q := one(p)
	if own != nil && !own.over {
		q.of = own
		own.wanted = append(own.wanted, q)
	}
	return b.stand(ctx, q)
}

// coverNow is cover without waiting; it returns nil where that would wait. The caller holds mu.
func (b *Budget) coverNow(own *Reservation, p *core) *Reservation {
	if own != nil && own.fits(p) {
		own.lend(p)
		return own
	}
	return b.promise(one(p))
}

// stand waits in line. The caller holds mu, which it gives up.
func (b *Budget) stand(ctx context.Context, q *request) (*Reservation, error) {
	q.ready = make(chan struct{})
	q.place = b.line.PushBack(q)
	b.mu.Unlock()
	select {
	case <-q.ready:
		return q.granted, nil
	case <-ctx.Done():
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if q.granted == nil {
		b.leave(q)
		b.serve() // those behind may need less
		return nil, ctx.Err()
	}
	return q.granted, nil // it came at the same moment: the caller sees ctx end where it uses it
}

// serve grants what there is room for, in order. Nobody overtakes: who needs much would never get it. The caller holds mu.
func (b *Budget) serve() {
	for e := b.line.Front(); e != nil; e = b.line.Front() {
		q, ok := e.Value.(*request)
		if !ok || !b.room(q) {
			return
		}
		b.grant(q, b.reserved(q))
	}
}

// grant hands a reservation over. The caller holds mu.
func (b *Budget) grant(q *request, r *Reservation) {
	q.granted = r
	b.leave(q)
	close(q.ready)
}

// leave takes a request out of the line. The caller holds mu.
func (b *Budget) leave(q *request) {
	if q.place != nil {
		b.line.Remove(q.place)
		q.place = nil
	}
	if q.of == nil {
		return
	}
	if i := slices.Index(q.of.wanted, q); i >= 0 {
		q.of.wanted = slices.Delete(q.of.wanted, i, i+1)
	}
}
