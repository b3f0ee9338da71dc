package atoll

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/residency/audit"
)

// refusedAnew opens the people with one shard that refuses, and asks for its rows alone: the query is made anew without it, and that is refused.
func refusedAnew(t *testing.T, more string) *Engine {
	t.Helper()
	s, f := lessSea(t, "limits: {shard_timeout: 1h}\n"+more)
	e := s.open(t, f.options()...)
	f.set("br-1", lapse{kind: "refuse"})
	if _, _, err := askLess(t.Context(), e, Partial{}, "SELECT id FROM people WHERE coop = 3", nil); err == nil {
		t.Fatal("answered without the one shard that it asks")
	}
	return e
}

// TestRestartRefusedHeat holds that a statement counts once, also where the query cannot go on without it.
func TestRestartRefusedHeat(t *testing.T) {
	for _, h := range refusedAnew(t, "").Heat().Shards {
		if h.Shard == "br-1" && (h.Statements < 0.5 || h.Statements > 1.5) {
			t.Errorf("%v statements were counted of one", h.Statements)
		}
	}
}

// TestRestartRefusedAudit holds that the log tells one end of a query that ran, and not that it did not run.
func TestRestartRefusedAudit(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "audit")
	e := refusedAnew(t, "audit: {dir: "+dir+"}\n")
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	var ends []string
	err := audit.Read(dir, audit.ReadOptions{Region: "eu-central-1"}, func(x *audit.Entry) error {
		if x.Type == audit.TypeAbort || x.Type == audit.TypeComplete {
			ends = append(ends, x.Status+" "+x.Reason)
		}
		return nil
	})
	if err != nil || len(ends) != 1 || ends[0] != "failed SQLSTATE 08006" {
		t.Errorf("%q, %v", ends, err)
	}
}

// TestCompletenessOfFailure holds that an answer which broke off is not called complete, and that the shard is named, whether or not the answer may be in part.
func TestCompletenessOfFailure(t *testing.T) {
	s, f := lessSea(t, "")
	e := s.open(t, f.options()...)
	f.set("br-1", lapse{kind: "refuse"})
	for _, session := range []*Session{e.As(Caller{}), e.As(Caller{}).Partial(Partial{Quorum: 3})} {
		r, err := session.Query(t.Context(), "SELECT id FROM people")
		if err != nil {
			t.Fatal(err)
		}
		for r.Next() {
		}
		c := r.Completeness()
		if r.Err() == nil || c.Complete || len(c.Shards) != 3 || c.Shards[1].State != ShardFailed || c.Shards[1].Class == "" {
			t.Errorf("%v, %+v", r.Err(), c)
		}
		r.Release()
	}
}

// TestWroteLast holds that of two writes to a shard the later one counts, in whichever order they take note of themselves.
func TestWroteLast(t *testing.T) {
	var s shard
	now := time.Now()
	for _, at := range []time.Duration{2, 1, 3, 0} {
		s.written(now.Add(at * time.Second))
	}
	if got := s.wrote.Load(); got == nil || !got.Equal(now.Add(3*time.Second)) {
		t.Errorf("%v", got)
	}
}
