package tpch

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/internal/logictest"
)

// Report is what was measured, and on what.
type Report struct {
	Started time.Time `json:"started"`
	Machine Machine   `json:"machine"`

	Scale       float64       `json:"scale"`
	Seed        uint64        `json:"seed"`
	Shards      int           `json:"shards"`
	Repetitions int           `json:"repetitions"`
	WarmUps     int           `json:"warm_ups"`
	Timeout     time.Duration `json:"timeout_ns"`
	Settings    []string      `json:"settings"` // of every server
	Partitions  string        `json:"partitions"`
	Off         []string      `json:"off,omitempty"`

	Peers   []Peer        `json:"peers"`
	Queries []QueryReport `json:"queries"`
}

// QueryReport is one query's part.
type QueryReport struct {
	Number int               `json:"number"`
	Peers  map[Peer]*Measure `json:"peers"`
}

// Measure is what one peer did with one query.
type Measure struct {
	Median time.Duration   `json:"median_ns"` // the timeout if capped, zero if failed
	Runs   []time.Duration `json:"runs_ns"`   // in the order they were measured
	// Processor is the median of the processor time of all servers and this process, which other load on the machine hardly changes.
	// It is in steps of 10 ms for each server.
	Processor time.Duration `json:"processor_ns"`
	Capped    bool          `json:"capped,omitempty"` // a run took longer than the timeout: the median is a lower bound
	Failed    bool          `json:"failed,omitempty"` // refused or failed
	Equal     bool          `json:"equal"`            // the answer was that of the single PostgreSQL
	Moved     *Moved        `json:"moved,omitempty"`  // of Atoll alone
	// Failure says how the peer failed, or how its answer differs.
	Failure string `json:"failure,omitempty"`

	processor []time.Duration // of each run
}

// Moved is what left the shards for a query, and where its time went, in the last measured run.
type Moved struct {
	Rows     int64         `json:"rows"`
	Bytes    int64         `json:"bytes"`
	Planning time.Duration `json:"planning_ns"`
	Shard    time.Duration `json:"slowest_shard_ns"` // from the start of its first statement to the last row of its last
}

func (m *Measure) moved(stats *atoll.QueryStats) {
	if stats == nil {
		return
	}
	m.Moved = &Moved{Planning: stats.Planning}
	for _, s := range stats.Shards {
		m.Moved.Rows += s.Rows
		m.Moved.Bytes += s.Bytes
		m.Moved.Shard = max(m.Moved.Shard, s.Total)
	}
}

// finish sets the median, and what a failure means.
func (m *Measure) finish(timeout time.Duration) {
	switch m.Failed = m.Failure != ""; {
	case m.Failed:
	case m.Capped:
		m.Median = timeout
	default:
		m.Median, m.Processor = median(m.Runs), median(m.processor)
	}
}

func (m *Measure) compare(c logictest.Case, want, got logictest.Answer) {
	if err := logictest.Compare(c, want, got); err != nil {
		m.Failure = err.Error()
		return
	}
	m.Equal = true
}

// Wrong lists the answers that differ from the single PostgreSQL's and the failures other than timeouts.
func (r Report) Wrong() []string {
	var out []string
	for _, q := range r.Queries {
		for _, p := range r.Peers {
			if m := q.Peers[p]; m != nil && m.Failure != "" {
				out = append(out, fmt.Sprintf("query %d, %s: %s", q.Number, p, m.Failure))
			}
		}
	}
	return out
}

// Total adds a peer's medians up. bound is set if a capped query makes the sum a lower bound, or a failed one meaningless.
func (r Report) Total(p Peer) (sum time.Duration, bound bool) {
	for _, q := range r.Queries {
		m := q.Peers[p]
		if m == nil {
			return 0, true
		}
		sum += m.Median
		bound = bound || m.Capped || m.Failed
	}
	return sum, bound
}

// Processor adds up the processor time of a peer's medians.
func (r Report) Processor(p Peer) (sum time.Duration) {
	for _, q := range r.Queries {
		if m := q.Peers[p]; m != nil {
			sum += m.Processor
		}
	}
	return sum
}

// Ratio returns how many times as long a peer took for a query as another.
func (q QueryReport) Ratio(p, to Peer) float64 {
	if q.Peers[p] == nil || q.Peers[to] == nil {
		return 0
	}
	return quotient(q.Peers[p].Median, q.Peers[to].Median)
}

// ProcessorRatio is Ratio of processor times.
func (q QueryReport) ProcessorRatio(p, to Peer) float64 {
	if q.Peers[p] == nil || q.Peers[to] == nil {
		return 0
	}
	return quotient(q.Peers[p].Processor, q.Peers[to].Processor)
}

func quotient(a, b time.Duration) float64 {
	if b == 0 {
		return 0
	}
	return a.Seconds() / b.Seconds()
}

// String is one line about a query.
func (q QueryReport) String() string {
	var parts []string
	for _, p := range Peers {
		m := q.Peers[p]
		if m == nil {
			continue
		}
		parts = append(parts, string(p)+" "+m.String())
	}
	line := fmt.Sprintf("q%02d: %s", q.Number, strings.Join(parts, ", "))
	if q.Peers[Atoll] != nil {
		line += fmt.Sprintf("; %s/%s %.2f", Atoll, Single, q.Ratio(Atoll, Single))
	}
	if m := q.Peers[Atoll]; m != nil && m.Moved != nil {
		line += fmt.Sprintf(", %d rows left the shards", m.Moved.Rows)
	}
	return line
}

// String writes the median, and what is wrong.
func (m *Measure) String() string {
	switch {
	case m.Failed:
		return "failed"
	case m.Capped:
		return "over " + m.Median.String()
	case !m.Equal:
		return milliseconds(m.Median) + " (wrong)"
	}
	return milliseconds(m.Median) + " (processors " + milliseconds(m.Processor) + ")"
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.1f ms", d.Seconds()*1e3) }

// Slower lists the queries that took Atoll more than limit times as long as the single PostgreSQL, the slowest first.
func (r Report) Slower(limit float64) []QueryReport {
	var out []QueryReport
	for _, q := range r.Queries {
		if q.Ratio(Atoll, Single) > limit {
			out = append(out, q)
		}
	}
	slices.SortFunc(out, func(a, b QueryReport) int {
		return int(1e6 * (b.Ratio(Atoll, Single) - a.Ratio(Atoll, Single)))
	})
	return out
}
