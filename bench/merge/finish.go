package merge

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/atoll-sql/atoll/bench/report"
)

// bound is what a core must merge of two integer sums by an int64 key, in rows a second.
const bound = 10e6

// goalRows is how many partial rows there must be for that: with fewer, making the result is what is measured.
const goalRows = 1_000_000

// finish adds to the figures what is made of them.
func (m *measurement) finish(version string) {
	const setup = "one thread, in this process; "
	m.r.Peers = []report.Peer{
		{Name: DuckBatches, Version: version, Setup: setup + "a table function copies the same batches", Equal: m.compared / 2, Checked: m.compared / 2},
		{Name: DuckTable, Version: version, Setup: setup + "the rows are in a table of its own, a file that it keeps in memory", Equal: m.compared / 2, Checked: m.compared / 2},
	}
	for _, name := range m.o.States {
		m.r.Charts = append(m.r.Charts, m.chart(name))
		if name != Sums {
			continue
		}
		for _, groups := range m.o.Groups {
			m.r.Reach(fmt.Sprintf("two integer sums by one int64 key into %d groups, of a core", groups),
				m.r.Find(RowsOfCore, "state", Sums, "groups", strconv.Itoa(groups), "engine", Atoll), bound, true)
		}
	}
	if m.o.Rows < goalRows {
		m.r.TooSmall(fmt.Sprintf("of %d rows making the result is a large part; it takes %d", m.o.Rows, goalRows))
	}
	m.r.Notes = []string{
		"Rows are partial rows of all shards together, groups are drawn by chance: of a million groups two million rows fill some 860,000. All figures include making the result as record batches.",
		"\"Of processor time\" counts all that the process used, kernel and garbage collection included. One processor was in use at a time.",
		"Before anything was measured each engine's answer was compared with Atoll's, row by row. Averages are PostgreSQL's numeric in Atoll, a float in DuckDB, compared to a relative " + fmt.Sprint(closeness) + ".",
		"top-n: each shard sends no more than its first rows, as many as are wanted; a group is a value of the first sort key.",
		"Allocations and bytes are of Go's heap, which does not see what DuckDB takes.",
	}
	if slices.Contains(m.o.States, HLL) {
		m.r.Notes = append(m.r.Notes, "hll has no peer: DuckDB's approx_count_distinct merges neither sketches nor hashes that a shard made. The sum of the estimates was held to the number of hashes, all different.")
	}
}

// chart shows a state's rows a second of processor time by groups, a line for each engine.
func (m *measurement) chart(state string) report.Chart {
	c := report.Chart{Name: "merge-" + strings.ReplaceAll(state, " ", "-"), Title: "Merging " + state + " on one core", Kind: report.Lines,
		X: "groups", Y: "rows a second of processor time, " + report.RowsPerS, LogX: true, LogY: true}
	for _, engine := range []string{Atoll, DuckBatches, DuckTable} {
		line := report.Line{Name: engine}
		for _, groups := range m.o.Groups {
			s := m.r.Find(RowsOfCore, "state", state, "groups", strconv.Itoa(groups), "engine", engine)
			if s == nil {
				continue
			}
			line.X, line.Y = append(line.X, float64(groups)), append(line.Y, s.Median())
			line.Low, line.High = append(line.Low, slices.Min(s.Values)), append(line.High, slices.Max(s.Values))
		}
		if len(line.Y) > 0 {
			c.Lines = append(c.Lines, line)
		}
	}
	return c
}
