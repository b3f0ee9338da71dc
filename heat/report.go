package heat

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"
)

// Report is what counters say at one moment. Rates are per second, of about the last window.
type Report struct {
	At, Since time.Time
	Window    time.Duration
	Shards    []Shard // by name
}

// Shard is the heat of one shard.
type Shard struct {
	Name          string
	Weight        float64 // statements, faded: how much the rates rest on
	Requests      float64 // per second
	Errors        float64
	Rows          float64
	Bytes         float64
	Busy          float64 // seconds per second that statements took, the way to the shard and back included
	P50, P95, P99 time.Duration
	Hot           []Hot // the hottest first
}

// Hot is a part of a table's keys on a shard, or one key.
type Hot struct {
	Table    string
	Part     string  // as the shard map names it
	Value    string  // of single keys
	Hidden   bool    // Value is a mark that means nothing but that it is another key's
	Requests float64 // per second, at least
	AtMost   float64
}

// Report reads the counters.
func (c *Counters) Report(now time.Time) *Report {
	c.mu.RLock()
	defer c.mu.RUnlock()
	out := &Report{At: now, Since: c.since, Window: c.window}
	windows := c.windows(now)
	if windows < -back { // the clock was set back
		windows = 0
	}
	faded := math.Exp(-windows)
	perSecond := faded / c.effective(now)
	for name, k := range c.shards {
		k.mu.Lock()
		out.Shards = append(out.Shards, Shard{
			Name: name, Weight: k.requests * faded, Requests: k.requests * perSecond, Errors: k.errors * perSecond, Rows: k.rows * perSecond,
			Bytes: k.bytes * perSecond, Busy: k.busy * perSecond,
			P50: k.latency.quantile(0.50), P95: k.latency.quantile(0.95), P99: k.latency.quantile(0.99), Hot: k.hot(perSecond),
		})
		k.mu.Unlock()
	}
	slices.SortFunc(out.Shards, func(a, b Shard) int { return cmp.Compare(a.Name, b.Name) })
	return out
}

// effective is the time, in seconds, that the weights add up to: the integral of their fading over the time counted. With a steady rate r
// the weights' sum is r times that, however long it has been counted.
func (c *Counters) effective(now time.Time) float64 {
	age := max(now.Sub(c.since), time.Second)
	if now.Before(c.since) { // the clock was set back
		age = c.window
	}
	return c.window.Seconds() * -math.Expm1(-float64(age)/float64(c.window))
}

func (k *counter) hot(perSecond float64) []Hot {
	var out []Hot
	for table, t := range k.tables {
		for _, s := range []*sketch{&t.parts, &t.values} {
			for _, c := range s.cells {
				h := Hot{Table: table, Part: c.part, Value: c.value, Requests: (c.count - c.over) * perSecond, AtMost: c.count * perSecond}
				if c.mark != 0 {
					h.Hidden, h.Value = true, fmt.Sprintf("#%08x", uint32(c.mark>>32))
				}
				out = append(out, h)
			}
		}
	}
	slices.SortFunc(out, func(a, b Hot) int {
		return cmp.Or(cmp.Compare(b.Requests, a.Requests), cmp.Compare(a.Table, b.Table), cmp.Compare(a.Part, b.Part), cmp.Compare(a.Value, b.Value))
	})
	return out
}

// Median is the median of values, the lower of the two in the middle where there are two: so that of two shards, too, one can be many times
// as hot as the median. It is 0 for none.
func Median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	sorted := slices.Sorted(slices.Values(values))
	return sorted[(len(sorted)-1)/2]
}
