package tpch

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/bench/peers"
	"github.com/atoll-sql/atoll/bench/report"
)

// TestTotals: which queries totals, ratios and goals are over, and when they are bounds.
func TestTotals(t *testing.T) {
	script := func(atoll, fdw, trino []act) map[string][]act {
		return map[string][]act{Atoll: atoll, peers.PostgreSQL: {took(2)}, peers.FDW: fdw, peers.Trino: trino}
	}
	_, r := measured(t, 1,
		script([]act{took(1)}, []act{took(4)}, []act{took(8)}),
		script([]act{took(9), took(1), took(3)}, []act{late}, []act{fails}))
	for _, tc := range []struct {
		name, peer, queries string
		values              []float64
		bound               bool
	}{
		{total, Atoll, "", []float64{1, 1}, false}, // Trino has no figure of the second
		{total, peers.FDW, "", []float64{4, 4}, false},
		{ratio, peers.PostgreSQL, allQueries, []float64{2, 1}, false},
		{ratio, peers.FDW, allQueries, []float64{7, 3.5}, true},
		{ratio, peers.FDW, endedQueries, []float64{4, 4}, false},
		{ratio, peers.Trino, allQueries, []float64{8, 8}, false},
	} {
		conditions := []string{"peer", tc.peer}
		if tc.queries != "" {
			conditions = append(conditions, "queries", tc.queries)
		}
		s := r.Find(tc.name, conditions...)
		if s == nil || !slices.Equal(s.Values, tc.values) || s.AtLeast != tc.bound {
			t.Errorf("%s of %s over %s: %+v", tc.name, tc.peer, tc.queries, s)
		}
	}
	if s := r.Find(ratio, "peer", peers.Trino, "queries", endedQueries); s != nil {
		t.Errorf("Trino was never cut off, and has %+v", s)
	}
	if notes := strings.Join(r.Notes, "\n"); !strings.Contains(notes, "over the queries that all have figures of: 6.") {
		t.Errorf("the notes do not say what totals are over:\n%s", notes)
	}
	for i, want := range []report.Goal{
		{Unknown: "2 of 22 queries were asked; 5.25 there (at least: 1 ran into the limit of 10s)", Seen: 5.25, Bound: 3},
		{Unknown: "2 of 22 queries were asked; 8.00 there, over 1 of 2 queries", Seen: 8, Bound: 5},
	} {
		if g := r.Goals[i]; g.Met() || g.Seen != want.Seen || g.Bound != want.Bound || g.Unknown != want.Unknown {
			t.Errorf("%+v", g)
		}
	}
	if s := r.Find(rowsMoved, "query", "14"); s == nil || !slices.Equal(s.Values, []float64{3, 3}) {
		t.Errorf("rows that left the shards: %+v", s)
	}
}

// TestGoals: they are of all queries. One that Atoll has no figures of leaves them open; a bound that suffices meets them, one that does not says nothing.
func TestGoals(t *testing.T) {
	for _, tc := range []struct {
		name            string
		atoll, fdw      []act // of one query
		rest            time.Duration
		met             bool
		unknown, beside string
	}{
		{"met", []act{took(1)}, []act{took(4)}, 4 * time.Second, true, "", ""},
		{"missed", []act{took(1)}, []act{took(4)}, 2 * time.Second, false, "", ""},
		{"a bound that suffices", []act{took(1)}, []act{late}, 4 * time.Second, true, "", "(at least: 1 ran"},
		{"a bound that does not", []act{took(1)}, []act{late}, 2 * time.Second, false, "lower bound", "(at least: 1 ran"},
		{"another fails", []act{took(1)}, []act{fails}, 4 * time.Second, true, "", "over 21 of 22 queries"},
		{"Atoll fails", []act{fails}, []act{took(4)}, 4 * time.Second, false, "no figures of 1 queries; 4.00 elsewhere", ""},
		{"Atoll is cut off", []act{late}, []act{took(4)}, 4 * time.Second, false, "no figures of 1 queries; 4.00 elsewhere", ""},
	} {
		scripts := []map[string][]act{{Atoll: tc.atoll, peers.PostgreSQL: {took(2)}, peers.FDW: tc.fdw}}
		for len(scripts) < 22 {
			scripts = append(scripts, map[string][]act{Atoll: {took(1)}, peers.PostgreSQL: {took(2)}, peers.FDW: {took(tc.rest.Seconds())}})
		}
		_, r := measured(t, 1, scripts...)
		g := r.Goals[0]
		if g.Met() != tc.met || (tc.unknown == "") != (g.Unknown == "") || !strings.Contains(g.Unknown, tc.unknown) || !strings.Contains(g.Text, tc.beside) {
			t.Errorf("%s: %+v", tc.name, g)
		}
	}
}

// TestAtollCutOff: where Atoll was cut off, no ratio is told.
func TestAtollCutOff(t *testing.T) {
	_, r := measured(t, 1, map[string][]act{Atoll: {late}, peers.PostgreSQL: {took(2)}, peers.FDW: {took(4)}})
	for _, name := range []string{slowdown, ratio} {
		if s := r.Find(name, "peer", peers.FDW); s == nil || len(s.Values) > 0 || s.Failed == "" {
			t.Errorf("%s: %+v", name, s)
		}
	}
	if g := r.Goals[0]; g.Unknown == "" {
		t.Errorf("%+v", g)
	}
}

// TestGoalsOfLargeScale: a goal that is held at a larger scale factor says so.
func TestGoalsOfLargeScale(t *testing.T) {
	_, r := measured(t, 10, map[string][]act{Atoll: {took(1)}, peers.PostgreSQL: {took(2)}, peers.FDW: {took(4)}})
	if g := r.Goals[0]; !strings.HasPrefix(g.Text, "TPC-H at scale factor 10 ") {
		t.Errorf("%+v", g)
	}
}

// TestGoalsOfSmallScale: a small scale factor says nothing about the goals, and neither does a run without the peer.
func TestGoalsOfSmallScale(t *testing.T) {
	_, r := measured(t, 0.1, map[string][]act{Atoll: {took(1)}, peers.PostgreSQL: {took(2)}, peers.FDW: {took(4)}})
	for i, want := range []string{"this is scale factor 0.1; 4.00 there", "trino is missing"} {
		if g := r.Goals[i]; g.Unknown != want {
			t.Errorf("%+v", g)
		}
	}
}
