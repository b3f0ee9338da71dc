package tpch

import (
	"testing"
	"time"

	"github.com/atoll-sql/atoll/bench/peers"
	rows "github.com/atoll-sql/atoll/internal/tpch"
)

// TestRun asks Atoll and postgres_fdw all queries once, over few rows: that the servers can be set up, that no answer differs, and that the report is whole.
// The other peers are tested where they are at hand, by package peers.
func TestRun(t *testing.T) {
	r, err := Run(t.Context(), Options{
		Scale: 0.01, Rounds: 1, Timeout: 15 * time.Second, Peers: []string{Atoll, peers.FDW}, Progress: func(line string) { t.Log(line) },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	for _, p := range r.Peers {
		if p.Equal != p.Checked || p.Checked == 0 || p.Name != peers.FDW && p.Equal != rows.QueryCount {
			t.Errorf("%s: %d of %d answers are right", p.Name, p.Equal, p.Checked)
		}
	}
	for _, name := range []string{Atoll, peers.PostgreSQL, peers.FDW} {
		for q := 1; q <= rows.QueryCount; q++ {
			s := r.Find(latency, "query", list([]int{q}), "peer", name)
			if s == nil || len(s.Values) != 1 || s.Values[0] <= 0 || s.Failed != "" {
				t.Errorf("query %d, %s: %+v", q, name, s)
			}
		}
	}
	for _, name := range []string{total, ratio, slowdown, rowsMoved, bytes, planning, slowest} {
		if s := r.Find(name); s == nil || len(s.Values) != 1 || s.Values[0] <= 0 {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if len(r.Goals) != 1 || r.Goals[0].Unknown == "" {
		t.Errorf("a small scale says nothing about the goal, and the report has %+v", r.Goals)
	}
}
