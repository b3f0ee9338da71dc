package load

import (
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// A query that needs all of n shards is as slow as the slowest of them. Where a shard is slower than t with probability p, and shards are slow
// independently of one another, the query is so with probability 1−(1−p)^n: Dean and Barroso, The Tail at Scale, Communications of the ACM 56(2), 2013.

// SlowShare is the share of queries over n shards that wait for at least one that is slow, where each is slow with probability p by itself.
func SlowShare(p float64, n int) float64 {
	return -math.Expm1(float64(n) * math.Log1p(-p)) // 1-(1-p)^n, exact for small p
}

// ShardPercentile is the percentile of one shard's latencies which decides the given percentile of the slowest of n: the root of its share.
func ShardPercentile(percent float64, n int) float64 {
	return 100 * math.Pow(percent/100, 1/float64(n))
}

// Tail predicts the latencies of queries over n shards from those measured over one: as if each of the n drew from them independently. What it does
// not know is a common cause of slowness, such as shards that share processors.
type Tail struct {
	Shard *hdrhistogram.Histogram // of one shard, in nanoseconds; at least one is counted
}

// Percentile is the predicted percentile, from 0 to 100, of the slowest of n: P(max ≤ t) = P(one ≤ t)^n.
func (t Tail) Percentile(percent float64, n int) time.Duration {
	return min(time.Duration(t.Shard.ValueAtPercentile(ShardPercentile(percent, n))), time.Duration(t.Shard.Max()))
}

// Share is the predicted share of queries over n shards that take longer than a threshold.
func (t Tail) Share(threshold time.Duration, n int) float64 {
	return SlowShare(shareAbove(t.Shard, threshold), n)
}

// Known is the highest percentile of the slowest of n that the measured latencies say something of: beyond it the prediction is their maximum, and too low.
func (t Tail) Known(n int) float64 {
	return 100 * math.Pow(1-1/float64(t.Shard.TotalCount()), float64(n))
}

// Above is the share of counted latencies that are longer than a threshold.
func Above(r *Recorder, threshold time.Duration) float64 { return shareAbove(r.Histogram(), threshold) }

func shareAbove(h *hdrhistogram.Histogram, threshold time.Duration) float64 {
	if h.TotalCount() == 0 {
		return 0
	}
	above := int64(0)
	for _, bar := range h.Distribution() {
		if bar.From > int64(threshold) {
			above += bar.Count
		}
	}
	return float64(above) / float64(h.TotalCount())
}
