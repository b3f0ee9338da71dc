package atoll

import (
	"context"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/failover"
)

// ServerStatus is what an engine knows of one server of a shard: its own, or a replica. Counts and times are of this engine, since it was opened or
// since it got to know the shard.
type ServerStatus struct {
	Shard   string
	Replica string // "" for the shard's own server
	Region  string

	Breaker   string       // "closed": statements are sent; "open": none is, for some time; "half-open": one is, to try
	Failures  int          // statements that failed one after the other for the server's sake
	LastError *ServerError // nil if there was none

	// Staleness bounds how far a replica is behind the shard's own server; it is proven where StalenessKnown is true.
	Staleness      time.Duration
	StalenessKnown bool
	Unread         string // why a replica is not read just now, "" if it is
	Differs        string // in what a replica is unlike the shard's own server, so that it is never read; "" if in nothing that is known
	Preferred      bool   // it is the one that is read where nothing speaks against it

	RoundTrip     time.Duration // the shortest of the last probes, 0 if there was none
	P50, P95, P99 time.Duration // from a statement to its first batch, of the last Samples statements
	Samples       int

	Statements, Retries, Hedges int64 // sent: in all, again after an error, beside another server that was slow
}

// ServerError is an error of a server.
type ServerError struct {
	Class connectors.Class
	Text  string
	At    time.Time
}

// Health tells what is known of the servers of all shards, in the order of the map, each shard's own before its replicas. It asks nobody, and may be
// called as often as one likes.
func (e *Engine) Health() []ServerStatus {
	t := e.hold()
	defer t.unpin()
	var out []ServerStatus
	for _, s := range t.shards {
		out = append(out, servers(s)...)
	}
	return out
}

func servers(s *shard) []ServerStatus {
	var out []ServerStatus
	for _, h := range s.conn.Health() {
		one := ServerStatus{
			Shard: s.Name, Replica: h.Name, Region: h.Region, Breaker: string(h.Breaker), Failures: h.Failures,
			Staleness: h.Staleness, StalenessKnown: h.StalenessKnown, Unread: h.Unread, Differs: h.Differs, Preferred: h.Preferred,
			RoundTrip: h.RoundTrip, P50: h.Latency.P50, P95: h.Latency.P95, P99: h.Latency.P99, Samples: h.Latency.Samples,
			Statements: h.Statements, Retries: h.Retries, Hedges: h.Hedges,
		}
		if f := h.LastError; f != nil {
			one.LastError = &ServerError{f.Class, f.Text, f.At}
		}
		out = append(out, one)
	}
	return out
}

// A replica that works is a moment behind: it may take a few probes to prove that it has what the shard's own server had.
const (
	watchTime  = 2 * time.Second
	watchPause = 100 * time.Millisecond
)

// watch probes the servers of a shard with replicas, until all is known that can be in a short time.
func (e *topology) watch(ctx context.Context, s *shard) {
	if len(s.Replicas) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, watchTime)
	defer cancel()
	for {
		s.conn.Probe(ctx)
		if settled(s.conn.Health()) {
			return
		}
		select {
		case <-time.After(watchPause):
		case <-ctx.Done():
			return
		}
	}
}

// settled reports that another probe would find out nothing new.
func settled(all []failover.Health) bool {
	for _, h := range all[1:] {
		if h.Unread != "" && h.Differs == "" && h.Failures == 0 && all[0].Failures == 0 {
			return false
		}
	}
	return true
}

// replicaProblems names the replicas that are not read, and why. One whose shard does not answer is not blamed for that.
func replicaProblems(shards []ShardStatus) []Problem {
	var out []Problem
	for _, s := range shards {
		for _, r := range s.Servers {
			if r.Replica == "" {
				continue
			}
			text := r.Differs
			switch {
			case text != "":
				text = "is not like the shard's own server, and is never read: " + text
			case r.LastError != nil && (r.Failures > 0 || r.Breaker != string(failover.Closed)):
				text = "does not answer: " + r.LastError.Text
			case s.Err != nil || r.Unread == "":
				continue
			default:
				text = "is not read: " + r.Unread
			}
			out = append(out, Problem{Shard: s.Shard, Replica: r.Replica, Text: text})
		}
	}
	return out
}
