package load

import (
	"sync"
	"time"
)

// line is where requests wait for one of so many workers. It has no bound: who must wait, waits, and is counted.
type line struct {
	mu      sync.Mutex
	change  *sync.Cond
	waiting []time.Time // when they were to begin, the first first
	free    int         // workers that have nothing to do
	closed  bool
	left    bool // nobody takes any more

	late    int64 // requests that count, and found no free worker
	longest int   // the most that waited at once
}

func newLine(workers int) *line {
	l := &line{free: workers}
	l.change = sync.NewCond(&l.mu)
	return l
}

// put adds a request.
func (l *line) put(at time.Time, counts bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.waiting = append(l.waiting, at)
	if behind := len(l.waiting) - l.free; behind > 0 && counts { // for those before, workers are on their way
		l.late++
		l.longest = max(l.longest, behind)
	}
	l.change.Signal()
}

// take waits for a request; false says that there will be none.
func (l *line) take() (time.Time, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.waiting) == 0 && !l.closed && !l.left {
		l.change.Wait()
	}
	if l.left || len(l.waiting) == 0 {
		return time.Time{}, false
	}
	at := l.waiting[0]
	l.waiting = l.waiting[1:]
	l.free--
	return at, true
}

// done says that a worker is free again.
func (l *line) done() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.free++
}

// close says that no request will come.
func (l *line) close() { l.end(&l.closed) }

// abandon leaves those who wait where they are.
func (l *line) abandon() { l.end(&l.left) }

func (l *line) end(how *bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	*how = true
	l.change.Broadcast()
}
