package failover

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/atoll-sql/atoll/connectors"
)

// TestFailover: where the primary fails a replica answers, at once, and is named; where both fail, both are tried again.
func TestFailover(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, a := newFake("p", step{err: refused()}), newFake("a")
		w := open(t, Options{}, p, a)
		w.follow(7)
		began := time.Now()
		got, stats, err := w.values(t.Context())
		if got != "a/1" || err != nil || stats.Replica != "a" || stats.Attempts != 2 || stats.Hedged || time.Since(began) != 0 {
			t.Errorf("%q, %v, %+v after %v", got, err, stats, time.Since(began))
		}
		a.script = []step{{err: refused()}}
		began = time.Now()
		_, _, err = w.values(t.Context())
		if err == nil || time.Since(began) < 500*time.Millisecond || p.count() < 4 || a.count() < 4 {
			t.Errorf("%v after %v, %d and %d tries", err, time.Since(began), p.count(), a.count())
		}
		a.script = []step{{err: conflict()}} // with what it replays, which the primary has behind it
		p.script, p.asked = []step{{err: refused()}, rows(1)}, 0
		if got, stats, err := w.values(t.Context()); got != "p/1" || err != nil || stats.Attempts != 3 {
			t.Errorf("%q, %v, %+v", got, err, stats)
		}
		p.script = p.script[:1]
		a.script = []step{{err: failing(connectors.ClassSchema, "42703")}}
		_, _, err = w.values(t.Context())
		if err == nil || err.Error() != "shard eu-1 (replica a): it fails as schema (SQLSTATE 42703)" {
			t.Error(err)
		}
		a.script = []step{{batches: 1, then: refused()}}
		got, _, err = w.values(t.Context())
		if got != "a/1" || err == nil || !strings.HasPrefix(err.Error(), "shard eu-1 (replica a): ") {
			t.Error(got, err)
		}
	})
}

// TestOpenBreakerIsPassedBy: a replica answers while the primary's breaker is open, and the primary is asked again once a probe closed it.
func TestOpenBreakerIsPassedBy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, a := newFake("p", step{err: refused()}), newFake("a")
		w := open(t, Options{MaxStaleness: time.Hour}, p, a)
		w.follow(7)
		for range breakerFailures + 10 {
			if got, _, err := w.values(t.Context()); got != "a/1" || err != nil {
				t.Fatal(got, err)
			}
		}
		if p.count() != breakerFailures {
			t.Errorf("the primary was asked %d times", p.count())
		}
		time.Sleep(2 * breakerFirst)
		if got, _, _ := w.values(t.Context()); got != "a/1" || p.count() != breakerFailures {
			t.Error("a statement is the probe, though a replica can answer it")
		}
		p.script = nil
		w.Probe(t.Context())
		if got, _, _ := w.values(t.Context()); got != "p/1" {
			t.Errorf("%s, %+v", got, w.Health())
		}
		// All of them.
		p.script, a.script = []step{{err: refused()}}, []step{{err: refused()}}
		once := (&Query{Retries: -1}).Context(t.Context())
		for range 3 * breakerFailures {
			_, _, _ = w.values(once)
		}
		asked := p.count() + a.count()
		_, _, err := w.values(t.Context())
		if err == nil || !strings.Contains(err.Error(), "no replica may be read") || p.count()+a.count() != asked {
			t.Error(err)
		}
	})
}

