package tpch

import (
	"fmt"
	"strings"
	"time"

	"github.com/atoll-sql/atoll"
	"github.com/atoll-sql/atoll/bench/report"
)

// measure is what one peer did with one query.
type measure struct {
	// seconds are those of each round: the limit from the round on in which the peer was cut off. Empty if it failed.
	seconds   []float64
	processor []float64 // of the same rounds; empty where a round has none
	capped    bool      // a run was cut off by the limit: what counts as the limit is a lower bound
	failed    string    // refused, failed, or another answer: why; "" if it did none of them
	equal     bool      // the answer was that of the single PostgreSQL
	differs   bool      // it was another one
	moved     []moved   // of Atoll alone, of each round that ended
}

// moved is what left the shards for a query, and where its time went.
type moved struct {
	rows, bytes       int64
	planning, slowest time.Duration // slowest: of the shards, from the start of its first statement to the last row of its last
}

func movedOf(stats *atoll.QueryStats) moved {
	m := moved{planning: stats.Planning}
	for _, s := range stats.Shards {
		m.rows += s.Rows
		m.bytes += s.Bytes
		m.slowest = max(m.slowest, s.Total)
	}
	return m
}

// fail makes a reason the outcome; figures that were taken before are dropped.
func (m *measure) fail(why string) {
	*m = measure{failed: why}
}

// finish counts the rounds that a peer was not asked any more as the limit.
func (m *measure) finish(rounds int, limit time.Duration) {
	if !m.capped {
		return
	}
	m.processor = nil
	for len(m.seconds) < rounds {
		m.seconds = append(m.seconds, limit.Seconds())
	}
}

// known reports that the peer has a figure, if only a bound.
func (m *measure) known() bool { return m != nil && m.failed == "" && len(m.seconds) > 0 }

func (m *measure) String() string {
	switch {
	case m.failed != "":
		return "failed"
	case m.capped:
		return "over " + seconds(m.seconds)
	}
	return seconds(m.seconds)
}

func seconds(all []float64) string { return fmt.Sprintf("%.1f ms", 1e3*report.Median(all)) }

// query is what all peers did with one query.
type query struct {
	number int
	of     map[string]*measure // by the peer's name, of those that could be asked
}

// line says it in one line.
func (q query) line(asked []string) string {
	var parts []string
	for _, p := range asked {
		parts = append(parts, p+" "+q.of[p].String())
	}
	return fmt.Sprintf("query %d: %s", q.number, strings.Join(parts, ", "))
}
