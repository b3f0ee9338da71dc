package failover

import (
	"cmp"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"github.com/atoll-sql/atoll/connectors"
)

// server is one of a shard's servers, and what is known of it.
type server struct {
	Endpoint
	shard *Shard
	index int // 0 is the primary

	breaker breaker
	latency latency // to the first batch of statements
	trip    trip    // of probes, there and back

	statements, retries, hedges atomic.Int64
	running                     atomic.Int64 // tries that have not ended, and readers that are open
	serving                     atomic.Int64 // readers that are open
	heard                       atomic.Int64 // when the server answered something last, on the shard's clock; 0 if never

	mu       sync.Mutex // held while standing changes
	standing atomic.Pointer[standing]
}

// standing is what is proven of a replica. It is replaced, never changed.
type standing struct {
	alike    bool      // it was compared with the primary, and is like it
	differs  string    // in what it is not; "" if it is, or was not compared
	compared time.Time // when it was
	tables   []string  // that were compared
	fresh    time.Time // it holds all that was committed before; zero if that is not known
	unknown  string    // why it is not
}

func (srv *server) primary() bool { return srv.index == 0 }

// conns is how many statements the server runs at once.
func (srv *server) conns() int {
	if p, ok := srv.Conn.(connectors.Pooled); ok {
		return p.MaxConns()
	}
	return unbounded
}

// known is what is proven of the server just now.
func (srv *server) known() standing {
	if s := srv.standing.Load(); s != nil {
		return *s
	}
	return standing{}
}

// learn changes what is proven of the server.
func (srv *server) learn(change func(*standing)) {
	srv.mu.Lock()
	defer srv.mu.Unlock()
	s := srv.known()
	change(&s)
	srv.standing.Store(&s)
}

// readable reports whether the server may be read for what was adopted at a time, at the staleness that the shard allows.
func (srv *server) readable(since, now time.Time) bool {
	return srv.primary() || srv.unread(since, now) == ""
}

// unread says why a replica is not read; "" if it is.
func (srv *server) unread(since, now time.Time) string {
	s := srv.known()
	switch any := srv.shard.staleness < 0; {
	case s.differs != "":
		return s.differs
	case !s.alike:
		return "it has not been compared with the primary"
	case s.fresh.IsZero() && (!any || !since.IsZero()):
		return "how far it is behind the primary is not known: " + cmp.Or(s.unknown, "nobody has asked it")
	case !since.IsZero() && s.fresh.Before(since):
		return "it is not proven to hold all that was committed before the version of the shard map"
	case !any && now.Sub(s.fresh) > srv.shard.staleness:
		return "it is not proven to be less than " + srv.shard.staleness.String() + " behind the primary"
	}
	return ""
}

// barred reports an error with which a replica lets nobody in, such as a wrong certificate or password: the other servers may well.
func (srv *server) barred(err error) bool {
	var e *connectors.Error
	return !srv.primary() && errors.As(err, &e) && (e.Class == connectors.ClassConfig || e.Class == connectors.ClassAuth)
}

// answered notes that the server gave the first of an answer.
func (srv *server) answered(now time.Time) {
	srv.heard.Store(now.UnixNano())
	srv.breaker.tried(srv, nil, now)
}

// sick reports an error that speaks against the server.
func (srv *server) sick(e *connectors.Error) bool {
	return e.Class == connectors.ClassUnavailable || srv.barred(e) || errors.Is(e, errSilent)
}

// ended notes how a statement, or a probe, ended at the server. Errors that say nothing of it are left aside.
func (srv *server) ended(err error, now time.Time) {
	if err == nil {
		srv.breaker.succeed()
		return
	}
	var e *connectors.Error
	switch {
	case !errors.As(err, &e):
	case srv.sick(e):
		srv.breaker.fail(srv, e, now)
	default:
		srv.breaker.note(e, now)
		srv.breaker.succeed() // it works, whatever the statement met
	}
}
