package failover

import (
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-sql/atoll/connectors"
)

// TestBreaker follows the breaker of a shard's only server through its states.
func TestBreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		down := true
		p := newFake("p")
		p.act = func(int) step {
			if down {
				return step{wait: time.Millisecond, err: refused()}
			}
			return step{wait: time.Millisecond, batches: 1}
		}
		w := open(t, Options{}, p)
		state := func(want State) {
			t.Helper()
			if h := w.Health()[0]; h.Breaker != want {
				t.Fatalf("the breaker is %s, want %s: %+v", h.Breaker, want, h)
			}
		}
		once := (&Query{Retries: -1}).Context(t.Context())
		for range breakerFailures {
			state(Closed)
			if _, _, err := w.values(once); !sameError(err, refused()) {
				t.Error(err)
			}
		}
		state(Open)
		if !w.Failing() {
			t.Error("it is failing")
		}
		asked := p.count()
		_, _, err := w.values(once)
		var e *connectors.Error
		if !errors.As(err, &e) || e.Class != connectors.ClassUnavailable || e.SQLState != "08001" || e.Shard != "eu-1" || !strings.Contains(err.Error(), "keeps failing") ||
			strings.Contains(err.Error(), "secret") || p.count() != asked {
			t.Errorf("%v, asked %d times", err, p.count()-asked)
		}
		if cause := errors.Unwrap(e); !sameError(cause, refused()) {
			t.Errorf("the cause is %v", cause)
		}
		// Half-open: one statement goes through, and no other one until it is known what became of it.
		for pause := breakerFirst; pause < 2*breakerLongest; pause *= 2 {
			pause := min(pause, breakerLongest)
			time.Sleep(pause * 8 / 10)
			_, _, _ = w.values(once)
			if p.count() != asked {
				t.Fatalf("asked %v after it failed, within %v", pause*8/10, pause)
			}
			time.Sleep(pause * 4 / 10)
			var g sync.WaitGroup
			for range 4 {
				g.Go(func() { _, _, _ = w.values(t.Context()) })
			}
			g.Wait()
			if asked++; p.count() != asked {
				t.Fatalf("%d statements were the probe", p.count()-asked+1)
			}
			state(Open)
		}
		time.Sleep(breakerLongest * 12 / 10)
		// A probe that is cancelled decides nothing.
		ctx, cancel := contextFor(t, time.Microsecond)
		_, _, _ = w.values(ctx)
		cancel()
		state(Open)
		down = false
		if got, _, err := w.values(t.Context()); got != "p/1" || err != nil {
			t.Error(got, err)
		}
		state(Closed)
		if h := w.Health()[0]; h.Failures != 0 || h.LastError == nil || h.LastError.Class != connectors.ClassUnavailable || strings.Contains(h.LastError.Text, "secret") || w.Failing() {
			t.Errorf("%+v", h)
		}
		// Afterwards it opens as at first.
		down = true
		for range breakerFailures {
			state(Closed)
			_, _, _ = w.values(once)
		}
		state(Open)
		time.Sleep(breakerFirst * 12 / 10)
		down = false
		w.Probe(t.Context())
		state(Closed)
	})
}

// TestBreakerCounts says which failures open a breaker: those for the server's sake, one after the other.
func TestBreakerCounts(t *testing.T) {
	broken := step{batches: 1, then: refused()}
	for name, tc := range map[string]struct {
		script []step
		want   State
	}{
		"one answers":         {[]step{{err: refused()}, {err: refused()}, {err: refused()}, {err: refused()}, rows(1), {err: refused()}, {err: refused()}}, Closed},
		"one fails otherwise": {[]step{{err: refused()}, {err: refused()}, {err: failing(connectors.ClassData, "22012")}, {err: refused()}, {err: refused()}, {err: refused()}, {err: refused()}, rows(1)}, Closed},
		"limits":              {[]step{{err: failing(connectors.ClassLimit, "53300")}}, Closed},
		"in the middle":       {[]step{broken}, Open},
		"conflicts":           {[]step{{err: conflict()}}, Closed},
		"a minority":          {[]step{{err: refused()}, {err: refused()}, {err: refused()}, {err: refused()}, rows(1), rows(1), rows(1)}, Closed},
		"all":                 {[]step{{err: refused()}}, Open},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := open(t, Options{}, newFake("p", tc.script...))
				for range 7 {
					_, _, _ = w.values((&Query{Retries: -1}).Context(t.Context()))
				}
				if h := w.Health()[0]; h.Breaker != tc.want {
					t.Errorf("%+v", h)
				}
			})
		})
	}
}

// TestRetriesAreOneFailure: a statement that fails after its retries counts once, and not at all where a retry brought its rows.
func TestRetriesAreOneFailure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFake("p", step{err: refused()})
		w := open(t, Options{}, p)
		_, _, _ = w.values(t.Context())
		if h := w.Health()[0]; h.Failures != 1 || p.count() < 3 {
			t.Errorf("%d tries, %+v", p.count(), h)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p := newFake("p")
		p.act = func(n int) step { return []step{{err: refused()}, rows(1)}[n%2] }
		w := open(t, Options{}, p)
		for range 10 {
			if _, _, err := w.values(t.Context()); err != nil {
				t.Fatal(err)
			}
			time.Sleep(time.Minute)
		}
		if h := w.Health()[0]; h.Failures != 0 || h.Breaker != Closed || h.Retries != 10 || h.Statements != 20 {
			t.Errorf("%+v", h)
		}
	})
}
