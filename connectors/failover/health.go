package failover

import "time"

// Health is what is known of one server.
type Health struct {
	Name    string // of a replica; "" for the primary
	Region  string
	Breaker State
	// Failures is how many statements failed one after the other for the server's sake.
	Failures int
	// LastError is the last error of a statement or probe; nil if there was none.
	LastError *Failure

	// Staleness bounds how far the replica is behind the primary; it counts from the last probe that proved it.
	Staleness      time.Duration
	StalenessKnown bool
	// Unread says why the replica is not read just now, "" if it is: it differs from the primary, is too far behind, or that is not known.
	Unread string
	// Differs says in what the replica is unlike the primary, so that it is never read; "" if in nothing, or it was not compared.
	Differs string

	RoundTrip time.Duration // of the fastest of the last probes; 0 if there was none
	Latency   Quantiles
	Preferred bool // it is the one that is read where nothing speaks against it

	// Since the shard was opened: tries of statements, those of them that were retries, and those that were hedges.
	Statements, Retries, Hedges int64
}

// Health tells what is known of the servers, the primary first. It asks nobody.
func (s *Shard) Health() []Health {
	now := s.clock.Now()
	out := make([]Health, len(s.servers))
	for i, srv := range s.servers {
		h := Health{Name: srv.Name, Region: srv.Region, RoundTrip: srv.trip.least(), Latency: srv.latency.quantiles(),
			Preferred:  (*s.order.Load())[0] == srv,
			Statements: srv.statements.Load(), Retries: srv.retries.Load(), Hedges: srv.hedges.Load()}
		h.Breaker, h.Failures, h.LastError = srv.breaker.report()
		if !srv.primary() {
			k := srv.known()
			h.Differs, h.Unread = k.differs, srv.unread(time.Time{}, now)
			if h.StalenessKnown = !k.fresh.IsZero(); h.StalenessKnown {
				h.Staleness = now.Sub(k.fresh)
			}
		}
		out[i] = h
	}
	return out
}

// report is the breaker's part of a server's health.
func (b *breaker) report() (State, int, *Failure) {
	b.mu.Lock()
	defer b.mu.Unlock()
	state := b.state
	if state == "" {
		state = Closed
	}
	return state, b.failures, b.last
}
