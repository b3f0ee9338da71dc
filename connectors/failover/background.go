package failover

import "sync"

// background counts what goes on that Close waits for. It may be added to while somebody waits.
type background struct {
	mu   sync.Mutex
	n    int
	none sync.Cond
}

func (b *background) add() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.n++
}

func (b *background) done() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.n--; b.n == 0 {
		b.none.Broadcast()
	}
}

func (b *background) wait() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for b.n > 0 {
		b.none.Wait()
	}
}
