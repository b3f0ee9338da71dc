package atoll

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/connectors"
)

func TestParsePartial(t *testing.T) {
	for _, c := range []struct{ text, want, fault string }{
		{"available", "available", ""}, {"quorum:1", "quorum:1", ""}, {"quorum:12", "quorum:12", ""}, {"quorum: 2", "quorum:2", ""},
		{"required:eu-1", "required:eu-1", ""}, {"required:eu-1, us-1,eu-1", "required:eu-1,us-1", ""},
		{"", "", "unknown form"}, {"most", "", "unknown form"}, {"available:1", "", "unknown form"}, {"quorum", "", "unknown form"}, {"required", "", "unknown form"},
		{"quorum:0", "", "not a number of shards"}, {"quorum:-1", "", "not a number of shards"}, {"quorum:many", "", "not a number of shards"}, {"quorum:", "", "not a number"},
		{"required:", "", "names no shard"}, {"required:a,,b", "", "names no shard"},
	} {
		p, err := ParsePartial(c.text)
		if c.fault == "" {
			if err != nil || p.String() != c.want {
				t.Errorf("%q: %v, %v", c.text, p, err)
			}
			continue
		}
		var e *Error
		if !errors.As(err, &e) || e.Kind != KindUsage || !strings.Contains(e.Text, c.fault) || !strings.Contains(e.Hint, "quorum:N") {
			t.Errorf("%q: %v", c.text, err)
		}
	}
}

// lessSea has the people, whose shards fail as told.
func lessSea(t *testing.T, limits string) (*sea, *lapses) {
	t.Helper()
	s := calmSea(t)
	if s.limits = limits; limits == "" {
		s.limits = "limits: {shard_timeout: 1h}\n" // which is over as soon as a shard hangs
	}
	return s, newLapses()
}

// TestPartialPolicies holds which answers in part are good enough under which policy.
func TestPartialPolicies(t *testing.T) {
	s, f := lessSea(t, "")
	e := s.open(t, f.options()...)
	refuse := lapse{kind: "refuse"}
	const all, some, one = "SELECT count(*) FROM people", "SELECT count(*) FROM people WHERE coop IN (1, 3)", "SELECT count(*) FROM people WHERE coop = 3"
	for _, c := range []struct {
		name, sql string
		down      []string
		policy    Partial
		want      string // the count, or part of the error
		lost      []string
	}{
		{"all there", all, nil, Partial{}, "5", nil},
		{"one gone", all, []string{"br-1"}, Partial{}, "3", []string{"br-1"}},
		{"two gone", all, []string{"br-1", "us-1"}, Partial{}, "2", []string{"br-1", "us-1"}},
		{"all gone", all, []string{"br-1", "us-1", "eu-1"}, Partial{}, "at most 0 can", nil},
		{"quorum met", all, []string{"br-1"}, Partial{Quorum: 2}, "3", []string{"br-1"}},
		{"quorum unmet", all, []string{"br-1", "us-1"}, Partial{Quorum: 2}, "2 of the 3 shards that the query asks must answer, and at most 1 can", nil},
		{"quorum of all", all, []string{"us-1"}, Partial{Quorum: 3}, "at most 2 can", nil},
		{"quorum of more than are asked", some, []string{"br-1"}, Partial{Quorum: 3}, "2 of the 2 shards", nil},
		{"required there", all, []string{"br-1"}, Partial{Required: []string{"eu-1", "us-1"}}, "3", []string{"br-1"}},
		{"required gone", all, []string{"br-1"}, Partial{Required: []string{"eu-1", "br-1"}}, "shard br-1 is required and has not answered: shard br-1: login refused", nil},
		{"required and not asked", some, []string{"us-1"}, Partial{Required: []string{"us-1"}}, "3", nil},
		{"not asked", some, []string{"us-1"}, Partial{}, "3", nil},
		{"the only one", one, []string{"br-1"}, Partial{}, "none of the shards that the query asks has answered: br-1: shard br-1: login refused", nil},
		{"the only one under a quorum", one, []string{"br-1"}, Partial{Quorum: 2}, "none of the shards", nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.clear()
			for _, shard := range c.down {
				f.set(shard, refuse)
			}
			got, complete, err := askLess(t.Context(), e, c.policy, c.sql, nil)
			if err != nil {
				var e *Error
				if !errors.As(err, &e) || e.SQLState != "08006" || e.Kind != KindQuery || !slices.Contains(c.down, e.Shard) || !strings.Contains(err.Error(), c.want) {
					t.Errorf("%v, want %s", err, c.want)
				}
				if strings.Contains(err.Error(), planted) {
					t.Error("the error repeats what a shard said")
				}
				return
			}
			if text := got.Rows[0][0].Text; text != c.want || complete.Complete != (c.lost == nil) || !slices.Equal(complete.Lost(), c.lost) {
				t.Errorf("%s, %+v, want %s without %v", text, complete, c.want, c.lost)
			}
			if bound := complete.Columns[0].Bound; (bound == "exact") != complete.Complete || c.lost != nil && bound != "at_least" {
				t.Errorf("the count is %s", bound)
			}
		})
	}
}

