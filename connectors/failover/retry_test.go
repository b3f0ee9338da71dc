package failover

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-sql/atoll/connectors"
)

// TestRetry runs one statement on a shard of one server.
func TestRetry(t *testing.T) {
	data, auth := failing(connectors.ClassData, "22012"), failing(connectors.ClassAuth, "28000")
	narrow := failing(connectors.ClassLimit, "54001")
	full := failing(connectors.ClassLimit, "53300")
	forever := make([]step, 1)
	forever[0] = step{err: refused()}
	for _, tc := range []struct {
		name     string
		script   []step
		want     string
		err      error
		asked    int // 0: several
		from, to time.Duration
	}{
		{name: "answers", script: []step{rows(2)}, want: "p/1 p/2", asked: 1},
		{name: "no rows", script: []step{rows(0)}, asked: 1},
		{name: "refused twice", script: []step{{err: refused()}, {err: refused()}, rows(2)}, want: "p/1 p/2", asked: 3, from: 50 * time.Millisecond, to: 200 * time.Millisecond},
		{name: "reset before the first batch", script: []step{{late: refused()}, rows(1)}, want: "p/1", asked: 2, from: 25 * time.Millisecond, to: 100 * time.Millisecond},
		{name: "refused for ever", script: forever, err: forever[0].err, from: 500 * time.Millisecond, to: 2 * time.Second},
		{name: "full", script: []step{{err: full}, rows(1)}, want: "p/1", asked: 2, from: 25 * time.Millisecond, to: 100 * time.Millisecond},
		{name: "conflict", script: []step{{err: conflict()}, {late: conflict()}, rows(1)}, want: "p/1", asked: 3, from: time.Millisecond, to: 20 * time.Millisecond},
		{name: "wakes", script: []step{{err: waking()}, {err: waking()}, {err: waking()}, {err: waking()}, {err: waking()}, {err: waking()}, rows(1)}, want: "p/1", asked: 7,
			from: 8 * time.Second, to: 20 * time.Second},
		{name: "never wakes", script: []step{{err: waking()}}, err: waking(), from: 50 * time.Second, to: 61 * time.Second},
		{name: "restarts", script: []step{{late: failing(connectors.ClassUnavailable, "57P01")}, {err: refused()}, {err: waking()}, {err: waking()}, {err: waking()}, {err: waking()}, rows(1)}, want: "p/1",
			asked: 7, from: time.Second, to: 10 * time.Second},
		{name: "division by zero", script: []step{{err: data}}, err: data, asked: 1},
		{name: "division by zero, late", script: []step{{late: data}}, err: data, asked: 1},
		{name: "login", script: []step{{err: auth}}, err: auth, asked: 1},
		{name: "limit of the program", script: []step{{err: narrow}}, err: narrow, asked: 1},
		{name: "foreign error", script: []step{{err: errForeign}}, err: errForeign, asked: 1},
		{name: "after the first batch", script: []step{{batches: 1, then: refused()}}, want: "p/1", err: refused(), asked: 1},
		{name: "conflict after the first batch", script: []step{{batches: 2, then: conflict()}}, want: "p/1 p/2", err: conflict(), asked: 1},
	} {
		t.Run(tc.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newFake("p", tc.script...)
				w := open(t, Options{}, p)
				began := time.Now()
				got, stats, err := w.values(t.Context())
				took := time.Since(began)
				if got != tc.want || !sameError(err, tc.err) {
					t.Errorf("%q, %v", got, err)
				}
				if took < tc.from || took > tc.to {
					t.Errorf("took %v, want %v to %v", took, tc.from, tc.to)
				}
				if tc.asked > 0 && (p.count() != tc.asked || tc.err == nil && stats.Attempts != tc.asked) {
					t.Errorf("asked %d times, %d told, want %d", p.count(), stats.Attempts, tc.asked)
				}
				var e *connectors.Error
				if errors.As(err, &e) && got == "" && max(e.Attempts, 1) != p.count() {
					t.Errorf("asked %d times, the error tells %d", p.count(), e.Attempts)
				}
				if err == nil && (stats.Hedged || stats.Replica != "" || stats.Total < took || stats.FirstBatch > 0 && stats.FirstBatch < took) {
					t.Errorf("%+v after %v", stats, took)
				}
			})
		})
	}
}

var errForeign = errors.New("of no class")

// sameError compares what callers see.
func sameError(a, b error) bool {
	return (a == nil) == (b == nil) && (a == nil || a.Error() == b.Error())
}

