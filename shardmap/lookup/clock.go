package lookup

import (
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"
)

// answer is what is known of a key.
type answer[V any] struct {
	value V
	found bool
	asOf  time.Time // before the request that brought it was sent
}

// entry is an answer in the memory of a shelf. All but used is guarded by the shelf's lock.
type entry[K comparable, V any] struct {
	answer[V]
	key  K
	at   int         // in the ring
	used atomic.Bool // since the hand last passed
}

// shelf is a part of the memory, with a lock of its own.
type shelf[K comparable, V any] struct {
	mu      sync.RWMutex
	size    int
	entries map[K]*entry[K, V]
	ring    []*entry[K, V] // all entries, in any order
	hand    int            // the next of the ring that may have to go
}

// memory is a bounded map.
type memory[K comparable, V any] struct {
	seed    maphash.Seed
	shelves []shelf[K, V]
}

// A shelf holds so many keys or more, where there are several: its share of the keys differs from the others' by chance.
const smallShelf = 512

const maxShelves = 32

func newMemory[K comparable, V any](size int) *memory[K, V] {
	n := 1
	for n < maxShelves && size/(2*n) >= smallShelf {
		n *= 2
	}
	m := &memory[K, V]{seed: maphash.MakeSeed(), shelves: make([]shelf[K, V], n)}
	for i := range m.shelves {
		m.shelves[i].size = size / n // at least one
		if i < size%n {
			m.shelves[i].size++
		}
		m.shelves[i].entries = map[K]*entry[K, V]{}
	}
	return m
}

func (m *memory[K, V]) shelf(key K) *shelf[K, V] {
	if len(m.shelves) == 1 {
		return &m.shelves[0]
	}
	return &m.shelves[maphash.Comparable(m.seed, key)%uint64(len(m.shelves))]
}

// get returns what is remembered of a key.
func (m *memory[K, V]) get(key K) (a answer[V], ok bool) {
	s := m.shelf(key)
	s.mu.RLock()
	e := s.entries[key]
	if e != nil {
		a = e.answer
		if !e.used.Load() { // a load does not take the line from other processors
			e.used.Store(true)
		}
	}
	s.mu.RUnlock()
	return a, e != nil
}

// put remembers an answer, unless a younger one is known.
func (m *memory[K, V]) put(key K, a answer[V]) {
	s := m.shelf(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	if e := s.entries[key]; e != nil {
		if !a.asOf.Before(e.asOf) {
			e.answer = a
		}
		return
	}
	e := &entry[K, V]{answer: a, key: key}
	if len(s.ring) < s.size {
		e.at = len(s.ring)
		s.ring = append(s.ring, e)
	} else {
		e.at = s.evict()
		s.ring[e.at] = e
	}
	s.entries[key] = e
}

// evict forgets the next entry that was not used since the hand last passed, and returns its place.
func (s *shelf[K, V]) evict() int {
	for {
		at := s.hand
		s.hand = (s.hand + 1) % len(s.ring)
		if !s.ring[at].used.Swap(false) {
			delete(s.entries, s.ring[at].key)
			return at
		}
	}
}

// remove forgets a key.
func (m *memory[K, V]) remove(key K) {
	s := m.shelf(key)
	s.mu.Lock()
	defer s.mu.Unlock()
	e := s.entries[key]
	if e == nil {
		return
	}
	delete(s.entries, key)
	last := len(s.ring) - 1
	s.ring[e.at] = s.ring[last]
	s.ring[e.at].at = e.at
	s.ring[last] = nil
	s.ring = s.ring[:last]
	if s.hand >= len(s.ring) {
		s.hand = 0
	}
}

// len returns how many keys are remembered.
func (m *memory[K, V]) len() (n int) {
	for i := range m.shelves {
		s := &m.shelves[i]
		s.mu.RLock()
		n += len(s.entries)
		s.mu.RUnlock()
	}
	return n
}
