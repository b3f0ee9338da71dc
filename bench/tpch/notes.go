package tpch

import (
	"fmt"
	"maps"
	"slices"

	"github.com/atoll-sql/atoll/bench/peers"
	"github.com/atoll-sql/atoll/bench/report"
)

// notes say what a reader must know to read the figures rightly.
func (m *measurement) notes(r *report.Report) {
	say := func(format string, args ...any) { r.Notes = append(r.Notes, fmt.Sprintf(format, args...)) }
	say("The rows are made by this program: no figure here is a TPC result.")
	say("Each query is put to one peer after the other, first once to hold its answer to that of %s, which may take %d limits, then in rounds.", peers.PostgreSQL, checkLimits)
	say("All run on this machine and share its processors.")
	if m.memory.short {
		say("The machine has too little memory for buffers that hold all rows: servers read from disk, or from the system's cache of it.")
	}
	if common := m.over(m.names()...); len(common) < len(m.queries) {
		say("Total latencies are over the queries that all have figures of: %s.", list(numbers(common)))
	}
	if m.opts.Quick {
		say("The defaults are those for trying: small tables, short runs, some of the queries; Trino only where it is named.")
	}
	for _, p := range m.names() {
		m.notesOn(p, say)
	}
	if r.Find(processor) != nil {
		say("Processor time is that of all servers, of the peers' processes and of this process, in steps of 10 ms for each; runs that were cut off have none.")
		say("What Trino uses when it is idle counts for all.")
	}
}

// notesOn says what is particular to a peer's figures.
func (m *measurement) notesOn(p string, say func(format string, args ...any)) {
	var cut []int
	for _, q := range m.queries {
		switch of := q.of[p]; {
		case of.failed != "":
			say("%s has no figures of query %d: %s.", p, q.number, of.failed)
		case of.capped:
			cut = append(cut, q.number)
		}
	}
	if len(cut) > 0 {
		say("%s ran into the limit of %s in %s, which count as that: its totals and ratios are lower bounds.", p, m.opts.Timeout, list(cut))
	}
	if p == peers.DuckDB || p == peers.Trino {
		say("%s has types of its own for some results: numbers are compared by value, where it has floating-point numbers to %g of it.", p, peers.Tolerance)
	}
	for _, why := range reasons(p) {
		var asked []int
		for _, number := range m.opts.Queries {
			if own, ok := spelling[p][number]; ok && own.why == why {
				asked = append(asked, number)
			}
		}
		if len(asked) > 0 {
			say("%s is asked query %s in words of its own: %s.", p, list(asked), why)
		}
	}
}

// reasons lists why a peer is asked queries in words of its own, each once.
func reasons(p string) (out []string) {
	for _, number := range slices.Sorted(maps.Keys(spelling[p])) {
		if why := spelling[p][number].why; !slices.Contains(out, why) {
			out = append(out, why)
		}
	}
	return out
}

func numbers(queries []query) (out []int) {
	for _, q := range queries {
		out = append(out, q.number)
	}
	return out
}
