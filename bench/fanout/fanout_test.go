package fanout

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/bench/load"
	"github.com/atoll-sql/atoll/bench/peers"
	"github.com/atoll-sql/atoll/bench/report"
	"github.com/atoll-sql/atoll/bench/world"
)

// tiny is a run of a second or two.
func tiny() Options {
	return Options{Shards: []int{1, 3}, Rows: 500, Rounds: 2, Duration: 20 * time.Millisecond, WarmUp: 1, Profile: "2ms", Quick: true, Concurrency: 2}
}

// TestReport holds that a run's report is whole: all series, with a value a round, phases that add up, pictures that can be drawn, and every goal.
func TestReport(t *testing.T) {
	o := tiny()
	var said []string
	o.Progress = func(line string) { said = append(said, line) }
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Check(); err != nil {
		t.Fatal(err)
	}
	if len(said) < o.Rounds || len(r.Versions) == 0 || len(r.Settings) == 0 || len(r.Notes) == 0 {
		t.Errorf("said %q; %+v %+v", said, r.Versions, r.Settings)
	}
	for _, n := range []string{"1", "3"} {
		for _, distance := range []string{Near, "2ms", Fixed, Drawn} {
			for _, name := range []string{Overhead, Coordinator, Processor, TimesOne, "latency p50"} {
				if s := r.Find(name, "shards", n, "distance", distance); s == nil || len(s.Values) != o.Rounds || s.Unit == "" || s.Median() <= 0 {
					t.Errorf("%s over %s shards, %s: %+v", name, n, distance, s)
				}
			}
			checkPhases(t, r, n, distance)
			if s := r.Find(ShardBytes, "shards", n, "distance", distance); (s == nil) != (distance == Fixed || distance == Drawn) || s != nil && s.Median() <= 0 {
				t.Errorf("bytes from %s shards, %s: %+v", n, distance, s)
			}
		}
		for _, distance := range []string{Near, "2ms"} {
			for _, s := range r.Series { // on a busy machine a short loop may see no arrival
				if s.Name == Answered && s.Label("shards") == n && s.Label("distance") == distance && slices.Min(s.Values) <= 0 {
					t.Errorf("the open loop over %s shards, %s: %+v", n, distance, s)
				}
			}
			for _, loop := range []string{oneAtATime, "2 at once"} {
				if s := r.Find("throughput", "shards", n, "distance", distance, "load", loop); s == nil || len(s.Values) != o.Rounds {
					t.Errorf("throughput over %s shards, %s, %s: %+v", n, distance, loop, s)
				}
			}
		}
	}
	if s := r.Find(OverBare, "shards", "3", "distance", "2ms"); s == nil || len(s.Values) != o.Rounds || s.Median() <= 0 {
		t.Errorf("beside bare connections: %+v", s)
	}
	if one := r.Find(TimesOne, "shards", "1"); slices.Max(one.Values) != 1 {
		t.Errorf("one shard is %v times as slow as itself", one.Values)
	}
	// Shards at a distance take that long at least, and so does each answer.
	for _, name := range []string{"latency p50"} {
		if far := r.Find(name, "shards", "3", "distance", "2ms"); slices.Min(far.Values) < 0.002 {
			t.Errorf("answers from 2 ms away took %v s", far.Values)
		}
	}
	if len(r.Goals) != 4 || slices.ContainsFunc(r.Goals, func(g report.Goal) bool { return g.Unknown == "" || g.Unit != report.Ratio }) {
		t.Errorf("goals for 8 and 64 shards, of which there are none here: %+v", r.Goals)
	}
	checkPictures(t, r)
}

// checkPhases holds that each phase is told of. How they add up is TestPhases'.
func checkPhases(t *testing.T, r *report.Report, shards, distance string) {
	t.Helper()
	sum := 0.0
	for _, phase := range Phases {
		s := r.Find(InPhase, "shards", shards, "distance", distance, "phase", phase)
		if s == nil || len(s.Values) == 0 || slices.Min(s.Values) < 0 {
			t.Errorf("%s over %s shards, %s: %+v", phase, shards, distance, s)
			continue
		}
		sum += s.Median()
	}
	if sum <= 0 {
		t.Errorf("over %s shards, %s, the phases take %g s", shards, distance, sum)
	}
}

