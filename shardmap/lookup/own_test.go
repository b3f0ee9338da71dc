package lookup

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// mine is a cache without a fetch of its own.
func mine(t *testing.T, o Options) *Cache[string, int] {
	t.Helper()
	c, err := New[string, int](nil, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func got(t *testing.T, c *Cache[string, int], fetch Fetch[string, int], want string, keys ...string) {
	t.Helper()
	found, asked, err := c.GetBy(t.Context(), keys, fetch)
	if text := fmt.Sprint(found, asked, err); text != want {
		t.Errorf("%v: got %s, want %s", keys, text, want)
	}
}

func TestWhoAsksIsAskedForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := mine(t, Options{TTL: ttl, MaxStale: maxStale, NegativeTTL: negative}), &table{rows: map[string]int{"a": 1, "b": 2}}
		type who struct{}
		ctx := context.WithValue(t.Context(), who{}, "me")
		if _, asked, err := c.GetBy(ctx, []string{"a"}, func(ctx context.Context, keys []string) (map[string]int, error) {
			if ctx.Value(who{}) != "me" {
				t.Error("the question is not of who asks")
			}
			return f.fetch(ctx, keys)
		}); err != nil || asked != 1 {
			t.Fatal(asked, err)
		}
		got(t, c, f.fetch, "map[a:{1 true} b:{2 true} z:{0 false}] 2 <nil>", "a", "b", "z", "b")
		got(t, c, f.fetch, "map[a:{1 true} z:{0 false}] 0 <nil>", "z", "a")
		if f.requests() != 2 {
			t.Fatalf("asked %v", f.asked)
		}
		if v, found, ok := c.Peek("a"); v != 1 || !found || !ok {
			t.Error(v, found, ok)
		}
		if _, found, ok := c.Peek("z"); found || !ok {
			t.Error(found, ok)
		}
		// Without a fetch of its own nothing is given beyond TTL, and nothing asked for.
		time.Sleep(ttl)
		if _, _, ok := c.Peek("a"); ok {
			t.Error("an old answer is given")
		}
		if _, _, err := c.One(t.Context(), "a"); !errors.Is(err, ErrMine) {
			t.Error(err)
		}
		f.fail(errDown)
		got(t, c, f.fetch, "map[] 1 the table is down", "a")
	})
}

// Callers who want the same at the same time wait for one of them.
func TestOneAsksForAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := mine(t, Options{TTL: ttl}), &table{rows: map[string]int{"a": 1, "b": 2}}
		release := f.hold()
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() { got(t, c, f.fetch, "map[a:{1 true} b:{2 true}] 2 <nil>", "a", "b") })
		}
		synctest.Wait()
		all.Go(func() { got(t, c, f.fetch, "map[b:{2 true} x:{0 false}] 2 <nil>", "b", "x") })
		synctest.Wait()
		release()
		all.Wait()
		if text := fmt.Sprint(f.asked); text != "[[a b] [x]]" {
			t.Errorf("asked %s", text)
		}
	})
}

// Of one who gives up, one who waits takes over; a failure is everybody's who waits.
func TestWhoGivesUpIsReplaced(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := mine(t, Options{TTL: ttl}), &table{rows: map[string]int{"a": 1}}
		release := f.hold()
		gone, cancel := context.WithCancel(t.Context())
		var all sync.WaitGroup
		all.Go(func() {
			if _, _, err := c.GetBy(gone, []string{"a"}, f.fetch); !errors.Is(err, context.Canceled) {
				t.Error(err)
			}
		})
		synctest.Wait()
		for range 5 {
			all.Go(func() { got(t, c, f.fetch, "map[a:{1 true}] 1 <nil>", "a") })
		}
		synctest.Wait()
		cancel()
		synctest.Wait()
		if f.requests() != 2 {
			t.Errorf("%d questions; want that of who gave up, and one for all who are left", f.requests())
		}
		release()
		all.Wait()
		release = f.hold()
		f.fail(errDown)
		for range 5 {
			all.Go(func() { got(t, c, f.fetch, "map[a:{1 true}] 1 the table is down", "a", "b") })
		}
		synctest.Wait()
		release()
		all.Wait()
		if f.requests() != 3 || len(c.pending) != 0 {
			t.Errorf("%d questions, %d under way", f.requests(), len(c.pending))
		}
	})
}

// Who waits is not told what is too old when it comes; who asked is.
func TestWhoWaitsIsNotToldOldThings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, f := mine(t, Options{TTL: ttl}), &table{rows: map[string]int{"a": 1}}
		release := f.hold()
		var all sync.WaitGroup
		all.Go(func() { got(t, c, f.fetch, "map[a:{1 true}] 1 <nil>", "a") })
		synctest.Wait()
		all.Go(func() { got(t, c, f.fetch, "map[] 1 "+ErrSlow.Error(), "a") })
		time.Sleep(ttl)
		release()
		all.Wait()
	})
}

// A panic of who asks is an error of all who wait, and the key can be asked for again.
func TestPanicsOfWhoAsks(t *testing.T) {
	c := mine(t, Options{})
	ouch := func(context.Context, []string) (map[string]int, error) { panic("ouch") }
	for range 2 {
		got(t, c, ouch, "map[] 1 a panic in a lookup: ouch", "a")
	}
}

// What the wall clock was ahead once stays added.
func TestClockOfASleepingMachine(t *testing.T) {
	wall := time.Now().Round(0) // has no monotonic part, as after a sleep
	var c clock
	c.begin(func() time.Time { return wall })
	for _, step := range []struct{ by, want time.Duration }{{time.Second, time.Second}, {time.Hour, time.Hour + time.Second}} {
		wall = wall.Add(step.by)
		if got := c.age(); got != step.want {
			t.Errorf("got %s, want %s", got, step.want)
		}
	}
	var system clock
	system.begin(nil)
	system.ahead.Store(int64(time.Hour))
	if got := system.age(); got < time.Hour || system.look(time.Now()) < got {
		t.Errorf("%s after a sleep of an hour", got)
	}
}

func TestManyAskAtOnce(t *testing.T) {
	c, err := NewHashed[int, int](nil, nil, Options{})
	if err == nil {
		t.Fatal("no hash is taken", c)
	}
	for _, size := range []int{10, 2000} {
		c, err := New[int, int](nil, Options{TTL: time.Microsecond, NegativeTTL: time.Microsecond, Size: size})
		if err != nil {
			t.Fatal(err)
		}
		var all sync.WaitGroup
		var slow atomic.Int64
		for g := range 8 {
			all.Go(func() {
				rnd := rand.New(rand.NewPCG(uint64(g), 5))
				for range 1000 {
					keys := []int{rnd.IntN(500), rnd.IntN(500), rnd.IntN(500)}
					found, _, err := c.GetBy(context.Background(), keys, func(_ context.Context, keys []int) (map[int]int, error) {
						out := map[int]int{}
						for _, k := range keys {
							if k%3 != 0 {
								out[k] = 2 * k
							}
						}
						return out, nil
					})
					if errors.Is(err, ErrSlow) {
						slow.Add(1)
					} else if err != nil || len(found) == 0 {
						t.Error(found, err)
						return
					}
					for k, a := range found {
						if a.Found != (k%3 != 0) || a.Found && a.Value != 2*k {
							t.Errorf("%d: %v", k, a)
							return
						}
					}
					if rnd.IntN(10) == 0 {
						c.Forget(keys[0])
					}
				}
			})
		}
		all.Wait()
		if n := c.Status().Keys; n > size || slow.Load() == 8000 {
			t.Errorf("%d remembered of %d, %d times too slow", n, size, slow.Load())
		}
	}
}
