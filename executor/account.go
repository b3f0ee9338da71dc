package executor

import (
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// The configuration keys of the limits on memory, which their errors say.
const (
	LimitMemory      = "limits.memory"
	LimitTotalMemory = "limits.total_memory"
)

// Account counts the memory of one query against its limit, or that of several against the limit that they share. It is safe for
// concurrent use.
type Account struct {
	name   string // the configuration key of the limit
	limit  int64
	parent *Account // nil for none
	used   atomic.Int64
	peak   atomic.Int64
}

// NewAccount makes the account of one query, of limit bytes; 0 means no limit.
func NewAccount(limit int64) *Account { return &Account{name: LimitMemory, limit: limit} }

// NewTotal makes the account of all queries of an engine, of limit bytes; 0 means no limit.
func NewTotal(limit int64) *Account { return &Account{name: LimitTotalMemory, limit: limit} }

// Query makes the account of one query, of limit bytes, whose memory counts in a as well; 0 means no limit but a's.
func (a *Account) Query(limit int64) *Account {
	return &Account{name: LimitMemory, limit: limit, parent: a}
}

// Add counts n bytes, negative when freed. Memory that no allocator of the account sees is added by hand.
func (a *Account) Add(n int64) {
	for ; a != nil; a = a.parent {
		used := a.used.Add(n)
		for peak := a.peak.Load(); used > peak && !a.peak.CompareAndSwap(peak, used); peak = a.peak.Load() {
		}
	}
}

// Used is the number of bytes held now.
func (a *Account) Used() int64 { return a.used.Load() }

// Peak is the most that was held at any time.
func (a *Account) Peak() int64 { return a.peak.Load() }

// Limit is the most that may be held, 0 for no limit.
func (a *Account) Limit() int64 { return a.limit }

// Over returns a [*LimitError] while more is held than allowed, else nil: of the query itself, or of all together. Arrow's allocators
// cannot fail, so operators ask between batches.
func (a *Account) Over() error {
	for ; a != nil; a = a.parent {
		if used := a.used.Load(); a.limit > 0 && used > a.limit {
			return &LimitError{Limit: a.name, Used: used, Max: a.limit}
		}
	}
	return nil
}

// Pressure reports that who can do with less memory should free some now, before Over refuses: an operator that spills does it then. It is
// true from three quarters of the limit on, and where all queries together hold seven eighths of theirs, for the queries that hold more than a quarter of their own
// limit (any that hold something, if they have none). It is false where nothing is limited. What is left above lets a batch more arrive
// while the operator writes.
func (a *Account) Pressure() bool {
	used := a.used.Load()
	if a.limit > 0 && used >= a.limit-a.limit/4 {
		return true
	}
	all := a.parent
	return all != nil && all.limit > 0 && used > a.limit/4 && all.used.Load() >= all.limit-all.limit/8
}

// Allocator returns an allocator that counts what it takes from parent.
func (a *Account) Allocator(parent memory.Allocator) memory.Allocator {
	return &accountAllocator{account: a, parent: parent}
}

type accountAllocator struct {
	account *Account
	parent  memory.Allocator
}

// Allocate implements memory.Allocator.
func (m *accountAllocator) Allocate(size int) []byte {
	b := m.parent.Allocate(size)
	m.account.Add(int64(size))
	return b
}

// Reallocate implements memory.Allocator.
func (m *accountAllocator) Reallocate(size int, b []byte) []byte {
	was := len(b)
	out := m.parent.Reallocate(size, b)
	m.account.Add(int64(size - was))
	return out
}

// Free implements memory.Allocator.
func (m *accountAllocator) Free(b []byte) {
	m.account.Add(int64(-len(b)))
	m.parent.Free(b)
}

// Count implements connectors.Counter.
func (m *accountAllocator) Count(n int) { m.account.Add(int64(n)) }
