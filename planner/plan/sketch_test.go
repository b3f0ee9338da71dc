package plan

import "testing"

// TestWhatIsSaidOfSketches: an answer that leaves nothing out is not called an estimate.
func TestWhatIsSaidOfSketches(t *testing.T) {
	for _, c := range []struct {
		fn            string
		s             Sketch
		exact         bool
		method, bound string
	}{
		{"approx_top_k", Sketch{K: 2, Capacity: 9}, false, "the 9 most frequent values of each shard", "each count is too small by no more than its error"},
		{"approx_top_k", Sketch{K: 2, Capacity: 2, Apart: true}, true, "the 2 most frequent values of each shard, no two of which have a value in common", "counts are exact"},
		{"approx_top_k", Sketch{K: 2, Capacity: 9, ByValue: true}, true, "all values are counted at the coordinator", "counts are exact"},
		{"approx_heavy_hitters", Sketch{Share: 0.5, ByValue: true}, true, "all values are counted at the coordinator", "counts are exact"},
		{"approx_percentile", Sketch{Alpha: 0.005, ByValue: true}, false, "a histogram of the values, made at the coordinator", "each answer is within 0.5 % of the exact percentile_disc"},
		{"approx_percentile", Sketch{Width: 60e6}, false, "a histogram of each shard's values", "each answer is within 30s of the exact percentile_disc"},
		{"approx_percentile", Sketch{}, true, "a histogram of each shard's values", "percentiles of dates are exact"},
		{"hll_merge", Sketch{ByValue: true}, false, "sketches that were kept are merged", "as each sketch tells"},
	} {
		if exact, method, bound := c.s.Exact(c.fn), c.s.Method(c.fn), c.s.Bound(c.fn); exact != c.exact || method != c.method || bound != c.bound {
			t.Errorf("%s%s: %v, %q, %q", c.fn, c.s.String(), exact, method, bound)
		}
	}
}
