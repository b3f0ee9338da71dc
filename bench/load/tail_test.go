package load

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"
)

// TestTail holds the prediction for n shards, made from latencies of one, to a simulation that draws from the same distribution n times for each query.
func TestTail(t *testing.T) {
	random := rand.New(rand.NewPCG(7, 8))
	draw := func() time.Duration { // mostly about 10 ms, two in a hundred about ten times that
		d := 10e6 * math.Exp(0.2*random.NormFloat64())
		if random.Float64() < 0.02 {
			d *= 10
		}
		return time.Duration(d)
	}
	one := NewRecorder()
	for range 500_000 {
		one.Record(draw())
	}
	tail := Tail{one.Histogram()}
	for _, n := range []int{1, 4, 16, 64} {
		seen := NewRecorder()
		for range 20_000 {
			slowest := time.Duration(0)
			for range n {
				slowest = max(slowest, draw())
			}
			seen.Record(slowest)
		}
		for _, percent := range []float64{10, 50, 90, 99} {
			if n == 64 && percent > 25 && percent < 30 || n == 16 && percent == 90 {
				continue // between the two kinds of latencies a small share is a large distance
			}
			got, want := tail.Percentile(percent, n).Seconds(), seen.Percentile(percent).Seconds()
			if math.Abs(got/want-1) > 0.05 {
				t.Errorf("%d shards: p%g is %g s, and was predicted as %g s", n, percent, want, got)
			}
		}
		for _, limit := range []time.Duration{8 * time.Millisecond, 12 * time.Millisecond, 50 * time.Millisecond, 100 * time.Millisecond} {
			if got, want := tail.Share(limit, n), Above(seen, limit); math.Abs(got-want) > 0.015 {
				t.Errorf("%d shards: %g take longer than %s, and %g were predicted", n, want, limit, got)
			}
		}
	}
}

func TestSlowShare(t *testing.T) {
	for _, c := range []struct {
		p    float64
		n    int
		want float64
	}{
		{0, 64, 0}, {1, 1, 1}, {0.5, 1, 0.5}, {0.5, 2, 0.75},
		{0.01, 100, 0.633967658726771}, // the 63 % of Dean and Barroso's example: a hundred servers, of which one request in a hundred takes over a second
		{1e-18, 1000, 1e-15},
	} {
		if got := SlowShare(c.p, c.n); math.Abs(got-c.want) > 1e-9*c.want {
			t.Errorf("1-(1-%g)^%d is %g, not %g", c.p, c.n, got, c.want)
		}
		if p := ShardPercentile(100*(1-c.want), c.n); c.p > 1e-9 && math.Abs(p-100*(1-c.p)) > 1e-6 {
			t.Errorf("the percentile of one shard is %g, not %g", p, 100*(1-c.p))
		}
	}
}

func TestTailOfFew(t *testing.T) {
	one := NewRecorder()
	one.Record(time.Millisecond)
	one.Record(3 * time.Millisecond)
	tail := Tail{one.Histogram()}
	if got := tail.Percentile(99, 10); got != one.Max() {
		t.Errorf("beyond what was measured it predicts %s", got)
	}
	if got := tail.Known(1); got != 50 {
		t.Errorf("of two latencies %g %% are known", got)
	}
	if got := tail.Known(2); got != 25 {
		t.Errorf("of the slower of two shards %g %% are known", got)
	}
	if got := tail.Share(2*time.Millisecond, 2); math.Abs(got-0.75) > 1e-12 {
		t.Errorf("%g are slow", got)
	}
	if got := Above(NewRecorder(), 0); got != 0 {
		t.Errorf("of nothing %g are slow", got)
	}
}
