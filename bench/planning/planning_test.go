package planning

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/atoll-sql/atoll/bench/report"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// TestRun holds that the report is whole: every shape, in every form, over every number of shards and rules, with a value of each round.
func TestRun(t *testing.T) {
	o := Options{Shards: []int{1, 5}, Rules: []int{0, 2, 11}, Rounds: 2, Plans: 2, Values: 30}
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range shapes(0) {
		for _, name := range []string{Planning, Starting, Allocations, Allocated} {
			for _, shards := range o.Shards {
				for _, rules := range []string{"0", logOnly, "2", "11"} {
					for _, text := range []string{First, Repeated, Parameters} {
						got := r.Find(name, "shape", s.name, "shards", fmt.Sprint(shards), "rules", rules, "text", text)
						if (got == nil) != (text == Parameters && s.with == "" || name != Planning && text != First) {
							t.Errorf("%s of %s, %d shards, %s rules, %s text: %+v", name, s.name, shards, rules, text, got)
						}
						if got != nil && (len(got.Values) != o.Rounds || name != Starting && got.Values[0] <= 0) {
							t.Errorf("%s of %s: %v", name, s.name, got.Values)
						}
					}
				}
			}
		}
	}
	for _, c := range r.Charts {
		for _, l := range c.Lines {
			if n := max(len(l.X), len(c.Categories)); n == 0 || len(l.Y) != n {
				t.Errorf("chart %s, line %s: %d values for %d places", c.Name, l.Name, len(l.Y), n)
			}
		}
	}
	if len(r.Notes) == 0 || r.Bench != "plan" || len(r.Goals) != 0 {
		t.Errorf("%+v", r.Goals)
	}
}

// TestShapesReachTheShards holds the queries to what their names say: a point goes to one shard, a list and a report to all of them.
func TestShapesReachTheShards(t *testing.T) {
	dir := t.TempDir()
	variants, err := open(t.Context(), dir, 4, []int{10})
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := closeAll(variants); err != nil {
			t.Error(err)
		}
	}()
	for _, s := range shapes(100) {
		e := variants[len(variants)-1].engine
		r, err := e.Query(t.Context(), s.sql)
		if err != nil {
			t.Fatalf("%s: %v", s.name, err)
		}
		asked, want := 0, 4
		for _, shard := range r.Stats().Shards {
			if !shard.Pruned {
				asked++
			}
		}
		if s.name == "point" {
			want = 1
		}
		if asked != want {
			t.Errorf("%s asks %d shards, want %d", s.name, asked, want)
		}
		if len(r.Crossings()) == 0 && s.name != "point" {
			t.Errorf("%s: the policy judged nothing", s.name)
		}
		r.Release()
	}
}

func TestOptions(t *testing.T) {
	for _, c := range []struct {
		o    Options
		want string
	}{
		{Options{Shards: []int{0}}, "shards: 0"}, {Options{Rules: []int{1}}, "rules: 1"}, {Options{Shapes: []string{"star"}}, `no "star"`},
		{Options{Rounds: -1}, "rounds: -1"}, {Options{}, ""}, {Options{Quick: true}, ""},
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

// BenchmarkPlan plans each shape over 8 shards, without rules and under a hundred, from texts never seen; median-µs does not suffer from what else the machine does.
func BenchmarkPlan(b *testing.B) {
	variants, err := open(b.Context(), b.TempDir(), 8, []int{0, 100})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() {
		if err := closeAll(variants); err != nil {
			b.Error(err)
		}
	})
	for _, v := range variants {
		for _, s := range shapes(1000) {
			if v.rules == logOnly {
				continue
			}
			b.Run(v.rules+"_rules/"+s.name, func(b *testing.B) {
				var took []float64
				plan := func() {
					planned, _, err := once(b.Context(), v.engine, s, First, len(took))
					if err != nil {
						b.Fatal(err)
					}
					took = append(took, planned.Seconds()*1e6)
				}
				for range 20 { // so that a single iteration says something, too
					plan()
				}
				b.ReportAllocs()
				for b.Loop() {
					plan()
				}
				b.ReportMetric(report.Median(took), "median-µs")
			})
		}
	}
}
