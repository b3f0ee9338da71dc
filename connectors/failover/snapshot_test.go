package failover

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-sql/atoll/connectors"
)

// in runs a statement in a snapshot to its end.
func (w *world) in(ctx context.Context, n connectors.Snapshot, sql string) (string, connectors.Stats, error) {
	stmt := w.statement()
	stmt.SQL = sql
	return w.ask(ctx, n, stmt)
}

// expectAsked compares what was asked of a server, and in which of its snapshots.
func (f *fake) expectAsked(t *testing.T, want ...string) {
	t.Helper()
	f.mu.Lock()
	defer f.mu.Unlock()
	if !slices.Equal(f.args, want) {
		t.Errorf("%s was asked %q, want %q", f.name, f.args, want)
	}
	if f.states != 0 {
		t.Errorf("%s: %d snapshots are open", f.name, f.states)
	}
}

// TestSnapshotStays: the first statement chooses the server, each of its tries in a state of its own, and the others go there.
func TestSnapshotStays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, a := newFake("p", step{late: refused()}, rows(1)), newFake("a")
		w := open(t, Options{MaxStaleness: -1}, p, a)
		w.follow(1)
		n := w.Snapshot(nil)
		for _, sql := range []string{"one", "two", "three"} {
			if got, stats, err := w.in(t.Context(), n, sql); got != "a/1" || err != nil || stats.Replica != "a" {
				t.Error(got, stats, err)
			}
		}
		n.Close()
		n.Close()
		if _, _, err := w.in(t.Context(), n, "four"); connectors.ClassOf(err) != connectors.ClassInternal || !strings.Contains(err.Error(), "closed") {
			t.Error(err)
		}
		p.expectAsked(t, "one in 1")
		a.expectAsked(t, "one in 1", "two in 1", "three in 1")
	})
}

// TestSnapshotFails: a further statement that fails is not sent elsewhere, nor again if its state may be gone.
func TestSnapshotFails(t *testing.T) {
	for name, tc := range map[string]struct {
		err   error
		again bool
	}{"gone": {refused(), false}, "conflict": {conflict(), false}, "full": {failing(connectors.ClassLimit, "53300"), true}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p, a := newFake("p", rows(1), step{err: tc.err}, rows(1)), newFake("a")
				w := open(t, Options{MaxStaleness: -1}, p, a)
				w.follow(1)
				n := w.Snapshot(nil)
				if got, _, err := w.in(t.Context(), n, "one"); got != "p/1" || err != nil {
					t.Error(got, err)
				}
				got, _, err := w.in(t.Context(), n, "two")
				if (err == nil) != tc.again || tc.again && got != "p/1" {
					t.Error(got, err)
				}
				n.Close()
				want := []string{"one in 1", "two in 1"}
				if tc.again {
					want = append(want, "two in 1")
				}
				p.expectAsked(t, want...)
				a.expectAsked(t)
			})
		})
	}
}

// TestSnapshotIsHedged: the loser's state goes with it.
func TestSnapshotIsHedged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, a := newFake("p"), newFake("a")
		w := open(t, Options{MaxStaleness: -1}, p, a)
		w.follow(1)
		w.warm(100)
		p.act = func(int) step { return step{wait: time.Second, batches: 1} }
		p.args = nil
		n := w.Snapshot(nil)
		var g sync.WaitGroup
		for range 3 { // whoever comes first
			g.Go(func() {
				if got, _, err := w.in(t.Context(), n, "x"); got != "a/1" || err != nil {
					t.Error(got, err)
				}
			})
		}
		g.Wait()
		n.Close()
		synctest.Wait()
		p.expectAsked(t, "x in 1")
		a.expectAsked(t, "x in 1", "x in 1", "x in 1")
	})
}

// TestSnapshotOfOneServer: where there is no choice statements run at the same time, and as long as none has rows a new state may be begun.
func TestSnapshotOfOneServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFake("p", step{wait: time.Second, batches: 1})
		w := open(t, Options{}, p)
		n := w.Snapshot(nil)
		began := time.Now()
		var g sync.WaitGroup
		for range 3 {
			g.Go(func() {
				if got, _, err := w.in(t.Context(), n, "x"); got != "p/1" || err != nil {
					t.Error(got, err)
				}
			})
		}
		g.Wait()
		if time.Since(began) != time.Second {
			t.Errorf("they took %v", time.Since(began))
		}
		n.Close()
		p.expectAsked(t, "x in 1", "x in 1", "x in 1")
	})
	synctest.Test(t, func(t *testing.T) {
		p := newFake("p", step{err: refused()}, step{late: refused()}, rows(1))
		w := open(t, Options{}, p)
		n := w.Snapshot(nil)
		for range 2 {
			if got, _, err := w.in(t.Context(), n, "x"); got != "p/1" || err != nil {
				t.Error(got, err)
			}
		}
		n.Close()
		p.expectAsked(t, "x in 1", "x in 2", "x in 3", "x in 3")
	})
	synctest.Test(t, func(t *testing.T) { // one that failed does not take the state from the other
		p := newFake("p")
		p.act = func(n int) step {
			return []step{{wait: time.Second, batches: 1}, {wait: time.Millisecond, err: refused()}, rows(1)}[n]
		}
		w := open(t, Options{}, p)
		n := w.Snapshot(nil)
		var g sync.WaitGroup
		g.Go(func() {
			if got, _, err := w.in(t.Context(), n, "x"); got != "p/1" || err != nil {
				t.Error(got, err)
			}
		})
		synctest.Wait()
		g.Go(func() {
			if got, _, err := w.in(t.Context(), n, "y"); got != "p/1" || err != nil {
				t.Error(got, err)
			}
		})
		g.Wait()
		n.Close()
		p.expectAsked(t, "x in 1", "y in 1", "y in 1")
	})
}

// TestSnapshotUnused costs nothing, and may be closed while a statement is on its way.
func TestSnapshotUnused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFake("p", step{wait: time.Second, batches: 1})
		for _, replicas := range [][]*fake{nil, {newFake("a")}} {
			w := open(t, Options{}, p, replicas...)
			w.Snapshot(nil).Close()
			n := w.Snapshot(nil)
			time.AfterFunc(500*time.Millisecond, n.Close)
			if got, _, err := w.in(t.Context(), n, "x"); got != "p/1" || err != nil {
				t.Error(got, err)
			}
		}
		if p.states != 0 {
			t.Errorf("%d snapshots are open", p.states)
		}
	})
}