// TestContexts: a context's own error is returned as it is, and at once; what would be tried after its deadline is not waited for.
func TestContexts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, Options{}, newFake("p", step{wait: time.Hour}, step{err: waking()}))
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, _, err := w.values(ctx); err != context.Canceled {
			t.Error(err)
		}
		began := time.Now()
		ctx, cancel = context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if _, _, err := w.values(ctx); !sameError(err, waking()) || time.Since(began) >= 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		ctx, cancel = context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		began = time.Now()
		if _, _, err := w.values(ctx); err != context.Canceled || time.Since(began) != time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		if h := w.Health()[0]; h.Failures != 2 {
			t.Errorf("%d statements count as failed for the server's sake, and two did", h.Failures)
		}
	})
}

// TestDeadStatement: what is cancelled before the first batch is handed on is not handed on.
func TestDeadStatement(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, Options{}, newFake("p", rows(3)))
		ctx, cancel := context.WithCancel(t.Context())
		r, err := w.Query(ctx, w.statement())
		if err != nil {
			t.Fatal(err)
		}
		cancel()
		for range 2 {
			if _, err := r.Next(t.Context()); err != context.Canceled {
				t.Error(err)
			}
		}
		for range 2 {
			if err := r.Close(); err != nil {
				t.Error(err)
			}
		}
		if r, err = w.Query(t.Context(), w.statement()); err != nil {
			t.Fatal(err)
		}
		if err := r.Close(); err != nil { // the first batch is let go as well
			t.Error(err)
		}
		if _, err := r.Next(t.Context()); connectors.ClassOf(err) != connectors.ClassCancelled {
			t.Error(err)
		}
	})
}

// TestTimeout: the time limit covers all tries and the rest of the rows, and names its key.
func TestTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, Options{Timeout: 3 * time.Second}, newFake("p", step{err: waking()}, step{wait: time.Hour}, rows(2)))
		began := time.Now()
		_, _, err := w.values(t.Context())
		var e *connectors.Error
		if !errors.As(err, &e) || e.Class != connectors.ClassTimeout || e.SQLState != "57014" || !strings.Contains(err.Error(), "shard eu-1") ||
			!strings.Contains(err.Error(), "limits.shard_timeout") || time.Since(began) != 3*time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
		r, err := w.Query(t.Context(), w.statement())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := r.Next(t.Context()); err != nil {
			t.Fatal(err)
		}
		time.Sleep(4 * time.Second)
		if _, err := r.Next(t.Context()); !errors.As(err, &e) || e.Class != connectors.ClassTimeout {
			t.Error(err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if got, _, err := w.values(t.Context()); got != "p/1 p/2" || err != nil {
			t.Error(got, err)
		}
	})
}

// TestBudgets: the retries of a query and those of a shard are counted.
func TestBudgets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFake("p", step{err: conflict()})
		w := open(t, Options{}, p)
		for retries, want := range map[int]int{-1: 1, 1: 2, 3: 4} {
			before := p.count()
			q := &Query{Retries: retries}
			if _, _, err := w.values(q.Context(t.Context())); !sameError(err, conflict()) {
				t.Error(err)
			}
			if _, _, err := w.values(q.Context(t.Context())); !sameError(err, conflict()) { // nothing is left
				t.Error(err)
			}
			if n := p.count() - before - 1; n != want {
				t.Errorf("budget %d: %d tries, want %d", retries, n, want)
			}
		}
		before := p.count()
		const statements = 100
		for range statements {
			_, _, _ = w.values(t.Context())
		}
		elapsed := time.Since(began(w))
		tries := p.count() - before
		if most := statements + retryBurst + statements/5 + int(elapsed.Seconds()) + 1; tries > most || tries < statements+retryBurst/2 {
			t.Errorf("%d tries of %d statements, at most %d allowed", tries, statements, most)
		}
		time.Sleep(time.Minute)
		before = p.count()
		_, _, _ = w.values(t.Context())
		if p.count()-before < 3 {
			t.Error("the shard's budget does not fill with time")
		}
	})
}

// began is when a bubble's time begins.
func began(*world) time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// TestPanic: a connector that panics is an error, and lets go of what it holds.
func TestPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, Options{}, newFake("p", step{panics: true}))
		_, _, err := w.values(t.Context())
		if connectors.ClassOf(err) != connectors.ClassInternal || strings.Contains(err.Error(), "secret") {
			t.Error(err)
		}
	})
}

// TestAttemptsOfDescribing: an error of what reads no rows says how often that was begun as well.
func TestAttemptsOfDescribing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFake("p")
		p.capsErr = conflict()
		w := open(t, Options{}, p)
		_, err := w.Describe(t.Context(), []string{"t"})
		var e *connectors.Error
		if !errors.As(err, &e) || e.Attempts < 2 || e.Attempts != p.described {
			t.Errorf("%v: %+v, described %d times", err, e, p.described)
		}
	})
}