// TestPhases holds that the phases of a query add up to the whole: no time is counted twice, none is lost.
func TestPhases(t *testing.T) {
	const ms = time.Millisecond
	a := Asked{Took: 40 * ms, Stats: &atoll.QueryStats{Queued: ms, Planning: 2 * ms, Merging: 4 * ms, Output: 5 * ms, Statements: []atoll.StatementStats{
		{Start: 4 * ms, FirstBatch: 20 * ms, Total: 25 * ms}, {Start: 5 * ms, FirstBatch: 10 * ms, Total: 20 * ms}, {Start: 4 * ms, Total: ms},
	}}}
	if got, want := a.In(), []time.Duration{3 * ms, 12 * ms, 16 * ms, 4 * ms, 5 * ms}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if a.Slowest() != 25*ms || math.Abs(a.Overhead()-1.6) > 1e-9 {
		t.Errorf("the slowest takes %s, the overhead is %g", a.Slowest(), a.Overhead())
	}
}

// TestShort holds that a duration which is over before anybody can begin fails nothing: each worker asks once, and what nobody arrived for is not told.
func TestShort(t *testing.T) {
	o := tiny()
	o.Engine, o.Shards, o.NoSweeps, o.Rounds, o.Duration = world.DuckDB, []int{1}, true, 1, time.Nanosecond
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if s := r.Find(Answered); s != nil {
		t.Errorf("nobody arrived: %+v", s)
	}
	for load, queries := range map[string]int64{oneAtATime: 1, "2 at once": 2} {
		s := r.Find("latency p50", "distance", Near, "load", load)
		if s == nil || s.Histogram == "" {
			t.Fatalf("%s: %+v", load, s)
		}
		if h, err := report.Decode(s.Histogram); err != nil || h.TotalCount() != queries {
			t.Errorf("%s: %d queries, %v", load, h.TotalCount(), err)
		}
	}
}

func checkPictures(t *testing.T, r *report.Report) {
	t.Helper()
	names := map[string]report.Chart{}
	for _, c := range r.Charts {
		names[c.Name] = c
		for _, l := range c.Lines {
			if len(l.Y) == 0 {
				t.Errorf("chart %s: line %s has no points", c.Name, l.Name)
			}
		}
	}
	for _, name := range []string{"latency-local", "latency-2ms", "phases-local", "phases-2ms", "overhead", "throughput", "processor", "free",
		"sweep-selectivity", "sweep-groups", "sweep-result-rows-a-shard", "sweep-queries-at-once"} {
		if c, ok := names[name]; !ok || len(c.Lines) == 0 {
			t.Errorf("chart %s: %+v", name, c)
		}
	}
	if len(r.Timelines) != 2 {
		t.Fatalf("%d timelines", len(r.Timelines))
	}
	for _, tl := range r.Timelines {
		if len(tl.Lanes) != 4 || len(tl.Lanes[0].Spans) != 4 || tl.Lanes[1].Region == "" || tl.Lanes[0].Spans[1].End <= tl.Lanes[0].Spans[1].Start {
			t.Errorf("%+v", tl)
		}
	}
	if len(r.Borders) != 1 || r.Borders[0].From != "away" || r.Borders[0].Rows != 3*reportGroups || r.Borders[0].Bytes <= 0 {
		t.Errorf("%+v", r.Borders)
	}
}

