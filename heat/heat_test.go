package heat

import (
	"fmt"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"time"
)

var epoch = time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)

// near compares with a relative tolerance of rounding only.
func near(a, b float64) bool {
	return math.Abs(a-b) <= 1e-9*math.Max(1, math.Max(math.Abs(a), math.Abs(b)))
}

// TestClockIsSetBack holds that counts go on when the clock is set back by hours, or forth, and that no figure is without meaning.
func TestClockIsSetBack(t *testing.T) {
	for _, jump := range []time.Duration{-2 * time.Minute, -5 * time.Hour, -1000 * time.Hour, 5 * time.Hour, 1000 * time.Hour} {
		c, now := New(time.Minute, epoch, false), epoch
		for range 60 {
			now = now.Add(time.Second)
			c.Observe(now, Statement{Shard: "a", Rows: 10, Took: time.Millisecond})
		}
		now = now.Add(jump)
		for _, r := range []*Report{c.Report(now), c.Clone().Report(now)} {
			if n := r.Shards[0].Weight; !(n >= 0 && n <= 200) || math.IsNaN(r.Shards[0].Requests) || math.IsInf(r.Shards[0].Requests, 0) {
				t.Errorf("after %s: %+v", jump, r.Shards[0])
			}
		}
		for range 300 {
			now = now.Add(time.Second)
			c.Observe(now, Statement{Shard: "a", Rows: 10, Took: time.Millisecond})
		}
		if got := c.Report(now).Shards[0].Weight; got < 55 || got > 65 {
			t.Errorf("five minutes after %s the window holds %g statements of 60", jump, got)
		}
	}
}

// TestWindowFadesAsDefined holds the counters to the definition of the window: the sum of what each statement still weighs. The clock runs
// over many windows, so that the base of the counts changes, and sometimes goes back a little.
func TestWindowFadesAsDefined(t *testing.T) {
	for round := range 20 {
		rnd := rand.New(rand.NewPCG(7, uint64(round)))
		const window = time.Minute
		c, now := New(window, epoch, false), epoch
		type event struct {
			at   time.Time
			rows int64
		}
		var all []event
		for range 400 {
			now = now.Add(time.Duration(rnd.ExpFloat64() * float64(20*time.Second)))
			if rnd.IntN(10) == 0 {
				now = now.Add(-5 * time.Second)
			}
			e := event{now, int64(rnd.IntN(1000))}
			all = append(all, e)
			c.Observe(e.at, Statement{Shard: "a", Rows: e.rows, Took: time.Millisecond, Failed: e.rows > 500})
		}
		now = now.Add(time.Duration(rnd.IntN(180)) * time.Second)
		var n, rows, failed float64
		for _, e := range all {
			w := math.Exp(-float64(now.Sub(e.at)) / float64(window))
			n, rows = n+w, rows+w*float64(e.rows)
			if e.rows > 500 {
				failed += w
			}
		}
		got := c.Report(now).Shards[0]
		seconds := window.Seconds() * (1 - math.Exp(-float64(now.Sub(epoch))/float64(window)))
		if !near(got.Weight, n) || !near(got.Requests, n/seconds) || !near(got.Rows, rows/seconds) || !near(got.Errors, failed/seconds) {
			t.Errorf("round %d: %+v, want weight %v, rows %v, failed %v per second", round, got, n, rows/seconds, failed/seconds)
		}
	}
}

// TestSteadyRate asks ten times a second: whether that has been so for a second, a window or ten, the rate is ten a second.
func TestSteadyRate(t *testing.T) {
	for _, age := range []time.Duration{10 * time.Second, time.Minute, 10 * time.Minute} {
		c := New(time.Minute, epoch, false)
		for at := 50 * time.Millisecond; at < age; at += 100 * time.Millisecond {
			c.Observe(epoch.Add(at), Statement{Shard: "a"})
		}
		if got := c.Report(epoch.Add(age)).Shards[0].Requests; math.Abs(got-10) > 0.01 {
			t.Errorf("after %s: %v a second", age, got)
		}
	}
}

