package tpch

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/bench/peers"
	"github.com/atoll-sql/atoll/bench/report"
	"github.com/atoll-sql/atoll/internal/logictest"
)

// act is what a scripted peer does with one request.
type act struct {
	took   time.Duration
	answer string
	err    error
}

// scripted answers with one act after the other, the last again and again, and remembers the limits it was given.
type scripted struct {
	name   string
	acts   []act
	limits []time.Duration
}

func (p *scripted) Name() string { return p.name }
func (p *scripted) Close() error { return nil }

func (p *scripted) Ask(_ context.Context, _ string, limit time.Duration) (peers.Reply, error) {
	p.limits = append(p.limits, limit)
	a := p.acts[min(len(p.limits), len(p.acts))-1]
	r := peers.Reply{Answer: logictest.Answer{Columns: []string{"n"}, Types: []string{"bigint"}, Rows: [][]logictest.Cell{{{Text: a.answer}}}}, Took: a.took}
	if p.name == Atoll {
		r.Stats = &atoll.QueryStats{Planning: time.Millisecond, Shards: []atoll.ShardStats{{Rows: 2, Bytes: 10, Total: 3}, {Rows: 1, Bytes: 5, Total: 4}}}
	}
	return r, a.err
}

func took(s float64) act { return act{took: time.Duration(s * float64(time.Second)), answer: "1"} }

var (
	late  = act{err: peers.ErrTimeout}
	wrong = act{took: time.Second, answer: "2"}
	fails = act{err: errors.New("no memory")}
)

// measured puts a query for each script to scripted peers, 6 and 14 first.
func measured(t *testing.T, scale float64, scripts ...map[string][]act) (*measurement, *report.Report) {
	t.Helper()
	numbers := []int{6, 14}
	for q := range 22 {
		if q++; !slices.Contains(numbers, q) {
			numbers = append(numbers, q)
		}
	}
	o, err := Options{Scale: scale, Rounds: 2, Timeout: 10 * time.Second, Queries: numbers[:len(scripts)]}.complete()
	if err != nil {
		t.Fatal(err)
	}
	m := &measurement{servers: &servers{opts: o}}
	for _, name := range Names {
		m.about = append(m.about, &report.Peer{Name: name})
	}
	for i, script := range scripts {
		m.asked = nil
		for _, name := range Names {
			if script[name] != nil {
				m.asked = append(m.asked, &scripted{name: name, acts: script[name]})
			}
		}
		q, err := m.query(t.Context(), numbers[min(i, 1)]) // whose answers have no keys
		if err != nil {
			t.Fatal(err)
		}
		q.number = numbers[i]
		m.queries = append(m.queries, q)
	}
	r := report.New("tpch", 1)
	m.write(r)
	if err := r.Check(); err != nil {
		t.Error(err)
	}
	return m, r
}

// TestOutcomes: what a run that is cut off, fails or has another answer does to the figures of its query.
func TestOutcomes(t *testing.T) {
	for _, tc := range []struct {
		name   string
		acts   []act
		values []float64
		bound  bool
		failed string
		asked  int
	}{
		{"in time", []act{took(9), took(1), took(2)}, []float64{1, 2}, false, "", 3},
		{"cut off at once", []act{late}, []float64{10, 10}, true, "", 1},
		{"cut off when measured", []act{took(15), late}, []float64{10, 10}, true, "", 2},
		{"cut off later", []act{took(3), took(4), late}, []float64{4, 10}, true, "", 3},
		{"another answer", []act{wrong}, nil, false, "its answer is not that of postgresql", 1},
		{"another answer later", []act{took(1), took(1), wrong}, nil, false, "its answer is not that of postgresql", 3},
		{"a failure", []act{fails}, nil, false, "no memory", 1},
		{"a failure later", []act{took(1), fails}, nil, false, "no memory", 2},
	} {
		m, r := measured(t, 1, map[string][]act{Atoll: {took(1)}, peers.PostgreSQL: {took(2)}, peers.FDW: tc.acts})
		s := r.Find(latency, "peer", peers.FDW)
		if !slices.Equal(s.Values, tc.values) || s.AtLeast != tc.bound || (tc.failed == "") != (s.Failed == "") || !strings.Contains(s.Failed, tc.failed) {
			t.Errorf("%s: %+v", tc.name, s)
		}
		if got := len(m.asked[2].(*scripted).limits); got != tc.asked {
			t.Errorf("%s: asked %d times, want %d", tc.name, got, tc.asked)
		}
		notes := strings.Join(r.Notes, "\n")
		if said := strings.Contains(notes, "lower bounds"); said != tc.bound {
			t.Errorf("%s: notes speak of lower bounds: %t\n%s", tc.name, said, notes)
		}
		if tc.failed != "" && !strings.Contains(notes, "postgres_fdw has no figures of query 6: "+tc.failed) {
			t.Errorf("%s: not in the notes:\n%s", tc.name, notes)
		}
		if about := r.Peers[2]; strings.Contains(tc.failed, "answer") != (about.Equal < about.Checked) {
			t.Errorf("%s: %d of %d answers are right", tc.name, about.Equal, about.Checked)
		}
	}
}

// TestNoRightAnswer: without the single PostgreSQL's answer nobody is measured.
func TestNoRightAnswer(t *testing.T) {
	for _, a := range []act{late, fails} {
		m, r := measured(t, 1, map[string][]act{Atoll: {took(1)}, peers.PostgreSQL: {a}, peers.Trino: {took(1)}})
		for _, p := range []string{Atoll, peers.PostgreSQL, peers.Trino} {
			if s := r.Find(latency, "peer", p); len(s.Values) > 0 || !strings.Contains(s.Failed, "no right answer") {
				t.Errorf("%s: %+v", p, s)
			}
		}
		if n := len(m.asked[0].(*scripted).limits); n != 0 {
			t.Errorf("%s was asked %d times", Atoll, n)
		}
		if g := r.Goals[1]; g.Unknown == "" || g.Met() {
			t.Errorf("a goal without figures: %+v", g)
		}
	}
}

// TestLimits: a run that is checked may take longer than one that is measured.
func TestLimits(t *testing.T) {
	m, _ := measured(t, 1, map[string][]act{Atoll: {took(1)}, peers.PostgreSQL: {took(2)}})
	const limit = 10 * time.Second
	for i, first := range []time.Duration{checkLimits * limit, singleLimits * limit} {
		if got := m.asked[i].(*scripted).limits; !slices.Equal(got, []time.Duration{first, limit, limit}) {
			t.Errorf("%s had the limits %v", m.asked[i].Name(), got)
		}
	}
}

// TestStopped: a measurement whose context ended is no report.
func TestStopped(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	o, err := Options{}.complete()
	if err != nil {
		t.Fatal(err)
	}
	m := &measurement{servers: &servers{opts: o}, asked: []peers.Peer{&scripted{name: peers.PostgreSQL, acts: []act{{err: ctx.Err()}}}}}
	if _, err := m.query(ctx, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
}
