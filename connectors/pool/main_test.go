package pool

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func testContext(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

// handClock is a clock that stands still until it is moved.
type handClock struct {
	mu     sync.Mutex
	now    time.Time
	timers []*handTimer
}

type handTimer struct {
	clock *handClock
	at    time.Time
	call  func()
}

func newHandClock() *handClock { return &handClock{now: time.Unix(1_000_000, 0)} }

func (c *handClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *handClock) AfterFunc(d time.Duration, f func()) Timer {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := &handTimer{c, c.now.Add(d), f}
	c.timers = append(c.timers, t)
	return t
}

func (t *handTimer) Stop() bool {
	t.clock.mu.Lock()
	defer t.clock.mu.Unlock()
	i := slices.Index(t.clock.timers, t)
	if i < 0 {
		return false
	}
	t.clock.timers = slices.Delete(t.clock.timers, i, i+1)
	return true
}

// set is how many calls are to come.
func (c *handClock) set() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.timers)
}

// move makes time pass, and the calls that are due, before it returns.
func (c *handClock) move(d time.Duration) {
	c.mu.Lock()
	c.now = c.now.Add(d)
	c.mu.Unlock()
	for {
		c.mu.Lock()
		i := slices.IndexFunc(c.timers, func(t *handTimer) bool { return !t.at.After(c.now) })
		if i < 0 {
			c.mu.Unlock()
			return
		}
		t := c.timers[i]
		c.timers = slices.Delete(c.timers, i, i+1)
		c.mu.Unlock()
		t.call()
	}
}

// fleet makes pools of connections that only count themselves, and notes where the limits were broken.
type fleet struct {
	t      *testing.T
	budget *Budget
	pools  []*Pool[*ship]

	mu            sync.Mutex
	open          int
	byPool        []int
	shards        int
	most, mostOn  int // seen at once: connections, shards
	dialed, ended int
	refuse        atomic.Bool // dialing fails
}

type ship struct {
	pool  int
	lent  atomic.Bool
	ended atomic.Bool
	bad   bool
}

var errRefused = errors.New("refused")

func newFleet(t *testing.T, pools, size int, l Limits, c Clock) *fleet {
	f := &fleet{t: t, budget: NewBudget(l, c), byPool: make([]int, pools)}
	for i := range pools {
		f.pools = append(f.pools, New(Spec[*ship]{Name: strconv.Itoa(i), Size: size, Budget: f.budget,
			Dial: func(ctx context.Context) (*ship, error) {
				if f.refuse.Load() {
					return nil, errRefused
				}
				if ctx.Err() != nil {
					return nil, ctx.Err()
				}
				return f.dial(i), nil
			},
			Usable: func(s *ship) bool { return !s.bad },
			End:    func(s *ship, _ bool) { f.end(s) },
		}))
	}
	t.Cleanup(f.close)
	return f
}

func (f *fleet) dial(pool int) *ship {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.dialed++
	f.open++
	if f.byPool[pool]++; f.byPool[pool] == 1 {
		f.shards++
	}
	f.most, f.mostOn = max(f.most, f.open), max(f.mostOn, f.shards)
	return &ship{pool: pool}
}

func (f *fleet) end(s *ship) {
	if s.ended.Swap(true) {
		f.t.Error("a connection was closed twice")
	}
	if s.lent.Load() {
		f.t.Error("a connection was closed while it was lent")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended++
	f.open--
	if f.byPool[s.pool]--; f.byPool[s.pool] == 0 {
		f.shards--
	}
}

// within checks what was open at once against the limits, and that nothing is left.
func (f *fleet) close() {
	for range 2 {
		for _, p := range f.pools {
			p.Close()
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	l := f.budget.Limits()
	if l.Connections > 0 && f.most > l.Connections || l.Shards > 0 && f.mostOn > l.Shards {
		f.t.Errorf("%d connections over %d shards were open at once, the limits are %d and %d", f.most, f.mostOn, l.Connections, l.Shards)
	}
	if f.open != 0 || f.dialed != f.ended {
		f.t.Errorf("%d connections are left open, %d were opened and %d closed", f.open, f.dialed, f.ended)
	}
	if s := f.budget.Stats(); s != (Stats{}) {
		f.t.Errorf("the budget holds %+v", s)
	}
}

// now is what is open.
func (f *fleet) now() (open, shards int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.open, f.shards
}

func (f *fleet) acquire(ctx context.Context, pool int) *ship {
	f.t.Helper()
	s, err := f.pools[pool].Acquire(ctx, false)
	if err != nil {
		f.t.Fatal(err)
	}
	f.lend(s)
	return s
}

func (f *fleet) lend(s *ship) {
	if s.lent.Swap(true) {
		f.t.Error("a connection was lent to two")
	}
	if s.ended.Load() {
		f.t.Error("a closed connection was lent")
	}
}

func (f *fleet) release(s *ship, healthy bool) {
	s.lent.Store(false)
	f.pools[s.pool].Release(s, healthy)
}

// until waits for a condition.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(time.Millisecond) {
		if time.Now().After(end) {
			t.Fatal("waited too long until " + what)
		}
	}
}
