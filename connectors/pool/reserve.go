package pool

import (
	"context"
	"fmt"
)

// Need is what a caller uses at the same time.
type Need struct {
	Connections int
	Shards      []string // their pools' names
	More        int      // so many further shards, it is not known which
}

// ExceededError is the refusal of a need that alone is beyond the limits.
type ExceededError struct {
	Connections, Shards int // needed
	Limits              Limits
}

func (e *ExceededError) Error() string {
	if l := e.Limits.Connections; l > 0 && e.Connections > l {
		return fmt.Sprintf("%d connections are needed at once, and %d are allowed", e.Connections, l)
	}
	return fmt.Sprintf("%d shards need to be open at once, and %d are allowed", e.Shards, e.Limits.Shards)
}

// Allow reports whether so many connections, over so many shards, are within the limits.
func (l Limits) Allow(conns, shards int) bool {
	return (l.Connections <= 0 || conns <= l.Connections) && (l.Shards <= 0 || shards <= l.Shards)
}

// Reservation is a promise of connections. It is safe for concurrent use.
type Reservation struct {
	budget *Budget
	conns  int
	named  map[any]bool
	more   int

	// Guarded by budget.mu:
	lent   int         // connections lent under it
	on     map[any]int // the shards they are of and those pinned, with their numbers
	beside int         // of those, shards that are not named
	over   bool        // released: what comes back goes back to the budget
	wanted []*request  // for connections beyond what is promised: one that comes back will do
}

// Reserve waits for its turn and until the budget has room for all that is needed at once, and promises it. The caller puts
// the promise into the contexts that it uses ([Reservation.Context]) and releases it at the end. It fails
// with an [*ExceededError] where the limits are lower than the need, or with ctx's own error. Who holds a reservation or a connection must not
// ask for another reservation: two that do may wait for each other.
func (b *Budget) Reserve(ctx context.Context, n Need) (*Reservation, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	q := &request{conns: n.Connections, named: map[any]bool{}, more: n.More}
	for _, s := range n.Shards {
		q.named[s] = true
	}
	if all := len(q.named) + n.More; !b.limits.Allow(n.Connections, all) {
		return nil, &ExceededError{n.Connections, all, b.limits}
	}
	b.mu.Lock()
	if r := b.promise(q); r != nil {
		b.mu.Unlock()
		return r, nil
	}
	return b.stand(ctx, q)
}

type reservationKey struct{}

// Context returns ctx with the reservation: connections acquired under it are those promised.
func (r *Reservation) Context(ctx context.Context) context.Context {
	return context.WithValue(ctx, reservationKey{}, r)
}

// reservation is the one of this budget that ctx carries, nil if it carries none.
func (b *Budget) reservation(ctx context.Context) *Reservation {
	if r, ok := ctx.Value(reservationKey{}).(*Reservation); ok && r.budget == b {
		return r
	}
	return nil
}

// Release gives up what is promised and not lent; what is lent follows when it comes back. It may be called more than once.
func (r *Reservation) Release() {
	b := r.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	if r.over {
		return
	}
	r.over = true
	b.promised -= r.conns - r.lent
	b.unnamed -= r.more - r.beside
	for s := range r.named {
		if r.on[s] == 0 {
			b.unname(s)
		}
	}
	b.serve()
}

// unname ends one reservation's naming of a shard. The caller holds mu.
func (b *Budget) unname(s any) {
	if b.named[s]--; b.named[s] == 0 {
		delete(b.named, s)
	}
}

// fits reports whether a further connection of a pool is among what is promised. The caller holds budget.mu.
func (r *Reservation) fits(p *core) bool {
	return !r.over && r.lent < r.conns && (r.on[p.name] > 0 || r.named[p.name] || r.beside < r.more)
}

// lend counts a connection of p. The caller holds budget.mu.
func (r *Reservation) lend(p *core) {
	r.lent++
	r.use(p)
}

// use counts a connection of p, or a pin. The caller holds budget.mu.
func (r *Reservation) use(p *core) {
	if r.on[p.name]++; r.on[p.name] == 1 && !r.named[p.name] {
		r.beside++
	}
}

// back counts what has come back of p: conns connections, 0 for a pin. The caller holds budget.mu.
func (r *Reservation) back(p *core, conns int) {
	b := r.budget
	r.lent -= conns
	if r.over {
		b.promised -= conns
	}
	if r.on[p.name]--; r.on[p.name] == 0 {
		delete(r.on, p.name)
		r.left(p.name)
	}
	if r.over {
		b.serve()
		return
	}
	for _, q := range r.wanted {
		if r.fits(q.pool) {
			r.lend(q.pool)
			b.grant(q, r)
			return
		}
	}
}

// left notes that nothing is used of a shard any more. The caller holds budget.mu.
func (r *Reservation) left(s any) {
	switch {
	case !r.named[s]:
		r.beside--
		if r.over {
			r.budget.unnamed--
		}
	case r.over:
		r.budget.unname(s)
	}
}
