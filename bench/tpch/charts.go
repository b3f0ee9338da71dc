package tpch

import (
	"fmt"
	"slices"

	"github.com/atoll-sql/atoll/bench/report"
)

// charts draws the medians. A query of which a peer has no figure has no bar.
func (m *measurement) charts(r *report.Report) {
	if len(m.queries) == 0 {
		return
	}
	var categories []string
	for _, q := range m.queries {
		categories = append(categories, fmt.Sprint(q.number))
	}
	bars := func(name, title, series, y string, peers []string) {
		c := report.Chart{Name: name, Title: title, Kind: report.Bars, X: "query", Y: y, LogY: true, Categories: categories}
		for _, p := range peers {
			line := report.Line{Name: p}
			for _, q := range m.queries {
				line.Y = append(line.Y, medianOf(r.Find(series, "query", fmt.Sprint(q.number), "peer", p)))
			}
			c.Lines = append(c.Lines, line)
		}
		r.Charts = append(r.Charts, c)
	}
	names := m.names()
	bars("tpch-latency", fmt.Sprintf("TPC-H, scale factor %v: latency", m.opts.Scale), latency, "latency, s", names)
	others := slices.DeleteFunc(slices.Clone(names), func(p string) bool { return p == Atoll })
	if slices.Contains(names, Atoll) {
		bars("tpch-ratio", fmt.Sprintf("TPC-H, scale factor %v: latency / Atoll's", m.opts.Scale), slowdown, "times Atoll's latency", others)
	}
	c := report.Chart{
		Name: "tpch-total", Title: "TPC-H in total", Kind: report.Bars, X: "peer", Y: "total latency, s", LogY: true, Categories: names, Lines: []report.Line{{Name: "total"}},
	}
	for _, p := range names {
		c.Lines[0].Y = append(c.Lines[0].Y, medianOf(r.Find(total, "peer", p)))
	}
	r.Charts = append(r.Charts, c)
}

// medianOf is 0 if there is no figure.
func medianOf(s *report.Series) float64 {
	if s == nil {
		return 0
	}
	return s.Median()
}
