package atoll

import (
	"testing"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/internal/config"
)

// TestAskAfterClose asks an engine that is closed: it answers with an error, and does not hang.
func TestAskAfterClose(t *testing.T) {
	l := newCurrent(t)
	cfg := l.config(t)
	l.fill(t, l.document(t, cfg))
	e, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	for name, ask := range map[string]func(){
		"Query": func() {
			if _, err := asker(e)(t.Context(), "SELECT count(*) FROM t", nil); err == nil {
				t.Error("an engine that is closed answers")
			}
		},
		"Map":  func() { e.Map() },
		"Heat": func() { e.Heat() },
	} {
		done := make(chan struct{})
		go func() { defer close(done); ask() }()
		select {
		case <-done:
		case <-time.After(20 * time.Second):
			t.Fatalf("%s hangs after Close", name)
		}
	}
}

// TestDownShardInNextVersion makes a version of the map while a shard is down. Who pins the version does not wait for that shard; a retired one that is
// active again is asked.
func TestDownShardInNextVersion(t *testing.T) {
	l := newCurrent(t)
	cfg := l.config(t)
	l.fill(t, l.document(t, cfg))
	e, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	down := connectors.NewError("ms", connectors.ClassTimeout, "08001", "no answer", nil)
	for version, known := range []error{down, errRetired, errNotAsked} {
		top := e.top.Load()
		top.catalog.mu.Lock()
		top.catalog.shard[2].Err, top.catalog.snap = known, nil
		top.catalog.mu.Unlock()
		l.edit(t, config.MapEdit{Version: uint64(version) + 2})
		doc := l.document(t, cfg)
		if err := e.evolve(doc.Map, doc.Shards); err != nil {
			t.Fatal(err)
		}
		now := e.top.Load()
		if now == top || now.unasked.Load() != (known != down) {
			t.Errorf("after %v the shards are to be asked at once: %v", known, now.unasked.Load())
		}
		if a, err := asker(e)(t.Context(), "SELECT count(*) FROM t WHERE country IN ('US', 'ES')", nil); err != nil || a.Rows[0][0].Text != "24" {
			t.Errorf("after %v: %v, %v", known, a.Rows, err)
		}
	}
}

// TestTimeFromPin lets planning take an hour: what is left of the query's time is none, since its version of the map may be out of date by now.
func TestTimeFromPin(t *testing.T) {
	l := newCurrent(t)
	cfg := l.config(t)
	cfg.Limits.Timeout = time.Minute
	e, err := Open(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	at := e.hold()
	defer at.unpin()
	q, err := at.newQuery("SELECT count(*) FROM t", nil)
	if err != nil {
		t.Fatal(err)
	}
	rec, err := at.intent(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	p, err := at.plan(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	r, err := at.run(t.Context(), q, p, rec, time.Now().Add(-time.Hour))
	if err == nil {
		for r.Next() {
		}
		err = r.Err()
		r.Release()
	}
	if stateOf(err) != "57014" {
		t.Errorf("a query goes by an old version for longer than its time: %v", err)
	}
	if _, err := at.exec(t.Context(), &query{sql: "INSERT INTO t (country, n, w) VALUES ('DE', 1, 1)", now: time.Now()}, time.Now().Add(-time.Hour)); stateOf(err) != "57014" {
		t.Errorf("so does a write: %v", err)
	}
}