// TestUnreadReplicas lists why a replica is not read.
func TestUnreadReplicas(t *testing.T) {
	for name, tc := range map[string]struct {
		o     Options
		setup func(w *world)
		query *Query
		read  bool
		why   string // in Health
	}{
		"never probed":                {setup: func(*world) {}, why: "not been compared"},
		"level":                       {setup: func(w *world) { w.follow(7) }, read: true},
		"too far behind":              {setup: func(w *world) { w.follow(7); time.Sleep(11 * time.Second) }, why: "less than 10s behind"},
		"a little behind":             {setup: func(w *world) { w.follow(7); time.Sleep(9 * time.Second) }, read: true},
		"as far behind as it may":     {o: Options{MaxStaleness: time.Minute}, setup: func(w *world) { w.follow(7); time.Sleep(time.Minute) }, read: true},
		"any":                         {o: Options{MaxStaleness: -1}, setup: func(w *world) { w.follow(7); time.Sleep(time.Hour) }, read: true},
		"does not catch up":           {setup: func(w *world) { w.follow(7); lag(w, 8) }, why: "less than 10s behind"},
		"has not what was asked":      {setup: func(w *world) { w.primary.stand(7, false); w.replicas[0].stand(6, true); w.Probe(w.Context()) }, why: "first asked"},
		"another log":                 {setup: func(w *world) { w.follow(7); w.replicas[0].at.Log = "two"; w.Probe(w.Context()) }, why: "another server"},
		"another log, any":            {o: Options{MaxStaleness: -1}, setup: func(w *world) { w.follow(7); w.replicas[0].at.Log = "two"; w.Probe(w.Context()) }, read: true},
		"no replica":                  {setup: func(w *world) { w.follow(7); w.replicas[0].stand(9, false); w.Probe(w.Context()) }, why: "follows no other"},
		"the primary is none":         {setup: func(w *world) { w.primary.stand(7, true); w.replicas[0].stand(7, true); w.Probe(w.Context()) }, why: "replica itself"},
		"does not tell":               {setup: func(w *world) { w.replicas[0].posErr = failing(connectors.ClassPermission, "42501"); w.follow(7) }, why: "it fails as permission"},
		"does not tell, any":          {o: Options{MaxStaleness: -1}, setup: func(w *world) { w.replicas[0].posErr = failing(connectors.ClassPermission, "42501"); w.follow(7) }, read: true},
		"does not tell, any, of late": {o: Options{MaxStaleness: -1}, query: &Query{Since: time.Unix(1, 0)}, setup: func(w *world) { w.replicas[0].posErr = failing(connectors.ClassPermission, "42501"); w.follow(7) }},
		"adopted before":              {query: &Query{Since: time.Date(2000, 1, 1, 0, 0, 3, 0, time.UTC)}, setup: func(w *world) { time.Sleep(4 * time.Second); w.follow(7) }, read: true},
		"adopted after":               {query: &Query{Since: time.Date(2000, 1, 1, 0, 0, 3, 0, time.UTC)}, setup: func(w *world) { w.follow(7); time.Sleep(4 * time.Second) }},
		"not permitted":               {query: &Query{Permits: func(shard, replica string) bool { return shard != "eu-1" || replica != "a" }}, setup: func(w *world) { w.follow(7) }},
		"permitted":                   {query: &Query{Permits: func(shard, replica string) bool { return shard == "eu-1" && replica == "a" }}, setup: func(w *world) { w.follow(7) }, read: true},
		"another region":              {setup: func(w *world) { w.servers[1].Region = "us"; w.follow(7) }},
		"another dialect":             {setup: func(w *world) { w.replicas[0].caps.Dialect = "tsql"; w.follow(7) }, why: "another one: it speaks tsql"},
		"a feature less":              {setup: func(w *world) { w.replicas[0].caps.Missing = []string{"x"}; w.follow(7) }, why: "features than the primary: x"},
		"another collation, any":      {o: Options{MaxStaleness: -1}, setup: func(w *world) { w.replicas[0].caps.BinaryCollation = true; w.follow(7) }, why: "collation"},
		"no table":                    {o: expecting, setup: func(w *world) { w.primary.tables["t"] = connectors.Table{Name: "t"}; w.follow(7) }, why: `table "t" is missing`},
		"another type": {o: expecting, setup: func(w *world) {
			describe(w, connectors.Column{Name: "c", Type: "bigint", Native: "bigint"}, connectors.Column{Name: "c", Type: "integer", Native: "integer"})
		}, why: `column "c" is integer, on the primary bigint`},
		"no column":      {o: expecting, setup: func(w *world) { describe(w, connectors.Column{Name: "c"}, connectors.Column{Name: "d"}) }, why: `column "c" is missing`},
		"NULL":           {o: expecting, setup: func(w *world) { describe(w, connectors.Column{Name: "c"}, connectors.Column{Name: "c", NotNull: true}) }, why: `may be NULL`},
		"the same table": {o: expecting, setup: func(w *world) { describe(w, connectors.Column{Name: "c"}, connectors.Column{Name: "c"}) }, read: true},
		"is mended": {setup: func(w *world) {
			w.replicas[0].caps.Dialect = "x"
			w.follow(7)
			w.replicas[0].caps.Dialect = "postgres"
			w.follow(8)
		}, read: true},
		"is spoilt": {setup: func(w *world) {
			w.follow(7)
			w.replicas[0].caps.Dialect = "x"
			time.Sleep(compareEvery)
			w.follow(8)
		}, why: "it speaks x"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := open(t, tc.o, newFake("p", step{err: refused()}), newFake("a"))
				tc.setup(w)
				q := tc.query
				if q == nil {
					q = &Query{}
				}
				q.Retries = 1 // to get there
				got, _, err := w.values(q.Context(t.Context()))
				if read := got == "a/1" && err == nil; read != tc.read {
					t.Errorf("%q, %v; %+v", got, err, w.Health()[1])
				}
				if h := w.Health()[1]; !strings.Contains(h.Unread, tc.why) || tc.why == "" && tc.query == nil && tc.read && h.Unread != "" {
					t.Errorf("unread because %q, want %q", h.Unread, tc.why)
				}
			})
		})
	}
}

var expecting = Options{Expect: func() []string { return []string{"t"} }}

