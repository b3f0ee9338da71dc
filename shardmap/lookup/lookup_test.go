package lookup

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

var errDown = errors.New("the table is down")

const (
	ttl      = time.Second
	maxStale = 10 * time.Second
	negative = time.Second / 2
)

// table is what is looked up.
type table struct {
	mu    sync.Mutex
	rows  map[string]int
	err   error
	gate  chan struct{}
	asked [][]string
}

func (f *table) fetch(ctx context.Context, keys []string) (map[string]int, error) {
	f.mu.Lock()
	f.asked = append(f.asked, slices.Clone(keys))
	out := map[string]int{"never asked for": 7}
	for _, key := range keys {
		if v, ok := f.rows[key]; ok {
			out[key] = v
		}
	}
	err, gate := f.err, f.gate
	f.mu.Unlock()
	if gate != nil {
		select {
		case <-gate:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	return out, err
}

func (f *table) set(key string, v int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rows[key] = v
}

func (f *table) fail(err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.err = err
}

// hold makes requests wait until the function that it returns is called.
func (f *table) hold() (release func()) {
	gate := make(chan struct{})
	f.mu.Lock()
	defer f.mu.Unlock()
	f.gate = gate
	return func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.gate = nil
		close(gate)
	}
}

func (f *table) requests() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.asked)
}

func begin(t *testing.T, o Options) (*table, *Cache[string, int]) {
	t.Helper()
	f := &table{rows: map[string]int{"a": 1, "b": 2}}
	o.TTL, o.MaxStale, o.NegativeTTL = ttl, maxStale, negative
	c, err := New(f.fetch, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	return f, c
}

func answers(t *testing.T, c *Cache[string, int], want map[string]int, keys ...string) {
	t.Helper()
	if got, err := c.Get(context.Background(), keys); err != nil || !maps.Equal(got, want) {
		t.Fatalf("%v: got %v, %v; want %v", keys, got, err, want)
	}
	for _, key := range keys {
		got, found, err := c.One(context.Background(), key)
		if v, ok := want[key]; err != nil || found != ok || got != v {
			t.Fatalf("%s: got %d, %t, %v; want %v", key, got, found, err, want)
		}
	}
}

func TestYoungAnswersAreGivenWithoutAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := begin(t, Options{})
		answers(t, c, map[string]int{"a": 1, "b": 2}, "a", "b")
		f.set("a", 9)
		time.Sleep(ttl - 1)
		answers(t, c, map[string]int{"a": 1, "b": 2}, "a", "b")
		if f.requests() != 1 {
			t.Fatalf("%d requests", f.requests())
		}
	})
}

func TestOldAnswersAreGivenAndAskedForAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := begin(t, Options{})
		answers(t, c, map[string]int{"a": 1}, "a")
		f.set("a", 9)
		time.Sleep(ttl)
		release := f.hold()
		for range 20 {
			answers(t, c, map[string]int{"a": 1}, "a")
		}
		synctest.Wait()
		if f.requests() != 2 {
			t.Fatalf("%d requests; want the first and one for everybody", f.requests())
		}
		release()
		synctest.Wait()
		answers(t, c, map[string]int{"a": 9}, "a")
	})
}

func TestTooOldAnswersAreNotGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := begin(t, Options{})
		answers(t, c, map[string]int{"a": 1}, "a")
		f.fail(errDown)
		for range 10 {
			time.Sleep(ttl)
			answers(t, c, map[string]int{"a": 1}, "a")
			synctest.Wait()
		}
		time.Sleep(time.Nanosecond)
		if got, err := c.Get(t.Context(), []string{"a"}); !errors.Is(err, errDown) || got != nil {
			t.Fatalf("got %v, %v", got, err)
		}
		if s := c.Status(); !errors.Is(s.Err, errDown) || s.Keys != 1 {
			t.Fatalf("%+v", s)
		}
		f.fail(nil)
		answers(t, c, map[string]int{"a": 1}, "a")
	})
}

