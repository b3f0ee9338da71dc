package admission

import (
	"context"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/atoll-sql/atoll/connectors/pool"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// handClock is a clock that stands still until it is moved.
type handClock struct {
	mu    sync.Mutex
	now   time.Time
	calls []*call
}

type call struct {
	clock *handClock
	at    time.Time
	f     func()
	over  bool
}

func newHandClock() *handClock { return &handClock{now: time.Unix(1_000_000, 0)} }

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) AfterFunc(d time.Duration, f func()) pool.Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	x := &call{clock: c, at: c.now.Add(d), f: f}
	c.calls = append(c.calls, x)
	return x
}

// Stop implements pool.Timer.
func (x *call) Stop() bool {
	x.clock.mu.Lock()
	defer x.clock.mu.Unlock()
	was := !x.over
	x.over = true
	return was
}

// move lets time pass and makes the calls that are due.
func (c *handClock) move(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	var due []*call
	for _, x := range c.calls {
		if !x.over && !x.at.After(c.now) {
			x.over = true
			due = append(due, x)
		}
	}
	c.mu.Unlock()
	for _, x := range due {
		x.f()
	}
}

// set is how many calls are to come.
func (c *handClock) set() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := 0
	for _, x := range c.calls {
		if !x.over {
			n++
		}
	}
	return n
}

// asked is a query that asks for its turn in a goroutine of its own.
type asked struct {
	cancel context.CancelFunc
	done   chan struct{}
	place  *Place
	err    error
}

// ask has a query stand in line, and returns once it does or is through.
func ask(t *testing.T, q *Queue, user string, memory int64) *asked {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	a := &asked{cancel: cancel, done: make(chan struct{})}
	before := q.Stats().Waiting
	go func() {
		defer close(a.done)
		a.place, a.err = q.Enter(ctx, user, memory)
	}()
	t.Cleanup(func() {
		cancel()
		<-a.done
		a.place.Leave()
	})
	eventually(t, "it neither stands in line nor runs", func() bool { return q.Stats().Waiting > before || a.through() })
	return a
}

// through reports that the query stands in line no more.
func (a *asked) through() bool {
	select {
	case <-a.done:
		return true
	default:
		return false
	}
}

func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for end := time.Now().Add(30 * time.Second); !ok(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal(what)
		}
	}
}

// got waits for a query that must have been let in.
func (a *asked) got(t *testing.T) *Place {
	t.Helper()
	eventually(t, "the query was not let in", a.through)
	if a.err != nil {
		t.Fatal(a.err)
	}
	return a.place
}
