package failover

import (
	"sync"
	"unsafe"

	"github.com/apache/arrow/go/v17/arrow/memory"

	"github.com/atoll-sql/atoll/connectors"
)

// lease is the allocator of a try that may lose. Until it is known whether it does, its memory is the Go heap's, and counted at the caller's allocator if that
// is a [connectors.Counter]: a try that is given up may write to it for as long as it takes to stop, while the caller has long gone on and counts it no more.
// What the winner takes from then on is the caller's.
type lease struct {
	caller memory.Allocator
	count  func(n int) // at the caller

	mu   sync.Mutex
	own  map[*byte]int // the sizes of what is the Go heap's
	won  bool
	lost bool
}

var heap = memory.NewGoAllocator()

func newLease(caller memory.Allocator) *lease {
	l := &lease{caller: caller, count: func(int) {}}
	if c, ok := caller.(connectors.Counter); ok {
		l.count = c.Count
	}
	return l
}

// win has the caller give the memory from now on.
func (l *lease) win() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.won = true
}

// lose takes what is held off the caller's count. The caller hears no more of it.
func (l *lease) lose() {
	if l == nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.lost = true
	for _, n := range l.own {
		l.count(-n)
	}
	l.own = nil
}

// Allocate implements [memory.Allocator].
func (l *lease) Allocate(size int) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.won {
		return l.caller.Allocate(size)
	}
	return l.keep(heap.Allocate(size))
}

// keep notes what is the Go heap's. The caller holds mu.
func (l *lease) keep(b []byte) []byte {
	if l.lost {
		return b
	}
	if l.own == nil {
		l.own = map[*byte]int{}
	}
	l.own[unsafe.SliceData(b)] = len(b)
	l.count(len(b))
	return b
}

// forget reports whether b is the Go heap's, which needs no freeing, and counts it no more. The caller holds mu.
func (l *lease) forget(b []byte) bool {
	n, own := l.own[unsafe.SliceData(b)]
	if own {
		delete(l.own, unsafe.SliceData(b))
		l.count(-n)
	}
	return own || l.lost
}

// Reallocate implements [memory.Allocator].
func (l *lease) Reallocate(size int, b []byte) []byte {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch own := l.forget(b); {
	case own && l.won:
		to := l.caller.Allocate(size)
		copy(to, b)
		return to
	case own:
		return l.keep(heap.Reallocate(size, b))
	}
	return l.caller.Reallocate(size, b)
}

// Free implements [memory.Allocator].
func (l *lease) Free(b []byte) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.forget(b) {
		l.caller.Free(b)
	}
}
