package tpch

import (
	"context"
	"errors"
	"fmt"

	"github.com/atoll-sql/atoll/bench/peers"
	"github.com/atoll-sql/atoll/bench/report"
)

// Run fills the servers, where that has not been done, and measures: query by query, and within a query one peer after the other in
// each round, so that what else the machine does falls on all alike. A query that a peer refuses, fails or does not finish in time is
// part of the report, and so is a peer that cannot be had; an error means that there is none. What was started has then ended.
func Run(ctx context.Context, o Options) (r *report.Report, err error) {
	if o, err = o.complete(); err != nil {
		return nil, err
	}
	begin := report.New("tpch", o.Seed)
	s, err := start(ctx, o)
	defer func() { err = errors.Join(err, s.stop()) }()
	if err != nil {
		return nil, err
	}
	m := &measurement{servers: s}
	defer func() { err = errors.Join(err, m.close()) }()
	if err := m.open(ctx); err != nil {
		return nil, err
	}
	for _, number := range o.Queries {
		q, err := m.query(ctx, number)
		if err != nil {
			return nil, err
		}
		m.queries = append(m.queries, q)
		s.say("%s", q.line(m.names()))
	}
	m.write(begin)
	return begin, nil
}

// measurement asks the peers.
type measurement struct {
	*servers
	asked   []peers.Peer   // in the order of Names
	about   []*report.Peer // of all that were wanted, in the same order
	queries []query
}

// open sets the peers up, one after the other.
func (m *measurement) open(ctx context.Context) error {
	setup := m.opts.Setup
	setup.Progress = func(line string) { m.say("%s", line) }
	setup.TrinoMemory = orDefault(setup.TrinoMemory, int64(m.memory.peer)*mib)
	setup.DuckDBMemory = orDefault(setup.DuckDBMemory, int64(m.memory.peer)*mib)
	for _, name := range m.opts.Peers {
		var p peers.Peer
		about := report.Peer{Name: name, Setup: "one engine over the shards, by their unix sockets"}
		var err error
		if name == Atoll {
			p, err = m.openEngine(ctx)
		} else {
			p, about, err = peers.Open(ctx, name, m.world(), setup)
		}
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		m.about = append(m.about, &about)
		switch {
		case p != nil:
			m.asked = append(m.asked, p)
			m.say("%s is ready", name)
		case name == peers.PostgreSQL:
			return fmt.Errorf("%s: %s", name, about.Missing)
		default:
			m.say("%s is missing: %s", name, about.Missing)
		}
	}
	return nil
}

func (m *measurement) close() error {
	var errs []error
	for _, p := range m.asked {
		errs = append(errs, p.Close())
	}
	return errors.Join(errs...)
}

// names are those of the peers that are asked.
func (m *measurement) names() (out []string) {
	for _, p := range m.asked {
		out = append(out, p.Name())
	}
	return out
}
