package lookup

import (
	"hash/maphash"
	"sync/atomic"
	"time"
)

// answer is what is known of a key.
type answer[V any] struct {
	value V
	found bool
	asOf  time.Duration // before the request that brought it was sent, by the cache's clock
}

// entry is an answer in memory. Those who read see what does not change, and two atomics: who puts another answer puts another entry.
type entry[K comparable, V any] struct {
	next atomic.Pointer[entry[K, V]] // of the same bucket
	hash uint64
	used atomic.Bool // since the hand last passed
	answer[V]
	key K
	at  int // in the ring; for who writes
}

// memory is a bounded map. Many may read at any time, without a lock, while one writes: a bucket is a list, into which an entry is put and out of which it is taken with
// one store. While the buckets grow, who reads may follow an entry into another list, and miss a key that is there.
type memory[K comparable, V any] struct {
	seed    maphash.Seed
	hash    Hash[K]
	size    int
	buckets atomic.Pointer[[]atomic.Pointer[entry[K, V]]] // a power of two of them
	ring    []*entry[K, V]                                // all entries, in any order
	hand    int                                           // the next of the ring that may have to go
}

// fewBuckets are made at first. Later there are two for a key or more: an entry that is read in vain costs as much as all the rest.
const fewBuckets = 64

func newMemory[K comparable, V any](size int, hash Hash[K]) *memory[K, V] {
	m := &memory[K, V]{seed: maphash.MakeSeed(), hash: hash, size: size}
	buckets := make([]atomic.Pointer[entry[K, V]], fewBuckets)
	m.buckets.Store(&buckets)
	return m
}

// bucket is the list in which a key is, if it is anywhere.
func (m *memory[K, V]) bucket(h uint64) *atomic.Pointer[entry[K, V]] {
	buckets := *m.buckets.Load()
	return &buckets[h&uint64(len(buckets)-1)]
}

// find returns a key's entry, nil if there is none. Many may call it at any time.
func (m *memory[K, V]) find(h uint64, key K) *entry[K, V] {
	e := m.bucket(h).Load()
	for e != nil && (e.hash != h || e.key != key) {
		e = e.next.Load()
	}
	return e
}

// get returns what is remembered of a key, nil for nothing. Many may call it at any time.
func (m *memory[K, V]) get(key K) *answer[V] {
	e := m.find(m.hash(m.seed, key), key)
	if e == nil {
		return nil
	}
	if !e.used.Load() { // a load does not take the line from other processors
		e.used.Store(true)
	}
	return &e.answer
}

// put remembers an answer, unless a younger one is known. One at a time may write.
func (m *memory[K, V]) put(key K, a answer[V]) {
	h := m.hash(m.seed, key)
	e := &entry[K, V]{answer: a, key: key, hash: h}
	old := m.find(h, key)
	switch {
	case old != nil && a.asOf < old.asOf:
		return
	case old != nil:
		e.at = old.at
		e.used.Store(old.used.Load())
	case len(m.ring) < m.size:
		e.at = len(m.ring)
		m.ring = append(m.ring, nil)
		m.grow()
	default:
		e.at = m.evict()
	}
	m.ring[e.at] = e
	b := m.bucket(h)
	e.next.Store(b.Load())
	b.Store(e)
	if old != nil {
		m.unlink(old) // now, so that who reads finds one of both
	}
}

// grow makes more buckets if there are fewer than two for a key.
func (m *memory[K, V]) grow() {
	n := len(*m.buckets.Load())
	if 2*len(m.ring) <= n {
		return
	}
	buckets := make([]atomic.Pointer[entry[K, V]], 2*n)
	for _, e := range m.ring[:len(m.ring)-1] { // the last one is yet to come
		b := &buckets[e.hash&uint64(2*n-1)]
		e.next.Store(b.Load())
		b.Store(e)
	}
	m.buckets.Store(&buckets)
}

// evict forgets the next entry that was not used since the hand last passed, and returns its place.
func (m *memory[K, V]) evict() int {
	for {
		at := m.hand
		m.hand = (m.hand + 1) % len(m.ring)
		if !m.ring[at].used.Swap(false) {
			m.unlink(m.ring[at])
			return at
		}
	}
}

// unlink takes an entry out of its list. It still leads on who is reading it.
func (m *memory[K, V]) unlink(e *entry[K, V]) {
	p := m.bucket(e.hash)
	for p.Load() != e {
		p = &p.Load().next
	}
	p.Store(e.next.Load())
}

// remove forgets a key.
func (m *memory[K, V]) remove(key K) {
	e := m.find(m.hash(m.seed, key), key)
	if e == nil {
		return
	}
	m.unlink(e)
	last := len(m.ring) - 1
	m.ring[e.at] = m.ring[last]
	m.ring[e.at].at = e.at
	m.ring[last] = nil
	m.ring = m.ring[:last]
	if m.hand >= len(m.ring) {
		m.hand = 0
	}
}