// TestTails holds that the tails over several shards stand beside what the latencies over one lead to, and that too few queries lead to nothing.
func TestTails(t *testing.T) {
	of := func(distance string, shards int, latencies ...time.Duration) *cell {
		r := &load.Result{Latency: load.NewRecorder()}
		for _, d := range latencies {
			r.Latency.Record(d)
		}
		return &cell{shards: shards, distance: distance, one: load.Rounds{r}}
	}
	var one, three []time.Duration // of a hundred, 5 and 20 are slow
	for i := range 100 {
		one, three = append(one, time.Millisecond), append(three, time.Millisecond)
		if i < 5 {
			one[i] = time.Second
		}
		if i < 20 {
			three[i] = time.Second
		}
	}
	m := &measurement{o: Options{Shards: []int{1, 3}}, r: report.New("fanout", 1), service: []time.Duration{time.Millisecond}}
	m.cells = []*cell{of(Near, 1, one[:39]...), of(Near, 3, three...), of(Drawn, 1, one...), of(Drawn, 3, three...)}
	m.describeTails()
	m.chartTails()
	share := func(distance, from string) float64 {
		s := m.r.Find(Slower, "shards", "3", "distance", distance, "from", from)
		if s == nil {
			return -1
		}
		return s.Median()
	}
	if got := share(Drawn, measured); got != 0.2 {
		t.Errorf("of 100 queries 20 are slow: %g", got)
	}
	if got, want := share(Drawn, computed), 1-0.95*0.95*0.95; math.Abs(got-want) > 1e-9 {
		t.Errorf("computed %g, want %g", got, want)
	}
	if share(Near, measured) != -1 || len(m.r.Notes) != 1 {
		t.Errorf("39 queries say nothing of the tail: %q", m.r.Notes)
	}
	if err := m.r.Check(); err != nil || len(m.r.Charts) != 2 || !slices.ContainsFunc(m.r.Charts[0].Lines, func(l report.Line) bool { return l.Dashed }) {
		t.Errorf("%+v, %v", m.r.Charts, err)
	}
}

// TestDuckDB holds that embedded shards are measured, too.
func TestDuckDB(t *testing.T) {
	o := tiny()
	o.Engine, o.Shards, o.NoSweeps, o.Rounds = world.DuckDB, []int{2}, true, 1
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Check(); err != nil {
		t.Fatal(err)
	}
	if s := r.Find(Overhead, "shards", "2", "distance", Near); s == nil || r.Find(Overhead, "shards", "1") == nil || r.Find(Overhead, "distance", "2ms") != nil {
		t.Errorf("%+v", s)
	}
}

// TestEnds holds that a run which is cancelled ends with the context's error and leaves no files.
func TestEnds(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	if err := os.Chmod(dir, 0o777); err != nil { //nolint:gosec // the servers' account writes there
		t.Fatal(err)
	}
	for _, when := range []string{"starting", "round 1"} {
		ctx, cancel := context.WithCancel(t.Context())
		o := tiny()
		o.NoSweeps = true
		o.Progress = func(line string) {
			if strings.HasPrefix(line, when) {
				cancel()
			}
		}
		_, err := Run(ctx, o)
		cancel()
		if !errors.Is(err, context.Canceled) {
			t.Errorf("cancelled when %s: %v", when, err)
		}
	}
	left, err := filepath.Glob(filepath.Join(dir, "atoll-bench*"))
	if err != nil || len(left) > 0 {
		t.Errorf("left %q, %v", left, err)
	}
}

