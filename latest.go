package atoll

import "sync"

// The bounds of what is kept of texts: of at most so many, each of at most so many bytes.
const (
	keptTexts   = 256
	keptTextLen = 4 << 10
)

// latest keeps the values of the latest keys. They are shared, and never changed. The zero value is empty; it is safe for concurrent use.
type latest[K comparable, V any] struct {
	mu   sync.Mutex
	at   map[K]V
	ring []K // the keys in the order they came; the oldest gives way
	next int
}

func (l *latest[K, V]) find(key K) (V, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	v, ok := l.at[key]
	return v, ok
}

// keep keeps v, unless somebody else with the same key was faster.
func (l *latest[K, V]) keep(key K, v V) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, ok := l.at[key]; ok {
		return
	}
	if l.at == nil {
		l.at = map[K]V{}
	}
	if len(l.ring) < keptTexts {
		l.ring = append(l.ring, key)
	} else {
		delete(l.at, l.ring[l.next])
		l.ring[l.next] = key
		l.next = (l.next + 1) % keptTexts
	}
	l.at[key] = v
}
