package fanout

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/atoll-sql/atoll/bench/load"
	"github.com/atoll-sql/atoll/bench/report"
)

// Names of the report's series, besides those that load.Rounds makes ("latency p50", "throughput", …). Their conditions are "shards" and "distance", and what
// else is said.
const (
	Overhead     = "overhead over the slowest shard" // the query's time / its slowest statement's; medians
	OverBare     = "overhead over bare connections"  // the query's time / the slowest statement of bare pgx connections beside it; medians
	InPhase      = "time in phase"                   // and "phase", one of Phases; medians
	Coordinator  = "time beyond the slowest shard"   // the query's time less its slowest statement's; medians
	Processor    = "processor time of the client"    // a query, one at a time; proxies included
	Answered     = "open loop: answered / arrived"
	ShardBytes   = "bytes from the shards"               // a query
	TimesOne     = "latency / that of one shard"         // medians of a round
	TimesOneCost = "coordinator's time / with one shard" // of shards that cost no processor: latency less the shards' fixed time
)

// describe fills the report with what was measured.
func (m *measurement) describe() error {
	for _, c := range m.cells {
		if err := m.describeCell(c); err != nil {
			return err
		}
	}
	for _, p := range m.sweeps {
		if err := m.describePoint(p); err != nil {
			return err
		}
	}
	m.describeTails()
	m.chartCells()
	m.chartTails()
	m.chartSweeps()
	m.timelines()
	m.goals()
	m.notes()
	return nil
}

// conditionsOf are a cell's, as names and values in turn.
func conditionsOf(c *cell) []string {
	return []string{"shards", strconv.Itoa(c.shards), "distance", c.distance}
}

func (m *measurement) describeCell(c *cell) error {
	for _, l := range []struct {
		load   string
		rounds load.Rounds
		names  []string
	}{{oneAtATime, c.one, c.oneNames()}, {m.atOnce(), c.many, loopNames}, {openLoop, c.open, openNames}} {
		if len(l.rounds) == 0 {
			continue
		}
		if err := m.addLoop(l.rounds, l.names, strconv.Itoa(c.shards), c.distance, l.load, theReport.name()); err != nil {
			return err
		}
	}
	own := conditionsOf(c)
	for _, r := range c.open {
		if r.Arrived > 0 { // else nothing is known
			m.r.Observe(Answered, report.Ratio, report.Higher, float64(r.Done)/float64(r.Arrived), own...)
		}
	}
	for round, asked := range c.asked {
		m.r.Observe(Overhead, report.Ratio, report.Lower, median(asked, Asked.Overhead), own...)
		m.r.Observe(Coordinator, report.Seconds, report.Lower, median(asked, func(a Asked) float64 { return (a.Took - a.Slowest()).Seconds() }), own...)
		for i, phase := range Phases {
			m.r.Observe(InPhase, report.Seconds, report.Lower, median(asked, func(a Asked) float64 { return a.In()[i].Seconds() }), append(own, "phase", phase)...)
		}
		m.r.Observe(Processor, report.Seconds, report.Lower, c.processor[round], own...)
		if !c.free { // those read no wire
			m.r.Observe(ShardBytes, report.Bytes, report.Lower, float64(bytesOf(asked[0])), own...)
		}
		one := m.cell(c.distance, 1).asked[round]
		m.r.Observe(TimesOne, report.Ratio, report.Lower, median(asked, Asked.seconds)/median(one, Asked.seconds), own...)
		if c.distance == Fixed {
			ratio := (median(asked, Asked.seconds) - m.fixed().Seconds()) / (median(one, Asked.seconds) - m.fixed().Seconds())
			m.r.Observe(TimesOneCost, report.Ratio, report.Lower, ratio, own...)
		}
	}
	for _, v := range c.overBare {
		m.r.Observe(OverBare, report.Ratio, report.Lower, v, own...)
	}
	return nil
}

// fixed is how long shards that cost no processor take: whole milliseconds, since the runtime's poller waits for these, and a timer that ends
// between two may be late by most of one, which is more than what is to be seen.
func (m *measurement) fixed() time.Duration {
	d := time.Duration(report.Median(nanoseconds(m.service)))
	return max(d.Round(time.Millisecond), time.Millisecond)
}

