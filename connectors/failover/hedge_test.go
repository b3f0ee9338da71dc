package failover

import (
	"context"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-sql/atoll/connectors"
)

// warm has the primary answer often enough for its latency to be known: 10 ms, and 20 ms one time in ten. Nothing else is read meanwhile.
func (w *world) warm(n int) {
	w.Helper()
	w.primary.act = func(n int) step {
		return step{wait: []time.Duration{10, 20}[min(n%10, 1)^1] * time.Millisecond, batches: 1}
	}
	q := &Query{Permits: func(_, _ string) bool { return false }}
	for range n {
		if got, _, err := w.values(q.Context(w.Context())); got != "p/1" || err != nil {
			w.Fatal(got, err)
		}
	}
	w.primary.act = nil
}

// TestHedge follows statements that take longer than nearly all do.
func TestHedge(t *testing.T) {
	slow := step{wait: time.Second, batches: 2}
	for _, tc := range []struct {
		name           string
		first, second  step
		want           string
		err            error
		hedged         bool
		replica        string
		took, attempts int // milliseconds
	}{
		{name: "in time", first: step{wait: 15 * time.Millisecond, batches: 1}, second: rows(1), want: "p/1", took: 15, attempts: 1},
		{name: "the hedge answers", first: slow, second: step{wait: 5 * time.Millisecond, batches: 2}, want: "a/1 a/2", hedged: true, replica: "a", took: 25, attempts: 2},
		{name: "the first answers", first: step{wait: 30 * time.Millisecond, batches: 2}, second: slow, want: "p/1 p/2", hedged: true, took: 30, attempts: 2},
		{name: "the first answers though it is cancelled", first: step{deaf: 100 * time.Millisecond, batches: 1, blind: true}, second: rows(1), want: "a/1", hedged: true, replica: "a", took: 20, attempts: 2},
		{name: "the hedge has no rows", first: slow, second: step{wait: 5 * time.Millisecond}, hedged: true, replica: "a", took: 25, attempts: 2},
		{name: "the hedge fails", first: step{wait: 100 * time.Millisecond, batches: 1}, second: step{wait: time.Millisecond, err: refused()}, want: "p/1", hedged: true, took: 100, attempts: 2},
		{name: "the hedge fails for good", first: step{wait: 100 * time.Millisecond, batches: 1}, second: step{err: failing(connectors.ClassSchema, "42P01")}, want: "p/1", hedged: true, took: 100, attempts: 2},
		{name: "the first fails", first: step{wait: 100 * time.Millisecond, late: refused()}, second: step{wait: 200 * time.Millisecond, batches: 1}, want: "a/1", hedged: true, replica: "a", took: 220, attempts: 2},
		{name: "the first fails for good", first: step{wait: 100 * time.Millisecond, err: failing(connectors.ClassData, "22012")}, second: slow,
			err: failing(connectors.ClassData, "22012"), hedged: true, took: 100},
		{name: "the hedge panics", first: step{wait: 100 * time.Millisecond, batches: 1}, second: step{panics: true}, want: "p/1", hedged: true, took: 100, attempts: 2},
		{name: "the first panics", first: step{panics: true}, second: slow, took: 0,
			err: connectors.NewError("eu-1", connectors.ClassInternal, "", "the connector panicked", nil)},
		{name: "at the same moment", first: step{wait: 30 * time.Millisecond, batches: 1}, second: step{wait: 10 * time.Millisecond, batches: 1}, want: "?", hedged: true, replica: "?", took: 30, attempts: 2},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := open(t, Options{MaxStaleness: -1}, newFake("p"), newFake("a", tc.second))
				w.follow(1)
				w.warm(100)
				w.primary.act = func(int) step { return tc.first }
				began := time.Now()
				got, stats, err := w.values(t.Context())
				took := time.Since(began)
				if tc.want == "?" {
					tc.want, tc.replica = stats.Replica+"/1", stats.Replica
					if stats.Replica == "" {
						tc.want = "p/1"
					}
				}
				if got != tc.want || !sameError(err, tc.err) || took != time.Duration(tc.took)*time.Millisecond {
					t.Errorf("%q, %v after %v", got, err, took)
				}
				if err == nil && (stats.Hedged != tc.hedged || stats.Replica != tc.replica || stats.Attempts != tc.attempts || tc.first.deaf == 0 && stats.Total < took) {
					t.Errorf("%+v", stats)
				}
				if h := w.Health()[1]; (h.Hedges == 1) != tc.hedged {
					t.Errorf("%+v", h)
				}
				time.Sleep(tc.first.deaf)
				synctest.Wait()
				if w.replicas[0].open+w.primary.open > 0 {
					t.Error("the loser is still open")
				}
			})
		})
	}
}

