package pool

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestConnectionsAreLentAgain(t *testing.T) {
	ctx := testContext(t)
	f := newFleet(t, 1, 2, Limits{}, nil)
	a := f.acquire(ctx, 0)
	f.release(a, true)
	if b := f.acquire(ctx, 0); b != a {
		t.Error("the idle connection was not lent")
	} else {
		f.release(b, true)
	}
	s, err := f.pools[0].Acquire(ctx, true)
	if err != nil || s == a || !a.ended.Load() {
		t.Errorf("a fresh one was asked for: %v, and the old one is closed: %v", err, a.ended.Load())
	}
	f.lend(s)
	f.release(s, false)
	if !s.ended.Load() {
		t.Error("a connection that is not healthy was kept")
	}
	f.pools[0].Release(s, true) // a second time
	c := f.acquire(ctx, 0)
	c.bad = true
	f.release(c, true)
	if !c.ended.Load() {
		t.Error("a connection that is not usable was kept")
	}
}

func TestSizeOfAPool(t *testing.T) {
	ctx := testContext(t)
	f := newFleet(t, 1, 2, Limits{}, nil)
	a, b := f.acquire(ctx, 0), f.acquire(ctx, 0)
	short, cancel := context.WithCancel(ctx)
	cancel()
	if _, err := f.pools[0].Acquire(short, false); !errors.Is(err, context.Canceled) {
		t.Errorf("beyond the size: %v", err)
	}
	got := make(chan *ship)
	go func() {
		s, err := f.pools[0].Acquire(ctx, false)
		if err != nil {
			t.Error(err)
		}
		got <- s
	}()
	f.release(a, true)
	if s := <-got; s != a {
		t.Error("another connection was opened beyond the size")
	}
	f.pools[0].Release(a, true)
	f.release(b, true)
}

func TestClosedPool(t *testing.T) {
	ctx := testContext(t)
	f := newFleet(t, 1, 2, Limits{}, nil)
	a := f.acquire(ctx, 0)
	cleaning, closed := make(chan struct{}), make(chan struct{})
	f.pools[0].Background(func() { <-cleaning })
	go func() {
		defer close(closed)
		f.pools[0].Close()
	}()
	until(t, "the pool is closed", func() bool {
		s, err := f.pools[0].Acquire(ctx, false)
		if err == nil {
			f.pools[0].Release(s, true)
		}
		return errors.Is(err, ErrClosed)
	})
	select {
	case <-closed:
		t.Error("Close did not wait for the background")
	default:
	}
	close(cleaning)
	<-closed
	f.release(a, true)
	if !a.ended.Load() {
		t.Error("a connection that came back to a closed pool was kept")
	}
}

func TestDialFails(t *testing.T) {
	ctx := testContext(t)
	f := newFleet(t, 2, 1, Limits{Connections: 1, Shards: 1}, nil)
	f.refuse.Store(true)
	for range 3 {
		if _, err := f.pools[0].Acquire(ctx, false); !errors.Is(err, errRefused) {
			t.Fatalf("got %v", err)
		}
	}
	f.refuse.Store(false)
	f.release(f.acquire(ctx, 1), true) // nothing was lost
}

func TestIdleConnectionsClose(t *testing.T) {
	ctx := testContext(t)
	clock := newHandClock()
	f := newFleet(t, 2, 4, Limits{Idle: time.Minute}, clock)
	a, b, c := f.acquire(ctx, 0), f.acquire(ctx, 0), f.acquire(ctx, 1)
	f.release(a, true)
	clock.move(30 * time.Second)
	f.release(b, true)
	clock.move(30*time.Second - 1)
	if open, _ := f.now(); open != 3 {
		t.Fatalf("%d are open before the time is over", open)
	}
	clock.move(1)
	if !a.ended.Load() || b.ended.Load() {
		t.Error("the first should be closed, the second not yet")
	}
	clock.move(time.Minute)
	if open, shards := f.now(); open != 1 || shards != 1 || c.ended.Load() {
		t.Errorf("%d connections over %d shards are open: only the one that is lent should be", open, shards)
	}
	if clock.set() != 0 {
		t.Error("a timer runs though nothing is idle")
	}
	f.release(c, true)
	d := f.acquire(ctx, 1) // used again in time
	clock.move(time.Hour)
	if d != c || d.ended.Load() {
		t.Error("a connection in use was closed")
	}
	f.release(d, true)
	if clock.set() != 1 {
		t.Errorf("%d timers run", clock.set())
	}
	f.pools[1].Close()
	if clock.set() != 0 {
		t.Error("a timer runs after the close")
	}
}

