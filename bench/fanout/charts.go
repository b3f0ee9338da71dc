package fanout

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/bench/report"
)

// line adds to a chart the medians of a series by number of shards, as milliseconds where it is of times, with the spread of the rounds. A number of
// which nothing is known is left out, and a line without any.
func (m *measurement) line(c *report.Chart, line report.Line, series string, conditions ...string) {
	for _, n := range m.o.Shards {
		s := m.r.Find(series, append([]string{"shards", strconv.Itoa(n)}, conditions...)...)
		if s == nil || len(s.Values) == 0 {
			continue
		}
		scale := 1.0
		if s.Unit == report.Seconds {
			scale = 1e3
		}
		line.X, line.Y = append(line.X, float64(n)), append(line.Y, scale*s.Median())
		line.Low, line.High = append(line.Low, scale*slices.Min(s.Values)), append(line.High, scale*slices.Max(s.Values))
	}
	if len(line.X) > 0 {
		c.Lines = append(c.Lines, line)
	}
}

// slug makes a part of a chart's name.
func slug(text string) string {
	return strings.Trim(strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			return r
		}
		return '-'
	}, strings.ToLower(text)), "-")
}

// chartCells shows latency, throughput and phases by number of shards.
func (m *measurement) chartCells() {
	overhead := report.Chart{Name: "overhead", Title: "Overhead over the slowest shard", Kind: report.Lines, X: "shards", Y: "ratio", LogX: true}
	throughput := report.Chart{Name: "throughput", Title: "Throughput, " + m.atOnce(), Kind: report.Lines, X: "shards", Y: "queries per second", LogX: true, LogY: true}
	processor := report.Chart{Name: "processor", Title: "Processor time of the client a query, proxies included", Kind: report.Lines, X: "shards", Y: "ms", LogX: true, LogY: true}
	for _, d := range m.distances() {
		if d == Near || d == m.profile.Name {
			m.r.Charts = append(m.r.Charts, m.latency(d), m.phases(d))
			m.line(&overhead, report.Line{Name: d}, Overhead, "distance", d)
			m.line(&throughput, report.Line{Name: d}, "throughput", "distance", d, "load", m.atOnce())
		}
		m.line(&processor, report.Line{Name: d}, Processor, "distance", d)
	}
	free := report.Chart{Name: "free", Title: fmt.Sprintf("Shards that cost no processor and take %s", m.fixed()), Kind: report.Lines, X: "shards", Y: "ms", LogX: true}
	m.line(&free, report.Line{Name: "p50"}, "latency p50", "distance", Fixed, "load", oneAtATime)
	m.line(&free, report.Line{Name: "beyond the shards"}, Coordinator, "distance", Fixed)
	m.r.Charts = append(m.r.Charts, overhead, throughput, processor, free)
}

// latency shows percentiles by number of shards.
func (m *measurement) latency(distance string) report.Chart {
	c := report.Chart{Name: "latency-" + slug(distance), Title: "Latency by number of shards, " + distance, Kind: report.Lines, X: "shards", Y: "ms", LogX: true, LogY: true}
	for _, p := range []string{"p50", "p90", "p99", "p99.9"} {
		m.line(&c, report.Line{Name: p}, "latency "+p, "distance", distance, "load", oneAtATime)
	}
	m.line(&c, report.Line{Name: "p50, open loop"}, "latency p50", "distance", distance, "load", openLoop)
	m.line(&c, report.Line{Name: "p99, open loop"}, "latency p99", "distance", distance, "load", openLoop)
	return c
}

// phases shows where the time goes.
func (m *measurement) phases(distance string) report.Chart {
	c := report.Chart{Name: "phases-" + slug(distance), Title: "Where the time goes, " + distance + " (medians)", Kind: report.Stacked, X: "shards", Y: "ms"}
	for _, n := range m.o.Shards {
		c.Categories = append(c.Categories, strconv.Itoa(n))
	}
	for _, phase := range Phases {
		line := report.Line{Name: phase}
		for _, n := range c.Categories {
			line.Y = append(line.Y, 1e3*m.r.Find(InPhase, "shards", n, "distance", distance, "phase", phase).Median())
		}
		c.Lines = append(c.Lines, line)
	}
	return c
}

// chartSweeps shows each sweep.
func (m *measurement) chartSweeps() {
	for _, sweep := range []string{bySelectivity, byGroups, byRows, byParallel} {
		c := report.Chart{Name: "sweep-" + slug(sweep), Title: fmt.Sprintf("Latency by %s, %d shards", sweep, m.o.At), Kind: report.Lines, X: sweep, Y: "ms", LogX: true, LogY: true}
		for _, p := range []float64{50, 90} {
			line := report.Line{Name: fmt.Sprintf("p%g", p)}
			for _, pt := range m.sweeps {
				if pt.sweep != sweep {
					continue
				}
				var values []float64
				for _, r := range pt.rounds {
					values = append(values, 1e3*r.Latency.Percentile(p).Seconds())
				}
				line.X, line.Y = append(line.X, pt.value), append(line.Y, report.Median(values))
				line.Low, line.High = append(line.Low, slices.Min(values)), append(line.High, slices.Max(values))
			}
			if len(line.X) > 0 {
				c.Lines = append(c.Lines, line)
			}
		}
		if len(c.Lines) > 0 {
			m.r.Charts = append(m.r.Charts, c)
		}
	}
}
