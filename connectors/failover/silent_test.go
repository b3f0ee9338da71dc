package failover

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-sql/atoll/connectors"
)

// TestSilentServer: a server whose connections are open and lead nowhere opens its breaker, and fails its half-open probe; one that answers
// something else, that has no connection free, or that had less time than the shard allows, does not.
func TestSilentServer(t *testing.T) {
	const limit = 3 * time.Second
	hang := step{wait: time.Hour}
	for name, tc := range map[string]struct {
		within time.Duration // the caller's; 0 is none
		others bool          // somebody else is answered meanwhile
		held   int           // readers that are open
		opens  bool
	}{
		"nothing is answered":              {opens: true},
		"the caller's time is longer":      {within: time.Minute, opens: true},
		"the caller's time is as long":     {within: limit, opens: true},
		"the caller's time is up":          {within: limit - 1},
		"probes are answered":              {others: true},
		"readers hold some connections":    {held: 3, opens: true},
		"readers hold all the connections": {held: 4},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newFake("p")
				w := open(t, Options{Timeout: limit}, p)
				var held []connectors.Reader
				for range tc.held {
					r, err := w.Query(t.Context(), w.statement())
					if err != nil {
						t.Fatal(err)
					}
					held = append(held, r)
				}
				defer func() {
					for _, r := range held {
						if err := r.Close(); err != nil {
							t.Error(err)
						}
					}
				}()
				time.Sleep(time.Millisecond)
				p.act = func(n int) step {
					if n%2 == 1 && tc.others {
						return rows(1)
					}
					return hang
				}
				p.asked = 0
				for range breakerFailures {
					silentStatement(w, tc.within, tc.others)
				}
				h := w.Health()[0]
				if opens := h.Breaker == Open; opens != tc.opens {
					t.Fatalf("%+v", h)
				}
				if !tc.opens {
					return
				}
				if h.LastError.Class != connectors.ClassTimeout {
					t.Errorf("%+v", h.LastError)
				}
				if _, _, err := w.values(t.Context()); connectors.ClassOf(err) != connectors.ClassUnavailable {
					t.Error(err)
				}
				time.Sleep(breakerFirst * 12 / 10)
				silentStatement(w, 0, false) // the half-open breaker's probe
				if h := w.Health()[0]; h.Breaker != Open {
					t.Errorf("%+v", h)
				}
				time.Sleep(breakerFirst * 24 / 10)
				p.act = nil
				if got, _, err := w.values(t.Context()); got != "p/1" || err != nil || w.Health()[0].Breaker != Closed {
					t.Error(got, err, w.Health()[0])
				}
			})
		})
	}
}

// silentStatement runs a statement that hangs, and beside it one that does not.
func silentStatement(w *world, within time.Duration, beside bool) {
	w.Helper()
	ctx, cancel := context.WithCancel(w.Context())
	defer cancel()
	if within > 0 {
		time.AfterFunc(within, cancel)
	}
	done := make(chan error)
	go func() {
		_, _, err := w.values(ctx)
		done <- err
	}()
	synctest.Wait()
	time.Sleep(time.Second)
	if beside {
		if got, _, err := w.values(w.Context()); got != "p/1" || err != nil {
			w.Error(got, err)
		}
	}
	if err := <-done; err == nil {
		w.Error("it did not hang")
	}
}