func TestIdleNever(t *testing.T) {
	clock := newHandClock()
	f := newFleet(t, 1, 1, Limits{Idle: -1}, clock)
	f.release(f.acquire(testContext(t), 0), true)
	if clock.move(1000 * time.Hour); clock.set() != 0 {
		t.Error("a timer runs")
	}
	if open, _ := f.now(); open != 1 {
		t.Errorf("%d are open", open)
	}
}

func TestRealClock(t *testing.T) {
	f := newFleet(t, 3, 2, Limits{Idle: time.Millisecond}, nil)
	for i := range 3 {
		f.release(f.acquire(testContext(t), i), true)
	}
	until(t, "all are closed", func() bool { open, _ := f.now(); return open == 0 })
}

func TestMakesRoomByTheLeastRecentlyUsed(t *testing.T) {
	ctx := testContext(t)
	f := newFleet(t, 4, 4, Limits{Connections: 4, Shards: 3}, nil)
	a, b, c, d := f.acquire(ctx, 0), f.acquire(ctx, 0), f.acquire(ctx, 1), f.acquire(ctx, 2)
	for _, s := range []*ship{a, c, d, b} { // shard 0 has the oldest connection, but shard 1 is the one unused for longest
		f.release(s, true)
	}
	f.release(f.acquire(ctx, 3), true)
	if a.ended.Load() || b.ended.Load() || !c.ended.Load() || d.ended.Load() {
		t.Error("another shard than the one unused for longest was closed")
	}
	e := f.acquire(ctx, 3) // one more connection, for which the oldest idle one goes
	g := f.acquire(ctx, 3)
	if !a.ended.Load() || b.ended.Load() || d.ended.Load() {
		t.Error("another connection than the one unused for longest was closed")
	}
	f.release(e, true)
	f.release(g, true)
}

func TestPinnedShardStaysOpen(t *testing.T) {
	ctx := testContext(t)
	f := newFleet(t, 3, 2, Limits{Shards: 2}, nil)
	r, err := f.budget.Reserve(ctx, Need{Connections: 1, Shards: []string{"0"}})
	if err != nil {
		t.Fatal(err)
	}
	a := f.acquire(r.Context(ctx), 0)
	unpin := f.pools[0].Pin(a)
	f.release(a, true)
	f.release(f.acquire(ctx, 1), true)
	f.release(f.acquire(ctx, 2), true)
	if a.ended.Load() {
		t.Error("the pinned shard was closed")
	}
	if s := f.budget.Stats(); s.Shards != 2 {
		t.Errorf("%+v", s)
	}
	unpin()
	unpin()
	r.Release()
	f.release(f.acquire(ctx, 1), true)
	if !a.ended.Load() {
		t.Error("what is pinned no longer was kept, and another one closed")
	}
}

func TestShare(t *testing.T) {
	f := newFleet(t, 5, 1, Limits{Shards: 3}, nil)
	if n := f.budget.Share(); n != 3 {
		t.Errorf("5 pools, 3 open: %d", n)
	}
	for _, p := range f.pools {
		p.Close()
	}
	if n := f.budget.Share(); n != 1 {
		t.Errorf("no pool: %d", n)
	}
}
