package sketch

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/atoll-sql/atoll/bench/report"
)

// finish adds to the figures what is made of them.
func (m *measurement) finish() {
	m.r.Charts = []report.Chart{
		m.chart("sketch-time", Time, "seconds", []string{Approximate, Exact}),
		m.chart("sketch-bytes", Sent, "bytes", []string{Approximate, Exact}),
		m.chart("sketch-error", OfAllowed, "error seen / allowed", nil),
	}
	m.goals()
	m.r.Notes = []string{
		"Both forms are asked in turn, over the same servers, which share the processors with the coordinator; every server has all of the different values. The exact form of one shard is computed by the shard alone, which then sends one number: " +
			"compare bytes where there are several.",
		fmt.Sprintf("What is allowed is %d standard errors of 1.04/√2^%d for counts of different values, and %g %% for percentiles. "+
			"Of top lists it is the largest error that the list itself leaves open, and all true counts were within what the list says.", sigmas, precision, 100*percentileError),
		"The error does not change from round to round, for the same values give the same estimate; another seed makes other values.",
		"Over local sockets bytes are cheap, so the ratio of times is that of the servers' work; from region to region the ratio of bytes counts.",
	}
}

// goalDistinct is how many different values make goals of time and bytes: a sketch of fewer is not much smaller than they are.
const goalDistinct = 500_000

func (m *measurement) goals() {
	var worst *report.Series
	for i := range m.r.Series {
		if s := &m.r.Series[i]; s.Name == OfAllowed && (worst == nil || s.Median() > worst.Median()) {
			worst = s
		}
	}
	m.r.Reach("the worst estimate: error seen / allowed", worst, 1, false)
	if slices.Max(m.o.Distinct) < goalDistinct {
		return
	}
	most := strconv.Itoa(slices.Max(m.o.Distinct))
	if slices.Contains(m.o.Shards, 1) {
		m.r.Reach(most+" distinct bigint, one server: time of the estimate / the server's own count(DISTINCT)", m.r.Find(Beside, "question", most+" distinct bigint"), 1.2, false)
		m.r.Reach(most+" distinct text, one server: the same", m.r.Find(Beside, "question", most+" distinct text"), 1, false)
	}
	if n := slices.Max(m.o.Shards); n > 1 {
		for _, kind := range []string{"bigint", "text"} {
			m.r.Reach(fmt.Sprintf("%s distinct %s, %d servers: bytes of the exact form / the estimate's", most, kind, n),
				m.r.Find(BytesRatio, "question", most+" distinct "+kind, "shards", strconv.Itoa(n)), 20, true)
		}
	}
}

// chart shows a series over the most shards by question, a bar for each form; a series without forms has one.
func (m *measurement) chart(name, series, y string, forms []string) report.Chart {
	shards := strconv.Itoa(slices.Max(m.o.Shards))
	c := report.Chart{Name: name, Title: series + " over " + shards + " servers", Kind: report.Bars, X: "question", Y: y, LogY: forms != nil}
	for _, q := range questions(m.o) {
		if m.r.Find(series, "shards", shards, "question", q.name) != nil {
			c.Categories = append(c.Categories, q.name)
		}
	}
	for _, form := range forms {
		c.Lines = append(c.Lines, m.line(form, c.Categories, series, "shards", shards, "form", form))
	}
	if forms == nil {
		c.Lines = []report.Line{m.line(series, c.Categories, series, "shards", shards)}
	}
	return c
}

func (m *measurement) line(name string, questions []string, series string, where ...string) report.Line {
	l := report.Line{Name: name}
	for _, q := range questions {
		s := m.r.Find(series, append(slices.Clip(where), "question", q)...)
		l.Y = append(l.Y, s.Median())
		l.Low, l.High = append(l.Low, slices.Min(s.Values)), append(l.High, slices.Max(s.Values))
	}
	return l
}
