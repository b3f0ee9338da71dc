package pool

import "context"

// room returns an idle connection, lent under r, or makes room for a new one, which it counts, and returns nil. Fresh asks for the latter.
//
// The caller's promise is why it comes to an end: of what may be open at least one place is not lent, so it is free, or idle, or being
// closed. Only for the last is there a need to wait.
func (p *core) room(ctx context.Context, fresh bool, r *Reservation) (any, error) {
	b := p.budget
	b.mu.Lock()
	defer b.mu.Unlock()
	for {
		if p.closed {
			return nil, ErrClosed
		}
		if !fresh {
			if k := p.unpark(); k != nil {
				p.busy++
				p.lent[k.conn] = r
				return k.conn, nil
			}
		}
		missing := b.missing(p)
		if missing == nothing {
			p.busy++
			p.count(1)
			return nil, nil
		}
		if err := b.clear(ctx, missing); err != nil {
			return nil, err
		}
	}
}

// lack is what keeps a pool from opening one more connection.
type lack int

const (
	nothing lack = iota
	connection
	shard
)

// missing says what a pool needs of the budget to open one more connection. The caller holds mu.
func (b *Budget) missing(p *core) lack {
	switch l := b.limits; {
	case l.Shards > 0 && b.held[p.name] == 0 && len(b.held) >= l.Shards:
		return shard
	case l.Connections > 0 && b.open >= l.Connections:
		return connection
	}
	return nothing
}

// clear closes what is idle to make room, or waits for what is being closed. The caller holds mu, which is given up meanwhile.
func (b *Budget) clear(ctx context.Context, missing lack) error {
	old := b.oldest(missing)
	if len(old) > 0 {
		b.mu.Unlock()
		b.shut(old)
		b.mu.Lock()
		return nil
	}
	changed := b.change()
	b.mu.Unlock()
	defer b.mu.Lock()
	select {
	case <-changed:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// oldest takes the idle connection that was unused for longest, or all those of the shard that was. The caller holds mu.
func (b *Budget) oldest(missing lack) []*parked {
	first := b.parked.Front()
	if first == nil {
		return nil
	}
	if missing == connection {
		p := first.Value.(*parked).pool
		return []*parked{p.withdraw(0)}
	}
	seen := map[*core]int{}
	for e := first; e != nil; e = e.Next() {
		p := e.Value.(*parked).pool
		if seen[p]++; seen[p] == len(p.idle) && p.busy == 0 && p.pins == 0 {
			return p.unparkAll()
		}
	}
	return nil
}
