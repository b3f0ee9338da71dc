package fanout

import (
	"fmt"
	"slices"

	"github.com/atoll-sql/atoll/bench/load"
	"github.com/atoll-sql/atoll/bench/report"
)

// Slower is the share of queries that are slower than tailPercent of those over one shard at the same distance. Its condition "from" is measured, or computed
// as 1-(1-p)^n from those of one shard. Where times are drawn, it is the share of those that waited for a slow statement.
const (
	Slower      = "share slower than 95 % over one shard"
	tailPercent = 95
	tailLeast   = 40 // queries over one shard, of which two are slower
	measured    = "measured"
	computed    = "1-(1-p)^n"
)

// Expected is what the latencies over one shard lead to where shards are slow independently of one another; its condition "percentile" says which.
const Expected = "expected latency"

// distances lists those of the cells, in order.
func (m *measurement) distances() (out []string) {
	for _, c := range m.cells {
		if !slices.Contains(out, c.distance) {
			out = append(out, c.distance)
		}
	}
	return out
}

// pooled are the latencies of all rounds, one query at a time.
func (c *cell) pooled() *load.Recorder {
	all := load.NewRecorder()
	for _, r := range c.one {
		all.Merge(r.Latency)
	}
	return all
}

// describeTails compares the tails over n shards with what one shard's leads to.
func (m *measurement) describeTails() {
	for _, distance := range m.distances() {
		if distance == Fixed {
			continue // has no tail
		}
		one := m.cell(distance, 1).pooled()
		if one.Count() < tailLeast {
			m.r.Notes = append(m.r.Notes, fmt.Sprintf("The tail is not told of the distance %s: it takes %d queries over one shard, and there were %d; give a longer --duration.",
				distance, tailLeast, one.Count()))
			continue
		}
		threshold := one.Percentile(tailPercent)
		if distance == Drawn { // whose 95th percentile is either
			threshold = tailTimes * m.fixed()
		}
		tail := load.Tail{Shard: one.Histogram()}
		for _, n := range m.o.Shards {
			c := m.cell(distance, n)
			for _, r := range c.one {
				m.r.Observe(Slower, report.Ratio, report.Lower, load.Above(r.Latency, threshold), append(conditionsOf(c), "from", measured)...)
			}
			m.r.Observe(Slower, report.Ratio, report.Lower, tail.Share(threshold, n), append(conditionsOf(c), "from", computed)...)
			for _, p := range []float64{50, 90, 99} {
				if p <= tail.Known(n) {
					m.r.Observe(Expected, report.Seconds, report.Lower, tail.Percentile(p, n).Seconds(), append(conditionsOf(c), "percentile", fmt.Sprintf("p%g", p))...)
				}
			}
		}
	}
}

// chartTails shows them, what was computed dashed.
func (m *measurement) chartTails() {
	share := report.Chart{Name: "tail", Title: "How the tail grows: queries slower than 95 % of those over one shard", Kind: report.Lines, X: "shards", Y: "share of queries", LogX: true}
	for _, distance := range m.distances() {
		for _, from := range []string{measured, computed} {
			line := report.Line{Name: distance + ", " + from, Dashed: from == computed}
			for _, n := range m.o.Shards {
				if s := m.r.Find(Slower, "shards", fmt.Sprint(n), "distance", distance, "from", from); s != nil {
					line.X, line.Y = append(line.X, float64(n)), append(line.Y, s.Median())
				}
			}
			if len(line.X) > 0 {
				share.Lines = append(share.Lines, line)
			}
		}
	}
	for _, c := range []report.Chart{share, m.chartExpected(Drawn)} {
		if len(c.Lines) > 0 {
			m.r.Charts = append(m.r.Charts, c)
		}
	}
}

// chartExpected shows percentiles over n shards, as measured and as the latencies over one shard lead to them.
func (m *measurement) chartExpected(distance string) report.Chart {
	c := report.Chart{Name: "tail-percentiles", Title: "Percentiles over n shards, and those that one shard's latencies lead to (" + distance + ")", Kind: report.Lines,
		X: "shards", Y: "ms", LogX: true}
	for _, p := range []string{"p50", "p90", "p99"} {
		m.line(&c, report.Line{Name: p}, "latency "+p, "distance", distance, "load", oneAtATime)
		m.line(&c, report.Line{Name: p + " expected", Dashed: true}, Expected, "distance", distance, "percentile", p)
	}
	return c
}
