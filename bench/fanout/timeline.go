package fanout

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/atoll-sql/atoll/bench/report"
)

// timelines shows, near and far, the query over At shards whose time is nearest to the median, and what it sent over borders.
func (m *measurement) timelines() {
	for _, distance := range m.distances() {
		if distance != Near && distance != m.profile.Name {
			continue
		}
		c := m.cell(distance, m.o.At)
		all := slices.Concat(c.asked...)
		middle := median(all, Asked.seconds)
		a := slices.MinFunc(all, func(a, b Asked) int { return cmp.Compare(math.Abs(a.seconds()-middle), math.Abs(b.seconds()-middle)) })
		m.r.Timelines = append(m.r.Timelines, m.timeline(c, a))
		if distance != Near || !m.far() {
			m.borders(a)
		}
	}
}

func (m *measurement) timeline(c *cell, a Asked) report.Timeline {
	st := a.Stats
	planned, heard := st.Queued+st.Planning, time.Duration(0)
	t := report.Timeline{Name: "query-" + slug(c.distance), Title: fmt.Sprintf("One query over %d shards, %s", c.shards, c.distance), Query: a.SQL}
	var lanes []report.Lane
	for _, s := range st.Statements {
		heard = max(heard, s.LastBatch)
		lane := report.Lane{Name: s.Shard}
		for _, sh := range st.Shards {
			if sh.Shard == s.Shard {
				lane.Region = sh.Region
			}
		}
		first := min(s.Start+s.FirstBatch, s.LastBatch)
		if s.FirstBatch > 0 {
			lane.Spans = append(lane.Spans, report.Span{Phase: FirstBatch, Start: s.Start, End: first})
		}
		lanes = append(lanes, report.Lane{Name: lane.Name, Region: lane.Region,
			Spans: append(lane.Spans, report.Span{Phase: "rows", Start: max(first, s.Start), End: max(s.LastBatch, s.Start)})})
	}
	merged := max(heard, st.FirstRow)
	own := report.Lane{Name: "coordinator", Region: m.profile.Home, Spans: []report.Span{
		{Phase: Planning, End: planned}, {Phase: "waiting", Start: planned, End: max(heard, planned)},
		{Phase: Merge, Start: max(heard, planned), End: max(merged, planned)}, {Phase: Output, Start: max(merged, planned), End: max(a.Took, merged, planned)},
	}}
	t.Lanes = append([]report.Lane{own}, lanes...)
	return t
}

// borders adds up what came from each other region.
func (m *measurement) borders(a Asked) {
	for _, s := range a.Stats.Shards {
		if s.Region == m.profile.Home || s.Pruned {
			continue
		}
		i := slices.IndexFunc(m.r.Borders, func(b report.Border) bool { return b.From == s.Region })
		if i < 0 {
			i = len(m.r.Borders)
			m.r.Borders = append(m.r.Borders, report.Border{Query: a.SQL, From: s.Region, To: m.profile.Home})
		}
		m.r.Borders[i].Rows += s.Rows
		m.r.Borders[i].Bytes += s.Bytes
	}
}
