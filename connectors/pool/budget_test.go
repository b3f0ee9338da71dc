package pool

import (
	"context"
	"errors"
	"math/rand/v2"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// asked starts a reservation that has to wait, and returns when it stands in line.
func asked(t *testing.T, ctx context.Context, b *Budget, conns, shards int) <-chan *Reservation {
	t.Helper()
	before := b.Stats().Waiting
	out := make(chan *Reservation, 1)
	go func() {
		r, err := b.Reserve(ctx, Need{Connections: conns, More: shards})
		if err != nil {
			close(out)
			return
		}
		out <- r
	}()
	until(t, "it stands in line", func() bool { return b.Stats().Waiting > before })
	return out
}

func got(c <-chan *Reservation) bool {
	select {
	case r := <-c:
		return r != nil
	default:
		return false
	}
}

func TestReservationsAreServedInOrder(t *testing.T) {
	ctx := testContext(t)
	b := NewBudget(Limits{Connections: 10, Shards: 10}, nil)
	all, err := b.Reserve(ctx, Need{Connections: 8, More: 8})
	if err != nil {
		t.Fatal(err)
	}
	quitting, quit := context.WithCancel(ctx)
	big := asked(t, quitting, b, 5, 5)
	small := asked(t, ctx, b, 2, 2) // there would be room
	if got(small) {
		t.Fatal("the second was served before the first")
	}
	quit()
	if r := <-big; r != nil {
		t.Fatal("the first was served though it gave up")
	}
	r := <-small // though nothing came back
	all.Release()
	all.Release()
	r.Release()
	if s := b.Stats(); s != (Stats{}) {
		t.Errorf("%+v", s)
	}
}

func TestReservationBeyondTheLimits(t *testing.T) {
	b := NewBudget(Limits{Connections: 4, Shards: 2}, nil)
	for _, c := range []struct {
		conns, shards int
		want          string
	}{
		{5, 1, "5 connections are needed at once, and 4 are allowed"},
		{4, 3, "3 shards need to be open at once, and 2 are allowed"},
	} {
		_, err := b.Reserve(context.Background(), Need{Connections: c.conns, Shards: []string{"a", "a"}, More: c.shards - 1})
		var much *ExceededError
		if !errors.As(err, &much) || err.Error() != c.want {
			t.Errorf("%d over %d: %v", c.conns, c.shards, err)
		}
	}
	r, err := b.Reserve(context.Background(), Need{Connections: 4, More: 2})
	if err != nil {
		t.Fatal(err)
	}
	r.Release()
}

func TestConnectionsOfAReservationDoNotWait(t *testing.T) {
	ctx := testContext(t)
	f := newFleet(t, 3, 3, Limits{Connections: 3, Shards: 2}, nil)
	r, err := f.budget.Reserve(ctx, Need{Connections: 3, More: 2})
	if err != nil {
		t.Fatal(err)
	}
	stranger := make(chan *ship)
	go func() {
		s, err := f.pools[2].Acquire(ctx, false)
		if err != nil {
			t.Error(err)
		}
		stranger <- s
	}()
	until(t, "the stranger waits", func() bool { return f.budget.Stats().Waiting == 1 })
	under := r.Context(ctx)
	a, b, c := f.acquire(under, 0), f.acquire(under, 0), f.acquire(under, 1)
	r.Release()
	f.release(a, true)
	f.release(b, true)
	if f.budget.Stats().Waiting == 0 {
		if open, shards := f.now(); open > 3 || shards > 2 {
			t.Fatalf("%d connections over %d shards", open, shards)
		}
	}
	f.release(c, true)
	f.release(<-stranger, true)
}

// A statement that is being stopped has its connection for a moment longer; its query's next one waits for that, not for strangers.
func TestConnectionThatComesBackServesItsOwnReservation(t *testing.T) {
	ctx := testContext(t)
	f := newFleet(t, 2, 2, Limits{Connections: 2}, nil)
	other, err := f.budget.Reserve(ctx, Need{Connections: 1, More: 1})
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.budget.Reserve(ctx, Need{Connections: 1, More: 1})
	if err != nil {
		t.Fatal(err)
	}
	under := r.Context(ctx)
	a := f.acquire(under, 0)
	next := make(chan *ship)
	go func() {
		s, err := f.pools[0].Acquire(under, false)
		if err != nil {
			t.Error(err)
		}
		next <- s
	}()
	until(t, "it waits", func() bool { return f.budget.Stats().Waiting == 1 })
	f.release(a, true)
	f.lend(a)
	if s := <-next; s != a {
		t.Error("another connection was opened")
	}
	f.release(a, true)
	r.Release()
	other.Release()
}

// Callers of one shard take up one shard, however many they are.
func TestShardsAreCountedOnce(t *testing.T) {
	ctx := testContext(t)
	f := newFleet(t, 3, 8, Limits{Shards: 2}, nil)
	var all []*ship
	for range 4 {
		r, err := f.budget.Reserve(ctx, Need{Connections: 1, Shards: []string{"0"}})
		if err != nil {
			t.Fatal(err)
		}
		defer r.Release()
		all = append(all, f.acquire(r.Context(ctx), 0), f.acquire(ctx, 1))
	}
	waiting := asked(t, ctx, f.budget, 1, 1)
	for _, s := range all[:7] {
		f.release(s, true)
	}
	if got(waiting) {
		t.Error("a third shard was promised")
	}
	f.release(all[7], true)
	(<-waiting).Release()
}

// The caller has a place of the pool when it finds that the budget has none for it.
func TestSeatedDoesNotKeepItsPlaceInLine(t *testing.T) {
	ctx := testContext(t)
	f := newFleet(t, 2, 1, Limits{Connections: 1}, nil)
	r, err := f.budget.Reserve(ctx, Need{Connections: 1, More: 1})
	if err != nil {
		t.Fatal(err)
	}
	f.pools[0].Slots() <- struct{}{}
	done := make(chan struct{})
	go func() {
		defer close(done)
		s, err := f.pools[0].Seated(ctx, false)
		if err != nil {
			t.Error(err)
			return
		}
		f.pools[0].Release(s, true)
	}()
	until(t, "it waits", func() bool { return f.budget.Stats().Waiting == 1 })
	f.release(f.acquire(r.Context(ctx), 0), true)
	r.Release()
	<-done
}

// TestStress has callers take one connection, or several under a reservation, stop early, break connections and go idle, over 50 shards
// within small limits. What must hold is checked by the fleet; that it ends shows that nobody waits for ever.
func TestStress(t *testing.T) {
	for name, l := range map[string]Limits{
		"both":        {Connections: 9, Shards: 5, Idle: 200 * time.Microsecond},
		"connections": {Connections: 7, Idle: -1},
		"shards":      {Shards: 4, Idle: 50 * time.Microsecond},
		"tight":       {Connections: 3, Shards: 2, Idle: 100 * time.Microsecond},
	} {
		t.Run(name, func(t *testing.T) { stress(t, l) })
	}
}

func stress(t *testing.T, l Limits) {
	ctx := testContext(t)
	const shards, size = 50, 3
	f := newFleet(t, shards, size, l, nil)
	var served atomic.Int64
	var g sync.WaitGroup
	for range 24 {
		g.Go(func() {
			for range 150 {
				if err := voyage(ctx, f, l, rand.IntN(10)); err != nil {
					t.Error(err)
					return
				}
				served.Add(1)
			}
		})
	}
	g.Wait()
	if ctx.Err() != nil || served.Load() != 24*150 {
		t.Errorf("%d were served, then: %v", served.Load(), ctx.Err())
	}
}

// voyage is one caller's work: in one of ten cases it gives up soon.
func voyage(ctx context.Context, f *fleet, l Limits, kind int) error {
	gaveUp := func(err error) error {
		if kind == 0 && errors.Is(err, context.DeadlineExceeded) {
			return nil
		}
		return err
	}
	if kind == 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(rand.IntN(300))*time.Microsecond)
		defer cancel()
	}
	if kind < 5 {
		return gaveUp(f.use(ctx, rand.IntN(len(f.pools)), kind))
	}
	most := 6
	if l.Connections > 0 {
		most = min(most, l.Connections)
	}
	if l.Shards > 0 {
		most = min(most, l.Shards)
	}
	n := 1 + rand.IntN(most)
	ports := rand.Perm(len(f.pools))[:n]
	need := Need{Connections: n}
	for _, at := range ports {
		if rand.IntN(2) == 0 {
			need.Shards = append(need.Shards, strconv.Itoa(at))
		} else {
			need.More++
		}
	}
	r, err := f.budget.Reserve(ctx, need)
	if err != nil {
		return gaveUp(err)
	}
	defer r.Release()
	under := r.Context(ctx)
	errs := make(chan error, n)
	for _, at := range ports {
		go func() { errs <- f.use(under, at, kind) }()
	}
	for range n {
		err = errors.Join(err, <-errs)
	}
	return gaveUp(err)
}

// use takes one connection twice, gives it back once at once and once in the background.
func (f *fleet) use(ctx context.Context, at, kind int) error {
	for i := range 2 {
		s, err := f.pools[at].Acquire(ctx, kind == 3 && i == 1)
		if err != nil {
			return err
		}
		f.lend(s)
		if rand.IntN(4) == 0 {
			time.Sleep(time.Duration(rand.IntN(50)) * time.Microsecond)
		}
		if i == 1 || kind != 7 {
			f.release(s, rand.IntN(8) > 0)
			continue
		}
		f.pools[at].Background(func() { f.release(s, true) })
	}
	return nil
}
