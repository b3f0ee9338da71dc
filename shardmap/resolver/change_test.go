package resolver

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
	"unsafe"
)

func TestOnChangeTellsEachVersionInOrder(t *testing.T) {
	f := &fake{version: 1, text: "good 1", lose: make(chan error)}
	r, err := New(f, number, Options{TTL: time.Nanosecond, MaxStale: time.Hour})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	var told []uint64 // without a lock: the calls must not be concurrent, which the race detector sees
	var inside atomic.Int32
	r.OnChange(func(old, new *Snapshot[int]) {
		if inside.Add(1) != 1 {
			t.Error("two calls at once")
		}
		defer inside.Add(-1)
		if old == nil && len(told) != 0 || old != nil && (old.Version >= new.Version || old.Version != told[len(told)-1]) {
			t.Errorf("%v, then %+v to %+v", told, old, new)
		}
		told = append(told, new.Version)
	})
	const last = 300
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			for {
				got, err := r.Current(context.Background())
				if err != nil {
					t.Error(err)
					return
				}
				if got.Value != int(got.Version) {
					t.Errorf("%+v", got)
				}
				if got.Version == last {
					return
				}
			}
		})
	}
	for v := uint64(1); v <= last; v++ {
		f.set(v, fmt.Sprint("good ", v))
		if got, err := r.Refresh(context.Background()); err != nil || got.Version != v || told[len(told)-1] != v {
			t.Fatalf("%+v, %v", got, err)
		}
	}
	all.Wait()
	if len(told) != last {
		t.Errorf("%d versions were told of; want %d", len(told), last)
	}
	r.OnChange(func(old, new *Snapshot[int]) {
		if old != nil || new.Version != last {
			t.Errorf("%+v, %+v", old, new)
		}
		told = nil
	})
	if told != nil {
		t.Error("who comes later is told of what there is")
	}
}

// Whatever stores and clocks do: a snapshot that is served was the store's newest good version at some moment not longer ago than MaxStale, and a store that can
// be asked and is good is served from.
func TestRandomLives(t *testing.T) {
	for seed := range uint64(120) {
		synctest.Test(t, func(t *testing.T) { randomLife(t, rand.New(rand.NewPCG(seed, 7))) })
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
}

func randomLife(t *testing.T, rnd *rand.Rand) {
	f, r := begin(t, func(f *fake) {
		if rnd.IntN(2) == 0 {
			f.lose = make(chan error)
		}
	})
	until := map[uint64]time.Time{} // when a version ended to be the newest; the newest is not in it
	version, served, good := serves(t, r, 1, 1).Version, uint64(1), true
	for range 60 {
		switch rnd.IntN(6) {
		case 0:
			until[version] = time.Now()
			version++
			f.set(version, fmt.Sprint("good ", version))
			good = true
		case 1:
			f.fail(errDown)
		case 2:
			f.fail(nil)
		case 3:
			until[version] = time.Now()
			if version++; rnd.IntN(2) == 0 {
				f.set(version, "evil")
			} else {
				f.set(1, "good 99")
			}
			good = false
		default:
			time.Sleep(time.Duration(rnd.Int64N(int64(2 * maxStale))))
		}
		if rnd.IntN(4) == 0 {
			time.Sleep(lastPause) // so that no pause after failures is left
		}
		got, err := r.Current(t.Context())
		healthy := f.err == nil && good
		switch {
		case err == nil && got.Version < served:
			t.Fatalf("served version %d after %d", got.Version, served)
		case err == nil && got.Value != int(got.Version):
			t.Fatalf("%+v", got)
		case err == nil:
			if end, over := until[got.Version]; over && time.Since(end) > maxStale {
				t.Fatalf("served version %d, which was over %s ago", got.Version, time.Since(end))
			}
			served = got.Version
		case healthy && !r.pausing():
			t.Fatalf("a healthy store, and %v", err)
		}
		if rnd.IntN(3) == 0 {
			got, err := r.Refresh(t.Context())
			if healthy && (err != nil || got.Version != version) || !healthy && err == nil {
				t.Fatalf("Refresh of version %d (healthy: %t): %+v, %v", version, healthy, got, err)
			}
		}
	}
}

// While a machine sleeps its monotonic clock stands still; a wall clock may be set back.
func TestAgeByTheClockThatSaysMore(t *testing.T) {
	then := time.Now()
	slept := then.Add(time.Minute)
	(*[2]int64)(unsafe.Pointer(&slept))[1] -= int64(59 * time.Second) // the monotonic part
	if m := slept.Sub(then); m != time.Second {
		t.Skipf("time.Time is laid out otherwise here: %s", m)
	}
	if got := age(slept, then); got != time.Minute {
		t.Errorf("after a sleep: %s", got)
	}
	if got := age(then.Add(time.Minute), then); got != time.Minute {
		t.Errorf("plainly: %s", got)
	}
	setBack := then.Add(-time.Hour)
	(*[2]int64)(unsafe.Pointer(&setBack))[1] += int64(time.Hour + time.Second)
	if got := age(setBack, then); got != time.Second {
		t.Errorf("after the clock was set back: %s", got)
	}
}

func TestCurrentAllocatesNothing(t *testing.T) {
	r := held(t)
	if n := testing.AllocsPerRun(1000, func() { _, _ = r.Current(context.Background()) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkCurrent(b *testing.B) {
	r := held(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := r.Current(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

// held is a resolver with a snapshot that stays young.
func held(tb testing.TB) *Resolver[int] {
	r, err := New(&fake{version: 1, text: "good 1"}, number, Options{TTL: time.Hour})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() { _ = r.Close() })
	if _, err := r.Current(context.Background()); err != nil {
		tb.Fatal(err)
	}
	return r
}