func describe(w *world, primary, replica connectors.Column) {
	w.primary.tables["t"] = connectors.Table{Name: "t", Columns: []connectors.Column{primary}}
	w.replicas[0].tables["t"] = connectors.Table{Name: "t", Columns: []connectors.Column{replica}}
	w.follow(7)
}

// lag has the primary go on for a while, and the replica not.
func lag(w *world, from uint64) {
	for i := range uint64(6) {
		time.Sleep(2 * time.Second)
		w.primary.stand(from+i, false)
		w.Probe(w.Context())
	}
}

// TestStaleness: how far a replica is behind is what is proven, which is from before the primary was asked.
func TestStaleness(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := open(t, Options{}, newFake("p"), newFake("a"))
		if h := w.Health()[1]; h.StalenessKnown {
			t.Errorf("%+v", h)
		}
		w.follow(10)
		for i := range uint64(5) {
			time.Sleep(time.Second)
			w.primary.stand(20+i, false)
			w.Probe(t.Context())
		}
		if h := w.Health()[1]; !h.StalenessKnown || h.Staleness != 5*time.Second {
			t.Errorf("%+v", h)
		}
		w.replicas[0].stand(22, true)
		w.Probe(t.Context())
		if h := w.Health()[1]; h.Staleness != 2*time.Second {
			t.Errorf("%+v", h)
		}
		w.replicas[0].stand(24, true)
		w.Probe(t.Context())
		if h := w.Health()[1]; h.Staleness != 0 || h.Unread != "" {
			t.Errorf("%+v", h)
		}
		// The primary is gone: what is known of it gets old.
		w.primary.posErr = refused()
		time.Sleep(7 * time.Second)
		w.replicas[0].stand(30, true)
		w.Probe(t.Context())
		if h := w.Health()[1]; h.Staleness != 7*time.Second {
			t.Errorf("%+v", h)
		}
		// It comes back with another log; the replica follows later.
		w.primary.posErr = nil
		w.primary.at = connectors.Position{Log: "two", Offset: 3}
		w.Probe(t.Context())
		if h := w.Health()[1]; h.StalenessKnown {
			t.Errorf("%+v", h)
		}
	})
}

// TestNearest: the nearer server is read, once it has proven to be.
func TestNearest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, a, b := newFake("p"), newFake("a"), newFake("b")
		w := open(t, Options{MaxStaleness: -1}, p, a, b)
		trips := map[*fake]time.Duration{p: 10 * time.Millisecond, a: 9 * time.Millisecond, b: 20 * time.Millisecond}
		for i, f := range []*fake{p, a, b} {
			w.servers[i].Conn = far{placed{f}, func() time.Duration { return trips[f] }}
		}
		read := func(want string) {
			t.Helper()
			if got, _, err := w.values(t.Context()); got != want+"/1" || err != nil {
				t.Errorf("%s was read, want %s: %v", got, want, err)
			}
		}
		read("p")
		w.follow(1)
		read("p") // a is not nearer by much
		trips[a] = 5 * time.Millisecond
		w.follow(2)
		read("a")
		trips[p] = 4500 * time.Microsecond
		for range trips8 {
			w.follow(3)
		}
		read("a") // nor is p now
		trips[b] = time.Millisecond
		w.follow(4)
		read("b")
		a.script = nil
		w.Probe(t.Context())
		q := &Query{Permits: func(_, replica string) bool { return replica != "b" }}
		if got, _, _ := w.values(q.Context(t.Context())); got != "a/1" {
			t.Errorf("%s is the next", got)
		}
		if h := w.Health(); !h[2].Preferred || h[0].Preferred || h[2].RoundTrip != time.Millisecond {
			t.Errorf("%+v", h)
		}
	})
}

const trips8 = trips

// far is a server at a distance.
type far struct {
	placed
	trip func() time.Duration
}

func (f far) Position(ctx context.Context) (connectors.Position, error) {
	time.Sleep(f.trip())
	return f.placed.Position(ctx)
}

// TestRegions: a server in the coordinator's region is read first.
func TestRegions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, a := newFake("p"), newFake("a")
		s := New("eu-1", Endpoint{Region: "eu", Conn: placed{p}}, []Endpoint{{Name: "a", Region: "us", Conn: placed{a}, Near: true}}, Options{MaxStaleness: -1})
		w := &world{T: t, Shard: s, primary: p, replicas: []*fake{a}}
		w.follow(1)
		all := &Query{Permits: func(_, _ string) bool { return true }}
		r, err := s.Query(all.Context(t.Context()), connectors.Statement{})
		if err != nil {
			t.Fatal(err)
		}
		if got, _ := drain(t.Context(), r); got != "a/1" || r.Stats().Replica != "a" {
			t.Error(got)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
}