// Loads, and what they are called.
const (
	oneAtATime = "1 at once"
	openLoop   = "open"
)

func (m *measurement) atOnce() string { return fmt.Sprintf("%d at once", m.o.Concurrency) }

// What is kept of the series that a loop makes: those that say something.
var (
	freeNames = []string{"latency p50", "latency p90", "latency p99"}
	loopNames = append([]string{"latency p99.9", "latency max", "throughput"}, freeNames...)
	openNames = append([]string{"latency p99.9", "latency max", "service p50", "service p90", "service p99", "service p99.9"}, freeNames...)
	fewNames  = []string{"latency p50", "latency p90", "throughput"}
)

func (c *cell) oneNames() []string {
	if c.free {
		return freeNames
	}
	return loopNames
}

// addLoop adds the named series of a loop.
func (m *measurement) addLoop(rounds load.Rounds, names []string, shards, distance, loop, query string) error {
	list, err := rounds.Series(report.Label{Name: "shards", Value: shards}, report.Label{Name: "distance", Value: distance},
		report.Label{Name: "load", Value: loop}, report.Label{Name: "query", Value: query})
	if err != nil {
		return err
	}
	for _, s := range list {
		if slices.Contains(names, s.Name) {
			enough(&s, rounds)
			m.r.Series = append(m.r.Series, s)
		}
	}
	return nil
}

// enough takes away percentiles that the number of queries says nothing of. Where no round has enough of them, but all together have, that of all is the one value.
func enough(s *report.Series, rounds load.Rounds) {
	for _, p := range []struct {
		name    string
		percent float64
		needs   int64
	}{{"latency p90", 90, 10}, {"latency p99", 99, 100}, {"latency p99.9", 99.9, 1000},
		{"service p90", 90, 10}, {"service p99", 99, 100}, {"service p99.9", 99.9, 1000}} {
		if s.Name != p.name {
			continue
		}
		all, least := load.NewRecorder(), int64(1<<62)
		for _, r := range rounds {
			of := r.Latency
			if p.name[0] == 's' {
				of = r.Service
			}
			all.Merge(of)
			least = min(least, of.Count())
		}
		switch {
		case least >= p.needs:
		case all.Count() >= p.needs:
			s.Values = []float64{all.Percentile(p.percent).Seconds()}
		default:
			s.Values, s.Failed = nil, fmt.Sprintf("not known from %d queries; it takes %d: give a longer --duration", all.Count(), p.needs)
		}
	}
}

func (m *measurement) describePoint(p *point) error {
	name, loop := p.query.name(), fmt.Sprintf("%d at once", p.parallel)
	if p.sweep == byParallel {
		loop += ", sweep" // else it could be that of the throughput
	}
	shards := strconv.Itoa(m.o.At)
	if err := m.addLoop(p.rounds, fewNames, shards, Near, loop, name); err != nil {
		return err
	}
	for round := range p.rounds {
		m.r.Observe("merge by query", report.Seconds, report.Lower, p.merge[round], "shards", shards, "query", name, "load", loop)
		m.r.Observe("bytes by query", report.Bytes, report.Lower, p.bytes[round], "shards", shards, "query", name, "load", loop)
	}
	return nil
}

func (a Asked) seconds() float64 { return a.Took.Seconds() }

// median is that of a figure over queries.
func median(asked []Asked, of func(Asked) float64) float64 {
	values := make([]float64, len(asked))
	for i, a := range asked {
		values[i] = of(a)
	}
	return report.Median(values)
}

// versions asks the shards for theirs.
func (m *measurement) versions(ctx context.Context) (err error) {
	e, err := m.near.Open(ctx, 1)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	all, err := e.Shards(ctx)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.Err != nil {
			return s.Err
		}
		v := report.Setting{Name: "shards", Value: s.Version}
		if !slices.Contains(m.r.Versions, v) {
			m.r.Versions = append(m.r.Versions, v)
		}
	}
	return nil
}
