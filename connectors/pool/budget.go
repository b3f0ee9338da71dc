// Package pool lends connections to shards and bounds how many are open.
//
// A [Pool] belongs to one shard: it opens connections when they are needed and keeps those that come back. A [Budget] is
// what any number of pools share: it bounds their open connections and the pools that hold any, and it closes what nobody
// used for some time.
//
// Nobody waits for a connection while holding another one that somebody else may need, so callers never wait for each other
// in a circle. Who uses several connections at once reserves them all before the first ([Budget.Reserve]), in the order of
// asking; who uses one reserves it by taking it. What is lent is therefore never more than what is reserved, and that never more
// than the limits: room for a connection that is reserved comes of closing one that is idle.
//
// The package imports nothing of Atoll.
package pool

import (
	"container/list"
	"sync"
	"time"
)

// DefaultIdle is how long a connection is kept that nobody uses, unless [Limits] say otherwise.
const DefaultIdle = time.Minute

// Limits bound what the pools of one budget hold.
type Limits struct {
	Connections int           // open at the same time, all pools together; 0 means no bound
	Shards      int           // with something open at the same time; 0 means no bound
	Idle        time.Duration // a connection unused for so long is closed; 0 means DefaultIdle, less than 0 never
}

// Budget is shared by pools. It is safe for concurrent use, and needs no closing: once its pools are closed nothing of it runs.
type Budget struct {
	limits Limits
	clock  Clock

	mu      sync.Mutex    // guards the budget and all of its pools; held for bookkeeping only
	changed chan struct{} // closed when room was made; nil while nobody waits for that

	promised int         // connections
	named    map[any]int // shards, with the number of reservations that name them
	unnamed  int         // further shards
	line     list.List   // of *request, in the order of asking

	open    int         // connections that exist, are being opened or being closed
	held    map[any]int // shards that have such or are pinned, with the number of their pools
	members int         // pools that are not closed

	parked list.List // of *parked, the one unused for longest first
	timer  Timer     // nil while nothing is parked
}

// NewBudget makes a budget. A nil clock is the system's.
func NewBudget(l Limits, c Clock) *Budget {
	if l.Idle == 0 {
		l.Idle = DefaultIdle
	}
	if c == nil {
		c = System
	}
	return &Budget{limits: l, clock: c, named: map[any]int{}, held: map[any]int{}}
}

// Limits returns the limits, with the default for what was left open.
func (b *Budget) Limits() Limits { return b.limits }

// bounded reports that connections have to be accounted for.
func (b *Budget) bounded() bool { return b.limits.Connections > 0 || b.limits.Shards > 0 }

// Share is how many of the budget's pools may be open at the same time, at least 1: by it a shard that lives in this process
// sizes what it takes of the machine.
func (b *Budget) Share() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	n := b.members
	if l := b.limits.Shards; l > 0 {
		n = min(n, l)
	}
	return max(n, 1)
}

// Stats is what a budget holds at one moment.
type Stats struct {
	Connections int // open, among them those being opened or closed
	Idle        int // open and lent to nobody
	Shards      int // with something open
	Reserved    int // connections promised
	Waiting     int // callers in line
}

// Stats tells what the budget holds now.
func (b *Budget) Stats() Stats {
	b.mu.Lock()
	defer b.mu.Unlock()
	return Stats{Connections: b.open, Idle: b.parked.Len(), Shards: len(b.held), Reserved: b.promised, Waiting: b.line.Len()}
}

// wake tells those who wait for room to look again. The caller holds mu.
func (b *Budget) wake() {
	if b.changed != nil {
		close(b.changed)
		b.changed = nil
	}
}

// change returns what is closed when there is reason to look again. The caller holds mu.
func (b *Budget) change() <-chan struct{} {
	if b.changed == nil {
		b.changed = make(chan struct{})
	}
	return b.changed
}
