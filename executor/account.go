package executor

import (
	"sync/atomic"

	"github.com/apache/arrow/go/v17/arrow/memory"
)

// Account counts the memory of one query against its limit. It is safe for concurrent use.
type Account struct {
	limit int64
	used  atomic.Int64
	peak  atomic.Int64
}

// NewAccount makes an account of limit bytes; 0 means no limit.
func NewAccount(limit int64) *Account { return &Account{limit: limit} }

// Add counts n bytes, negative when freed. Memory that no allocator of the account sees is added by hand.
func (a *Account) Add(n int64) {
	used := a.used.Add(n)
	for peak := a.peak.Load(); used > peak && !a.peak.CompareAndSwap(peak, used); peak = a.peak.Load() {
	}
}

// Used is the number of bytes held now.
func (a *Account) Used() int64 { return a.used.Load() }

// Peak is the most that was held at any time.
func (a *Account) Peak() int64 { return a.peak.Load() }

// Over returns a [*LimitError] while more is held than allowed, else nil. Arrow's allocators cannot fail, so
// operators ask between batches.
func (a *Account) Over() error {
	if used := a.used.Load(); a.limit > 0 && used > a.limit {
		return &LimitError{Limit: "memory", Used: used, Max: a.limit}
	}
	return nil
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
