package failover

import (
	"context"
	"sync"

	"github.com/atoll-sql/atoll/connectors"
)

// Snapshot implements [connectors.Connector]. The first statement chooses the server, on which all others run as well.
func (s *Shard) Snapshot(over func() error) connectors.Snapshot { return s.snapshot(over, nil) }

func (s *Shard) snapshot(over func() error, only *server) *snapshot {
	if only == nil && len(s.servers) == 1 {
		only = s.servers[0]
	}
	return &snapshot{shard: s, over: over, srv: only, turn: make(chan struct{}, 1)}
}

// snapshot is one state of one server. Where there is a choice of servers, the first statement keeps others waiting until it has its first batch, since a
// try that fails or is beaten takes its state with it.
type snapshot struct {
	shard *Shard
	over  func() error
	turn  chan struct{} // whose token the statement holds that chooses the server

	mu     sync.Mutex
	srv    *server             // nil until it is chosen
	state  connectors.Snapshot // nil until somebody asks
	users  int                 // statements that use state and have no rows yet
	fixed  bool                // somebody has rows of state
	closed bool
}

// Query implements [connectors.Snapshot].
func (n *snapshot) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	if srv := n.chosen(); srv != nil {
		return n.query(ctx, srv, stmt)
	}
	select {
	case n.turn <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	defer func() { <-n.turn }()
	if srv := n.chosen(); srv != nil {
		return n.query(ctx, srv, stmt)
	}
	return n.choose(ctx, stmt)
}

func (n *snapshot) chosen() *server {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.srv
}

// choose runs the first statement, each try in a state of its own.
func (n *snapshot) choose(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	if err := n.open(); err != nil {
		return nil, err
	}
	r := &reader{}
	r.st.start(ctx, n.shard)
	r.st.stmt, r.st.states = stmt, n
	if err := r.begin(); err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.srv, n.state, n.fixed = r.try.srv, r.try.snap, true
	if n.closed {
		n.state.Close()
	}
	return r, nil
}

// open returns the error of a snapshot that is closed.
func (n *snapshot) open() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return connectors.NewError(n.shard.name, connectors.ClassInternal, "", "the snapshot is closed", nil)
	}
	return nil
}

// query runs a statement on the server that was chosen.
func (n *snapshot) query(ctx context.Context, srv *server, stmt connectors.Statement) (connectors.Reader, error) {
	r := &reader{}
	r.st.start(ctx, n.shard)
	r.st.stmt, r.st.only, r.st.within = stmt, srv, n
	if err := r.begin(); err != nil {
		return nil, err
	}
	return r, nil
}

// join returns the state that all statements read, and counts the caller until it leaves. A new one begins where there is none.
func (n *snapshot) join() (connectors.Snapshot, error) {
	if err := n.open(); err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.state == nil {
		n.state = n.srv.Conn.Snapshot(n.over)
	}
	n.users++
	return n.state, nil
}

// leave ends a try in the state. One that failed takes the state with it where nobody else reads it.
func (n *snapshot) leave(failed bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.users--
	if !failed {
		n.fixed = true
	}
	if n.users == 0 && !n.fixed && n.state != nil {
		n.state.Close()
		n.state = nil
	}
}

// stays reports whether statements have to go on in the state that there is.
func (n *snapshot) stays() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.fixed
}

// Close implements [connectors.Snapshot].
func (n *snapshot) Close() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.closed = true
	if n.state != nil {
		n.state.Close()
	}
}
