package failover

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"github.com/apache/arrow/go/v17/arrow"

	"github.com/atoll-sql/atoll/connectors"
)

const (
	probeLimit = 5 * time.Second // of one question and its answer
	probeAhead = time.Second     // for the primary to answer before its replicas are asked
)

// Probe asks every server once: whether it answers, how far away it is, and of replicas how far they are behind and whether they are like the
// primary. Servers whose breaker is open are asked when it is time to. It returns when all have answered or have had their time; what it found is told by Health.
func (s *Shard) Probe(ctx context.Context) {
	s.background.add()
	defer s.background.done()
	ahead := make(chan struct{})
	var g sync.WaitGroup
	for _, srv := range s.servers {
		g.Go(func() {
			if srv.primary() {
				defer close(ahead)
			} else {
				s.await(ctx, ahead)
			}
			s.probe(ctx, srv)
		})
	}
	g.Wait()
	s.rank()
}

// await waits for the primary, though not for long: what a replica has replayed says most beside where the primary was just before.
func (s *Shard) await(ctx context.Context, ahead <-chan struct{}) {
	late := make(chan struct{})
	t := s.clock.AfterFunc(probeAhead, func() { close(late) })
	defer t.Stop()
	select {
	case <-ahead:
	case <-late:
	case <-ctx.Done():
	}
}

// probe asks one server.
func (s *Shard) probe(ctx context.Context, srv *server) {
	began := s.clock.Now()
	ok, half := srv.breaker.allow(began)
	if !ok {
		return
	}
	err := s.within(ctx, func(ctx context.Context) error { return s.greet(ctx, srv) })
	now := s.clock.Now()
	if ctx.Err() != nil && err != nil {
		if half {
			srv.breaker.forgo(now)
		}
		return
	}
	if err == nil {
		srv.trip.observe(now.Sub(began))
		srv.answered(now)
		srv.ended(nil, now)
	} else {
		s.silent(srv, half, began, err)
	}
	if err == nil && !srv.primary() && srv.due(now) {
		if err := s.within(ctx, func(ctx context.Context) error { return s.compare(ctx, srv) }); err != nil && ctx.Err() == nil {
			srv.ended(err, s.clock.Now())
		}
	}
}

// within calls do with a context that ends when a probe has had its time.
func (s *Shard) within(ctx context.Context, do func(context.Context) error) error {
	own, cancel := context.WithCancel(ctx)
	defer cancel()
	t := s.clock.AfterFunc(probeLimit, cancel)
	defer t.Stop()
	return do(own)
}

// silent notes a probe that failed. One that was not answered in time says nothing against a server all of whose connections are in use, nor
// against one that has answered something else meanwhile.
func (s *Shard) silent(srv *server, half bool, began time.Time, err error) {
	now := s.clock.Now()
	var e *connectors.Error
	switch busy := srv.running.Load() >= int64(srv.conns()) || srv.heard.Load() > began.UnixNano(); {
	case errors.As(err, &e):
	case !half && busy:
		return
	default:
		e = connectors.NewError(s.name, connectors.ClassUnavailable, "08006", "a probe was not answered within "+probeLimit.String(), err)
	}
	if half {
		srv.breaker.tried(srv, e, now)
		return
	}
	srv.ended(e, now)
}

// greet asks for the server's position, or for nothing in particular.
func (s *Shard) greet(ctx context.Context, srv *server) error {
	began := s.clock.Now()
	p, ok := srv.Conn.(connectors.Positioned)
	if !ok {
		s.placed(srv, began, connectors.Position{}, "its engine does not tell")
		return ask(ctx, srv.Conn)
	}
	at, err := p.Position(ctx)
	var e *connectors.Error
	switch {
	case err == nil:
		s.placed(srv, began, at, "")
	case errors.As(err, &e) && e.Class != connectors.ClassUnavailable:
		s.placed(srv, began, connectors.Position{}, e.Text)
		return ask(ctx, srv.Conn) // whether it answers is another question
	}
	return err
}

// ask runs a statement that every engine understands.
func ask(ctx context.Context, c connectors.Connector) error {
	one := arrow.Field{Name: "one", Type: arrow.PrimitiveTypes.Int32, Nullable: true}
	r, err := c.Query(ctx, connectors.Statement{SQL: "SELECT 1 AS one", Schema: arrow.NewSchema([]arrow.Field{one}, nil)})
	if err != nil {
		return err
	}
	for err == nil {
		_, err = r.Next(ctx)
	}
	if errors.Is(err, io.EOF) {
		err = nil
	}
	return errors.Join(err, r.Close())
}
