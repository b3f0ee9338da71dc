package failover

import (
	"context"

	"github.com/atoll-sql/atoll/connectors"
)

// Primary returns the shard's own server alone, for who writes or must see the newest state. What it is asked is retried as the shard's statements
// are; it implements [connectors.Writer] if the server does. It is the shard's: who uses it does not close it, and Close has no effect.
func (s *Shard) Primary() connectors.Connector {
	p := primary{s, s.servers[0]}
	if w, ok := p.srv.Conn.(connectors.Writer); ok {
		return writing{p, w}
	}
	return p
}

// primary is a shard's own server.
type primary struct {
	shard *Shard
	srv   *server
}

// MaxConns implements [connectors.Pooled].
func (p primary) MaxConns() int { return p.srv.conns() }

// Calibrate implements [connectors.Connector].
func (p primary) Calibrate(ctx context.Context) (caps connectors.Capabilities, err error) {
	err = p.shard.describing(ctx, p.srv, func(ctx context.Context, srv *server) (err error) {
		caps, err = srv.Conn.Calibrate(ctx)
		return err
	})
	return caps, err
}

// Describe implements [connectors.Connector].
func (p primary) Describe(ctx context.Context, tables []string) (found []connectors.Table, err error) {
	err = p.shard.describing(ctx, p.srv, func(ctx context.Context, srv *server) (err error) {
		found, err = srv.Conn.Describe(ctx, tables)
		return err
	})
	return found, err
}

// Query implements [connectors.Connector].
func (p primary) Query(ctx context.Context, stmt connectors.Statement) (connectors.Reader, error) {
	return p.shard.query(ctx, stmt, p.srv)
}

// Snapshot implements [connectors.Connector].
func (p primary) Snapshot(over func() error) connectors.Snapshot {
	return p.shard.snapshot(over, p.srv)
}

// Close implements [connectors.Connector].
func (p primary) Close() error { return nil }

// writing is a primary that can be written to.
type writing struct {
	primary
	to connectors.Writer
}

// Begin implements [connectors.Writer]. Until it has returned nothing was written, so it is retried.
func (p writing) Begin(ctx context.Context) (tx connectors.Tx, err error) {
	var st statement
	st.start(ctx, p.shard)
	st.only, st.describes = p.srv, true
	defer st.end()
	err = st.persist(func(srv *server) (_ *server, err error) {
		st.attempts++
		tx, err = p.to.Begin(ctx)
		return srv, err
	})
	return tx, err
}

// Keys implements [connectors.Writer].
func (p writing) Keys(ctx context.Context, tables []string) (keys map[string][]string, err error) {
	err = p.shard.describing(ctx, p.srv, func(ctx context.Context, _ *server) (err error) {
		keys, err = p.to.Keys(ctx, tables)
		return err
	})
	return keys, err
}