// TestPartialUsage holds that a policy which no shards can meet is wrong usage, before anything is asked.
func TestPartialUsage(t *testing.T) {
	s, f := lessSea(t, "")
	e := s.open(t, f.options()...)
	for _, c := range []struct {
		policy     Partial
		text, hint string
	}{
		{Partial{Quorum: 4}, "a quorum of 4 cannot be reached: the configuration has 3 shards", "3 or fewer"},
		{Partial{Required: []string{"eu-1", "eu-2"}}, `required shard "eu-2" is not a shard`, "eu-1, br-1, us-1"},
	} {
		_, _, err := askLess(t.Context(), e, c.policy, "SELECT 1", nil)
		var u *Error
		if !errors.As(err, &u) || u.Kind != KindUsage || !strings.Contains(u.Text, c.text) || !strings.Contains(u.Hint, c.hint) {
			t.Errorf("%+v: %v", c.policy, err)
		}
	}
}

// TestCompleteness holds what the report tells of each shard.
func TestCompleteness(t *testing.T) {
	s, f := lessSea(t, "")
	e := s.open(t, f.options()...)
	for _, c := range []struct {
		name, sql string
		faults    map[string]lapse
		want      string // shard state class, …
	}{
		{"states", "SELECT count(*), max(id) FROM people WHERE coop IN (1, 3)", map[string]lapse{"br-1": {kind: "hang"}},
			"eu-1 answered 1, br-1 timed_out 0 timeout, us-1 pruned 0"},
		{"classes", "SELECT count(*) FROM people", map[string]lapse{"br-1": {kind: "refuse"}, "us-1": {kind: "break", class: connectors.ClassTimeout}},
			"eu-1 answered 1, br-1 failed 0 auth, us-1 timed_out 0 timeout"},
		{"whole", "SELECT count(*) FROM people", nil, "eu-1 answered 1, br-1 answered 1, us-1 answered 1"},
		{"full", "SELECT id FROM people LIMIT 0", map[string]lapse{"br-1": {kind: "refuse"}}, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.clear()
			for shard, what := range c.faults {
				f.set(shard, what)
			}
			_, complete, err := askLess(t.Context(), e, Partial{}, c.sql, nil)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, s := range complete.Shards {
				if s.State == ShardUnneeded {
					continue
				}
				text := strings.TrimSpace(s.Shard + " " + string(s.State) + " " + string(rune('0'+s.Rows)) + " " + s.Class)
				if got = append(got, text); s.Region == "" || (s.Class == "") != (s.Error == "") {
					t.Errorf("%+v", s)
				}
			}
			if text := strings.Join(got, ", "); c.want != "" && text != c.want {
				t.Errorf("%s, want %s", text, c.want)
			}
			js, err := json.Marshal(complete)
			if err != nil || strings.Contains(string(js), planted) || !strings.Contains(string(js), `"complete":`) {
				t.Errorf("%s, %v", js, err)
			}
		})
	}
}