// A table that fails is asked for keys that nobody waits for with pauses only.
func TestPausesAfterFailures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := begin(t, Options{})
		answers(t, c, map[string]int{"a": 1}, "a")
		f.fail(errDown)
		time.Sleep(ttl)
		for range 100 {
			answers(t, c, map[string]int{"a": 1}, "a")
			synctest.Wait()
		}
		if f.requests() != 2 {
			t.Fatalf("%d requests in one moment", f.requests())
		}
	})
}

func TestAbsenceIsRememberedBriefly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := begin(t, Options{})
		answers(t, c, map[string]int{"a": 1}, "a", "z")
		f.set("z", 26)
		time.Sleep(negative - 1)
		answers(t, c, map[string]int{"a": 1}, "a", "z")
		if f.requests() != 1 {
			t.Fatalf("%d requests", f.requests())
		}
		time.Sleep(time.Nanosecond)
		answers(t, c, map[string]int{"a": 1, "z": 26}, "a", "z") // at once, not after a stale "no"
	})
}

func TestAKeyIsAskedForOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := begin(t, Options{Parallel: 1, Batch: 3})
		release := f.hold()
		var all sync.WaitGroup
		ask := func(want map[string]int, keys ...string) {
			all.Go(func() { answers(t, c, want, keys...) })
			synctest.Wait()
		}
		ask(map[string]int{"a": 1}, "a")
		ask(map[string]int{"a": 1, "b": 2}, "a", "b", "b")
		ask(map[string]int{"b": 2}, "b", "x")
		ask(map[string]int{}, "y", "z", "x")
		release()
		all.Wait()
		want := "[[a] [b x y] [z]]"
		if got := fmt.Sprint(f.asked); got != want {
			t.Fatalf("asked %s; want %s: what is missing is collected while a request is under way", got, want)
		}
	})
}

func TestRequestsAreBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := begin(t, Options{Parallel: 3})
		release := f.hold()
		var all sync.WaitGroup
		for i := range 100 {
			all.Go(func() { answers(t, c, map[string]int{}, fmt.Sprint("k", i)) })
		}
		synctest.Wait()
		if f.requests() != 3 {
			t.Fatalf("%d requests under way; want 3", f.requests())
		}
		release()
		all.Wait()
		if n := f.requests(); n > 6 {
			t.Fatalf("%d requests for 100 keys", n)
		}
	})
}

func TestWaitersObeyTheirContexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := begin(t, Options{})
		release := f.hold()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, _, err := c.One(ctx, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Fatal(err)
		}
		release()
		synctest.Wait()
		answers(t, c, map[string]int{"a": 1}, "a")
		if f.requests() != 1 {
			t.Fatal("one caller's end must not end the request")
		}
	})
}

func TestAnswersThatTookTooLongAreNotGiven(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &table{rows: map[string]int{"a": 1}}
		c, err := New(f.fetch, Options{TTL: ttl, MaxStale: maxStale, Timeout: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = c.Close() }()
		release := f.hold()
		go func() { time.Sleep(maxStale + 1); release() }()
		if _, _, err := c.One(t.Context(), "a"); !errors.Is(err, ErrSlow) {
			t.Fatal(err)
		}
	})
}

// Who asks after Forget learns what was true at or after Forget.
func TestForget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := begin(t, Options{})
		answers(t, c, map[string]int{"a": 1}, "a")
		f.set("a", 2)
		c.Forget("a", "not there")
		answers(t, c, map[string]int{"a": 2}, "a")

		c.Forget("a")
		release := f.hold()
		before := make(chan int)
		go func() { v, _, _ := c.One(context.Background(), "a"); before <- v }()
		synctest.Wait() // the request has read 2
		f.set("a", 3)
		c.Forget("a")
		after := make(chan int)
		go func() { v, _, _ := c.One(context.Background(), "a"); after <- v }()
		synctest.Wait()
		release()
		if b, a := <-before, <-after; b != 2 || a != 3 {
			t.Fatalf("%d before, %d after", b, a)
		}
		answers(t, c, map[string]int{"a": 3}, "a")

		c.Forget("a")
		release = f.hold()
		go func() { _, _, _ = c.One(context.Background(), "a"); before <- 0 }()
		synctest.Wait() // the request has read 3
		f.set("a", 4)
		c.Forget("a")
		release()
		<-before
		answers(t, c, map[string]int{"a": 4}, "a") // what was under way is not remembered
	})
}

func TestClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, c := begin(t, Options{Parallel: 1})
		answers(t, c, map[string]int{"a": 1}, "a")
		f.hold()
		errs := make(chan error, 2)
		for _, key := range []string{"b", "z"} { // under way, and queued
			go func() { _, _, err := c.One(context.Background(), key); errs <- err }()
			synctest.Wait()
		}
		if err := errors.Join(c.Close(), c.Close()); err != nil {
			t.Fatal(err)
		}
		for range 2 {
			if err := <-errs; !errors.Is(err, ErrClosed) {
				t.Fatal(err)
			}
		}
		if _, _, err := c.One(t.Context(), "new"); !errors.Is(err, ErrClosed) {
			t.Fatal(err)
		}
		answers(t, c, map[string]int{"a": 1}, "a")
	})
}

func TestPanicsAreErrors(t *testing.T) {
	c, err := New(func(context.Context, []int) (map[int]int, error) { panic("ouch") }, Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = c.Close() }()
	for range 3 {
		if _, _, err := c.One(t.Context(), 1); err == nil || !strings.Contains(err.Error(), "ouch") {
			t.Fatal(err)
		}
	}
}

func TestOptions(t *testing.T) {
	for name, c := range map[string]struct {
		o    Options
		want string
	}{
		"negative":      {Options{NegativeTTL: -1}, "negative_ttl is negative"},
		"order":         {Options{TTL: time.Minute, MaxStale: time.Second}, "longer than its max_stale"},
		"negative size": {Options{Size: -1}, "size is negative"},
	} {
		if _, err := New((&table{}).fetch, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Whatever happens: an answer that is given was true at some moment not longer ago than MaxStale, and a "no" not longer ago than NegativeTTL.
func TestRandomLives(t *testing.T) {
	for seed := range uint64(100) {
		synctest.Test(t, func(t *testing.T) { randomLife(t, rand.New(rand.NewPCG(seed, 9))) })
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func randomLife(t *testing.T, rnd *rand.Rand) {
	f, c := begin(t, Options{Size: 1 + rnd.IntN(8), Batch: 1 + rnd.IntN(4), Parallel: 1 + rnd.IntN(3)})
	keys := []string{"a", "b", "c", "d", "e", "f", "g", "h", "i", "j"}
	ended := map[string]map[int]time.Time{} // when a key's value ended to be true; 0 stands for none
	for _, key := range keys {
		ended[key] = map[int]time.Time{}
	}
	next := 100
	for range 200 {
		key := keys[rnd.IntN(len(keys))]
		switch rnd.IntN(7) {
		case 0:
			synctest.Wait()
			ended[key][f.rows[key]] = time.Now()
			f.set(key, next)
			next++
		case 1:
			f.fail(errDown)
		case 2:
			f.fail(nil)
		case 3:
			time.Sleep(time.Duration(rnd.Int64N(int64(maxStale))))
		case 4:
			time.Sleep(time.Duration(rnd.Int64N(int64(ttl))))
		}
		synctest.Wait() // no request is under way that failed before the table was well again
		some := keys[:1+rnd.IntN(len(keys))]
		got, err := c.Get(t.Context(), some)
		if err != nil && f.err == nil {
			t.Fatalf("the table is well, and %v", err)
		}
		if err != nil {
			continue
		}
		for _, key := range some {
			bound := maxStale
			if _, found := got[key]; !found {
				bound = negative
			}
			if end, over := ended[key][got[key]]; over && got[key] != f.rows[key] && time.Since(end) > bound {
				t.Fatalf("%s: got %d, which was over %s ago", key, got[key], time.Since(end))
			}
		}
		if n := c.Status().Keys; n > c.opts.Size {
			t.Fatalf("%d keys remembered; the bound is %d", n, c.opts.Size)
		}
	}
}