// TestLatencyQuantiles compares with the exact ones of the same latencies: a bin's middle is off by at most a sixteenth.
func TestLatencyQuantiles(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	c := New(time.Hour, epoch, false)
	var all []float64
	for range 5000 {
		d := time.Duration(math.Exp(rnd.NormFloat64()*2)*1e6) * time.Nanosecond
		all = append(all, float64(d))
		c.Observe(epoch, Statement{Shard: "a", Took: d})
	}
	s := c.Report(epoch).Shards[0]
	for q, got := range map[float64]time.Duration{0.50: s.P50, 0.95: s.P95, 0.99: s.P99} {
		below := 0.0
		for _, d := range all {
			if d <= float64(got)*(1+1./16) {
				below++
			}
		}
		under := 0.0
		for _, d := range all {
			if d < float64(got)*(1-1./8) {
				under++
			}
		}
		if below/5000 < q || under/5000 > q {
			t.Errorf("%v: %s, of which %v lie below and %v well below", q, got, below/5000, under/5000)
		}
	}
}

func TestBins(t *testing.T) {
	last := -1
	for us := uint64(0); us < 1<<22; us += 1 + us/50 {
		d := time.Duration(us) * time.Microsecond
		b := bin(d)
		if b < last || b >= bins {
			t.Fatalf("%s: bin %d after %d", d, b, last)
		}
		last = b
		if m := float64(middle(b)); us >= binsPer && math.Abs(m-float64(d)) > float64(d)/16+1 {
			t.Fatalf("%s counts as %s", d, middle(b))
		}
	}
	if bin(-time.Second) != 0 || bin(1<<62) != bins-1 {
		t.Errorf("%d %d", bin(-time.Second), bin(1<<62))
	}
}

// TestSketchBounds counts a skewed stream under changing weights, in one sketch and in three that are merged: of every id, what it says is
// a bound of the truth, and nothing heavier than the share that it promises is missing.
func TestSketchBounds(t *testing.T) {
	for round := range 30 {
		rnd := rand.New(rand.NewPCG(3, uint64(round)))
		zipf := rand.NewZipf(rnd, 1.2, 1, 500)
		one, parts := &sketch{size: 16}, []*sketch{{size: 16}, {size: 16}, {size: 16}}
		truth, total := map[id]float64{}, 0.0
		for i := range 4000 {
			x := id{value: fmt.Sprint(zipf.Uint64())}
			w := math.Exp(float64(i) / 2000)
			one.add(x, w)
			parts[rnd.IntN(3)].add(x, w/2) // and doubled when they are merged
			truth[x] += w
			total += w
		}
		merged := &sketch{size: 16}
		for _, p := range parts {
			merged.merge(p, 2)
		}
		for name, s := range map[string]*sketch{"one": one, "merged": merged} {
			seen := map[id]bool{}
			for _, c := range s.cells {
				if seen[c.id] {
					t.Fatalf("%s: %v stands there twice", name, c.id)
				}
				seen[c.id] = true
				if w := truth[c.id]; w > c.count*(1+1e-9) || w < (c.count-c.over)*(1-1e-9)-1e-6 {
					t.Errorf("round %d, %s: %v weighs %v, not between %v and %v", round, name, c.id, w, c.count-c.over, c.count)
				}
			}
			for x, w := range truth {
				if w > total/16 && !seen[x] {
					t.Errorf("round %d, %s: %v is missing with %v of %v", round, name, x, w, total)
				}
			}
		}
	}
}

// TestMergeIsCountingTogether splits statements over three counters that began at other times: merged they say what one says.
func TestMergeIsCountingTogether(t *testing.T) {
	rnd := rand.New(rand.NewPCG(5, 6))
	all := New(time.Hour, epoch, false)
	split := []*Counters{New(time.Hour, epoch, false), New(time.Hour, epoch.Add(time.Minute), false), New(time.Hour, epoch.Add(50*time.Hour), false)}
	for i := range 300 {
		at := epoch.Add(time.Duration(i) * 15 * time.Minute)
		s := Statement{Shard: fmt.Sprint("s", rnd.IntN(3)), Rows: int64(i), Bytes: 10, Took: time.Duration(i) * time.Millisecond}
		key := Key{Table: "t", Part: fmt.Sprint("bucket ", rnd.IntN(8)), Value: fmt.Sprint(rnd.IntN(20))}
		for _, c := range []*Counters{all, split[rnd.IntN(3)]} {
			c.Observe(at, s)
			c.Touch(at, s.Shard, key, 0.5)
		}
	}
	sum := New(time.Hour, epoch.Add(30*time.Hour), false)
	for _, c := range split {
		sum.Merge(c.Take(epoch.Add(100 * time.Hour)))
		if !c.Empty() {
			t.Error("something is left")
		}
	}
	now := epoch.Add(76 * time.Hour)
	want, got := all.Report(now), sum.Report(now)
	if !got.Since.Equal(want.Since) || len(got.Shards) != len(want.Shards) {
		t.Fatalf("%v %v", got, want)
	}
	for i, w := range want.Shards {
		g := got.Shards[i]
		if g.Name != w.Name || !near(g.Requests, w.Requests) || !near(g.Rows, w.Rows) || !near(g.Busy, w.Busy) || g.P95 != w.P95 || len(g.Hot) != len(w.Hot) {
			t.Errorf("%+v, want %+v", g, w)
			continue
		}
		for j := range w.Hot {
			if !near(g.Hot[j].Requests, w.Hot[j].Requests) {
				t.Errorf("%v, want %v", g.Hot[j], w.Hot[j])
			}
		}
	}
}

