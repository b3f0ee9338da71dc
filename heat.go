package atoll

import (
	"cmp"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/executor"
	"github.com/atoll-sql/atoll/heat"
	"github.com/atoll-sql/atoll/internal/config"
	"github.com/atoll-sql/atoll/shardmap"
)

// HeatReport tells what the shards are asked. Rates are per second, of about the last window: what is older fades.
//
// Parts of the key space are those of the shard map: listed keys, ranges, buckets, virtual shards. Single keys are data of rows: they are known to
// this process, and to the file that the configuration names, only where there is no residency policy. Under one, each is shown as a mark that
// means nothing outside this process.
type HeatReport struct {
	At, Since time.Time
	Window    time.Duration
	File      string  // where processes add their counts up; "" if these are this process's alone
	Limit     float64 // how many times the median shard's rate is an alert
	Median    float64 // of the shards' rates of statements; the lower of two in the middle
	Shards    []ShardHeat
	Hot       []KeyHeat // the hottest first
	Alerts    []HeatAlert
	Problems  []string // what could not be read or written; counting goes on
}

// ShardHeat is how much one shard is asked.
type ShardHeat struct {
	Shard, Region string
	State         shardmap.State
	Statements    float64 // how many the rates rest on, faded
	Requests      float64 // statements per second
	Errors        float64 // of them, those that failed by the shard's fault
	Rows, Bytes   float64 // per second
	Busy          float64 // seconds per second from statements to their first rows, the way there and back included
	Share         float64 // of all shards' requests, from 0 to 1
	TimesMedian   float64 // Requests by the median's; 0 where that is 0
	P50, P95, P99 time.Duration
	inUse         bool
}

// KeyHeat is how much a part of a table's keys is asked for, on its shard.
type KeyHeat struct {
	Shard    string
	Table    string  // the one whose strategy places the key; tables colocated with it count here
	Part     string  // as the shard map names it: "key 17", "bucket 3", "range [10, 20)"; "" where the strategy has no parts
	Key      string  // "" for the whole part
	Hidden   bool    // Key is a mark
	Requests float64 // per second, at least
	AtMost   float64
	Share    float64 // of its shard's requests
}

// maxHot bounds the keys and parts of a report.
const maxHot = 100

// heatMeter counts for an engine.
type heatMeter struct {
	cfg    config.Heat
	file   *heat.File // nil where counts stay in memory
	clock  func() time.Time
	alert  func(HeatAlert)
	counts *heat.Counters
	due    atomic.Int64   // when upkeep is next, in nanoseconds
	work   sync.WaitGroup // upkeep that runs

	mu      sync.Mutex // held by upkeep, and by who reads what follows
	begun   map[string]time.Time
	problem error          // of the last time that the file was written
	marks   *heat.Counters // of hidden keys, which the file does not get
}

// upkeepEvery is how often counts go to the file and alerts are looked for, while there are statements.
const upkeepEvery = time.Minute

func newHeatMeter(cfg *config.Config, o options) *heatMeter {
	c := cfg.Heat
	if c.Window == 0 { // a configuration that was made by hand
		c.Window, c.Alert = time.Hour, 3
	}
	hidden := cfg.Residency != ""
	m := &heatMeter{cfg: c, clock: o.heatClock, alert: o.heatAlert, begun: map[string]time.Time{}}
	if m.clock == nil {
		m.clock = time.Now
	}
	now := m.clock()
	m.counts, m.marks = heat.New(c.Window, now, hidden), heat.New(c.Window, now, hidden)
	m.due.Store(now.Add(upkeepEvery).UnixNano())
	if c.File != "" {
		m.file = &heat.File{Path: c.File, Window: c.Window, Hidden: hidden}
	}
	return m
}

// ended counts the statements of a query that has ended, with err or without.
func (m *heatMeter) ended(t *topology, r *running, err error) {
	now := m.clock()
	_, progress := r.state()
	failed, left := failedShard(err), r.query.leaving.missing()
	for _, f := range progress {
		for _, p := range f.Shards() {
			if p.State == executor.Waiting {
				continue
			}
			m.counts.Observe(now, heat.Statement{Shard: p.Shard, Rows: p.Stats.Rows, Bytes: p.Stats.Bytes, Took: answeredIn(p), Failed: p.Shard == failed || left[p.Shard]})
			m.touch(now, p.Shard, f.Fragment.Keys)
		}
	}
	m.upkeep(t, now)
}

// answeredIn is the time from the statement to its first rows, or to its end where it has none: how fast the rest is read is the reader's business.
func answeredIn(p executor.Progress) time.Duration {
	switch {
	case p.Stats.FirstBatch > 0:
		return p.Stats.FirstBatch
	case p.Stats.Total > 0:
		return p.Stats.Total
	}
	return -1
}

// failedShard is the shard whose fault an error is, "" if none's.
func failedShard(err error) string {
	if err == nil {
		return ""
	}
	var e *connectors.Error
	if errors.As(err, &e) {
		return e.Shard
	}
	return ""
}

// Heat tells what the shards are asked: what this process has counted, and, where the configuration names a file of heat, what others have.
func (e *Engine) Heat() HeatReport {
	t := e.hold()
	defer t.unpin()
	return e.heat.report(t)
}

func (m *heatMeter) report(t *topology) HeatReport {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock()
	sum, problems := m.sum(now)
	return m.reportOf(t, sum.Report(now), problems)
}

func (m *heatMeter) reportOf(t *topology, in *heat.Report, problems []string) HeatReport {
	out := HeatReport{At: in.At, Since: in.Since, Window: in.Window, File: m.cfg.File, Limit: m.cfg.Alert, Problems: problems}
	known := map[string]heat.Shard{}
	for _, s := range in.Shards {
		known[s.Name] = s
	}
	total, rates := 0.0, []float64{}
	for i, s := range t.shards {
		h := known[s.Name]
		x := ShardHeat{Shard: s.Name, Region: s.Region, State: t.Map.State(i), Statements: h.Weight, Requests: h.Requests, Errors: h.Errors, Rows: h.Rows, Bytes: h.Bytes,
			Busy: h.Busy, P50: h.P50, P95: h.P95, P99: h.P99}
		if x.State == shardmap.StateRetired {
			continue
		}
		total += x.Requests
		if x.inUse = len(t.tables[i]) > 0; x.inUse {
			rates = append(rates, x.Requests)
		}
		out.Shards = append(out.Shards, x)
		for _, k := range h.Hot {
			if k.Requests > 0 {
				out.Hot = append(out.Hot, KeyHeat{Shard: s.Name, Table: k.Table, Part: k.Part, Key: k.Value, Hidden: k.Hidden, Requests: k.Requests, AtMost: k.AtMost,
					Share: k.Requests / h.Requests})
			}
		}
	}
	out.Median = heat.Median(rates)
	for i := range out.Shards {
		s := &out.Shards[i]
		if total > 0 {
			s.Share = s.Requests / total
		}
		if out.Median > 0 {
			s.TimesMedian = s.Requests / out.Median
		}
	}
	slices.SortStableFunc(out.Hot, func(a, b KeyHeat) int { return cmp.Compare(b.Requests, a.Requests) })
	out.Hot = out.Hot[:min(len(out.Hot), maxHot)]
	out.Alerts = m.alerts(&out)
	return out
}

// counted is what the file says, and what was counted since.
func (m *heatMeter) counted() *heat.Report {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.clock()
	sum, _ := m.sum(now)
	return sum.Report(now)
}
