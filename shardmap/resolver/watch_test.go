package resolver

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

func TestChangesAreSeenAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, r := begin(t, func(f *fake) { f.lose = make(chan error) })
		serves(t, r, 1, 1)
		synctest.Wait()
		f.set(2, "good 2")
		f.tell()
		synctest.Wait()
		serves(t, r, 2, 2)
		if s := r.Status(); !s.Watching || s.WatchErr != nil {
			t.Fatalf("%+v", s)
		}
	})
}

// An event that comes while a request is under way is about something that request may have missed.
func TestEventsDuringARequestAskAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, r := begin(t, func(f *fake) { f.lose = make(chan error) })
		synctest.Wait()
		release := f.hold()
		f.tell()
		synctest.Wait()
		f.set(2, "good 2")
		for range 100 {
			f.tell()
		}
		release()
		synctest.Wait()
		serves(t, r, 2, 2)
		if f.count() != 2 {
			t.Fatalf("%d requests; want one under way and one for all events since", f.count())
		}
	})
}

func TestLostWatchesAreSetUpAnewWithGrowingPauses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var pauses []time.Duration
		f := &fake{version: 1, text: "good 1", lose: make(chan error)}
		r, err := New(f, number, Options{TTL: ttl, MaxStale: maxStale, Jitter: func() float64 { return 0.999999 },
			Sleep: func(ctx context.Context, d time.Duration) error {
				pauses = append(pauses, d.Round(10*time.Millisecond))
				return sleep(ctx, d)
			}})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		for range 9 {
			f.lose <- errDown
		}
		synctest.Wait()
		want := []time.Duration{50, 100, 200, 400, 800, 1600, 3200, 5000, 5000}
		for i := range want {
			want[i] *= time.Millisecond
		}
		if !slices.Equal(pauses, want) {
			t.Fatalf("paused %v; want %v", pauses, want)
		}
		if s := r.Status(); s.Watching || !errors.Is(s.WatchErr, errDown) {
			t.Fatalf("%+v", s)
		}
		time.Sleep(lastPause)
		synctest.Wait()
		f.tell() // a watch that works begins the pauses from the first again
		synctest.Wait()
		before := f.count()
		f.set(2, "good 2")
		f.lose <- nil
		synctest.Wait()
		if last := pauses[len(pauses)-1]; last != firstPause {
			t.Fatalf("paused %s", last)
		}
		if f.count() != before+1 {
			t.Fatal("a lost watch may have missed a change, so the store must be asked")
		}
		serves(t, r, 2, 2)
	})
}

func TestStoresWithoutWatchAreNotAskedForItAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, r := begin(t, nil)
		time.Sleep(time.Hour)
		synctest.Wait()
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.watches != 1 || r.Status().Watching {
			t.Fatalf("%d watches", f.watches)
		}
	})
}

func TestJitterSpreadsPauses(t *testing.T) {
	o, err := Options{}.withDefaults()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[time.Duration]bool{}
	for failures := 1; failures < 100; failures++ {
		d := o.pause(failures)
		if d < firstPause/2 || d > lastPause {
			t.Fatalf("pause %d is %s", failures, d)
		}
		seen[d] = true
	}
	if len(seen) < 50 {
		t.Fatalf("only %d different pauses", len(seen))
	}
}
