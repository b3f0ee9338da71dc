package fanout

import (
	"fmt"
	"slices"
	"strings"

	"github.com/atoll-sql/atoll/bench/report"
)

// What is to be reached.
const (
	goalShards   = 8
	goalLocal    = 1.10
	goalDistance = "40ms"
	goalFar      = 1.05
	goalMost     = 64
	goalTimes    = 3
)

// goals holds the figures to their bounds.
func (m *measurement) goals() {
	reach := func(text, name string, shards int, distance string, bound float64) {
		s := m.r.Find(name, "shards", fmt.Sprint(shards), "distance", distance)
		m.r.Reach(text, s, bound, false)
		if s == nil {
			g := &m.r.Goals[len(m.r.Goals)-1]
			g.Unit, g.Unknown = report.Ratio, fmt.Sprintf("no %d shards, %s, among those measured", shards, distance)
		}
	}
	reach(fmt.Sprintf("overhead over the slowest of %d local shards", goalShards), Overhead, goalShards, Near, goalLocal)
	reach(fmt.Sprintf("overhead over the slowest of %d shards at %s", goalShards, goalDistance), Overhead, goalShards, goalDistance, goalFar)
	reach(fmt.Sprintf("latency over %d shards / over 1 of the same work, where the shards' work costs these processors nothing", goalMost), TimesOne, goalMost, Fixed, goalTimes)
	reach(fmt.Sprintf("the same, the shards' time taken off both: the coordinator's own time, %d / 1", goalMost), TimesOneCost, goalMost, Fixed, goalTimes)
}

// notes say how figures are meant.
func (m *measurement) notes() {
	m.r.Notes = append(m.r.Notes,
		"Overhead over the slowest shard: the time from the query's text until the last value was made text, divided by the time of its slowest statement, from when that was sent until "+
			"its last row was there. Beside it, the same divided by the slowest of the same statements, sent by bare pgx connections right after it, which merge nothing.",
		"Phases are disjoint. Merge is what follows the last word of the last shard; what is merged while others still send costs no time of its own and is in \""+SlowShard+"\".",
		fmt.Sprintf("All local shards share these %d processors: over more of them each takes longer, and the latency grows with their number whatever the coordinator does.", m.r.Machine.Processors),
		fmt.Sprintf("\"%s\" keeps the shards' own time out of it: every statement was answered once by its shard; from then on the answer is given again, after the %s that one local shard alone takes "+
			"(median of %d queries, in whole milliseconds, which timers keep best), by a timer. Planning, fan-out, merging and output are the real ones; reading the wire is left out. \"%s\" is the same, but one statement of %d, drawn for each, takes %d times as long.",
			Fixed, m.fixed(), serviceQueries, Drawn, slowOf, slowTimes),
		fmt.Sprintf("%d shards / 1 shard: with their own machines, both would take the shard's time plus the coordinator's; so the goal compares the latencies under \"%s\". The stricter reading takes "+
			"the shards' time off both and compares what is left, which is planning, %d goroutines and %d answers to merge against one, and how late the timer is. With work for the processors, \"%s\" of local shards says the same including what the shards do to each other.",
			goalMost, Fixed, goalMost, goalMost, TimesOne),
		m.beside(),
		fmt.Sprintf("Open loop: queries arrive at random at %s, whether or not those before have ended, and their latency counts from when they arrived (coordinated omission is accounted for).", m.rateText()),
		"Percentiles are of each round; where a round has too few queries for one, of all rounds together, and where these are too few as well, they are not given.",
		"What one shard's latencies lead to assumes that shards are slow independently of one another. Local shards are not: they wait for the same processors. \""+Drawn+"\" shards are.")
}

// beside tells other readings of how the coordinator's own work grows up to the most shards.
func (m *measurement) beside() string {
	most := slices.Max(m.o.Shards)
	var parts []string
	for _, name := range []string{Coordinator, Processor} {
		for _, d := range m.distances() {
			one, all := m.r.Find(name, "shards", "1", "distance", d), m.r.Find(name, "shards", fmt.Sprint(most), "distance", d)
			if one.Median() > 0 {
				parts = append(parts, fmt.Sprintf("%s, %s: %.1f", name, d, all.Median()/one.Median()))
			}
		}
	}
	return fmt.Sprintf("How many times as much over %d shards as over 1 (medians): %s. Processor time is this process's; at a distance it includes the proxies.",
		most, strings.Join(parts, "; "))
}

func (m *measurement) rateText() string {
	if m.o.Rate > 0 {
		return fmt.Sprintf("%g per second", m.o.Rate)
	}
	return "half of the rate that the closed loop reached in the same round"
}
