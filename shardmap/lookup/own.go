package lookup

import (
	"context"
	"errors"
)

// Answer is what is known of a key.
type Answer[V any] struct {
	Value V
	Found bool
}

// GetBy is Get for who asks as somebody: what is not remembered is asked for by their fetch, in one call with their context and on their goroutine, unless it is
// being asked for already; then they wait for that. Who is told what others asked for must be entitled to the same answer: where that is not so, the keys must differ.
// If the other one gave up, who waited asks. The answers that there are come beside the error, if there is one. Asked is how many keys the answers were not remembered of.
func (c *Cache[K, V]) GetBy(ctx context.Context, keys []K, fetch Fetch[K, V]) (got map[K]Answer[V], asked int, err error) {
	got = make(map[K]Answer[V], len(keys))
	for rest := keys; len(rest) > 0 && err == nil; {
		missing := c.recall(rest, func(key K, a *answer[V]) { got[key] = Answer[V]{a.value, a.found} })
		if len(missing) == 0 {
			break
		}
		mine, theirs, again := c.board(missing)
		asked += len(theirs)
		rest = again
		if mine != nil {
			asked += len(mine.keys)
			err = c.fly(ctx, mine, fetch, got)
		}
		for key, b := range theirs {
			select {
			case <-b.done:
			case <-ctx.Done():
				return got, asked, context.Cause(ctx)
			}
			switch {
			case b.err == nil:
				a := answer[V]{asOf: b.asOf}
				a.value, a.found = b.found[key]
				if c.judge(c.clock.age(), &a) != useless {
					got[key] = Answer[V]{a.value, a.found}
				} else if err == nil {
					err = ErrSlow
				}
			case gaveUp(b.err):
				rest = append(rest, key)
				asked--
			case err == nil:
				err = b.err
			}
		}
	}
	return got, asked, err
}

// gaveUp reports that a failure says nothing of the next question.
func gaveUp(err error) bool {
	return errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, ErrClosed)
}

// board parts keys into a batch that the caller is to ask for, those that are being asked for, and those that an answer came for since they were looked for.
func (c *Cache[K, V]) board(keys []K) (mine *batch[K, V], theirs map[K]*batch[K, V], again []K) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.clock.age()
	for _, key := range keys {
		if a := c.memory.get(key); a != nil && c.judge(now, a) != useless {
			again = append(again, key)
			continue
		}
		b := c.pending[key]
		switch {
		case b == nil:
			if mine == nil {
				mine = &batch[K, V]{sent: true, done: make(chan struct{})}
			}
			mine.keys = append(mine.keys, key)
			c.pending[key] = mine
		case b != mine:
			if theirs == nil {
				theirs = map[K]*batch[K, V]{}
			}
			theirs[key] = b
		}
	}
	return mine, theirs, again
}

// fly asks, and tells everybody.
func (c *Cache[K, V]) fly(ctx context.Context, b *batch[K, V], fetch Fetch[K, V], got map[K]Answer[V]) error {
	c.sendBy(ctx, b, fetch)
	c.mu.Lock()
	c.settle(b)
	c.mu.Unlock()
	if b.err != nil {
		return b.err
	}
	for _, key := range b.keys {
		value, ok := b.found[key]
		got[key] = Answer[V]{value, ok}
	}
	return nil
}