// TestDescribedByReplica: while the primary is down a replica says what the shard is like.
func TestDescribedByReplica(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, a := newFake("p", step{err: refused()}), newFake("a")
		p.capsErr = refused()
		a.tables["t"] = connectors.Table{Name: "t", Rows: 7}
		w := open(t, Options{MaxStaleness: -1}, p, a)
		caps, err := w.Calibrate(t.Context())
		if err != nil || caps.Version != "a" {
			t.Error(caps, err)
		}
		tables, err := w.Describe(t.Context(), []string{"t"})
		if err != nil || len(tables) != 1 || tables[0].Rows != 7 {
			t.Error(tables, err)
		}
		// And answers, though nobody has compared it with the primary.
		if got, _, err := w.values(t.Context()); got != "a/1" || err != nil {
			t.Error(got, err)
		}
		if caps, err := w.Primary().Calibrate(t.Context()); err == nil {
			t.Error(caps)
		}
		p.capsErr = nil
		time.Sleep(time.Minute)
		if caps, err := w.Calibrate(t.Context()); err != nil || caps.Version != "p" {
			t.Error(caps, err)
		}
	})
}

// TestPrimary: what has to see the newest state never goes elsewhere.
func TestPrimary(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, a := newFake("p", step{err: refused()}, rows(1), step{err: refused()}), newFake("a")
		w := open(t, Options{}, p, a)
		w.follow(1)
		one := w.Primary()
		for _, asked := range []interface {
			Query(context.Context, connectors.Statement) (connectors.Reader, error)
		}{one, one.Snapshot(nil)} {
			r, err := asked.Query(t.Context(), w.statement())
			if (err == nil) != (p.count() == 2) {
				t.Error(err)
			}
			if err == nil {
				if err := r.Close(); err != nil {
					t.Error(err)
				}
			}
		}
		if a.count() != 0 {
			t.Error("a replica was asked")
		}
		if _, ok := one.(connectors.Writer); ok {
			t.Error("it cannot be written to")
		}
		if n := one.(connectors.Pooled).MaxConns(); n != 4 {
			t.Error(n)
		}
	})
}

// TestMaxConns is the least of the servers'.
func TestMaxConns(t *testing.T) {
	p, a := newFake("p"), newFake("a")
	a.conns = 2
	if n := open(t, Options{}, p, a).MaxConns(); n != 2 {
		t.Error(n)
	}
}

// TestComparedAgain: a replica that failed is compared with the primary before it is read again: it may be another server by then.
func TestComparedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p, a := newFake("p", step{err: refused()}), newFake("a", step{err: refused()})
		w := open(t, Options{MaxStaleness: time.Hour}, p, a)
		w.follow(1)
		once := (&Query{Retries: 1}).Context(t.Context())
		for range 2 * breakerFailures {
			_, _, _ = w.values(once)
			once = (&Query{Retries: 1}).Context(t.Context())
		}
		if h := w.Health(); h[1].Breaker != Open {
			t.Fatalf("%+v", h)
		}
		a.script, a.caps.Dialect = nil, "tsql"
		time.Sleep(2 * breakerFirst)
		w.Probe(t.Context())
		if h := w.Health()[1]; h.Breaker != Closed || h.Differs == "" {
			t.Errorf("%+v", h)
		}
	})
}

// TestProbes: a probe that is not answered opens a breaker in time, but not that of a server which has no connection left for it.
func TestProbes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newFake("p")
		w := open(t, Options{}, p)
		w.servers[0].Conn = far{placed{p}, func() time.Duration { return time.Second }}
		w.Probe(t.Context())
		if h := w.Health()[0]; h.RoundTrip != time.Second || h.Breaker != Closed {
			t.Errorf("%+v", h)
		}
		w.servers[0].Conn = mute{placed{p}}
		for range breakerFailures {
			w.Probe(t.Context())
		}
		if h := w.Health()[0]; h.Breaker != Open || h.LastError == nil || !strings.Contains(h.LastError.Text, "a probe was not answered within 5s") {
			t.Errorf("%+v", h)
		}
	})
	synctest.Test(t, func(t *testing.T) {
		p := newFake("p", rows(3))
		w := open(t, Options{}, p)
		w.servers[0].Conn = mute{placed{p}}
		for range p.conns {
			r, err := w.Query(t.Context(), w.statement())
			if err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := r.Close(); err != nil {
					t.Error(err)
				}
			}()
		}
		for range 2 * breakerFailures {
			w.Probe(t.Context())
		}
		if h := w.Health()[0]; h.Breaker != Closed || h.Failures != 0 {
			t.Errorf("%+v", h)
		}
	})
}

// mute is a server that never tells its position.
type mute struct{ placed }

func (mute) Position(ctx context.Context) (connectors.Position, error) {
	<-ctx.Done()
	return connectors.Position{}, ctx.Err()
}
