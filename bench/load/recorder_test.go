package load

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/bench/report"
)

// TestRecorder holds percentiles of recorders that were merged to those of the sorted latencies.
func TestRecorder(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	parts := []*Recorder{NewRecorder(), NewRecorder(), NewRecorder()}
	var took []time.Duration
	for i := range 30_000 {
		d := time.Duration(random.ExpFloat64() * 20e6)
		took = append(took, d)
		parts[i%3].Record(d)
	}
	all := NewRecorder()
	for _, p := range parts {
		all.Merge(p)
	}
	slices.Sort(took)
	text, err := all.Encode()
	if err != nil {
		t.Fatal(err)
	}
	read, err := report.Decode(text)
	if err != nil {
		t.Fatal(err)
	}
	for _, percent := range []float64{10, 50, 90, 99, 99.9, 100} {
		want := took[int(percent/100*float64(len(took)))-1]
		for _, got := range []time.Duration{all.Percentile(percent), time.Duration(read.ValueAtPercentile(percent))} {
			if got < want-want/1000 || got > want+want/500 {
				t.Errorf("p%g is %s, and %s was recorded", percent, got, want)
			}
		}
	}
	if all.Count() != 30_000 || all.Cut() != 0 || all.Mean() < 19*time.Millisecond || all.Mean() > 21*time.Millisecond {
		t.Error(all, all.Cut(), all.Mean())
	}
}

func TestRecorderBounds(t *testing.T) {
	r := NewRecorder()
	if text, err := r.Encode(); text != "" || err != nil || r.Percentile(99) != 0 || r.Mean() != 0 || r.Max() != 0 {
		t.Error("an empty one has something:", text, err, r)
	}
	r.Record(-time.Second)
	r.Record(time.Microsecond)
	r.Record(10 * time.Minute)
	r.Record(100 * time.Hour)
	if r.Count() != 4 || r.Cut() != 1 || r.Percentile(50) != time.Microsecond {
		t.Error(r, r.Cut())
	}
	if got := r.Percentile(75); got < 10*time.Minute || got > 10*time.Minute+time.Second {
		t.Errorf("ten minutes became %s", got)
	}
	o := NewRecorder()
	o.Merge(r)
	if o.Cut() != 1 || o.Max() != r.Max() || o.Mean() != r.Mean() {
		t.Error("merged:", o, o.Cut())
	}
}

// BenchmarkRecord is the cost of counting one latency. It takes no memory.
func BenchmarkRecord(b *testing.B) {
	r := NewRecorder()
	b.ReportAllocs()
	for d := time.Duration(0); b.Loop(); d += 997 {
		r.Record(d & (1<<32 - 1))
	}
}

func TestRecordTakesNoMemory(t *testing.T) {
	r := NewRecorder()
	d := time.Duration(1)
	if n := testing.AllocsPerRun(1000, func() { r.Record(d); d *= 3; d %= 1 << 40 }); n != 0 {
		t.Errorf("%g allocations a latency", n)
	}
}