// TestPartialSilent holds that a shard which has never told of its tables is missing from the start, and is there again once it is back.
func TestPartialSilent(t *testing.T) {
	s, f := lessSea(t, "")
	f.set("br-1", lapse{kind: "silent"})
	e := s.open(t, f.options()...)
	for range 2 {
		got, complete, err := askLess(t.Context(), e, Partial{}, "SELECT count(*) FROM people", nil)
		if err != nil {
			t.Fatal(err)
		}
		if got.Rows[0][0].Text != "3" || !slices.Equal(complete.Lost(), []string{"br-1"}) {
			t.Errorf("%v, %+v", got.Rows, complete)
		}
	}
	f.clear()
	if got, complete, err := askLess(t.Context(), e, Partial{}, "SELECT count(*) FROM people WHERE coop = 3", nil); err != nil || got.Rows[0][0].Text != "2" || !complete.Complete {
		t.Errorf("%v, %+v, %v", got.Rows, complete, err)
	}
}

// TestPartialRefuses holds that failures which are not the shard's fail the query, as do queries whose rows would be wrong, and that the error of the
// shard is told.
func TestPartialRefuses(t *testing.T) {
	s, f := lessSea(t, "")
	e := s.open(t, f.options()...)
	for _, c := range []struct {
		name, sql   string
		what        lapse
		state, hint string
	}{
		{"data", "SELECT sum(1 / (id - 31)) FROM people", lapse{}, "22012", ""},
		{"schema", "SELECT count(*) FROM people", lapse{kind: "refuse", class: connectors.ClassSchema}, "28P01", ""},
		{"permission", "SELECT count(*) FROM people", lapse{kind: "refuse", class: connectors.ClassPermission}, "28P01", ""},
		{"internal", "SELECT count(*) FROM people", lapse{kind: "break", class: connectors.ClassInternal}, "28P01", ""},
		{"unsound", "SELECT name FROM people WHERE id NOT IN (SELECT coop FROM people)", lapse{kind: "refuse"}, "08006", "a partial answer would be wrong"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f.clear()
			f.set("br-1", c.what)
			_, _, err := askLess(t.Context(), e, Partial{}, c.sql, nil)
			var got *Error
			if !errors.As(err, &got) || got.SQLState != c.state || got.Shard != "br-1" || !strings.Contains(got.Hint, c.hint) {
				t.Errorf("%v (%+v)", err, got)
			}
		})
	}
}

// TestPartialCancelled holds that the caller's own end of a query is no shard's failure.
func TestPartialCancelled(t *testing.T) {
	s, f := lessSea(t, "")
	e := s.open(t, append(f.options(), func(o *options) { o.afterFunc = nil })...)
	f.set("br-1", lapse{kind: "hang"})
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	if _, _, err := askLess(ctx, e, Partial{}, "SELECT count(*) FROM people", nil); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestPartialDeadline holds that a late shard is left out before the query's own time is over.
func TestPartialDeadline(t *testing.T) {
	s, f := lessSea(t, "limits: {timeout: 8s}\n")
	e := s.open(t, append(f.options(), func(o *options) { o.afterFunc = nil })...)
	f.set("br-1", lapse{kind: "hang"})
	for _, sql := range []string{"SELECT count(*) FROM people", "SELECT count(*) FROM people a JOIN people b ON a.id = b.id + 10"} {
		_, complete, err := askLess(t.Context(), e, Partial{}, sql, nil)
		if err != nil || !slices.Equal(complete.Lost(), []string{"br-1"}) || complete.Shards[1].State != ShardTimedOut {
			t.Errorf("%+v, %v", complete, err)
		}
	}
}

// TestPartialHeat holds that a shard which was left out counts as one that failed.
func TestPartialHeat(t *testing.T) {
	s, f := lessSea(t, "")
	e := s.open(t, f.options()...)
	f.set("br-1", lapse{kind: "refuse"})
	for _, sql := range []string{"SELECT count(*) FROM people", "SELECT count(*) FROM people a JOIN people b ON a.id = b.id + 10"} {
		if _, _, err := askLess(t.Context(), e, Partial{}, sql, nil); err != nil {
			t.Fatal(err)
		}
	}
	for _, h := range e.Heat().Shards {
		if (h.Errors > 0) != (h.Shard == "br-1") {
			t.Errorf("%+v", h)
		}
	}
}
