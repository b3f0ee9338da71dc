package planning

import (
	"fmt"
	"slices"
	"strconv"

	"github.com/atoll-sql/atoll/bench/report"
)

// finish adds to the figures what is made of them.
func (m *measurement) finish() {
	m.r.Charts = []report.Chart{m.byShape(), m.byShards(), m.byRules()}
	const goalShards = 8
	if slices.Contains(m.o.Shapes, "report") && slices.Contains(m.o.Shards, goalShards) && slices.Contains(m.o.Rules, 0) {
		m.r.Reach("planning the report over 8 shards, a text never seen", m.at("report", goalShards, "0", First), 300e-6, false)
	}
	m.r.Notes = []string{
		"Times are wall time on one goroutine, from the text to the plan with SQL for each shard. A round's value is the median of its plans, so what else the machine does weighs little.",
		"What steps cost is in differences: first less repeated is what the engine keeps of a text, its tree and what the rules make of it where no value takes part (of long texts, as that of the shape list, nothing is kept); " +
			"the residency rules are a number of rules less \"" + logOnly + "\", for a policy always keeps a log, here without waiting for the disk; SQL and placement are what grows with the shards.",
		"Parameters need no new text, but what depends on their values, placement, the rules' judgement and the SQL of each shard, is done anew for each plan.",
		"\"" + Starting + "\" is from the plan until operators and the shards' statements are under way; allocations and bytes include it, and what the statements' goroutines allocate meanwhile. " +
			"The shards describe their tables and hold no rows: each statement fails at once and is released.",
	}
}

func (m *measurement) at(shape string, shards int, rules, text string) *report.Series {
	return m.r.Find(Planning, "shape", shape, "shards", strconv.Itoa(shards), "rules", rules, "text", text)
}

// micros is a series' median for a chart's axis.
func micros(s *report.Series) float64 { return s.Median() * 1e6 }

func (m *measurement) names() (out []string) {
	for _, name := range Shapes() {
		if slices.Contains(m.o.Shapes, name) {
			out = append(out, name)
		}
	}
	return out
}

// middleShards is the number of shards that the bars are of.
func (m *measurement) middleShards() int { return m.o.Shards[len(m.o.Shards)/2] }

// byShape shows each shape's texts as bars.
func (m *measurement) byShape() report.Chart {
	shards, rules := m.middleShards(), fmt.Sprint(m.o.Rules[0])
	c := report.Chart{Name: "planning-by-shape", Title: fmt.Sprintf("Planning over %d shards, %s rules", shards, rules), Kind: report.Bars,
		X: "query", Y: "µs", LogY: true, Categories: m.names()}
	first, again := report.Line{Name: First}, report.Line{Name: Repeated}
	for _, shape := range c.Categories {
		first.Y = append(first.Y, micros(m.at(shape, shards, rules, First)))
		again.Y = append(again.Y, micros(m.at(shape, shards, rules, Repeated)))
	}
	c.Lines = []report.Line{first, again}
	return c
}

// byShards shows how planning grows with the shards.
func (m *measurement) byShards() report.Chart {
	rules := fmt.Sprint(m.o.Rules[0])
	c := report.Chart{Name: "planning-by-shards", Title: fmt.Sprintf("Planning a text never seen, %s rules", rules), Kind: report.Lines,
		X: "shards", Y: "µs", LogX: true, LogY: true}
	for _, shape := range m.names() {
		line := report.Line{Name: shape}
		for _, n := range m.o.Shards {
			s := m.at(shape, n, rules, First)
			line.X, line.Y = append(line.X, float64(n)), append(line.Y, micros(s))
			line.Low, line.High = append(line.Low, 1e6*slices.Min(s.Values)), append(line.High, 1e6*slices.Max(s.Values))
		}
		c.Lines = append(c.Lines, line)
	}
	return c
}

// byRules shows what residency rules add.
func (m *measurement) byRules() report.Chart {
	shards := m.middleShards()
	c := report.Chart{Name: "planning-by-rules", Title: fmt.Sprintf("Planning a text never seen over %d shards, by residency rules", shards), Kind: report.Bars,
		X: "query", Y: "µs", LogY: true, Categories: m.names()}
	for _, n := range m.o.Rules {
		line := report.Line{Name: fmt.Sprintf("%d rules", n)}
		for _, shape := range c.Categories {
			line.Y = append(line.Y, micros(m.at(shape, shards, fmt.Sprint(n), First)))
		}
		c.Lines = append(c.Lines, line)
	}
	return c
}
