package fanout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/atoll-sql/atoll/bench/peers"
	"github.com/atoll-sql/atoll/bench/report"
	"github.com/atoll-sql/atoll/bench/world"
	"github.com/atoll-sql/atoll/internal/logictest"
)

// Names of the series of peers; their conditions are "shards", "query" and "peer".
const (
	PeerLatency = "latency beside peers"
	PeerRatio   = "latency / Atoll's"
)

// peerLimit bounds one query of a peer.
const peerLimit = 30 * time.Second

// beside is a peer that answers, and what it took.
type beside struct {
	peers.Peer
	about *report.Peer
	took  map[string][]float64 // by query's name, seconds by round
	wrong map[string]string    // by query's name: why it is not measured
}

// besidePeers puts the same queries to other systems over the same rows, near.
func (m *measurement) besidePeers(ctx context.Context) (err error) {
	m.o.Progress(fmt.Sprintf("starting %d shards, a single server and one for foreign tables", m.o.At))
	w, err := world.Start(ctx, world.Options{
		Shards: m.o.At, Rows: m.o.Rows, Groups: m.mostGroups(), Seed: m.o.Seed, Single: true, FDW: true, TCP: true,
	})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.Close()) }()
	m.addSettings(w)
	all, err := m.openPeers(ctx, w)
	defer func() {
		for _, p := range all {
			err = errors.Join(err, p.Close())
		}
	}()
	if err != nil {
		return err
	}
	queries := m.peerQueries()
	if err := m.checkPeers(ctx, all, queries); err != nil {
		return err
	}
	for round := -m.o.WarmUp; round < m.o.Rounds; round++ { // what is asked before the first round is not counted
		for _, q := range queries {
			for _, p := range all {
				if err := p.measure(ctx, q, round >= 0); err != nil {
					return err
				}
			}
		}
	}
	m.describePeers(all, queries)
	return nil
}

// addSettings adds those of the peers' servers that the report does not have yet.
func (m *measurement) addSettings(w *world.World) {
	for _, s := range w.Settings() {
		if !slices.ContainsFunc(m.r.Settings, func(o report.Setting) bool { return o.Name == s.Name }) {
			m.r.Settings = append(m.r.Settings, s)
		}
	}
}

// peerQueries are those that are put to peers.
func (m *measurement) peerQueries() []query {
	return []query{theReport, {selectivity: 0.01}, {groups: min(1000, m.mostGroups())}, {rows: min(1000, m.o.Rows), perShard: m.o.Rows}}
}

// openPeers sets up who can be had: Atoll, the single server whose answers are the right ones, and those wanted.
func (m *measurement) openPeers(ctx context.Context, w *world.World) (all []*beside, err error) {
	e, err := w.Open(ctx, 0)
	if err != nil {
		return nil, err
	}
	add := func(p peers.Peer, about report.Peer) {
		all = append(all, &beside{Peer: p, about: &about, took: map[string][]float64{}, wrong: map[string]string{}})
	}
	add(peers.Engine(e), report.Peer{Name: peers.Atoll, Setup: "one engine over the shards, by their unix sockets"})
	options := m.o.PeerOptions
	options.Progress = m.o.Progress
	for _, name := range peers.Names {
		if name != peers.PostgreSQL && !slices.Contains(m.o.Peers, name) {
			continue
		}
		p, about, err := peers.Open(ctx, name, w.Peers(), options)
		switch {
		case err != nil:
			return all, fmt.Errorf("%s: %w", name, err)
		case p != nil:
			add(p, about)
		case name == peers.PostgreSQL:
			return all, fmt.Errorf("%s: %s", name, about.Missing)
		default:
			m.o.Progress(name + " is missing: " + about.Missing)
			m.r.Peers = append(m.r.Peers, about)
		}
	}
	return all, nil
}

// checkPeers holds each answer to that of the single server, before anything is measured. A wrong one of Atoll's ends the run.
func (m *measurement) checkPeers(ctx context.Context, all []*beside, queries []query) error {
	for _, q := range queries {
		var right logictest.Answer
		for _, p := range all {
			if p.Name() == peers.PostgreSQL {
				reply, err := p.Ask(ctx, q.sql(), peerLimit)
				if err != nil {
					return fmt.Errorf("%s, %s: %w", p.Name(), q.name(), err)
				}
				right = reply.Answer
			}
		}
		for _, p := range all {
			reply, err := p.Ask(ctx, q.sql(), peerLimit)
			if ctx.Err() != nil {
				return ctx.Err()
			}
			if err != nil && p.Name() == peers.Atoll {
				return fmt.Errorf("%s: %w", q.name(), err)
			}
			if err != nil {
				p.wrong[q.name()] = err.Error()
				continue
			}
			p.about.Checked++
			err = peers.Compare(p.Name(), logictest.Case{}, right, reply.Answer)
			if err != nil && p.Name() == peers.Atoll {
				return fmt.Errorf("%s: Atoll's answer is wrong: %w", q.name(), err)
			}
			if err != nil {
				p.wrong[q.name()] = "its answer is not that of " + peers.PostgreSQL + ": " + err.Error()
				continue
			}
			p.about.Equal++
		}
	}
	return nil
}

// measure asks a peer once.
func (p *beside) measure(ctx context.Context, q query, counts bool) error {
	if p.wrong[q.name()] != "" {
		return nil
	}
	reply, err := p.Ask(ctx, q.sql(), peerLimit)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil && p.Name() == peers.Atoll {
		return fmt.Errorf("%s: %w", q.name(), err)
	}
	if err != nil {
		p.wrong[q.name()] = err.Error()
		return nil
	}
	if counts {
		p.took[q.name()] = append(p.took[q.name()], reply.Took.Seconds())
	}
	return nil
}

// describePeers adds latencies, and ratios of the same round, to the report.
func (m *measurement) describePeers(all []*beside, queries []query) {
	ours := all[0]
	chart := report.Chart{Name: "peers", Title: fmt.Sprintf("The same queries over %d shards, near", m.o.At), Kind: report.Bars, X: "query", Y: "ms", LogY: true}
	for _, q := range queries {
		chart.Categories = append(chart.Categories, q.name())
	}
	for _, p := range all {
		m.r.Peers = append(m.r.Peers, *p.about)
		if p.Name() == peers.DuckDB || p.Name() == peers.Trino {
			m.r.Notes = append(m.r.Notes, fmt.Sprintf("%s's numbers are compared by value, where it has floating-point numbers to %g of it.", p.Name(), peers.Tolerance))
		}
		line := report.Line{Name: p.Name()}
		for _, q := range queries {
			at := []report.Label{{Name: "shards", Value: strconv.Itoa(m.o.At)}, {Name: "query", Value: q.name()}, {Name: "peer", Value: p.Name()}}
			latency := report.Series{Name: PeerLatency, Labels: at, Unit: report.Seconds, Better: report.Lower, Values: p.took[q.name()], Failed: p.wrong[q.name()]}
			ratio := report.Series{Name: PeerRatio, Labels: at, Unit: report.Ratio, Better: report.Higher, Failed: latency.Failed}
			if latency.Failed != "" {
				latency.Values = nil
			}
			for round, v := range latency.Values {
				ratio.Values = append(ratio.Values, v/ours.took[q.name()][round])
			}
			m.r.Series = append(m.r.Series, latency)
			if p != ours {
				m.r.Series = append(m.r.Series, ratio)
			}
			line.Y = append(line.Y, 1e3*latency.Median()) // 0 where it gave no right answer
		}
		chart.Lines = append(chart.Lines, line)
	}
	m.r.Charts = append(m.r.Charts, chart)
}
