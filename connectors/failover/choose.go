package failover

import (
	"errors"
	"slices"
	"time"

	"github.com/atoll-sql/atoll/connectors"
)

// A server becomes the one that is read if it is nearer by a fifth and by what one round trip differs from another anyhow.
const (
	nearerBy    = 0.8
	nearerAtAll = 500 * time.Microsecond
)

// ranked puts servers in the order in which they are read: those in the coordinator's region first, then the primary.
func ranked(all []*server) []*server {
	out := slices.Clone(all)
	slices.SortStableFunc(out, func(a, b *server) int {
		switch {
		case a.Near == b.Near:
			return 0
		case a.Near:
			return -1
		}
		return 1
	})
	return out
}

// rank orders the servers anew by what probes measured. The first one stays until another one proves to be nearer; who was not measured stays
// where it is.
func (s *Shard) rank() {
	s.ranking.Lock()
	defer s.ranking.Unlock()
	out := slices.Clone(*s.order.Load())
	for i := 1; i < len(out); i++ {
		for j := i; j > 0 && nearer(out[j], out[j-1]); j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	s.order.Store(&out)
}

// nearer reports whether a was measured to be nearer than b, beyond doubt.
func nearer(a, b *server) bool {
	x, y := a.trip.least(), b.trip.least()
	return x > 0 && y > 0 && float64(x) < nearerBy*float64(y) && y-x > nearerAtAll
}

// choose picks the server for a statement's next try; nil if there is none. Probe says that it is one of a half-open breaker.
func (st *statement) choose() (srv *server, probe bool) {
	if st.only != nil {
		if st.hasTried(st.only) {
			return nil, false
		}
		ok, probe := st.only.breaker.allow(st.now)
		if !ok {
			return nil, false
		}
		return st.only, probe
	}
	if srv := st.next(nil); srv != nil {
		return srv, false
	}
	primary := st.shard.servers[0]
	if !st.hasTried(primary) {
		if ok, probe := primary.breaker.allow(st.now); ok {
			return primary, probe
		}
	}
	return st.compared(), false
}

// next is the first server in order, other than one, that a statement may be sent to freely; nil if there is none.
func (st *statement) next(other *server) *server {
	order := st.shard.servers
	if !st.describes {
		order = *st.shard.order.Load()
	}
	for _, srv := range order {
		if srv != other && !st.hasTried(srv) && srv.breaker.closed() && st.may(srv) {
			return srv
		}
	}
	return nil
}

// may reports whether the statement may read a server as far as that is known.
func (st *statement) may(srv *server) bool {
	if st.describes {
		return srv.primary() || srv.known().differs == ""
	}
	return srv.readable(st.query.since(), st.now) && st.query.permits(srv)
}

// stranger is a replica that nobody has compared with the primary so far; nil if there is none that could be read then.
func (st *statement) stranger() *server {
	if st.only != nil || st.describes || st.shard.staleness >= 0 || !st.query.since().IsZero() {
		return nil // more than a comparison would be needed
	}
	for _, srv := range st.shard.servers[1:] {
		if k := srv.known(); !k.alike && k.differs == "" && !st.hasTried(srv) && srv.breaker.closed() && st.query.permits(srv) {
			return srv
		}
	}
	return nil
}

// compared is a stranger that has been compared since, and may be read: where nothing else is left, a statement does that itself.
func (st *statement) compared() *server {
	for srv := st.stranger(); srv != nil; srv = st.stranger() {
		err := st.shard.compare(st.ctx, srv)
		if err == nil && srv.known().alike {
			return srv
		}
		st.markTried(srv)
		if err != nil {
			st.failed(srv, err)
		}
	}
	return nil
}

// unavailable is the error of a statement for which there is no server.
func (st *statement) unavailable() error {
	srv := st.shard.servers[0]
	if st.only != nil {
		srv = st.only
	}
	if st.marks != nil && st.marks[srv.index].err != nil && srv.breaker.closed() {
		return srv.name(st.marks[srv.index].err) // and whoever else was tried after it failed as well
	}
	srv.breaker.mu.Lock()
	cause, until := srv.breaker.cause, srv.breaker.until
	srv.breaker.mu.Unlock()
	text := "the shard is not asked since its server keeps failing"
	if len(st.shard.servers) > 1 && st.only == nil {
		text = "the shard is not asked since its own server keeps failing and no replica may be read"
	}
	var why *connectors.Error
	if errors.As(cause, &why) {
		text += " (" + why.Text + ")" // its own words, which hold nothing of the shard's
	}
	if wait := until.Sub(st.now); wait > 0 {
		text += ": the next try is in " + max(wait.Round(100*time.Millisecond), 100*time.Millisecond).String()
	}
	return srv.name(connectors.NewError(st.shard.name, connectors.ClassUnavailable, "08001", text, cause))
}