// TestHedgeNeverBlocks: a hedge that waits for a connection, or a loser that does not stop, delays nobody but who closes the shard. The caller's memory is its own as soon as it has
// its answer.
func TestHedgeNeverBlocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, Options{MaxStaleness: -1}, newFake("p"), newFake("a", rows(1)))
		w.follow(1)
		w.warm(100)
		w.primary.act = func(int) step { return step{deaf: 5 * time.Second, batches: 1, blind: true} }
		began := time.Now()
		r, err := w.Query(t.Context(), w.statement())
		if err != nil || time.Since(began) != 20*time.Millisecond {
			t.Fatalf("%v after %v", err, time.Since(began))
		}
		if got, err := drain(t.Context(), r); got != "a/1" || err != nil || time.Since(began) != 20*time.Millisecond {
			t.Errorf("%q, %v after %v", got, err, time.Since(began))
		}
		if err := r.Close(); err != nil || time.Since(began) != 20*time.Millisecond {
			t.Errorf("%v: closed after %v", err, time.Since(began))
		}
		if n := w.alloc.n.Load() + int64(w.alloc.CurrentAlloc()); n != 0 {
			t.Errorf("%d bytes are held", n)
		}
		ctx, cancel := contextFor(t, 10*time.Millisecond)
		defer cancel()
		if _, _, err := w.values(ctx); err != context.DeadlineExceeded || time.Since(began) != 30*time.Millisecond {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if err := w.Close(); err != nil || time.Since(began) != 5020*time.Millisecond {
			t.Errorf("%v: the shard was closed after %v", err, time.Since(began))
		}
	})
	synctest.Test(t, func(t *testing.T) {
		w := open(t, Options{MaxStaleness: -1}, newFake("p"), newFake("a", step{wait: time.Hour}))
		w.follow(1)
		w.warm(100)
		w.primary.act = func(int) step { return step{wait: 50 * time.Millisecond, batches: 1} }
		began := time.Now()
		if got, _, err := w.values(t.Context()); got != "p/1" || err != nil || time.Since(began) != 50*time.Millisecond {
			t.Errorf("%q, %v after %v", got, err, time.Since(began))
		}
		ctx, cancel := contextFor(t, 30*time.Millisecond)
		defer cancel()
		if _, _, err := w.values(ctx); err != context.DeadlineExceeded {
			t.Error(err)
		}
	})
}

// TestHedgeBudget: whatever the servers do, no more than one statement in twenty is hedged.
func TestHedgeBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, Options{MaxStaleness: -1}, newFake("p"), newFake("a"))
		w.follow(1)
		w.warm(100)
		w.primary.act = func(n int) step { return step{wait: time.Duration(n) * time.Millisecond, batches: 1} } // slower and slower
		for n := 100; n < 1000; n++ {
			if _, _, err := w.values(t.Context()); err != nil {
				t.Fatal(err)
			}
			if h := w.Health()[1].Hedges; h > int64(n+1)/20 {
				t.Fatalf("%d hedges of %d statements", h, n+1)
			}
		}
		if h := w.Health()[1].Hedges; h < 40 {
			t.Errorf("%d hedges of 1000 statements", h)
		}
	})
}

