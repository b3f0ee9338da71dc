package atoll

import "time"

// HeatAlert says that a shard is asked much more often than others.
//
// What counts is statements per second. The time that they take would say more of the work, but it has the way to the shard in it: the farthest
// shard would always be the hottest.
type HeatAlert struct {
	Shard, Region string
	Since         time.Time // when this process saw it begin
	Requests      float64   // statements per second
	Median        float64   // of the shards' rates
	Limit         float64   // how many times the median is too much
	Hottest       *KeyHeat  // what on the shard is asked for most, nil if that is not known
}

// WithHeatAlert sets what is called when a shard begins to be asked more often than the configuration's limit times the median shard; once, until it
// has fallen below four fifths of that and begins again. It is looked for once a minute while statements end, by a goroutine of the engine's
// that waits for f to return; f must not close the engine.
func WithHeatAlert(f func(HeatAlert)) Option { return func(o *options) { o.heatAlert = f } }

// An alert needs leastStatements behind it, faded: of fewer a rate says little. It ends where the rate falls below endsAt times the limit.
const (
	leastStatements = 100
	endsAt          = 0.8
)

// alerts are the shards that are asked too much. One that was before has to fall further for it to end. m.mu is held.
func (m *heatMeter) alerts(r *HeatReport) []HeatAlert {
	var out []HeatAlert
	inUse := 0
	for i := range r.Shards {
		if r.Shards[i].inUse {
			inUse++
		}
	}
	for i := range r.Shards {
		s := &r.Shards[i]
		limit, least := r.Limit, float64(leastStatements)
		since, on := m.begun[s.Shard]
		if on {
			limit, least = limit*endsAt, least*endsAt
		} else {
			since = r.At
		}
		if inUse < 2 || !s.inUse || s.Statements < least || s.Requests <= limit*r.Median {
			continue
		}
		a := HeatAlert{Shard: s.Shard, Region: s.Region, Since: since, Requests: s.Requests, Median: r.Median, Limit: r.Limit}
		for j := range r.Hot {
			if r.Hot[j].Shard == s.Shard {
				a.Hottest = &r.Hot[j]
				break
			}
		}
		out = append(out, a)
	}
	return out
}

// alarm notes which alerts have begun and ended, and returns those that have begun. m.mu is held.
func (m *heatMeter) alarm(r *HeatReport) []HeatAlert {
	var fresh []HeatAlert
	now := map[string]time.Time{}
	for _, a := range r.Alerts {
		if _, on := m.begun[a.Shard]; !on {
			fresh = append(fresh, a)
		}
		now[a.Shard] = a.Since
	}
	m.begun = now
	return fresh
}
