package merge

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestRun holds that the report is whole: every state, over every number of groups, by every engine that has it, with a value of each round.
func TestRun(t *testing.T) {
	o := Options{Rows: 3001, Shards: 3, Groups: []int{7, 900}, Limit: 50, Rounds: 2, Seed: 5, Quick: true}
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, state := range States() {
		for _, groups := range o.Groups {
			for _, engine := range []string{Atoll, DuckBatches, DuckTable} {
				for _, name := range []string{Rows, RowsOfCore, Groups, GroupsOfCore, Allocations, Allocated, AgainstDuckDB} {
					got := r.Find(name, "state", state, "groups", fmt.Sprint(groups), "engine", engine)
					wanted := state != HLL && name != Allocations && name != Allocated
					if engine == Atoll {
						wanted = name != AgainstDuckDB
					}
					if (got != nil) != wanted {
						t.Errorf("%s of %s into %d groups by %s: %v", name, state, groups, engine, got)
					}
					if got != nil && (len(got.Values) != o.Rounds || slices.Min(got.Values) <= 0) {
						t.Errorf("%s of %s by %s: %v", name, state, engine, got.Values)
					}
				}
			}
		}
	}
	if len(r.Goals) != 2 || len(r.Charts) != len(States()) || len(r.Peers) != 2 || r.Peers[0].Checked != 10 || r.Peers[1].Equal != 10 {
		t.Errorf("%d goals, %d charts, peers %+v", len(r.Goals), len(r.Charts), r.Peers)
	}
	for _, g := range r.Goals {
		if !strings.Contains(g.Unknown, "it takes 1000000") || g.Met() {
			t.Errorf("so few rows decide a goal: %+v", g)
		}
	}
	if err := r.Check(); err != nil {
		t.Error(err)
	}
}

// TestAnswers holds that a wrong row, a missing one and one out of order are seen.
func TestAnswers(t *testing.T) {
	for _, name := range States() {
		s, err := stateOf(name, 20)
		if err != nil {
			t.Fatal(err)
		}
		in := makeInput(s, Options{Rows: 500, Shards: 2}, 40)
		defer in.release()
		a, err := answerOf(t.Context(), &ours{s, in}, s)
		if err != nil {
			t.Fatal(err)
		}
		if name == TopN && len(a) != 20 || name == Ordered && len(a) != 500 {
			t.Errorf("%s: %d rows", name, len(a))
		}
		other := slices.Clone(a)
		if got := a.differ(other); got != "" {
			t.Errorf("%s: %s", name, got)
		}
		if a.differ(other[1:]) == "" {
			t.Errorf("%s: a missing row was not seen", name)
		}
		other[0], other[1] = other[1], other[0]
		if a.differ(other) == "" {
			t.Errorf("%s: the order was not seen", name)
		}
		other = slices.Clone(a)
		if other[3].values[0]++; a.differ(other) == "" {
			t.Errorf("%s: a wrong value was not seen", name)
		}
		if name == HLL && (a.estimates(in) != "" || a[1:].estimates(&input{rows: 2 * in.rows}) == "") {
			t.Errorf("estimates: %q", a.estimates(in))
		}
	}
}

// TestWholeNumbers holds that large sums are compared exactly, and quotients closely.
func TestWholeNumbers(t *testing.T) {
	of := func(v float64) answer { return answer{{number: 1, values: [2]float64{v}}} }
	for _, c := range []struct {
		a, b float64
		same bool
	}{{5e12, 5e12, true}, {5e12, 5e12 + 1, false}, {2.5, 2.5 + 1e-13, true}, {3, 3 + 1e-13, true}, {2.5, 2.5001, false}} {
		if got := of(c.a).differ(of(c.b)); (got == "") != c.same {
			t.Errorf("%v and %v: %q", c.a, c.b, got)
		}
	}
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{Rows: -1}, "rows: -1"}, {Options{Shards: 5000}, "shards: 5000"}, {Options{Groups: []int{0}}, "groups: 0"},
		{Options{States: []string{"median"}}, `no "median"`}, {Options{Rounds: -1}, "rounds: -1"}, {Options{Limit: -1}, "limit: -1"},
		{Options{Rows: 3, Shards: 4}, "shards: 4 for 3 rows"}, {Options{}, ""}, {Options{Quick: true}, ""},
	} {
		err := c.o.Check()
		if (err == nil) != (c.want == "") || err != nil && !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.o, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if r, err := Run(ctx, Options{Quick: true}); err == nil || r != nil {
		t.Errorf("after an interrupt: %v, %v", r, err)
	}
}
