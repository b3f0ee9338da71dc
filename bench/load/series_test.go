package load

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/atoll-sql/atoll/bench/report"
)

// result has latencies of 1, 2, … n ms.
func result(n int) *Result {
	r := &Result{Latency: NewRecorder(), Service: NewRecorder(), Done: int64(n), rate: float64(n)}
	for i := range n {
		r.Latency.Record(time.Duration(i+1) * time.Millisecond)
		r.Service.Record(time.Duration(i+1) * time.Microsecond)
	}
	return r
}

func TestSeries(t *testing.T) {
	label := report.Label{Name: "shards", Value: "4"}
	closed, err := Rounds{result(100), result(1000)}.Series(label)
	if err != nil {
		t.Fatal(err)
	}
	r := &report.Report{Series: closed}
	for name, want := range map[string]string{
		"latency p50": "[0.050 0.500]", "latency p90": "[0.090 0.900]", "latency p99": "[0.099 0.990]", "latency p99.9": "[0.100 0.999]", "latency max": "[0.100 1.000]",
		"throughput": "[100.000 1000.000]",
	} {
		s := r.Find(name, "shards", "4")
		if s == nil || s.AtLeast || s.Unit == "" || s.Better == "" {
			t.Fatalf("%s: %+v", name, s)
		}
		if got := fmt.Sprintf("%.3f", s.Values); got != want {
			t.Errorf("%s is %s, not %s", name, got, want)
		}
	}
	if len(closed) != 6 {
		t.Errorf("%d series", len(closed))
	}
	h, err := report.Decode(r.Find("latency p50").Histogram)
	if err != nil || h.TotalCount() != 1100 {
		t.Error(h, err)
	}
}

func TestSeriesOfOpenLoop(t *testing.T) {
	a, b := result(10), result(10)
	a.Wanted, b.Wanted, b.Unanswered = 12, 12, 1
	b.Failed, b.Errors = 3, []ErrorCount{{"other", 3, errors.New("broken")}}
	series, err := Rounds{a, b}.Series()
	if err != nil {
		t.Fatal(err)
	}
	r := &report.Report{Series: series}
	if s := r.Find("service p50"); s == nil || fmt.Sprintf("%.6f", s.Values) != "[0.000005 0.000005]" || s.Histogram == "" || !s.AtLeast {
		t.Errorf("%+v", s)
	}
	if s := r.Find("latency p99"); !s.AtLeast {
		t.Error("a request was given up, and the latency is told as if it was not")
	}
	if s := r.Find("errors"); s == nil || fmt.Sprint(s.Values) != "[0 3]" {
		t.Errorf("%+v", s)
	}
}

func TestSeriesOfNothing(t *testing.T) {
	r := result(0)
	r.Failed, r.Errors = 1, []ErrorCount{{"other", 1, errors.New("broken")}}
	series, err := Rounds{r}.Series()
	if err != nil || len(series[0].Values) != 0 || !strings.Contains(series[0].Failed, "broken") || series[0].Histogram != "" {
		t.Errorf("%+v, %v", series, err)
	}
}
