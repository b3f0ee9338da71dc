package atoll

import (
	"errors"
	"strings"
	"testing"
)

// TestStaleReplicaIsNotRead: a replica that is behind by more than the bound is not read, nor said to be fresh; once it has caught up it is.
func TestStaleReplicaIsNotRead(t *testing.T) {
	w := newTwin(t)
	w.write(t, 1, "1s", "1, 2", "3, 4")
	e := w.open(t, twinHead)
	w.untilRead(t, e, sumOfPayments, "a2 b2", allPayments)
	w.replay(t, false)
	w.must(t, w.primary.ExecIn(t.Context(), "b", "INSERT INTO payments VALUES (3, 11, 1000)"))
	stale := func() bool {
		behind := 0
		for _, h := range e.Health() {
			if h.Replica != "" && strings.Contains(h.Unread, "1s behind") && h.StalenessKnown && h.Staleness.Seconds() > 1 {
				behind++
			}
		}
		return behind == 2
	}
	w.until(t, "both replicas are known to be behind", stale)
	const want = "41 1550"
	for range 5 {
		w.untilRead(t, e, sumOfPayments, "a b", want)
	}
	w.replay(t, true)
	w.untilRead(t, e, sumOfPayments, "a2 b2", want)
}

// TestPrimaryGone: reads go on from the replicas for as long as these are proven to be fresh enough, and then fail by name.
func TestPrimaryGone(t *testing.T) {
	w := newTwin(t)
	w.write(t, 1, "1h", "1, 2", "3, 4")
	far := strings.Replace(twinHead, "coordinator: {region: near}", "coordinator: {region: far}", 1) // the primary is read as long as it is there
	long := w.open(t, far)
	w.untilRead(t, long, sumOfPayments, "a b", allPayments)
	brief := &twin{dir: t.TempDir(), env: w.env}
	brief.write(t, 1, "2s", "1, 2", "3, 4")
	short := brief.open(t, far)
	for _, e := range []*Engine{long, short} {
		w.until(t, "both replicas are proven to be fresh", func() bool {
			n := 0
			for _, h := range e.Health() {
				if h.Replica != "" && h.Unread == "" && h.StalenessKnown {
					n++
				}
			}
			return n == 2
		})
	}
	w.must(t, w.primary.Stop())
	for range 3 {
		if answer, by, err := w.reads(t.Context(), long, sumOfPayments); answer != allPayments || by != "a2 b2" || err != nil {
			t.Errorf("the primary is gone: %s, read from %s, %v", answer, by, err)
		}
	}
	w.until(t, "the replicas are too old", func() bool {
		answer, _, err := w.reads(t.Context(), short, sumOfPayments)
		if err == nil {
			if answer != allPayments {
				t.Fatal(answer)
			}
			return false
		}
		var e *Error
		if !errors.As(err, &e) || e.SQLState != "08001" || e.Shard == "" || !strings.Contains(e.Text, "replica "+e.Shard+"2 may not be read: ") {
			t.Fatal(err)
		}
		return true
	})
}

// TestReplicaThatDiffers: a copy with a column of another type is named, and never read.
func TestReplicaThatDiffers(t *testing.T) {
	w := newTwin(t)
	dsn, err := w.primary.CreateDatabase(t.Context(), "copy")
	w.must(t, err)
	w.env["A2"] = dsn
	w.must(t, w.primary.ExecIn(t.Context(), "copy", "CREATE TABLE coops (id bigint NOT NULL PRIMARY KEY, name text); CREATE TABLE payments (coop bigint NOT NULL, no integer NOT NULL, amount numeric)"))
	head, _, _ := strings.Cut(twinHead, "map:")
	text := strings.NewReplacer("STALE", "any", "A_KEYS", "1, 2", "B_KEYS", "3, 4").Replace(twinShards)
	e := w.open(t, head+text)
	w.untilRead(t, e, sumOfPayments, "a b2", allPayments)
	for range 20 {
		w.untilRead(t, e, sumOfPayments, "a b2", allPayments)
	}
	r, err := e.Check(t.Context())
	w.must(t, err)
	if r.OK() || r.Unread() != 1 || r.Differences() != 1 {
		t.Errorf("%d problems, %d of replicas", r.Differences(), r.Unread())
	}
	for _, p := range r.Problems {
		if p.Shard != "a" || p.Replica != "a2" || !strings.Contains(p.Text, `table "payments": column "amount" is numeric, on the primary bigint`) {
			t.Errorf("%+v", p)
		}
	}
	w.must(t, w.primary.ExecIn(t.Context(), "copy", "ALTER TABLE payments ALTER amount TYPE bigint; DROP TABLE coops"))
	r, err = e.Check(t.Context())
	w.must(t, err)
	if r.Unread() != 1 {
		t.Errorf("%+v", r.Problems)
	}
}

// TestReplicaDown: a replica that nobody can reach is named by check, and holds up no query.
func TestReplicaDown(t *testing.T) {
	w := newTwin(t)
	w.env["A2"] = "host=/nowhere-at-all"
	w.write(t, 1, "1h", "1, 2", "3, 4")
	e := w.open(t, twinHead)
	w.untilRead(t, e, sumOfPayments, "a b2", allPayments)
	r, err := e.Check(t.Context())
	w.must(t, err)
	if r.OK() || len(r.Problems) != 1 || r.Problems[0].Replica != "a2" || !strings.HasPrefix(r.Problems[0].Text, "does not answer: ") || strings.Contains(r.Problems[0].Text, "nowhere") {
		t.Errorf("%+v", r.Problems)
	}
	if s := r.Shards[0]; s.Err != nil || len(s.Servers) != 2 || s.Servers[1].Replica != "a2" || s.Servers[1].LastError == nil {
		t.Errorf("%+v", s)
	}
}