// TestOptions holds that mistakes are told by the flag's name.
func TestOptions(t *testing.T) {
	for _, c := range []struct {
		change func(*Options)
		want   string
	}{
		{func(o *Options) {}, ""},
		{func(o *Options) { *o = Options{} }, ""},
		{func(o *Options) { o.Shards = []int{0} }, "shards: 0 is not from 1 to 64"},
		{func(o *Options) { o.Shards = []int{65} }, "shards: 65 is not"},
		{func(o *Options) { o.At = 2 }, "at: 2 is not among"},
		{func(o *Options) { o.Engine = "oracle" }, "engine: there are postgres and duckdb"},
		{func(o *Options) { o.Profile = "moon" }, "profile: there is no latency profile"},
		{func(o *Options) { o.Selectivity = []float64{0} }, "selectivity: 0 is not"},
		{func(o *Options) { o.Selectivity = []float64{1.5} }, "selectivity: 1.5 is not"},
		{func(o *Options) { o.Groups = []int{501} }, "groups: 501 is not from 1 to 500"},
		{func(o *Options) { o.ResultRows = []int{501} }, "result-rows: 501 is not from 1 to 500"},
		{func(o *Options) { o.Rate = -1 }, "rate: -1"},
		{func(o *Options) { o.Rate = 1e6 }, "rate: 1e+06"},
		{func(o *Options) { o.Rate = math.NaN() }, "rate: NaN"},
		{func(o *Options) { o.Rounds = -1 }, "rounds: -1"},
		{func(o *Options) { o.Duration = -1 }, "duration: -1ns"},
		{func(o *Options) { o.Peers = []string{"abacus"} }, `peers: there is no "abacus"`},
		{func(o *Options) { o.Peers, o.Engine = []string{"trino"}, world.DuckDB }, "peers: they read PostgreSQL shards"},
	} {
		o := tiny()
		o.Groups, o.ResultRows = []int{1}, []int{1}
		c.change(&o)
		err := o.Check()
		if got := fmt.Sprint(err); c.want == "" && err != nil || c.want != "" && !strings.HasPrefix(got, c.want) {
			t.Errorf("%v, want %q", err, c.want)
		}
	}
	o := Options{Shards: []int{8, 3, 8}}.complete()
	if !slices.Equal(o.Shards, []int{1, 3, 8}) || o.At != 8 {
		t.Errorf("shards %v, at %d", o.Shards, o.At)
	}
}

// TestEnough holds that no percentile is told of fewer queries than it takes.
func TestEnough(t *testing.T) {
	rounds := load.Rounds{}
	for range 3 {
		r := &load.Result{Latency: load.NewRecorder(), Service: load.NewRecorder(), Done: 40}
		for i := range 40 {
			r.Latency.Record(time.Duration(i+1) * time.Millisecond)
		}
		rounds = append(rounds, r)
	}
	for name, values := range map[string]int{"latency p50": 3, "latency p90": 3, "latency p99": 1, "latency p99.9": 0} {
		s := report.Series{Name: name, Values: []float64{1, 2, 3}}
		enough(&s, rounds)
		if len(s.Values) != values || (s.Failed == "") != (values > 0) {
			t.Errorf("%+v", s)
		}
	}
}

// TestPeers holds that other systems answer the same queries with the same rows, or are reported with the reason why they could not be asked.
func TestPeers(t *testing.T) {
	o := tiny()
	o.NoSweeps, o.Profile, o.Rounds = true, load.Local.Name, 1
	o.Peers = []string{peers.FDW, peers.DuckDB}
	o.PeerOptions.Dir = t.TempDir() // holds nothing, and nothing is downloaded: DuckDB is missing
	r, err := Run(t.Context(), o)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Check(); err != nil {
		t.Fatal(err)
	}
	if !slices.ContainsFunc(r.Settings, func(s report.Setting) bool {
		return s.Name == "PostgreSQL with all rows" && strings.Contains(s.Value, "max_parallel_workers_per_gather=2")
	}) {
		t.Errorf("the single server's parameters are not told: %+v", r.Settings)
	}
	of := map[string]report.Peer{}
	for _, p := range r.Peers {
		of[p.Name] = p
	}
	if of[peers.DuckDB].Missing == "" {
		t.Errorf("%+v", of[peers.DuckDB])
	}
	for _, name := range []string{peers.Atoll, peers.PostgreSQL, peers.FDW} {
		if p := of[name]; p.Missing != "" || p.Checked != 4 || p.Equal != 4 {
			t.Errorf("%s: %+v", name, p)
		}
		if s := r.Find(PeerLatency, "shards", "3", "peer", name, "query", "report"); s == nil || len(s.Values) != 1 {
			t.Errorf("%s: %+v", name, s)
		}
		if s := r.Find(PeerRatio, "peer", name); (s == nil) != (name == peers.Atoll) || s != nil && s.Better != report.Higher {
			t.Errorf("%s: %+v", name, s)
		}
	}
}
