package resolver

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-sql/atoll/shardmap/store"
)

func TestYoungSnapshotsAreServedWithoutAsking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, r := begin(t, nil)
		first := serves(t, r, 1, 1)
		f.set(2, "good 2")
		time.Sleep(ttl - 1)
		if serves(t, r, 1, 1) != first || f.count() != 1 {
			t.Fatalf("%d requests; want the first snapshot and one request", f.count())
		}
	})
}

func TestOlderThanTTLIsServedAndRefreshedByOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, r := begin(t, nil)
		serves(t, r, 1, 1)
		f.set(2, "good 2")
		time.Sleep(ttl)
		release := f.hold()
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { serves(t, r, 1, 1) })
		}
		all.Wait()
		synctest.Wait()
		if f.count() != 2 {
			t.Fatalf("%d requests; want the first and one for everybody", f.count())
		}
		release()
		synctest.Wait()
		serves(t, r, 2, 2)
	})
}

func TestConfirmedSnapshotsGrowYounger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, r := begin(t, nil)
		first := serves(t, r, 1, 1)
		asOf := first.AsOf
		for range 20 { // twice as long as a snapshot may be old
			time.Sleep(ttl)
			serves(t, r, 1, 1)
			synctest.Wait()
		}
		last := serves(t, r, 1, 1)
		if last == first || !last.AsOf.After(asOf.Add(maxStale)) || !first.AsOf.Equal(asOf) {
			t.Fatal("a confirmation must make a new snapshot and leave the old one as it is")
		}
	})
}

func TestTooOldFailsByName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, r := begin(t, nil)
		serves(t, r, 1, 1)
		f.fail(errDown)
		for range 10 {
			time.Sleep(ttl)
			serves(t, r, 1, 1)
		}
		time.Sleep(time.Nanosecond)
		stale := refuses(t, r, errDown)
		if stale.Version != 1 || stale.Age < maxStale || stale.MaxStale != maxStale || stale.Store != "fake store" {
			t.Fatalf("%+v", stale)
		}
		if s := r.Status(); !errors.Is(s.Err, errDown) || s.Since.IsZero() || s.Version != 1 || s.Failures == 0 {
			t.Fatalf("%+v", s)
		}
		f.fail(nil)
		f.set(5, "good 5")
		time.Sleep(lastPause)
		serves(t, r, 5, 5)
		if s := r.Status(); s.Err != nil || !s.Since.IsZero() {
			t.Fatalf("%+v", s)
		}
	})
}

// Whatever is wrong with the newest document: the last good snapshot is served until it is too old, and is not taken for confirmed.
func TestBadDocumentsConfirmNothing(t *testing.T) {
	errCheck := store.ErrBad
	for name, c := range map[string]struct {
		spoil func(f *fake)
		cause error
	}{
		"check":              {func(f *fake) { f.set(3, "evil") }, nil},
		"backwards":          {func(f *fake) { f.set(1, "good 1") }, ErrBackwards},
		"same version":       {func(f *fake) { f.set(2, "good 22") }, ErrSameVersion},
		"no time":            {func(f *fake) { f.noTime = true }, ErrNoTime},
		"no version":         {func(f *fake) { f.set(0, "good 2") }, errCheck},
		"the store's reason": {func(f *fake) { f.fail(errors.Join(store.ErrBad)) }, errCheck},
		"gone":               {func(f *fake) { f.fail(store.ErrNotFound) }, store.ErrNotFound},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, r := begin(t, func(f *fake) { f.set(2, "good 2") })
				first := serves(t, r, 2, 2)
				c.spoil(f)
				for range 10 {
					time.Sleep(ttl)
					if got := serves(t, r, 2, 2); got.AsOf != first.AsOf {
						t.Fatal("a refused document confirmed the snapshot")
					}
					synctest.Wait()
				}
				var reject *RejectError
				if s := r.Status(); name != "gone" && (!errors.As(s.Err, &reject) || reject.Held != 2) {
					t.Fatalf("%+v", s)
				}
				time.Sleep(lastPause)
				got, err := r.Current(t.Context())
				var stale *StaleError
				if !errors.As(err, &stale) || got != nil || c.cause != nil && !errors.Is(err, c.cause) {
					t.Fatalf("got %+v, %v", got, err)
				}
				f.fail(nil)
				f.noTime = false
				f.set(4, "good 4")
				if _, err := r.Refresh(t.Context()); err != nil {
					t.Fatal(err)
				}
				serves(t, r, 4, 4)
			})
		})
	}
}

