package failover

import (
	"context"
	"errors"

	"github.com/atoll-sql/atoll/connectors"
)

// Calibrate implements [connectors.Connector]: the primary answers, and while it does not a replica that is not known to differ.
func (s *Shard) Calibrate(ctx context.Context) (caps connectors.Capabilities, err error) {
	err = s.describing(ctx, nil, func(ctx context.Context, srv *server) (err error) {
		caps, err = srv.Conn.Calibrate(ctx)
		return err
	})
	return caps, err
}

// Describe implements [connectors.Connector], as Calibrate does.
func (s *Shard) Describe(ctx context.Context, tables []string) (found []connectors.Table, err error) {
	err = s.describing(ctx, nil, func(ctx context.Context, srv *server) (err error) {
		found, err = srv.Conn.Describe(ctx, tables)
		return err
	})
	return found, err
}

// describing asks something of a server that reads no rows, with retries.
func (s *Shard) describing(ctx context.Context, only *server, do func(context.Context, *server) error) error {
	var st statement
	st.start(ctx, s)
	defer st.end()
	st.only, st.describes = only, true
	return st.persist(func(srv *server) (*server, error) {
		st.attempts++
		err := do(st.ctx, srv)
		if err == nil {
			srv.ended(nil, s.clock.Now())
		}
		return srv, err
	})
}

// each calls do for every server and joins their errors.
func (s *Shard) each(do func(*server) error) error {
	var all error
	for _, srv := range s.servers {
		all = errors.Join(all, do(srv))
	}
	return all
}