// TestNoHedge: there is none before the latency is known, nor to a replica that may not be read.
func TestNoHedge(t *testing.T) {
	for name, tc := range map[string]struct {
		samples int
		query   *Query
		follows bool
		hedges  int64
	}{
		"known":         {100, &Query{}, true, 1},
		"not known yet": {minSamples - 1, &Query{}, true, 0},
		"not permitted": {100, &Query{Permits: func(_, _ string) bool { return false }}, true, 0},
		"not compared":  {100, &Query{}, false, 0},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := open(t, Options{}, newFake("p"), newFake("a"))
				w.primary.stand(1, false)
				w.replicas[0].stand(1, true)
				w.warm(tc.samples)
				if tc.follows {
					w.Probe(t.Context())
				}
				w.primary.act = func(int) step { return step{wait: time.Second, batches: 1} }
				if _, _, err := w.values(tc.query.Context(t.Context())); err != nil {
					t.Error(err)
				}
				if h := w.Health()[1].Hedges; h != tc.hedges {
					t.Errorf("%d hedges, want %d", h, tc.hedges)
				}
			})
		})
	}
}

// TestRobustLatency: with one statement in twenty a second slower than the others, the time after which a second server is asked stays near that of the others,
// and nearly all of the slow statements are rescued.
func TestRobustLatency(t *testing.T) {
	for seed := range uint64(5) {
		synctest.Test(t, func(t *testing.T) {
			d := &dice{Rand: rand.New(rand.NewPCG(seed, 8))}
			usual := func() time.Duration {
				d.mu.Lock()
				defer d.mu.Unlock()
				return 10*time.Millisecond + time.Duration(d.ExpFloat64()*float64(2*time.Millisecond))
			}
			w := open(t, Options{MaxStaleness: -1}, newFake("p"), newFake("a"))
			which := 0
			w.primary.act = func(n int) step {
				if n%20 == 0 {
					which = d.n(20)
				}
				took := usual()
				if n%20 == which {
					took += time.Second
				}
				return step{wait: took, batches: 1}
			}
			w.replicas[0].act = func(int) step { return step{wait: usual(), batches: 1} }
			w.follow(1)
			var all []time.Duration
			for n := range 4000 {
				began := time.Now()
				if _, _, err := w.values(t.Context()); err != nil {
					t.Fatal(err)
				}
				all = append(all, time.Since(began))
				if d, ok := w.servers[0].latency.delay(); ok && n > window && d > 100*time.Millisecond {
					t.Fatalf("seed %d: after %d statements a hedge waits %v", seed, n, d)
				}
			}
			late := all[1000:]
			slices.Sort(late)
			if p99 := quantile(late, 99); p99 > 60*time.Millisecond {
				t.Errorf("seed %d: p99 is %v, %d hedges", seed, p99, w.Health()[1].Hedges)
			}
			if h := w.Health()[0].Latency; h.P50 > 15*time.Millisecond || h.P95 > 200*time.Millisecond {
				t.Errorf("seed %d: %+v", seed, h)
			}
		})
	}
}

// TestQuantiles compares with counting.
func TestQuantiles(t *testing.T) {
	var l latency
	if d, ok := l.delay(); ok {
		t.Error(d)
	}
	for i := range 1000 {
		l.observe(time.Duration(1000-i), true)
	}
	if got, want := l.quantiles(), (Quantiles{128, 244, 254, 256}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if d, ok := l.delay(); !ok || d < 244 || d > 250+32 {
		t.Error(d, ok)
	}
	// Twenty of the last 256 were slow, which is more than one in twenty.
	var mixed latency
	for i := range window {
		mixed.observe([]time.Duration{10 * time.Millisecond, time.Second}[min(1, max(0, i%13-11))], true)
	}
	if q, d := mixed.quantiles(), time.Duration(mixed.limit.Load()); q.P95 != time.Second || d != 20*time.Millisecond {
		t.Error(q, d)
	}
}
