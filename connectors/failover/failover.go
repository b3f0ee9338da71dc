// Package failover makes one connector of the servers that hold the same shard.
//
// A [Shard] is a primary and any number of replicas. Each statement that reads is sent to the nearest server that works, is
// fresh enough and is permitted; where it fails in a way that passes by itself, and before its first row was handed on, it is sent again, to the same server or
// another one. Servers that keep failing are left alone by a circuit breaker until a probe succeeds. A statement that takes longer than
// nearly all do is hedged: a second server is asked, and the one that answers first is heard.
package failover

import (
	"math"
	"sync"
	"sync/atomic"
	"time"

	"github.com/atoll-sql/atoll/connectors"
	"github.com/atoll-sql/atoll/connectors/pool"
)

// Endpoint is one server of a shard.
type Endpoint struct {
	Name   string // of a replica; "" for the primary
	Region string
	Conn   connectors.Connector // the Shard owns it
	// Near says that the server is in the coordinator's region: it is read before others unless it proves to be farther away.
	Near bool
}

// Options say how a shard's servers are used. The zero value serves.
type Options struct {
	// MaxStaleness bounds how far behind the primary a replica may be that is read; 0 means DefaultStaleness, less than 0 that it does not matter.
	MaxStaleness time.Duration
	// Timeout bounds a statement with all of its attempts, until its end; 0 means that nothing but its context does.
	Timeout time.Duration
	// Expect lists the tables that the servers must describe alike; it is asked when a replica is verified.
	Expect func() []string
	// Clock is the system's where nil. Its times are monotonic.
	Clock pool.Clock
}

// DefaultStaleness is how far behind a replica may be that is read, unless [Options] say otherwise.
const DefaultStaleness = 10 * time.Second

// Shard is the servers of one shard as one connector. It is safe for concurrent use.
type Shard struct {
	name      string
	staleness time.Duration // less than 0: any
	timeout   time.Duration // 0: none
	expect    func() []string
	clock     pool.Clock
	servers   []*server // the primary first

	ranking    sync.Mutex
	order      atomic.Pointer[[]*server] // in which they are read where nothing speaks against it; replaced, never changed
	statements atomic.Int64
	retries    bucket
	hedges     bucket
	history    history
	reference  atomic.Pointer[looks] // of the primary, when it was last compared with a replica
	background background            // tries
}

// New makes a shard of its servers, which it owns from then on. Nobody is contacted.
func New(shard string, primary Endpoint, replicas []Endpoint, o Options) *Shard {
	s := &Shard{name: shard, staleness: o.MaxStaleness, timeout: o.Timeout, expect: o.Expect, clock: o.Clock}
	if s.staleness == 0 {
		s.staleness = DefaultStaleness
	}
	if s.clock == nil {
		s.clock = pool.System
	}
	if s.expect == nil {
		s.expect = func() []string { return nil }
	}
	s.retries = bucket{most: retryBurst, share: retryShare, rate: retryRate, tokens: retryBurst, at: s.clock.Now()}
	s.hedges = bucket{most: hedgeBurst, share: hedgeShare, at: s.clock.Now()}
	for i, e := range append([]Endpoint{primary}, replicas...) {
		s.servers = append(s.servers, &server{Endpoint: e, shard: s, index: i})
	}
	order := ranked(s.servers)
	s.order.Store(&order)
	s.background.none.L = &s.background.mu
	return s
}

// unbounded is what MaxConns says where no server has a bound.
const unbounded = math.MaxInt32

// MaxConns implements [connectors.Pooled]: the least that any server allows.
func (s *Shard) MaxConns() int {
	n := unbounded
	for _, srv := range s.servers {
		n = min(n, srv.conns())
	}
	return n
}

// Close implements [connectors.Connector]. It waits for the tries that were given up.
func (s *Shard) Close() error {
	s.background.wait()
	return s.each(func(srv *server) error { return srv.Conn.Close() })
}