func TestNothingToServe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, r := begin(t, func(f *fake) { f.err = store.ErrNotFound })
		stale := refuses(t, r, store.ErrNotFound)
		if stale.Version != 0 || !strings.HasPrefix(stale.Error(), "no shard map: fake store gave none") {
			t.Fatal(stale)
		}
		refuses(t, r, store.ErrNotFound)
		if f.count() != 1 {
			t.Fatalf("%d requests: a store that just failed must not be asked by every query", f.count())
		}
		f.fail(nil)
		time.Sleep(firstPause)
		serves(t, r, 1, 1)
	})
}

func TestWaitersObeyTheirContexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, r := begin(t, nil)
		release := f.hold()
		begun := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		patient := make(chan error, 1)
		go func() {
			_, err := r.Current(context.Background())
			patient <- err
		}()
		_, err := r.Current(ctx)
		var stale *StaleError
		if !errors.As(err, &stale) || !errors.Is(err, context.DeadlineExceeded) || time.Since(begun) != time.Second {
			t.Fatalf("after %s: %v", time.Since(begun), err)
		}
		release()
		if err := <-patient; err != nil || f.count() != 1 {
			t.Fatalf("%v after %d requests: one caller's end must not end the request of another", err, f.count())
		}
	})
}

func TestHangingStoreFailsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, r := begin(t, nil)
		defer f.hold()()
		begun := time.Now()
		refuses(t, r, context.DeadlineExceeded)
		if waited := time.Since(begun); waited != 4*time.Second {
			t.Fatalf("waited %s; want the timeout of one request", waited)
		}
	})
}

// An answer that took longer than a snapshot may be old is of no use, however good it is.
func TestSlowAnswersAreNotServed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{version: 1, text: "good 1"}
		r, err := New(f, number, Options{TTL: ttl, MaxStale: maxStale, Timeout: time.Hour})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		release := f.hold()
		go func() { time.Sleep(maxStale + 1); release(); f.hold() }()
		ctx, cancel := context.WithTimeout(t.Context(), 2*maxStale)
		defer cancel()
		if got, err := r.Current(ctx); err == nil {
			t.Fatalf("served a snapshot %s old", time.Since(got.AsOf))
		}
	})
}

func TestRefreshAsksAfterItWasCalled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, r := begin(t, nil)
		release := f.hold()
		go func() {
			if _, err := r.Current(context.Background()); err != nil {
				t.Error(err)
			}
		}()
		synctest.Wait() // the request under way has read version 1
		f.set(2, "good 2")
		done := make(chan *Snapshot[int])
		go func() {
			got, err := r.Refresh(context.Background())
			if err != nil {
				t.Error(err)
			}
			done <- got
		}()
		synctest.Wait()
		release()
		if got := <-done; got.Version != 2 {
			t.Fatalf("Refresh returned version %d, which an older question found", got.Version)
		}
	})
}

func TestCloseEndsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f, r := begin(t, func(f *fake) { f.lose, f.linger = make(chan error), time.Minute })
		defer f.hold()()
		waiting := make(chan error, 2)
		go func() { _, err := r.Current(context.Background()); waiting <- err }()
		synctest.Wait()
		go func() { _, err := r.Refresh(context.Background()); waiting <- err }()
		synctest.Wait()
		begun := time.Now()
		if err := errors.Join(r.Close(), r.Close()); err != nil || time.Since(begun) != f.linger {
			t.Fatalf("%v after %s; Close must wait for the request under way", err, time.Since(begun))
		}
		for range 2 {
			if err := <-waiting; !errors.Is(err, ErrClosed) {
				t.Fatal(err)
			}
		}
		if _, err := r.Refresh(t.Context()); !errors.Is(err, ErrClosed) {
			t.Fatal(err)
		}
		refuses(t, r, ErrClosed)
	})
}

func TestPanicsAreErrors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{version: 1, text: "good 1"}
		r, err := New(f, func(store.Document) (int, error) { panic("ouch") }, Options{})
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = r.Close() }()
		if _, err := r.Refresh(t.Context()); err == nil || !strings.Contains(err.Error(), "ouch") {
			t.Fatal(err)
		}
	})
}

func TestOptions(t *testing.T) {
	for name, c := range map[string]struct {
		o    Options
		want string
	}{
		"negative": {Options{TTL: -1}, "ttl is negative"},
		"order":    {Options{TTL: time.Minute, MaxStale: time.Second}, "longer than its max_stale"},
	} {
		if _, err := New(&fake{}, number, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	o, err := Options{TTL: time.Hour}.withDefaults()
	if err != nil || o.MaxStale != time.Hour {
		t.Errorf("%+v, %v", o, err)
	}
	o, err = Options{MaxStale: time.Second}.withDefaults()
	if err != nil || o.TTL != time.Second {
		t.Errorf("%+v, %v", o, err)
	}
}
