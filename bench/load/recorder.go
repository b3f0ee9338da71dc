package load

import (
	"fmt"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"

	"github.com/atoll-sql/atoll/bench/report"
)

// Recorder counts latencies with three significant digits, up to an hour: what is longer is counted as an hour, and told by Cut. It takes no memory for a
// latency that is recorded. One goroutine at a time may use it; those of several are merged when they have ended.
type Recorder struct {
	h   *hdrhistogram.Histogram
	sum time.Duration
	cut int64
}

// NewRecorder returns an empty one, of about a quarter of a megabyte.
func NewRecorder() *Recorder { return &Recorder{h: report.NewHistogram()} }

// Record counts one latency. Less than nothing, which a clock that was set back could say, counts as nothing.
func (r *Recorder) Record(took time.Duration) {
	took = max(took, 0)
	r.sum += took
	if most := time.Duration(r.h.HighestTrackableValue()); took > most {
		r.cut++
		took = most
	}
	_ = r.h.RecordValue(int64(took)) // it refuses only what is out of its bounds
}

// Merge adds what another has counted.
func (r *Recorder) Merge(o *Recorder) {
	r.cut += o.cut + r.h.Merge(o.h) // what has no place here is not lost in silence; both have the same bounds
	r.sum += o.sum
}

// Count is how many latencies were counted.
func (r *Recorder) Count() int64 { return r.h.TotalCount() }

// Cut is how many were longer than can be counted.
func (r *Recorder) Cut() int64 { return r.cut }

// Percentile is the latency that so many percent, from 0 to 100, do not exceed, to the recorder's precision and never beyond Max; 0 of none.
func (r *Recorder) Percentile(percent float64) time.Duration {
	return min(time.Duration(r.h.ValueAtPercentile(percent)), r.Max())
}

// Max is the longest, to the recorder's precision.
func (r *Recorder) Max() time.Duration { return time.Duration(r.h.Max()) }

// Mean is the mean of what was recorded, exactly; 0 of none.
func (r *Recorder) Mean() time.Duration {
	if n := r.Count(); n > 0 {
		return r.sum / time.Duration(n)
	}
	return 0
}

// Histogram is what was counted so far, in nanoseconds. It is the recorder's own: it changes with it.
func (r *Recorder) Histogram() *hdrhistogram.Histogram { return r.h }

// Encode writes the histogram as report.Series.Histogram holds it, and "" where nothing was counted.
func (r *Recorder) Encode() (string, error) {
	if r.Count() == 0 {
		return "", nil
	}
	return report.Encode(r.h)
}

// String is for people: how many, and the usual percentiles.
func (r *Recorder) String() string {
	return fmt.Sprintf("%d: p50 %s, p90 %s, p99 %s, p99.9 %s, max %s", r.Count(), r.Percentile(50), r.Percentile(90), r.Percentile(99), r.Percentile(99.9), r.Max())
}
