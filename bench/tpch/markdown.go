package tpch

import (
	"fmt"
	"strings"
	"time"
)

// Markdown writes the report as a table with a row for each query, its totals, and what it was measured on.
func (r Report) Markdown() string {
	var b strings.Builder
	fmt.Fprintf(&b, "Scale factor %v over %d PostgreSQL shards, %s; medians of %d runs after %d that did not count, at most %s each.\n",
		r.Scale, r.Shards, r.Started.Format(time.DateOnly), r.Repetitions, r.WarmUps, r.Timeout)
	fmt.Fprintf(&b, "%s.\n\nEvery server: `%s`.\n", r.Machine, strings.Join(r.Settings, "`, `"))
	fmt.Fprintf(&b, "The partitions: %s.\n\n", r.Partitions)
	b.WriteString("| query | Atoll ms | one PostgreSQL ms | postgres_fdw ms | Atoll / PostgreSQL | postgres_fdw / Atoll | Atoll / PostgreSQL, processor time | rows that left the shards |\n")
	b.WriteString("|---|---:|---:|---:|---:|---:|---:|---:|\n")
	for _, q := range r.Queries {
		fmt.Fprintf(&b, "| %d | %s | %s | %s | %s | %s | %s | %s |\n", q.Number, q.Peers[Atoll].cell(), q.Peers[Single].cell(), q.Peers[FDW].cell(),
			q.times(Atoll, Single), q.times(FDW, Atoll), ratioText(q.ProcessorRatio(Atoll, Single)), q.Peers[Atoll].rows())
	}
	fmt.Fprintf(&b, "| all | %s | %s | %s | %s | %s | %s | |\n", r.total(Atoll), r.total(Single), r.total(FDW),
		r.times(Atoll, Single), r.times(FDW, Atoll), ratioText(quotient(r.Processor(Atoll), r.Processor(Single))))
	return b.String()
}

// cell writes a median in milliseconds; a peer that was not asked has none.
func (m *Measure) cell() string {
	switch {
	case m == nil:
		return "–"
	case m.Failed:
		return "failed"
	case m.Capped:
		return fmt.Sprintf("> %.0f", m.Median.Seconds()*1e3)
	}
	text := fmt.Sprintf("%.1f", m.Median.Seconds()*1e3)
	if !m.Equal {
		text += " (wrong)"
	}
	return text
}

// ratioText writes a ratio that is zero where there is none.
func ratioText(ratio float64) string {
	if ratio == 0 {
		return "–"
	}
	return fmt.Sprintf("%.2f", ratio)
}

func (m *Measure) rows() string {
	if m == nil || m.Moved == nil {
		return "–"
	}
	return fmt.Sprint(m.Moved.Rows)
}

// times writes how many times as long one peer took as another; a bound where one of them was capped.
func (q QueryReport) times(p, to Peer) string {
	a, b := q.Peers[p], q.Peers[to]
	if a == nil || b == nil || a.Failed || b.Failed {
		return "–"
	}
	return bounded(q.Ratio(p, to), a.Capped, b.Capped)
}

func (r Report) times(p, to Peer) string {
	if !r.asked(p) || !r.asked(to) {
		return "–"
	}
	a, aBound := r.Total(p)
	b, bBound := r.Total(to)
	return bounded(quotient(a, b), aBound, bBound)
}

// bounded writes a quotient whose sides may be lower bounds.
func bounded(ratio float64, above, below bool) string {
	text := fmt.Sprintf("%.2f", ratio)
	switch {
	case above && below:
		return "?"
	case above:
		return "> " + text
	case below:
		return "< " + text
	}
	return text
}

func (r Report) asked(p Peer) bool {
	for _, q := range r.Queries {
		if q.Peers[p] == nil {
			return false
		}
	}
	return true
}

func (r Report) total(p Peer) string {
	if !r.asked(p) {
		return "–"
	}
	sum, bound := r.Total(p)
	text := fmt.Sprintf("%.0f", sum.Seconds()*1e3)
	if bound {
		text = "> " + text
	}
	return text
}
