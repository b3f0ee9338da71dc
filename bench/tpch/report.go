package tpch

import (
	"fmt"
	"strings"

	"github.com/atoll-sql/atoll/bench/peers"
	"github.com/atoll-sql/atoll/bench/report"
)

// The goals: how many times Atoll's total the totals of these peers are to be, at scale factor 1 over four shards.
var goals = []struct {
	peer  string
	bound float64
}{{peers.FDW, 3}, {peers.Trino, 5}}

// goalScale is the scale factor for which the goals are meant.
const goalScale = 1

// Names of series.
const (
	latency   = "latency"                                        // of a query and a peer
	slowdown  = "latency / Atoll's"                              // of a query and a peer
	total     = "total latency"                                  // of a peer
	ratio     = "total latency / Atoll's"                        // of a peer
	processor = "processor time"                                 // of a query and a peer
	rowsMoved = "rows that left the shards"                      // of a query
	bytes     = "bytes that left the shards"                     // of a query
	planning  = "planning"                                       // of a query
	slowest   = "slowest shard, first to last of its statements" // of a query
)

// write fills the report.
func (m *measurement) write(r *report.Report) {
	m.conditions(r)
	for _, p := range m.about {
		for _, q := range m.queries {
			if of := q.of[p.Name]; of.checked() {
				p.Checked++
				if of.equal {
					p.Equal++
				}
			}
		}
		r.Peers = append(r.Peers, *p)
	}
	m.totals(r)
	m.figures(r)
	m.reach(r)
	m.notes(r)
	m.charts(r)
}

// checked reports that the peer gave an answer that could be held to the right one.
func (m *measure) checked() bool { return m != nil && (m.equal || m.differs) }

// conditions writes down under what the figures came about.
func (m *measurement) conditions(r *report.Report) {
	for _, p := range m.about {
		if p.Version != "" {
			r.Versions = append(r.Versions, report.Setting{Name: p.Name, Value: p.Version})
		}
	}
	set := func(name, format string, args ...any) {
		r.Settings = append(r.Settings, report.Setting{Name: name, Value: fmt.Sprintf(format, args...)})
	}
	set("scale factor", "%v", m.opts.Scale)
	set("shards", "%d", m.opts.Shards)
	set("queries", "%s", list(m.opts.Queries))
	set("runs", "one that is checked, then %d", m.opts.Rounds)
	set("limit of a run", "%s", m.opts.Timeout)
	set("shared_buffers", "%d MB where all rows are, %d MB of each shard, %d MB of the server of the partitions; effective_cache_size is twice that",
		m.memory.single, m.memory.shard, m.memory.fdw)
	set("every PostgreSQL server", "%s", strings.Join(m.opts.common(), ", "))
	if m.memory.peer > 0 {
		set("memory of Trino's heap, and of DuckDB", "%d MiB each", m.memory.peer)
	}
	if len(m.opts.Off) > 0 {
		set("Atoll does without", "%s", strings.Join(m.opts.Off, ", "))
	}
}

// figures writes the series of single queries.
func (m *measurement) figures(r *report.Report) {
	for _, q := range m.queries {
		for _, p := range m.names() {
			of := q.of[p]
			labels := labels("query", fmt.Sprint(q.number), "peer", p)
			r.Series = append(r.Series, report.Series{
				Name: latency, Labels: labels, Unit: report.Seconds, Better: report.Lower, Values: of.seconds, AtLeast: of.capped, Failed: of.failed,
			})
			if p != Atoll && q.of[Atoll] != nil {
				r.Series = append(r.Series, quotient(labels, of, q.of[Atoll]))
			}
			if len(of.processor) > 0 {
				r.Series = append(r.Series, report.Series{Name: processor, Labels: labels, Unit: report.Seconds, Better: report.Lower, Values: of.processor})
			}
		}
		if of := q.of[Atoll]; of != nil {
			for _, v := range of.moved {
				label := []string{"query", fmt.Sprint(q.number)}
				r.Observe(rowsMoved, report.Count, report.Lower, float64(v.rows), label...)
				r.Observe(bytes, report.Bytes, report.Lower, float64(v.bytes), label...)
				r.Observe(planning, report.Seconds, report.Lower, v.planning.Seconds(), label...)
				r.Observe(slowest, report.Seconds, report.Lower, v.slowest.Seconds(), label...)
			}
		}
	}
}

// quotient is how many times as long a peer took as Atoll, round by round. Where Atoll was cut off, nothing can be said.
func quotient(labels []report.Label, of, atoll *measure) report.Series {
	s := report.Series{Name: slowdown, Labels: labels, Unit: report.Ratio, Better: report.Higher, AtLeast: of.capped}
	switch {
	case of.failed != "":
		s.AtLeast, s.Failed = false, of.failed
	case atoll.failed != "":
		s.AtLeast, s.Failed = false, Atoll+" failed"
	case atoll.capped:
		s.AtLeast, s.Failed = false, Atoll+" ran into the limit"
	default:
		s.Values = divide(of.seconds, atoll.seconds)
	}
	return s
}

func labels(pairs ...string) (out []report.Label) {
	for i := 0; i+1 < len(pairs); i += 2 {
		out = append(out, report.Label{Name: pairs[i], Value: pairs[i+1]})
	}
	return out
}

// divide divides round by round; both sides have as many, and the right one no zeros.
func divide(a, b []float64) []float64 {
	out := make([]float64, len(a))
	for i := range a {
		out[i] = a[i] / b[i]
	}
	return out
}

// list writes numbers as "1, 2, 5".
func list(numbers []int) string {
	return strings.Trim(strings.Join(strings.Fields(fmt.Sprint(numbers)), ", "), "[]")
}