// TestCountingFromManyGoroutines counts while another takes what was counted: nothing is lost, nothing counts twice.
func TestCountingFromManyGoroutines(t *testing.T) {
	c, sum := New(time.Hour, epoch, false), New(time.Hour, epoch, false)
	var counting sync.WaitGroup
	for g := range 8 {
		counting.Go(func() {
			for i := range 500 {
				shard := fmt.Sprint("s", (g+i)%3)
				c.Observe(epoch, Statement{Shard: shard, Rows: 1})
				c.Touch(epoch, shard, Key{Table: "t", Part: "bucket 1"}, 1)
			}
		})
	}
	done := make(chan struct{})
	go func() { counting.Wait(); close(done) }()
	for running := true; running; {
		select {
		case <-done:
			running = false
		default:
		}
		sum.Merge(c.Take(epoch))
	}
	total, hot := 0.0, 0.0
	for _, s := range sum.Report(epoch.Add(time.Second)).Shards {
		total += s.Requests
		for _, h := range s.Hot {
			hot += h.Requests
		}
	}
	want := sum.effective(epoch.Add(time.Second))
	if math.Abs(total*want*math.Exp(1./3600)-4000) > 1e-3 || !near(total, hot) {
		t.Errorf("%v statements, %v touches", total*want, hot*want)
	}
}

// Under a policy keys are told apart but not known, not even by their length.
func TestHiddenKeys(t *testing.T) {
	c := New(time.Hour, epoch, true)
	for range 3 {
		c.Touch(epoch, "a", Key{"t", "bucket 1", "secret-7"}, 1)
	}
	c.Touch(epoch, "a", Key{"t", "bucket 1", "secret-8"}, 1)
	marks := map[string]bool{}
	for _, h := range c.Report(epoch).Shards[0].Hot {
		if h.Value == "" {
			continue
		}
		if marks[h.Value] = true; !h.Hidden || len(h.Value) != 9 {
			t.Errorf("%+v", h)
		}
	}
	if len(marks) != 2 {
		t.Errorf("%v", marks)
	}
}

func TestMedian(t *testing.T) {
	for want, values := range map[float64][]float64{0: nil, 5: {5}, 1: {10, 1}, 2: {9, 2, 1}, 3: {3, 100, 1, 4}} {
		if got := Median(values); got != want {
			t.Errorf("%v: %v, want %v", values, got, want)
		}
	}
}

// Counting costs no memory once a shard and its keys are known.
func TestNoAllocation(t *testing.T) {
	for _, hidden := range []bool{false, true} {
		c := New(time.Hour, epoch, hidden)
		key, now := Key{Table: "members", Part: "bucket 17", Value: "tenant-4711"}, epoch
		if n := testing.AllocsPerRun(1000, func() {
			now = now.Add(time.Minute)
			c.Observe(now, Statement{Shard: "eu-1", Rows: 10, Bytes: 100, Took: time.Millisecond})
			c.Touch(now, "eu-1", key, 1)
		}); n != 0 {
			t.Errorf("hidden %v: %v allocations", hidden, n)
		}
	}
}

func BenchmarkObserve(b *testing.B) {
	c := New(time.Hour, epoch, false)
	key := Key{Table: "members", Part: "bucket 17", Value: "tenant-4711"}
	for i := range 100 {
		c.Touch(epoch, "eu-1", Key{"members", fmt.Sprint("bucket ", i), fmt.Sprint("tenant-", i)}, 1)
	}
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		c.Observe(epoch, Statement{Shard: "eu-1", Rows: 10, Bytes: 100, Took: time.Millisecond})
		c.Touch(epoch, "eu-1", key, 1)
	}
}
