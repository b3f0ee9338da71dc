package tpch

import (
	"fmt"
	"slices"

	"github.com/atoll-sql/atoll/bench/report"
	rows "github.com/atoll-sql/atoll/internal/tpch"
)

// Which queries a ratio of totals is over.
const (
	allQueries   = "all, the limit for those cut off"
	endedQueries = "only those that ended"
)

// totals writes the totals of the peers, over the queries that all of them have figures of, and how many times Atoll's they are, over the queries
// that the peer and Atoll have figures of. A query that was cut off counts as the limit: then both are lower bounds.
func (m *measurement) totals(r *report.Report) {
	common := m.over(m.names()...)
	for _, p := range m.names() {
		s := report.Series{Name: total, Labels: labels("peer", p), Unit: report.Seconds, Better: report.Lower}
		if s.Values, s.AtLeast = m.sum(p, common); len(common) == 0 {
			s.Failed = "there is no query that all have answered"
		}
		r.Series = append(r.Series, s)
	}
	for _, p := range m.names() {
		if p == Atoll || !slices.Contains(m.names(), Atoll) {
			continue
		}
		both := m.both(p)
		r.Series = append(r.Series, m.ratio(p, allQueries, both))
		if ended := m.ended(p, both); len(ended) < len(both) {
			r.Series = append(r.Series, m.ratio(p, endedQueries, ended))
		}
	}
}

// ratio is a peer's total by Atoll's, round by round.
func (m *measurement) ratio(p, over string, queries []query) report.Series {
	s := report.Series{Name: ratio, Labels: labels("peer", p, "queries", over), Unit: report.Ratio, Better: report.Higher}
	if len(queries) == 0 {
		s.Failed = "there is no query that both have answered"
		return s
	}
	own, _ := m.sum(Atoll, queries)
	var theirs []float64
	theirs, s.AtLeast = m.sum(p, queries)
	s.Values = divide(theirs, own)
	return s
}

// over lists the queries that all these peers have figures of.
func (m *measurement) over(names ...string) []query {
	return slices.DeleteFunc(slices.Clone(m.queries), func(q query) bool {
		return slices.ContainsFunc(names, func(p string) bool { return !q.of[p].known() })
	})
}

// both lists the queries that a peer and Atoll have figures of. Where Atoll was cut off nothing can be said.
func (m *measurement) both(p string) []query {
	return slices.DeleteFunc(m.over(Atoll, p), func(q query) bool { return q.of[Atoll].capped })
}

// ended are those of the queries in which the peer was not cut off.
func (m *measurement) ended(p string, of []query) []query {
	return slices.DeleteFunc(slices.Clone(of), func(q query) bool { return q.of[p].capped })
}

// sum adds up a peer's figures of some queries, round by round. bound is set if one of them was cut off.
func (m *measurement) sum(p string, queries []query) (values []float64, bound bool) {
	if len(queries) == 0 {
		return nil, false
	}
	values = make([]float64, m.opts.Rounds)
	for _, q := range queries {
		bound = bound || q.of[p].capped
		for i, v := range q.of[p].seconds {
			values[i] += v
		}
	}
	return values, bound
}

// reach holds the ratios to the goals. What was measured at a smaller scale, or of some of the queries, says nothing about them.
func (m *measurement) reach(r *report.Report) {
	for _, g := range goals {
		if !slices.Contains(m.opts.Peers, g.peer) {
			continue
		}
		text := fmt.Sprintf("TPC-H at scale factor %v over %d shards, in total: %s / Atoll", max(goalScale, m.opts.Scale), m.opts.Shards, g.peer)
		s := r.Find(ratio, "peer", g.peer, "queries", allQueries)
		r.Reach(text, s, g.bound, true)
		goal := &r.Goals[len(r.Goals)-1]
		goal.Unit = report.Ratio
		switch why := m.beside(g.peer); {
		case s == nil || len(s.Values) == 0:
			goal.Unknown = why
		case m.opts.Scale < goalScale:
			goal.Unknown = fmt.Sprintf("this is scale factor %v; %.2f there", m.opts.Scale, goal.Seen)
		case len(m.opts.Queries) < rows.QueryCount:
			goal.Unknown = fmt.Sprintf("%d of %d queries were asked; %.2f there%s", len(m.opts.Queries), rows.QueryCount, goal.Seen, why)
		case m.lacking() > 0:
			goal.Unknown = fmt.Sprintf("%s has no figures of %d queries; %.2f elsewhere", Atoll, m.lacking(), goal.Seen)
		default:
			goal.Text += why
		}
	}
}

// lacking is how many queries Atoll failed at, or was cut off in: ratios leave them out.
func (m *measurement) lacking() (n int) {
	for _, q := range m.queries {
		if own := q.of[Atoll]; !own.known() || own.capped {
			n++
		}
	}
	return n
}

// beside says what a ratio to Atoll leaves out or bounds, "" if it is of all queries, and why there is none.
func (m *measurement) beside(p string) string {
	names := m.names()
	switch {
	case !slices.Contains(names, Atoll):
		return Atoll + " was not asked"
	case !slices.Contains(names, p):
		return p + " is missing"
	}
	both := m.both(p)
	if len(both) == 0 {
		return "there is no query that both have answered"
	}
	text := ""
	if len(both) < len(m.queries) {
		text = fmt.Sprintf(", over %d of %d queries", len(both), len(m.queries))
	}
	if n := len(both) - len(m.ended(p, both)); n > 0 {
		text += fmt.Sprintf(" (at least: %d ran into the limit of %s)", n, m.opts.Timeout)
	}
	return text
}
